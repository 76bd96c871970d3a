"""Scale-specific co-occurrence: what is often seen near one another belongs together."""

import numpy as np
from keras import ops

from glomtf.objectives.contrast import pair_contrast


def cooccurrence_contrast(states, grid, *, reach, temperature=0.1):
    """Contrast of the columns near one another with far ones and with another picture's.

    :func:`glomtf.objectives.contrast.pair_contrast` with ``w_ij = exp(-|i - j|^2 / (2 reach^2))``,
    the distance in columns, and the next picture of the batch as further alternatives: place
    alone does not tell the two pictures apart. ``reach`` is the scale at which things belong
    together at this level: small for parts, larger for objects. A constant state is not a
    minimum: it scores log(2 N - 1).

    Args:
        states: (B, N, D) one level, B >= 2 different pictures.
        grid: (rows, cols), rows * cols = N.
        reach: in columns.
        temperature: tau.

    Returns:
        (B, N) float32.

    References:
        Isola et al., "Learning visual groups from co-occurrences in space and time", 2015.
    """
    row, col = np.divmod(np.arange(grid[0] * grid[1]), grid[1])
    squared = (row[:, None] - row) ** 2 + (col[:, None] - col) ** 2
    near = np.exp(-squared / (2.0 * reach**2)).astype("float32")
    others = ops.roll(states, 1, axis=0)
    return pair_contrast(states, near, temperature=temperature, others=others)
