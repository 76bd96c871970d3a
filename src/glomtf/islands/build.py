"""Build the parse tree of a picture from the island labels of its levels."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from glomtf.islands.agreement import island_agreements, level_agreement, mean_cosine
from glomtf.islands.overlap import label_map, parents
from glomtf.islands.tree import Box, Level, Node, ParseTree, Picture


def build_tree(
    labels: Sequence[ArrayLike],
    *,
    levels: Sequence[int],
    image: tuple[int, int],
    patch: tuple[float, float],
    vectors: Sequence[ArrayLike] | None = None,
    path: str = "",
    steps: int | None = None,
) -> ParseTree:
    """Nest the islands of each level in those of the next higher level given.

    labels: one (rows, cols) label map per level, from low to high; levels: their numbers;
    image: width and height of the original picture in pixels; patch: height and width of one
    column in those pixels, fractions allowed, the grid starting at the picture's top left corner;
    vectors: (rows, cols, D) states per level, for the agreements; path: the picture's name; steps:
    how many settling steps made the labels.
    The parent of an island is the one that covers most of its columns; if most of them lie on the
    upper background, the root is. Raises ValueError for levels that do not rise, maps of
    different shapes, or sizes that are not positive.
    """
    maps = [label_map(one, "labels").astype(np.int32) for one in labels]
    _check(maps, levels, image, patch, vectors)
    # NumPy's integers would not be written as JSON.
    levels, width, height = [int(level) for level in levels], int(image[0]), int(image[1])
    steps = None if steps is None else int(steps)
    states = [None] * len(maps) if vectors is None else [np.asarray(one) for one in vectors]
    frozen = []
    # From low to high: when an island's turn comes, its children are complete.
    waiting: dict[int, list[Node]] = {}
    for i, (grid, level, state) in enumerate(zip(maps, levels, states, strict=True)):
        agreements = {} if state is None else island_agreements(state, grid)
        above = parents(grid, maps[i + 1]) if i + 1 < len(maps) else {}
        orphans = waiting.pop(0, [])
        risen: dict[int, list[Node]] = {0: []}
        for label in np.unique(grid[grid > 0]).tolist():
            node = Node(
                id=f"{level}.{label}",
                level=level,
                bbox=_box(grid == label, (width, height), patch),
                columns=int((grid == label).sum()),
                agreement=agreements.get(label),
                children=tuple(waiting.get(label, ())),
            )
            risen.setdefault(above.get(label, 0), []).append(node)
        risen[0] += orphans
        waiting = risen
        grid.flags.writeable = False
        frozen.append(Level(level, grid, level_agreement(agreements, grid)))
    top = states[-1]
    root = Node(
        id="scene",
        level=levels[-1] + 1,
        bbox=(0, 0, width, height),
        columns=maps[-1].size,
        agreement=None if top is None else mean_cosine(top.reshape(maps[-1].size, -1)),
        children=tuple(waiting[0]),
    )
    rows, cols = maps[0].shape
    return ParseTree(Picture(path, width, height), (rows, cols), tuple(frozen), root, steps)


def _check(
    maps: list[NDArray[np.int32]],
    levels: Sequence[int],
    image: tuple[int, int],
    patch: tuple[float, float],
    vectors: Sequence[ArrayLike] | None,
) -> None:
    shapes = {one.shape for one in maps}
    if len(shapes) != 1 or len(next(iter(shapes))) != 2:
        raise ValueError(f"labels: expected (rows, cols) maps of one shape, got {sorted(shapes)}")
    if len(levels) != len(maps) or list(levels) != sorted(set(levels)) or levels[0] < 1:
        raise ValueError(
            f"levels: expected {len(maps)} rising numbers from 1 on, got {list(levels)}"
        )
    if vectors is not None and len(vectors) != len(maps):
        raise ValueError(f"vectors: expected one array per level ({len(maps)}), got {len(vectors)}")
    if min(image) < 1:
        raise ValueError(f"image: expected a positive width and height, got {image}")
    if not all(math.isfinite(side) and side > 0 for side in patch):
        raise ValueError(f"patch: expected a positive height and width, got {patch}")


def _box(inside: NDArray[np.bool_], image: tuple[int, int], patch: tuple[float, float]) -> Box:
    """Pixel box around the columns of a (rows, cols) mask, clipped to the picture."""
    rows, cols = np.nonzero(inside)
    y0, y1 = _span(int(rows.min()), int(rows.max()) + 1, patch[0], image[1])
    x0, x1 = _span(int(cols.min()), int(cols.max()) + 1, patch[1], image[0])
    return x0, y0, x1, y1


def _span(first: int, stop: int, size: float, end: int) -> tuple[int, int]:
    """Pixels [low, high) of the columns [first, stop) along a side of ``end`` pixels."""
    # A hair of slack, so that 3 * 4.666667 does not count as reaching into pixel 14.
    low = math.floor(first * size + 1e-3)
    high = math.ceil(stop * size - 1e-3)
    # An island that lies wholly in the padding keeps the last pixel: boxes are never empty.
    low = min(low, end - 1)
    return low, max(min(high, end), low + 1)
