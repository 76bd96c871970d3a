"""Measure how well the columns of an island agree: their mean cosine."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from glomtf.islands.overlap import label_map


def mean_cosine(vectors: ArrayLike) -> float:
    """Mean cosine over all pairs of different vectors of (n, D); 1 for a single vector.

    A zero vector has cosine 0 with every other. This is the agreement of an island, -1 to 1.
    """
    array = np.asarray(vectors, dtype=np.float64)
    if array.ndim != 2 or len(array) == 0:
        raise ValueError(f"vectors: expected (n, D) with n > 0, got {array.shape}")
    if len(array) == 1:
        return 1.0
    norms = np.linalg.norm(array, axis=1, keepdims=True)
    unit = array / np.where(norms > 0, norms, 1.0)
    # The square of the sum holds every ordered pair; each vector's pair with itself comes off.
    total = np.square(unit.sum(axis=0)).sum() - np.square(unit).sum()
    return float(np.clip(total / (len(unit) * (len(unit) - 1)), -1.0, 1.0))


def island_agreements(vectors: ArrayLike, labels: ArrayLike) -> dict[int, float]:
    """Agreement of each island > 0 of a (rows, cols) map, from vectors (rows, cols, D)."""
    array, grid = np.asarray(vectors), label_map(labels)
    if array.ndim != 3 or array.shape[:2] != grid.shape:
        raise ValueError(f"vectors: expected {(*grid.shape, 'D')}, got {array.shape}")
    return {int(i): mean_cosine(array[grid == i]) for i in np.unique(grid[grid > 0])}


def level_agreement(agreements: dict[int, float], labels: NDArray[np.integer]) -> float | None:
    """Mean agreement of a level's islands weighted by their columns; None without islands."""
    if not agreements:
        return None
    sizes = [int((labels == island).sum()) for island in agreements]
    return float(np.average(list(agreements.values()), weights=sizes))
