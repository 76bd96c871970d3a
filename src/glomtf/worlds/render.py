"""One SVG icon to an index map of its visible filled shapes and their colours."""

from __future__ import annotations

import io
from xml.etree.ElementTree import Element, tostring

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .numbering import CODE_BLUE, number_shapes
from .svg import SvgError, parse_icon

RENDER_SIDE = 96
MOST_PARTS = 255  # what an index map of uint8 holds
FEWEST_PIXELS = 12  # of the 96 x 96: smaller shapes cannot be seen at the size icons are used
THICK_LINE = 5  # pixels: lines thinner than this are outlines where there are fillings, too
SAME_COLOUR = 6  # of 255, in every channel
FAINTEST = 26  # of 255: less alpha than this cannot be seen


def index_map(svg: bytes) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The visible shapes of an icon, as drawn in a square of `RENDER_SIDE` pixels.

    Returns the map (96, 96) uint8, 0 = transparent and i = the i-th visible shape from the back,
    and the shapes' colours (P, 3) uint8: the median of what is seen of each, on white.
    Thin lines belong to the shapes they outline, unless the icon has nothing but lines. Shapes
    too small to see are dropped; ones that touch and have one colour are one. Raises SvgError.
    """
    root = parse_icon(svg)
    coloured = _render(root)
    lines = np.array([False, *number_shapes(root)])
    index = _decode(_render(root), len(lines) - 1)
    # Numbering paints gradients opaque where they fade to nothing, too.
    index[coloured[:, :, 3] < FAINTEST] = 0
    sizes = np.bincount(index.ravel(), minlength=len(lines))
    unwanted = sizes < FEWEST_PIXELS
    if np.any(~lines[1:] & ~unwanted[1:]):
        for number in np.flatnonzero(lines):
            unwanted[number] |= _is_thin(index == number)
    unwanted[0] = False
    index = _drop(index, unwanted)
    alpha = coloured[:, :, 3:] / 255
    seen = coloured[:, :, :3] * alpha + 255 * (1 - alpha)
    index = _merge_alike(index, seen)
    kept = np.unique(index[index > 0])
    if not 1 <= len(kept) <= MOST_PARTS:
        raise SvgError(f"expected an icon of 1 to {MOST_PARTS} visible shapes, got {len(kept)}")
    palette = np.array([np.median(seen[index == number], axis=0) for number in kept])
    compact = np.zeros(len(lines), np.uint8)
    compact[kept] = np.arange(1, len(kept) + 1)
    return compact[index], palette.round().astype(np.uint8)


def _render(root: Element) -> NDArray[np.uint8]:
    """RGBA (96, 96, 4), the picture scaled to fit and centred."""
    from resvg_py import svg_to_bytes

    root.set("width", str(RENDER_SIDE))
    root.set("height", str(RENDER_SIDE))
    root.attrib.pop("preserveAspectRatio", None)
    try:
        # Without text or a reference out of the file it needs neither fonts nor other files.
        png = svg_to_bytes(svg_string=tostring(root, encoding="unicode"), skip_system_fonts=True)
    except ValueError as error:
        raise SvgError(f"expected an icon that can be drawn, got {error}") from None
    with Image.open(io.BytesIO(png)) as picture:
        return np.asarray(picture.convert("RGBA"))


def _decode(pixels: NDArray[np.uint8], shapes: int) -> NDArray[np.intp]:
    red, green, blue, alpha = pixels.astype(np.intp).transpose(2, 0, 1)
    index = red * 256 + green
    # Mixed colours, at the soft edges of a mask, are no shape's number.
    return np.where((blue == CODE_BLUE) & (alpha >= 128) & (index <= shapes), index, 0)


def _is_thin(shape: NDArray[np.bool_]) -> bool:
    """Whether no square of `THICK_LINE` pixels fits into the shape."""
    windows = np.lib.stride_tricks.sliding_window_view(shape, (THICK_LINE, THICK_LINE))
    return not windows.all(axis=(2, 3)).any()


def _drop(index: NDArray[np.intp], unwanted: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Unwanted shapes, by number, join the shape beside them, or vanish when there is none."""
    small = unwanted[index]
    if not small.any():
        return index
    index = np.where(small, 0, index)
    for _ in range(FEWEST_PIXELS):
        padded = np.pad(index, 1)
        beside = np.stack(
            [padded[1:-1, :-2], padded[1:-1, 2:], padded[:-2, 1:-1], padded[2:, 1:-1]]
        )
        index = np.where(small & (index == 0), beside.max(axis=0), index)
    return index


def _merge_alike(index: NDArray[np.intp], seen: NDArray[np.float64]) -> NDArray[np.intp]:
    """Shapes that touch and have one colour become one: nobody could see where they meet."""
    colours = {label: np.median(seen[index == label], axis=0) for label in np.unique(index)}
    pairs = np.concatenate(
        [
            np.stack([index[:, 1:], index[:, :-1]], axis=-1).reshape(-1, 2),
            np.stack([index[1:], index[:-1]], axis=-1).reshape(-1, 2),
        ]
    )
    pairs = np.unique(np.sort(pairs[(pairs[:, 0] != pairs[:, 1]) & pairs.all(axis=1)]), axis=0)
    lowest = np.arange(index.max() + 1)
    for one, other in pairs:
        if abs(colours[one] - colours[other]).max() <= SAME_COLOUR:
            lowest[lowest == lowest[other]] = lowest[one]
    return lowest[index]
