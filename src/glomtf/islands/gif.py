"""Film islands over time, as an animated GIF: the steps of settling, or the frames of a video."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from glomtf.islands.overlay import Pixels, canvas, extent, paint
from glomtf.islands.timeline import timeline

if TYPE_CHECKING:
    from PIL import Image

STEP_MS, LAST_MS = 400, 2000
"""Milliseconds that a step, and the last one, stay on the screen."""

_FOR_PALETTE = 24

# Pixels.
SIDE = 192
"""Longer side of a panel, or close to it."""
_GAP, _HEAD, _FOOT, _LETTERS = 8, 24, 26, 13
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
    durations = [STEP_MS] * (len(labels) - 1) + [LAST_MS]
    reach = _reach(image, labels, patch)
    return _film([canvas(image, side=SIDE)] * len(labels), labels, levels, reach, "step", durations)


def video_gif(
    images: Sequence[ArrayLike],
    labels: Sequence[Sequence[ArrayLike]],
    levels: Sequence[int],
    milliseconds: float,
    reach: tuple[float, float] = (1.0, 1.0),
) -> bytes:
    """The frames of a video beside the islands of every level.

    An island that carries on keeps its colour. The film repeats for ever. The same input gives
    the same bytes.

    Args:
        images: F frames (H, W, C) of one size, uint8 or in [0, 1].
        labels: F frames, each with one (rows, cols) map per level, low to high.
        levels: the levels' numbers.
        milliseconds: how long a frame is shown; a GIF counts in hundredths of a second.
        reach: height and width of the grid as shares of the picture's; it starts at its top left.

    Raises:
        ValueError: no frame, other numbers of frames or maps, or frames of different sizes.
    """
    pictures = [canvas(image, side=SIDE) for image in images]
    sizes = {one.shape for one in pictures}
    if len(pictures) != len(labels) or len(sizes) != 1:
        raise ValueError(
            f"images: expected {len(labels)} of one size, got {len(pictures)} of {len(sizes)} sizes"
        )
    # Shorter than this, players take their own time.
    durations = [max(20, round(milliseconds / 10) * 10)] * len(labels)
    return _film(pictures, labels, levels, reach, "frame", durations)


def _reach(
    image: ArrayLike, labels: Sequence[Sequence[ArrayLike]], patch: tuple[float, float] | None
) -> tuple[float, float]:
    shapes = [np.shape(grid) for one in labels for grid in one]
    return extent(image, shapes[0], patch) if shapes else (1.0, 1.0)


def _film(
    pictures: Sequence[Pixels],
    labels: Sequence[Sequence[ArrayLike]],
    levels: Sequence[int],
    reach: tuple[float, float],
    word: str,
    durations: list[int],
) -> bytes:
    """A GIF with the pictures (H, W, 3) uint8 and their islands; word: what one of them is."""
    from PIL import Image, ImageDraw, ImageFont

    maps, colours = timeline(labels)
    if len(colours) != len(levels):
        raise ValueError(f"labels: expected {len(levels)} maps per step, got {len(colours)}")
    high, wide = pictures[0].shape[:2]
    names = ["picture", *(f"level {number}" for number in levels)]
    broad = max(wide, 80)  # room for a name
    size = (_GAP + len(names) * (broad + _GAP), _HEAD + high + _FOOT)
    font = ImageFont.load_default(_LETTERS)
    # Steps are counted from the initial state on, which is none; frames from 1.
    first = 0 if word == "step" else 1
    last = len(maps) - 1 + first
    # A bar that fills up, beside the widest words there will be.
    measure = ImageDraw.Draw(Image.new("RGB", (1, 1)))
    start = 2 * _GAP + round(measure.textlength(f"{word} {last + 1} of {last + 1}", font))
    end = size[0] - _GAP

    def drawn(index: int) -> Image.Image:
        picture, number = pictures[index], index + first
        frame = Image.new("RGB", size, _PAPER)
        draw = ImageDraw.Draw(frame)
        painted = [paint(picture, g, c, reach) for g, c in zip(maps[index], colours, strict=True)]
        for i, (name, panel) in enumerate(zip(names, [picture, *painted], strict=True)):
            x = _GAP + i * (broad + _GAP)
            frame.paste(Image.fromarray(panel), (x + (broad - wide) // 2, _HEAD))
            draw.text((x + broad // 2, _HEAD // 2), name, _INK, font, anchor="mm")
        low = _HEAD + high + _FOOT // 2
        draw.text((_GAP, low), f"{word} {number} of {last}", _FAINT, font, anchor="lm")
        done = start + (end - start) * index // max(last - first, 1)
        draw.rounded_rectangle((start, low - 2, end, low + 2), 2, _TRACK)
        if done > start:
            draw.rounded_rectangle((start, low - 2, done, low + 2), 2, _FAINT)
        return frame

    return _encoded(drawn, durations)


def _encoded(drawn: Callable[[int], Image.Image], durations: list[int]) -> bytes:
    """Frames (RGB images of one size, by their index) as a GIF with one palette for all of them.

    Each is drawn when it is needed: all the frames of a video would fill the memory.
    """
    from PIL import Image, ImageColor

    count = len(durations)
    # A palette per frame would cost bytes and make still areas flicker. Some frames know them all.
    some = [drawn(index) for index in range(0, count, -(-count // _FOR_PALETTE))]
    sheet = Image.fromarray(np.concatenate([np.asarray(frame) for frame in some]))
    found = sheet.quantize(254, Image.Quantize.MEDIANCUT, kmeans=1).getpalette("RGB") or []
    palette = Image.new("P", (1, 1))
    # Its averages come near to the white of paper and outlines and to the black of letters only.
    palette.putpalette([*found, *ImageColor.getrgb(_PAPER), *ImageColor.getrgb(_INK)])
    still = Image.Dither.NONE
    frames = (drawn(index).quantize(palette=palette, dither=still) for index in range(count))
    film = io.BytesIO()
    next(frames).save(
        film,
        format="GIF",
        save_all=True,
        append_images=frames,
        duration=durations,
        loop=0,
        optimize=False,
    )
    return film.getvalue()
