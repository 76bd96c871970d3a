"""Colour the vectors of all steps and levels by their three principal components."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

PERCENTILES = (2.0, 98.0)
"""Share of each component, in percent, that is drawn as black and as full colour."""


def pca_rgb(
    states: ArrayLike, grid: tuple[int, int]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Maps in which columns with like vectors have like colours, comparable over time.

    Vectors are scaled to length 1, as agreement is a cosine, and each level is centred on its mean
    over all columns and steps: levels live in different places of the space, and without this the
    components would tell levels apart instead of islands. Then ONE basis, of all steps and levels
    together, gives red, green and blue. A component's sign is chosen so that its largest entry is
    positive and its scale runs between its ``PERCENTILES``, so the same states give the same maps.

    Args:
        states: (T + 1, N, L, D), the initial state and every settling step.
        grid: (rows, cols) with rows * cols = N.

    Returns:
        (T + 1, L, rows, cols, 3) in [0, 1], and the (3,) shares of the variance within levels
        that the components explain. A component without variance is 0.5 everywhere.

    Raises:
        ValueError: states of another shape, or with NaN or infinity.
    """
    vectors = np.asarray(states, dtype=np.float64)
    if vectors.ndim != 4 or vectors.size == 0 or vectors.shape[1] != grid[0] * grid[1]:
        raise ValueError(
            f"states: expected (T + 1, {grid[0]} * {grid[1]}, L, D), got {vectors.shape}"
        )
    if not np.isfinite(vectors).all():
        raise ValueError("states: expected finite numbers, got NaN or infinity")
    norms = np.linalg.norm(vectors, axis=-1, keepdims=True)
    unit = vectors / np.where(norms > 0, norms, 1.0)
    centred = unit - unit.mean(axis=(0, 1), keepdims=True)
    steps, _, levels, dim = centred.shape
    flat = centred.reshape(-1, dim)
    variances, directions = np.linalg.eigh(flat.T @ flat)
    basis = np.zeros((dim, 3))
    shares = np.zeros(3)
    # Rounding leaves a little in directions that hold nothing.
    kept = [i for i in range(dim - 1, -1, -1)[:3] if variances[i] > 1e-12 * len(flat)]
    basis[:, : len(kept)] = directions[:, kept]
    shares[: len(kept)] = variances[kept] / max(variances.sum(), 1e-300)
    largest = np.abs(basis).argmax(axis=0)
    basis *= np.where(basis[largest, range(3)] < 0, -1.0, 1.0)
    parts = flat @ basis
    low, high = np.percentile(parts, PERCENTILES, axis=0)
    flat_maps = np.full_like(parts, 0.5)
    spread = high - low
    live = spread > 0
    flat_maps[:, live] = np.clip((parts[:, live] - low[live]) / spread[live], 0.0, 1.0)
    maps = flat_maps.reshape(steps, *grid, levels, 3)
    return np.moveaxis(maps, 3, 1), shares
