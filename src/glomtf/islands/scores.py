"""Score island label maps against the truth, and a pair of levels as a parse tree.

Every score takes integer label maps at column resolution, (rows, cols) or a stack
(S, rows, cols), and gives one number: for a stack the mean over its scenes. 0 is background.
A scene for which a score is undefined (it has nothing to find) is left out of the mean; where
that leaves no scene the score is nan.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from glomtf.islands.overlap import contingency, iou, label_pair, matches, parents

MATCH_IOU = 0.5
"""Least intersection over union at which an island counts as having found a true segment."""

Ints = NDArray[np.int64]


def adjusted_rand(truth: ArrayLike, labels: ArrayLike) -> float:
    """Adjusted Rand index over all columns, the background being a segment like any other.

    1 for the same partition, about 0 for chance, at worst -0.5. Two trivial partitions that are
    equal (one segment in both, or every column its own in both) score 1.
    Source: Hubert and Arabie, "Comparing partitions", 1985.
    """
    pairs = zip(*label_pair(truth, labels), strict=True)
    return _mean(_rand(t, p) for t, p in pairs)


def foreground_ari(truth: ArrayLike, labels: ArrayLike) -> float:
    """Adjusted Rand index over the columns where the truth is foreground (> 0).

    It does not see what became of the background, so read it beside ``adjusted_rand``. A
    predicted 0 is one more segment. A scene with one true object scores 1 if it is whole, else 0.
    """
    pairs = zip(*label_pair(truth, labels), strict=True)
    return _mean(_rand(t[t > 0], p[t > 0]) for t, p in pairs if (t > 0).any())


def mean_best_overlap(truth: ArrayLike, labels: ArrayLike) -> float:
    """Mean, over the true segments > 0, of the best intersection over union with an island.

    Only islands (labels > 0) can be that best; the predicted background cannot. Islands may serve
    several segments. Without islands the score is 0.
    Source: Pont-Tuset et al., "Multiscale combinatorial grouping", 2015 (there "MBO").
    """
    pairs = zip(*label_pair(truth, labels), strict=True)
    overlaps = (iou(t, p)[2] for t, p in pairs if (t > 0).any())
    return _mean(one.max(axis=1, initial=0.0).mean() for one in overlaps)


def nestedness(lower: ArrayLike, upper: ArrayLike) -> float:
    """Share of the columns of the lower islands that lie in their island's parent.

    The parent is the upper island that covers most of the lower one; columns of an island that
    lies mostly on the upper background have no parent and count as not nested.
    """
    pairs = zip(*label_pair(lower, upper, ("lower", "upper")), strict=True)
    return _mean(_nested(low, up) for low, up in pairs if (low > 0).any())


def parent_accuracy(
    true_parts: ArrayLike, true_objects: ArrayLike, parts: ArrayLike, objects: ArrayLike
) -> float:
    """Share of the matched parts whose parent is the island matched to the true parent.

    Islands are matched one to one to true segments at each depth, for the greatest total
    intersection over union, pairs below ``MATCH_IOU`` being dropped. A scene in which no part is
    matched scores 0; one without true parts is left out.
    """
    scenes = _edges(true_parts, true_objects, parts, objects)
    return _mean(hits / matched if matched else 0.0 for hits, matched, true, _ in scenes if true)


def edge_f1(
    true_parts: ArrayLike, true_objects: ArrayLike, parts: ArrayLike, objects: ArrayLike
) -> float:
    """F1 over the (part, object) edges of the tree, both ends matched as in ``parent_accuracy``.

    Unlike ``parent_accuracy`` it also pays for parts missed and parts made up. A part that lies
    mostly on its upper background has no edge. A scene without true edges is left out.
    """
    scenes = _edges(true_parts, true_objects, parts, objects)
    return _mean(2 * hits / (true + found) for hits, _, true, found in scenes if true)


def _mean(values: Iterable[float]) -> float:
    scenes = list(values)
    return float(np.mean(scenes)) if scenes else float("nan")


def _rand(truth: Ints, labels: Ints) -> float:
    """Adjusted Rand index of two label arrays of one shape."""
    table = contingency(truth, labels)[2].astype(np.float64)

    def pairs(counts: NDArray[np.float64]) -> float:
        return float((counts * (counts - 1)).sum() / 2)

    together, a, b = pairs(table), pairs(table.sum(axis=1)), pairs(table.sum(axis=0))
    total = pairs(table.sum(keepdims=True))
    if a == b and a in (0.0, total):
        return 1.0
    chance = a * b / total
    return (together - chance) / ((a + b) / 2 - chance)


def _nested(lower: Ints, upper: Ints) -> float:
    parent = parents(lower, upper)
    inside = sum(
        int(((lower == child) & (upper == above)).sum()) for child, above in parent.items() if above
    )
    return inside / int((lower > 0).sum())


def _edges(
    true_parts: ArrayLike, true_objects: ArrayLike, parts: ArrayLike, objects: ArrayLike
) -> Iterable[tuple[int, int, int, int]]:
    """Per scene: edges found, parts matched, true edges, predicted edges."""
    true_low, low = label_pair(true_parts, parts, ("true_parts", "parts"))
    true_up, up = label_pair(true_objects, objects, ("true_objects", "objects"))
    for t_low, t_up, p_low, p_up in zip(true_low, true_up, low, up, strict=True):
        true_edges = {c: p for c, p in parents(t_low, t_up).items() if p}
        edges = {c: p for c, p in parents(p_low, p_up).items() if p}
        part_of = {c: t for c, t in matches(p_low, t_low, MATCH_IOU).items() if t in true_edges}
        object_of = matches(p_up, t_up, MATCH_IOU)
        hits = sum(
            object_of.get(edges.get(child, 0)) == true_edges[part]
            for child, part in part_of.items()
        )
        yield hits, len(part_of), len(true_edges), len(edges)
