"""Turn the states of one level into island labels by average-linkage agreement.

Columns are joined by how well their vectors agree (cosine), not by where they are: an island need
not be connected, so an object cut in two by an occluder can stay one island.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from glomtf.islands.scores import adjusted_rand, foreground_ari

BACKGROUND_BORDER = 0.3
"""Least share of the border columns that makes an island the background."""

# Finer towards 1, where settled states live: their agreements crowd there.
THRESHOLDS = 1.0 - np.geomspace(1.2, 0.001, 60)
"""Agreements that ``tune_threshold`` tries, rising from -0.2 to 0.999."""

# Heights within rounding of the cut belong to the island, so that equal vectors stay together.
_ROUNDING = 1e-9

Labels = NDArray[np.int32]
Merges = NDArray[np.float64]
Cuts = Callable[[float], Labels]


def segment(vectors: ArrayLike, *, threshold: float) -> Labels:
    """Label the islands of one level of one picture.

    vectors: (rows, cols, D) states; threshold: least mean agreement (cosine, -1 to 1) between two
    groups of columns that are joined. Gives (rows, cols) int32: 0 background (see
    ``background_of``), islands 1, 2, ... in reading order of their first column.
    Raises ValueError for another shape, NaN or infinite vectors, or a threshold out of range.
    """
    if not -1.0 <= threshold <= 1.0:
        raise ValueError(f"threshold: expected a cosine in [-1, 1], got {threshold}")
    shape = np.shape(vectors)[:2]
    return without_background(cut(linkage(vectors), threshold).reshape(shape))


def segment_k(vectors: ArrayLike, k: int) -> Labels:
    """Label exactly ``k`` islands 1..k, with no background: the oracle count of published tables.

    vectors: (rows, cols, D). Raises ValueError unless 1 <= k <= rows * cols.
    """
    return cut_k(linkage(vectors), k).reshape(np.shape(vectors)[:2])


def linkage(vectors: ArrayLike) -> Merges:
    """Average-linkage merges of all columns on cosine distance, to be cut at any threshold.

    vectors: (rows, cols, D). Gives SciPy's linkage matrix (rows * cols - 1, 4), heights being
    1 - mean cosine. A zero vector agrees fully with other zero vectors and not at all (cosine 0)
    with the rest. Raises ValueError for another shape or NaN or infinite vectors.
    """
    array = _states(vectors)
    unit, zero = _unit(array.reshape(-1, array.shape[-1]))
    # The second term makes zero vectors agree with one another.
    return merge(np.maximum(1.0 - unit @ unit.T - (zero & zero.T), 0.0))


def merge(distances: NDArray[np.float64]) -> Merges:
    """Average-linkage merges (N - 1, 4) of a symmetric (N, N) matrix of distances >= 0."""
    from scipy.cluster import hierarchy
    from scipy.spatial.distance import squareform

    if len(distances) == 1:
        return np.empty((0, 4))
    return hierarchy.linkage(squareform(distances, checks=False), method="average")


def cut(merges: Merges, threshold: float) -> Labels:
    """Cut merges at height 1 - threshold: (N,) int32 labels 1, 2, ... in reading order."""
    from scipy.cluster import hierarchy

    if len(merges) == 0:
        return np.ones(1, dtype=np.int32)
    clusters = hierarchy.fcluster(merges, 1.0 - threshold + _ROUNDING, criterion="distance")
    return in_reading_order(clusters)


def cut_k(merges: Merges, k: int) -> Labels:
    """Cut merges into exactly ``k`` groups: (N,) int32 labels 1..k in reading order.

    Raises ValueError unless 1 <= k <= N.
    """
    columns = len(merges) + 1
    if not 1 <= k <= columns:
        raise ValueError(f"k: expected 1 to {columns} (the number of columns), got {k}")
    # By rank instead of height, equal heights cannot make the count come out below k.
    ranked = merges.copy()
    ranked[:, 2] = np.arange(columns - 1)
    return cut(ranked, 1.0 - (columns - k - 0.5))


def background_of(labels: NDArray[np.integer]) -> int:
    """Which label of a (rows, cols) map is the background; 0 if none is.

    It is the label that holds most of the border columns, if its share of them is at least
    ``BACKGROUND_BORDER``.
    """
    border = np.ones(labels.shape, dtype=bool)
    border[1:-1, 1:-1] = False
    counts = np.bincount(labels[border])
    label = int(counts.argmax())
    return label if counts[label] >= BACKGROUND_BORDER * border.sum() else 0


def without_background(labels: Labels) -> Labels:
    """Set the background of a (rows, cols) map to 0 and number the islands afresh."""
    return in_reading_order(np.where(labels == background_of(labels), 0, labels))


def tune_threshold(
    vectors: ArrayLike, truth: ArrayLike, thresholds: ArrayLike = THRESHOLDS
) -> tuple[float, NDArray[np.float64]]:
    """Find the threshold that segments validation scenes best, with the score of each.

    vectors: (S, rows, cols, D); truth: (S, rows, cols) label maps. See ``tune``.
    """
    scenes = np.asarray(vectors)
    if scenes.ndim != 4:
        raise ValueError(f"vectors: expected (S, rows, cols, D), got {scenes.shape}")
    return tune([cuts_of(linkage(scene), scene.shape[:2]) for scene in scenes], truth, thresholds)


def cuts_of(merges: Merges, grid: tuple[int, ...]) -> Cuts:
    """The function threshold -> (rows, cols) islands of one picture, merges computed once."""
    return lambda threshold: without_background(cut(merges, threshold).reshape(grid))


def connected_cuts(vectors: ArrayLike) -> Cuts:
    """The stricter reading: islands are connected columns whose neighbours agree, one by one.

    vectors: (rows, cols, D). Gives the function threshold -> (rows, cols) islands: columns beside
    or above one another are joined if their own cosine reaches the threshold, so one weak link
    anywhere along a border joins two objects. Zero vectors and errors as in ``linkage``.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    array = _states(vectors)
    rows, cols = array.shape[:2]
    unit, zero = _unit(array.reshape(rows * cols, -1))
    column = np.arange(rows * cols).reshape(rows, cols)
    start = np.concatenate([column[:, :-1].ravel(), column[:-1].ravel()])
    end = np.concatenate([column[:, 1:].ravel(), column[1:].ravel()])
    cosine = (unit[start] * unit[end]).sum(axis=1) + (zero[start] & zero[end])[:, 0]

    def islands(threshold: float) -> Labels:
        joined = cosine >= threshold - _ROUNDING
        graph = coo_array(
            (np.ones(int(joined.sum())), (start[joined], end[joined])), shape=(column.size,) * 2
        )
        area = connected_components(graph, directed=False)[1]
        return without_background(area.astype(np.int32).reshape(rows, cols) + 1)

    return islands


def tune(
    cuts: Sequence[Cuts], truth: ArrayLike, thresholds: ArrayLike = THRESHOLDS
) -> tuple[float, NDArray[np.float64]]:
    """Find the one threshold at which ``cuts``, one per scene, agree best with the truth.

    truth: (S, rows, cols) label maps; thresholds: (T,) in rising order. Gives the best threshold
    and the (T,) scores: the mean of foreground and all-column adjusted Rand index. The first says
    whether objects are told apart, the second whether the background stayed whole. Of equally
    good neighbouring thresholds the middle one is taken, farthest from where things change.
    """
    maps, tried = np.asarray(truth), np.asarray(thresholds, dtype=np.float64)
    if maps.ndim != 3 or len(maps) != len(cuts):
        raise ValueError(f"truth: expected ({len(cuts)}, rows, cols), got {maps.shape}")
    scores = np.empty(len(tried))
    for i, threshold in enumerate(tried):
        labels = np.stack([scene(float(threshold)) for scene in cuts])
        scores[i] = (foreground_ari(maps, labels) + adjusted_rand(maps, labels)) / 2
    best = int(scores.argmax())
    worse = np.flatnonzero(scores[best:] < scores[best] - _ROUNDING)
    plateau = int(worse[0]) if len(worse) else len(scores) - best
    return float(tried[best + (plateau - 1) // 2]), scores


def in_reading_order(labels: NDArray[np.integer]) -> Labels:
    """Number labels 1, 2, ... by first appearance; 0 stays 0."""
    values, first, index = np.unique(labels, return_index=True, return_inverse=True)
    islands = np.flatnonzero(values != 0)
    numbers = np.zeros(len(values), dtype=np.int32)
    numbers[islands[np.argsort(first[islands])]] = np.arange(1, len(islands) + 1)
    return numbers[index].reshape(labels.shape)


def _states(vectors: ArrayLike) -> NDArray[np.float64]:
    """Check the states of one level: a finite, non-empty (rows, cols, D)."""
    array = np.asarray(vectors, dtype=np.float64)
    if array.ndim != 3 or array.size == 0:
        raise ValueError(f"vectors: expected a non-empty (rows, cols, D), got {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError("vectors: expected finite numbers, got NaN or infinity")
    return array


def _unit(flat: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Unit length for each of (N, D), and which (N, 1) are zero vectors and stay so."""
    # Scaling by the largest entry first keeps the norm of tiny or huge vectors from vanishing.
    largest = np.abs(flat).max(axis=1, keepdims=True)
    zero = largest == 0
    scaled = flat / np.where(zero, 1.0, largest)
    return scaled / np.where(zero, 1.0, np.linalg.norm(scaled, axis=1, keepdims=True)), zero
