"""Film how the islands of a picture form: an animated GIF, one frame per settling step."""

import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from glomtf.islands.overlay import canvas, extent, paint
from glomtf.islands.timeline import timeline

STEP_MS, LAST_MS = 400, 2000
"""Milliseconds that a step, and the last one, stay on the screen."""

# Pixels.
_SIDE, _GAP, _HEAD, _FOOT, _LETTERS = 192, 8, 24, 26, 13
_PAPER, _INK, _FAINT, _TRACK = "#ffffff", "#1a1a1a", "#666666", "#e0e0e0"


def settling_gif(
    image: ArrayLike,
    labels: Sequence[Sequence[ArrayLike]],
    levels: Sequence[int],
    patch: tuple[float, float] | None = None,
) -> bytes:
    """The picture and the islands of every level side by side, step by step.

    An island that carries on keeps its colour; the last step is held and has the colours of
    ``levels_figure``. The film repeats for ever. The same input gives the same bytes.

    Args:
        image: (H, W, C), uint8 or in [0, 1].
        labels: T + 1 steps, each with one (rows, cols) map per level, low to high.
        levels: the levels' numbers.
        patch: height and width of one column in pixels if the grid does not just cover the picture.

    Raises:
        ValueError: no step, or not as many maps in each step as levels.
    """
    from PIL import Image, ImageDraw, ImageFont

    maps, colours = timeline(labels)
    if len(colours) != len(levels):
        raise ValueError(f"labels: expected {len(levels)} maps per step, got {len(colours)}")
    picture = canvas(image, side=_SIDE)
    reach = extent(image, maps[0][0].shape, patch)
    high, wide = picture.shape[:2]
    names = ["picture", *(f"level {number}" for number in levels)]
    broad = max(wide, 80)  # room for a name
    size = (_GAP + len(names) * (broad + _GAP), _HEAD + high + _FOOT)
    font = ImageFont.load_default(_LETTERS)
    frames = []
    for step, grids in enumerate(maps):
        frame = Image.new("RGB", size, _PAPER)
        draw = ImageDraw.Draw(frame)
        painted = [paint(picture, g, c, reach) for g, c in zip(grids, colours, strict=True)]
        for i, (name, panel) in enumerate(zip(names, [picture, *painted], strict=True)):
            x = _GAP + i * (broad + _GAP)
            frame.paste(Image.fromarray(panel), (x + (broad - wide) // 2, _HEAD))
            draw.text((x + broad // 2, _HEAD // 2), name, _INK, font, anchor="mm")
        low = _HEAD + high + _FOOT // 2
        words = f"step {step} of {len(maps) - 1}"
        draw.text((_GAP, low), words, _FAINT, font, anchor="lm")
        # A bar that fills up, beside the widest words there will be.
        start = 2 * _GAP + round(draw.textlength(f"step {len(maps)} of {len(maps)}", font))
        end = size[0] - _GAP
        done = start + (end - start) * step // max(len(maps) - 1, 1)
        draw.rounded_rectangle((start, low - 2, end, low + 2), 2, _TRACK)
        if done > start:
            draw.rounded_rectangle((start, low - 2, done, low + 2), 2, _FAINT)
        frames.append(frame)
    return _encoded(frames)


def _encoded(frames: list) -> bytes:
    """Frames (RGB images of one size) as a GIF with one palette for all of them."""
    from PIL import Image, ImageColor

    # A palette per frame would cost bytes and make still areas flicker.
    sheet = Image.fromarray(np.concatenate([np.asarray(frame) for frame in frames]))
    found = sheet.quantize(254, Image.Quantize.MEDIANCUT, kmeans=1).getpalette("RGB") or []
    palette = Image.new("P", (1, 1))
    # Its averages come near to the white of paper and outlines and to the black of letters only.
    palette.putpalette([*found, *ImageColor.getrgb(_PAPER), *ImageColor.getrgb(_INK)])
    still = Image.Dither.NONE
    first, *others = (frame.quantize(palette=palette, dither=still) for frame in frames)
    film = io.BytesIO()
    first.save(
        film,
        format="GIF",
        save_all=True,
        append_images=others,
        duration=[STEP_MS] * len(others) + [LAST_MS],
        loop=0,
        optimize=False,
    )
    return film.getvalue()
