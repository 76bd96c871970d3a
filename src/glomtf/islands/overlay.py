"""Paint islands over a picture: tinted, outlined, the background dimmed."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from glomtf.islands.colours import Colours, island_colours
from glomtf.islands.overlap import label_map

Pixels = NDArray[np.uint8]

_SHADOW, _LIGHT = 0.75, 0.4
_DIM = 0.55


def canvas(image: ArrayLike, side: int = 480) -> Pixels:
    """The picture as (H', W', 3) uint8 whose longer side is ``side`` pixels, or close to it.

    image: (H, W, C) with C = 1, 3 or 4 (alpha shown on white), or (H, W), uint8 or floats in
    [0, 1]. Small pictures grow by a whole factor, so that their pixels stay squares; large ones
    shrink smoothly. Raises ValueError for another shape or type.
    """
    from PIL import Image

    array = np.asarray(image)
    if array.ndim == 2:
        array = array[..., None]
    if array.ndim != 3 or array.shape[2] not in (1, 3, 4) or array.size == 0:
        raise ValueError(f"image: expected (H, W) or (H, W, 1, 3 or 4), got {np.shape(image)}")
    if np.issubdtype(array.dtype, np.floating) and np.isfinite(array).all():
        array = np.rint(np.clip(array, 0.0, 1.0) * 255).astype(np.uint8)
    if array.dtype != np.uint8:
        raise ValueError(f"image: expected uint8 or finite floats, got {array.dtype}")
    if array.shape[2] == 4:
        alpha = array[..., 3:] / 255.0
        array = np.rint(array[..., :3] * alpha + 255 * (1 - alpha)).astype(np.uint8)
    array = np.broadcast_to(array, (*array.shape[:2], 3))
    height, width, _ = array.shape
    longest = max(height, width)
    if longest > side:
        size = (max(1, round(width * side / longest)), max(1, round(height * side / longest)))
        return np.asarray(Image.fromarray(array).resize(size, Image.Resampling.LANCZOS))
    factor = side // longest
    return array.repeat(factor, axis=0).repeat(factor, axis=1)


def paint_levels(
    image: ArrayLike,
    labels: Sequence[ArrayLike],
    patch: tuple[float, float] | None = None,
    side: int = 480,
) -> list[Pixels]:
    """The picture's ``canvas``, then one painted with the islands of each level, low to high.

    labels: (rows, cols) maps; patch: height and width of one column in pixels of the image; by
    default the grid just covers it. The grid starts at the top left corner. side: of the canvas.
    """
    pixels = canvas(image, side)
    return [
        pixels,
        *(
            paint(pixels, grid, colours, extent(image, np.shape(grid), patch))
            for grid, colours in zip(labels, island_colours(labels), strict=True)
        ),
    ]


def extent(
    image: ArrayLike, grid: tuple[int, ...], patch: tuple[float, float] | None
) -> tuple[float, float]:
    """Height and width of a grid (rows, cols, ...) as shares of the picture's (H, W, ...).

    patch: height and width of one column in pixels; None = the grid just covers the picture.
    """
    if patch is None:
        return 1.0, 1.0
    height, width = np.shape(image)[:2]
    return grid[0] * patch[0] / height, grid[1] * patch[1] / width


def paint(
    pixels: Pixels, labels: ArrayLike, colours: Colours, reach: tuple[float, float] = (1.0, 1.0)
) -> Pixels:
    """Tint and outline the islands of a (rows, cols) map over a ``canvas``.

    colours: {label: RGB}; reach: the grid's ``extent``, above 1 where it goes past the right and
    lower sides of the picture. Gives uint8 like ``pixels``.
    """
    grid = label_map(labels)
    height, width, _ = pixels.shape
    islands = magnify(grid, (height, width), reach)
    palette = np.zeros((max(int(grid.max()), *colours, 0) + 1, 3))
    for label, colour in colours.items():
        palette[label] = colour
    grey = pixels.astype(np.float64).mean(axis=2, keepdims=True)
    # Shading the colour, instead of mixing it with the picture's grey, keeps it from going muddy.
    tinted = np.minimum(palette[islands] * (_SHADOW + _LIGHT * grey / 255), 255.0)
    painted = np.where((islands > 0)[..., None], tinted, pixels * (1 - _DIM) + 110 * _DIM)
    thick = max(1, max(height, width) // 320)
    dark, light = _edges(islands, 2 * thick), _edges(islands, thick)
    painted[dark], painted[light] = 20, 255
    return np.rint(painted).astype(np.uint8)


def magnify(values: NDArray, size: tuple[int, int], reach: tuple[float, float]) -> NDArray:
    """Give each of ``size`` pixels (height, width) the value of its column of a (rows, cols, ...).

    reach: the grid's ``extent``; what lies beyond the picture is left out.
    """
    rows = _nearest(size[0], values.shape[0], reach[0])
    cols = _nearest(size[1], values.shape[1], reach[1])
    return values[rows][:, cols]


def _nearest(size: int, count: int, reach: float) -> NDArray[np.int64]:
    """Which of ``count`` columns each of ``size`` pixels lies in."""
    places = (np.arange(size) + 0.5) / size * count / reach
    return np.minimum(places.astype(np.int64), count - 1)


def _edges(islands: NDArray[np.int64], thick: int) -> NDArray[np.bool_]:
    """Pixels within ``thick`` of another label, sideways or up and down."""
    edges = np.zeros(islands.shape, dtype=bool)
    for shift in range(1, thick + 1):
        across = islands[:, shift:] != islands[:, :-shift]
        down = islands[shift:] != islands[:-shift]
        edges[:, shift:] |= across
        edges[:, :-shift] |= across
        edges[shift:] |= down
        edges[:-shift] |= down
    return edges
