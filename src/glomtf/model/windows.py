"""Local consensus at a cost linear in the number of columns: blocks that look at windows."""

import functools
import math

import numpy as np
from keras import ops

from glomtf.model.consensus import LOWEST, normalise, weigh


@functools.lru_cache(maxsize=64)
def block_side(grid, radius):
    """Side of the square blocks of columns that look together, or None where dense is as good.

    A block of b x b columns looks at the (b + 2r) x (b + 2r) columns around it.

    Args:
        grid: (rows, cols).
        radius: in columns, 0 = everywhere.
    """
    reach = math.floor(radius)
    if not reach:
        return None
    rows, cols = grid

    def scores(side):
        blocks = math.ceil(rows / side) * math.ceil(cols / side)
        return blocks * (side**2 + OVERHEAD) * (side + 2 * reach) ** 2

    best = min(range(max(4, reach), max(17, reach + 1)), key=scores)
    return best if scores(best) < (rows * cols) ** 2 / 2 else None


# Gathering a window costs about as much as its scores of this many columns.
OVERHEAD = 32


@functools.lru_cache(maxsize=64)
def _sight(grid, radius, side):
    """Masks of a block's columns (b^2) against its window's (W^2).

    Returns:
        (own, relative, inside): own (b^2, W^2) bool, the column itself; relative (b^2, W^2) and
        inside (blocks, 1, W^2), 0 where seen and LOWEST beyond the radius or the border.
    """
    reach = math.floor(radius)
    window = side + 2 * reach
    y, x = np.divmod(np.arange(side**2), side)
    v, u = np.divmod(np.arange(window**2), window)
    squared = (y[:, None] + reach - v) ** 2 + (x[:, None] + reach - u) ** 2
    rows, cols = (math.ceil(length / side) for length in grid)
    corner_y, corner_x = np.divmod(np.arange(rows * cols), cols)
    row = corner_y[:, None] * side - reach + v
    col = corner_x[:, None] * side - reach + u
    inside = (row >= 0) & (row < grid[0]) & (col >= 0) & (col < grid[1])
    far = np.where(squared <= radius**2, 0.0, LOWEST).astype("float32")
    out = np.where(inside, 0.0, LOWEST).astype("float32")
    return squared == 0, far, out[:, None]


def _halo(x, axis, reach):
    """Give each block along ``axis`` the ``reach`` rows next to it; its rows are at axis + 1."""
    blocks, side = x.shape[axis], x.shape[axis + 1]

    def cut(first, last, low, high):
        here = [slice(None)] * len(x.shape)
        here[axis], here[axis + 1] = slice(first, last), slice(low, high)
        return x[tuple(here)]

    def beside(part, before):
        pads = [(0, 0)] * len(x.shape)
        pads[axis] = (1, 0) if before else (0, 1)
        return ops.pad(part, pads)

    above = beside(cut(0, blocks - 1, side - reach, side), True)
    below = beside(cut(1, blocks, 0, reach), False)
    return ops.concatenate([above, x, below], axis=axis + 1)


def windowed_consensus(x, *, grid, radius, side, beta, similarity, attend_self, top_k):
    """The same as :func:`glomtf.model.consensus.consensus` within a radius, block by block.

    Args:
        x: (B, N, D).
        grid: (rows, cols).
        radius: in columns, at least 1.
        side: of the blocks, see :func:`block_side`.
        beta, similarity, attend_self, top_k: as there.

    Returns:
        (B, N, D).
    """
    reach, dim = math.floor(radius), x.shape[-1]
    rows, cols = (math.ceil(length / side) for length in grid)
    window = side + 2 * reach
    own, far, out = _sight(grid, radius, side)

    board = ops.reshape(x, (-1, *grid, dim))
    missing = [(0, count * side - length) for count, length in zip((rows, cols), grid, strict=True)]
    board = ops.pad(board, [(0, 0), *missing, (0, 0)])
    board = ops.reshape(board, (-1, rows, side, cols, side, dim))
    seen = _halo(_halo(board, 1, reach), 3, reach)
    seen = ops.transpose(seen, (0, 1, 3, 2, 4, 5))
    seen = ops.reshape(seen, (-1, rows * cols, window**2, dim))
    looks = ops.transpose(board, (0, 1, 3, 2, 4, 5))
    looks = ops.reshape(looks, (-1, rows * cols, side**2, dim))

    a, b = ops.cast(looks, "float32"), ops.cast(seen, "float32")
    if similarity == "cosine":
        a = normalise(a)
    if similarity in ("cosine", "mixed"):
        b = normalise(b)
    scores = ops.matmul(a * beta, ops.transpose(b, (0, 1, 3, 2)))
    weights = weigh(scores, None if attend_self else own, far + out, top_k)
    mean = ops.matmul(ops.cast(weights, x.dtype), seen)

    mean = ops.reshape(mean, (-1, rows, cols, side, side, dim))
    mean = ops.transpose(mean, (0, 1, 3, 2, 4, 5))
    mean = ops.reshape(mean, (-1, rows * side, cols * side, dim))[:, : grid[0], : grid[1]]
    return ops.reshape(mean, (-1, grid[0] * grid[1], dim))
