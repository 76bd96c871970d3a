"""Measure how well the columns of an island agree, and those of different ones: mean cosines."""

import itertools
from typing import Any

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
    unit = _unit(array)
    # The square of the sum holds every ordered pair; each vector's pair with itself comes off.
    total = np.square(unit.sum(axis=0)).sum() - np.square(unit).sum()
    return float(np.clip(total / (len(unit) * (len(unit) - 1)), -1.0, 1.0))


def island_agreements(vectors: ArrayLike, labels: ArrayLike) -> dict[int, float]:
    """Agreement of each island > 0 of a (rows, cols) map, from vectors (rows, cols, D)."""
    array, grid = _fitting(vectors, labels)
    return {int(i): mean_cosine(array[grid == i]) for i in np.unique(grid[grid > 0])}


def cosines_within_and_between(vectors: ArrayLike, labels: ArrayLike) -> tuple[float, float]:
    """How alike columns of one segment are, and columns of different segments: mean cosines.

    vectors: (rows, cols, D); labels: (rows, cols), 0 is left out. The first number is the mean,
    over the segments of more than one column, of ``mean_cosine``; the second the mean, over the
    pairs of segments, of the mean cosine over all pairs of their columns. nan where there is no
    such segment or pair.
    """
    array, grid = _fitting(vectors, labels)
    segments = [array[grid == i] for i in np.unique(grid[grid > 0])]
    within = [mean_cosine(each) for each in segments if len(each) > 1]
    # The product of two means of unit vectors is the mean of all products.
    means = [_unit(each).mean(axis=0) for each in segments]
    between = [float(one @ other) for one, other in itertools.combinations(means, 2)]
    first, second = (float(np.mean(x)) if len(x) else float("nan") for x in (within, between))
    return first, second


def level_agreement(agreements: dict[int, float], labels: NDArray[np.integer]) -> float | None:
    """Mean agreement of a level's islands weighted by their columns; None without islands."""
    if not agreements:
        return None
    sizes = [int((labels == island).sum()) for island in agreements]
    return float(np.average(list(agreements.values()), weights=sizes))


def _fitting(vectors: ArrayLike, labels: ArrayLike) -> tuple[NDArray[np.float64], NDArray[Any]]:
    """Vectors (rows, cols, D) and the label map (rows, cols) that belongs to them."""
    array, grid = np.asarray(vectors, dtype=np.float64), label_map(labels)
    if array.ndim != 3 or array.shape[:2] != grid.shape:
        raise ValueError(f"vectors: expected {(*grid.shape, 'D')}, got {array.shape}")
    return array, grid


def _unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each of (n, D) at length 1; zero stays zero."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(norms > 0, norms, 1.0)
