"""How two label maps overlap: counts, the best one-to-one matching, which island lies in which."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def label_map(labels: ArrayLike, name: str = "labels") -> NDArray[np.int64]:
    """Check one label map or a stack of them and give it as int64.

    labels: integers >= 0 of shape (rows, cols) or (S, rows, cols).
    Raises ValueError, naming ``name``, for another type, shape or a negative label.
    """
    array = np.asarray(labels)
    if array.ndim not in (2, 3) or array.size == 0:
        raise ValueError(
            f"{name}: expected a non-empty (rows, cols) or (S, rows, cols), got {array.shape}"
        )
    if not np.issubdtype(array.dtype, np.integer):
        raise ValueError(f"{name}: expected integer labels, got {array.dtype}")
    if array.min() < 0:
        raise ValueError(f"{name}: expected labels >= 0, got {int(array.min())}")
    return array.astype(np.int64)


def label_pair(
    first: ArrayLike, second: ArrayLike, names: tuple[str, str] = ("truth", "labels")
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Check two label maps of one shape; both are given back as stacks (S, rows, cols)."""
    a, b = label_map(first, names[0]), label_map(second, names[1])
    if a.shape != b.shape:
        raise ValueError(
            f"expected {names[0]} and {names[1]} of one shape, got {a.shape} and {b.shape}"
        )
    if a.ndim == 2:
        a, b = a[None], b[None]
    return a, b


def contingency(
    first: NDArray[np.int64], second: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Count the columns shared by each segment of ``first`` and each of ``second``.

    Both are integer arrays of one shape. Gives the sorted labels of each, (A,) and (B,), and the
    (A, B) table of column counts. Label 0 is counted like any other.
    """
    labels_a, index_a = np.unique(first, return_inverse=True)
    labels_b, index_b = np.unique(second, return_inverse=True)
    cells = index_a.ravel() * len(labels_b) + index_b.ravel()
    table = np.bincount(cells, minlength=len(labels_a) * len(labels_b))
    return labels_a, labels_b, table.reshape(len(labels_a), len(labels_b))


def iou(
    first: NDArray[np.int64], second: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Intersection over union of every segment > 0 of ``first`` with every one of ``second``.

    Both are integer arrays of one shape. Gives the sorted labels of each, (A,) and (B,), and the
    (A, B) table.
    """
    rows, cols, table = contingency(first, second)
    union = table.sum(axis=1, keepdims=True) + table.sum(axis=0) - table
    return rows[rows > 0], cols[cols > 0], (table / union)[rows > 0][:, cols > 0]


def matches(first: NDArray[np.int64], second: NDArray[np.int64], least: float) -> dict[int, int]:
    """Match segments > 0 of ``first`` one to one to those of ``second``: {first: second}.

    The matching has the greatest total intersection over union that pairs of at least ``least``
    (> 0) can give; other pairs are never matched.
    """
    from scipy.optimize import linear_sum_assignment

    ones, others, table = iou(first, second)
    # Dropping weak pairs beforehand keeps them from pushing a good pair aside.
    pairs = linear_sum_assignment(np.where(table >= least, table, 0.0), maximize=True)
    return {
        int(ones[row]): int(others[col])
        for row, col in zip(*pairs, strict=True)
        if table[row, col] >= least
    }


def parents(lower: ArrayLike, upper: ArrayLike) -> dict[int, int]:
    """Give each island of ``lower`` the island of ``upper`` that covers most of its columns.

    Both are (rows, cols) label maps. 0, no parent, where most of the island lies on the upper
    background. Equal shares go to an island before the background, then to the lower label.
    """
    below, above = label_pair(lower, upper, ("lower", "upper"))
    if len(below) != 1:
        raise ValueError(f"expected (rows, cols) label maps, got {np.shape(lower)}")
    children, candidates, table = contingency(below[0], above[0])
    # Background sorts first; moved last, argmax prefers an island on equal shares.
    order = np.argsort(candidates == 0, kind="stable")
    best = candidates[order][table[:, order].argmax(axis=1)]
    return {int(c): int(p) for c, p in zip(children, best, strict=True) if c > 0}
