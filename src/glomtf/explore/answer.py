"""What the page answers: the island explorer in a frame, or one line that says what is wrong."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from glomtf.parse import parse

if TYPE_CHECKING:
    from glomtf.model.glom import Glom


def answer(file: str, model: Glom, iters: int | None, thresholds: Sequence[float]) -> str:
    """HTML for a picture that was dropped: its report, or why there is none.

    The report keeps its own content security policy: the frame may run its script and nothing
    else, and it cannot reach the page around it.

    Args:
        file: where the picture was put; only its name is shown.
        model: settles on the picture.
        iters: settling steps; None = what the model was trained to be read at.
        thresholds: per level, lowest first, the least agreement within an island.
    """
    name = Path(file).name
    try:
        result = parse(file, model, iters=iters, thresholds=thresholds, name=name)
    except ValueError as error:
        # Where the server keeps what was dropped means nothing to who dropped it.
        line = str(error).replace(repr(file), repr(name))
        return f'<p class="refusal" role="alert">{html.escape(line)}</p>'
    page = html.escape(result.report(), quote=True)
    return (
        f'<iframe class="report" sandbox="allow-scripts" title="Island explorer" srcdoc="{page}">'
        "</iframe>"
    )
