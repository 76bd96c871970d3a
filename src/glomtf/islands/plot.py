"""Draw the islands of every level, numbered, with the agreement of each island below."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from glomtf.islands.bars import LINE, draw_bars, draw_legend, inches, lines_needed
from glomtf.islands.colours import island_colours
from glomtf.islands.overlap import label_map
from glomtf.islands.overlay import extent, paint_levels
from glomtf.islands.tree import ParseTree

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_PANELS_PER_ROW = 4
_LEGEND_LINES = 4

# Inches.
_PANEL, _GAP, _MARGIN, _HEAD, _BELOW = 2.6, 0.14, 0.12, 0.26, 0.1
_LEAST_RADIUS = 0.06


def levels_figure(
    image: ArrayLike,
    labels: Sequence[ArrayLike],
    levels: Sequence[int],
    agreements: Sequence[float | None],
    patch: tuple[float, float] | None = None,
    *,
    islands: Sequence[Mapping[int, float]] | None = None,
) -> "Figure":
    """A figure with the picture and, for each level, its islands painted over it and numbered.

    An object has one hue at all levels, its parts are shades of it; a legend stands below the
    picture. The figure is not shown, saved or registered anywhere.

    Args:
        image: (H, W, C), uint8 or in [0, 1].
        labels: one (rows, cols) map per level, low to high, 0 = background.
        levels: their numbers.
        agreements: of each level, shown in the titles, where not None.
        patch: height and width of one column in pixels if the grid does not just cover the picture.
        islands: per level {label: agreement}, drawn as bars below the panels; None = no bars.

    Raises:
        ValueError: not as many levels, agreements and islands as label maps, or none at all.
    """
    from matplotlib.figure import Figure

    bars = [{}] * len(labels) if islands is None else islands
    if not len(labels) == len(levels) == len(agreements) == len(bars) > 0:
        raise ValueError(
            "expected as many levels and agreements as label maps, at least one, got "
            f"{len(labels)} maps, {len(levels)} levels, {len(agreements)} agreements, "
            f"{len(bars)} levels of islands"
        )
    maps = [label_map(one) for one in labels]
    counts = [len(np.unique(grid[grid > 0])) for grid in maps]
    titles = ["picture", *map(level_title, levels, counts, agreements)]
    panels, colours = paint_levels(image, maps, patch), island_colours(maps)

    down = math.ceil(len(panels) / _PANELS_PER_ROW)
    across = math.ceil(len(panels) / down)
    height, width = np.shape(image)[:2]
    # Very long pictures get white at the sides rather than an endless or flat figure.
    tall = min(max(height / width, 0.4), 2.5) * _PANEL
    needed = [_LEGEND_LINES, *(0 if islands is None else max(lines_needed(n), 1) for n in counts)]
    lows = [max(needed[i : i + across]) * LINE for i in range(0, len(panels), across)]
    full_width = 2 * _MARGIN + across * (_PANEL + _GAP) - _GAP
    tops = np.cumsum([_MARGIN] + [_HEAD + tall + _BELOW + low + _GAP for low in lows])
    full_height = tops[-1] - _GAP + _MARGIN
    figure = Figure(figsize=(full_width, full_height), dpi=150, facecolor="white")

    def axes(i: int, top: float, high: float) -> "Axes":
        x, y = _MARGIN + i % across * (_PANEL + _GAP), tops[i // across] + top
        return figure.add_axes((
            x / full_width, 1 - (y + high) / full_height, _PANEL / full_width, high / full_height
        ))  # fmt: skip

    for i, (panel, title) in enumerate(zip(panels, titles, strict=True)):
        ax = axes(i, _HEAD, tall)
        ax.imshow(panel, interpolation="antialiased")
        ax.set_axis_off()
        ax.set_title(title, fontsize=8.5, loc="left", pad=4)
        if i > 0:
            scale = min(_PANEL / panel.shape[1], tall / panel.shape[0])
            _write_numbers(ax, maps[i - 1], extent(image, maps[i - 1].shape, patch), scale)
        low = lows[i // across]
        sheet = axes(i, _HEAD + tall + _BELOW, low)
        inches(sheet, _PANEL, low)
        if i == 0:
            draw_legend(sheet, bars=islands is not None)
        elif islands is not None:
            draw_bars(sheet, maps[i - 1], bars[i - 1], colours[i - 1])
    return figure


def level_title(level: int, islands: int, agreement: float | None) -> str:
    """Words for one level: "level 2: 5 islands, agreement 0.93"."""
    title = f"level {level}: {islands} island" + ("s" if islands != 1 else "")
    return title if agreement is None else f"{title}, agreement {agreement:.2f}"


def check_size(image: np.ndarray, tree: ParseTree) -> None:
    """Raise ValueError unless the picture (H, W, C) has the size that the tree was built for."""
    expected = (tree.image.height, tree.image.width)
    if image.shape[:2] != expected:
        raise ValueError(f"image: expected (height, width) {expected}, got {image.shape[:2]}")


def _write_numbers(
    ax: "Axes", labels: NDArray[np.int64], reach: tuple[float, float], scale: float
) -> None:
    """Write each island's number where the island is thickest, unless it is too thin for it.

    reach: the grid's ``extent``; scale: inches per pixel of the picture that the axes show.
    """
    from matplotlib.patheffects import withStroke
    from scipy.ndimage import distance_transform_edt

    # Odd, so that the middle of a column is one of its fine cells.
    fine = 5
    size = np.array(ax.get_images()[0].get_size())
    cell = size * reach / np.array(labels.shape) / fine
    grid = labels.repeat(fine, axis=0).repeat(fine, axis=1)
    for island in np.unique(labels[labels > 0]).tolist():
        # The rim counts as outside, so that a number keeps away from the picture's edge.
        depth = distance_transform_edt(np.pad(grid == island, 1))[1:-1, 1:-1]
        if depth.max() * cell.min() * scale < _LEAST_RADIUS:
            continue
        deepest = np.argwhere(depth == depth.max())
        # The mean itself may lie outside of a bent island.
        nearest = np.square(deepest - deepest.mean(axis=0)).sum(axis=1).argmin()
        y, x = np.minimum((deepest[nearest] + 0.5) * cell, size) - 0.5
        words = ax.text(x, y, str(island), fontsize=7, ha="center", va="center_baseline")
        words.set_path_effects([withStroke(linewidth=1.8, foreground="white")])
