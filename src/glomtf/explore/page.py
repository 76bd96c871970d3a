"""The page: drop a picture, choose a model, steps and thresholds, see the island explorer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import gradio

from glomtf.explore.answer import answer
from glomtf.model.presets import reading_of

if TYPE_CHECKING:
    from glomtf.model.glom import Glom

_HINT = '<p class="hint">Drop a picture: its islands of agreement show here.</p>'

# The system's fonts and the report's paper; given when launching, as Gradio wants it.
LOOK = {
    "theme": gradio.themes.Base(
        primary_hue="blue", font=["system-ui", "sans-serif"], font_mono=["ui-monospace"]
    ).set(
        body_background_fill="#fbfaf8",
        body_background_fill_dark="#15171b",
        block_info_text_color="*neutral_500",
        block_info_text_color_dark="*neutral_400",
    ),
    "css": """
.gradio-container { max-width: 92rem !important; }
.report { display: block; width: 100%; height: max(58rem, 100vh); border: 0; }
.hint { padding: 14vh 1rem; text-align: center; opacity: .75; }
.refusal { padding: .8rem 1rem; border-left: 4px solid #c4372b; overflow-wrap: anywhere; }
""",
}


def build(models: Mapping[str, Glom]) -> gradio.Blocks:
    """The page for some models by name; the first one is chosen.

    Every change is answered; while an answer is under way, only the last change waits. An empty
    number stands for the model's own.
    """
    first, most = next(iter(models)), max(model.levels for model in models.values())
    first_own = _own(models[first], most)

    def settings_of(name: str) -> list[gradio.Number]:
        return [gradio.Number(**one) for one in _own(models[name], most)]

    def show(file: str | None, name: str, iters: int | None, *thresholds: float | None) -> str:
        if file is None:
            return _HINT
        # There may be more fields than this model has levels.
        own = reading_of(models[name]).thresholds
        given = [two if one is None else one for one, two in zip(thresholds, own, strict=False)]
        return answer(file, models[name], iters, given)

    with gradio.Blocks(title="glomtf explore", analytics_enabled=False) as page:
        with gradio.Row():
            # Not gradio.Image: it would open a picture before its size is checked.
            file = gradio.File(label="Picture: PNG, JPEG, WebP, GIF or BMP", height=190)
            with gradio.Column(scale=3):
                # Not sliders: Gradio's refusal of what is typed beside one is a traceback.
                with gradio.Row():
                    name = gradio.Dropdown(
                        list(models), value=first, label="Model", info="a preset or a run"
                    )
                    iters = gradio.Number(label="Settling steps", **first_own[0])
                with gradio.Row():
                    thresholds = [gradio.Number(step=0.01, **one) for one in first_own[1:]]
        shown = gradio.HTML(_HINT)
        numbers = [iters, *thresholds]
        answering = {
            "fn": show,
            "inputs": [file, name, *numbers],
            "outputs": shown,
            "trigger_mode": "always_last",
            "api_visibility": "private",
        }
        gradio.on([file.change, *(number.input for number in numbers)], **answering)
        name.input(settings_of, name, numbers, api_visibility="private").then(**answering)
    return page


def _own(model: Glom, most: int) -> list[dict[str, Any]]:
    """The number fields as a model wants them: its steps, its thresholds, unused ones hidden."""
    reading = reading_of(model)
    # A model that is read without settling has no step that could be asked for.
    iters = {"value": reading.iters or None, "info": f"the model's own: {reading.iters}"}
    thresholds = [
        {
            "value": value,
            "label": f"Threshold of level {level}",
            "info": f"least agreement; the model's own: {value:g}",
            "visible": True,
        }
        for level, value in enumerate(reading.thresholds, start=1)
    ]
    return [iters, *thresholds, *[{"visible": False}] * (most - len(thresholds))]
