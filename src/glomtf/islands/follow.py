"""Follow islands over time: give an island the same number in successive label maps."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from glomtf.islands.overlap import label_map, matches

FOLLOW_IOU = 0.1
"""Least intersection over union at which an island carries on the one of an earlier map.

Low on purpose: a shape that moves by 0.8 of its width between two maps still has this much in
common with itself, and the one-to-one matching already prefers the better of two candidates. What
it rules out are neighbours that share a rim.
"""

FOLLOW_GAP = 1
"""Maps in a row an island may be missing from and still get its number back."""


def follow(maps: Sequence[NDArray[np.integer]]) -> list[NDArray[np.int64]]:
    """Renumber successive label maps so that an island that carries on keeps its number.

    Islands are matched one to one to those of the map before, for the greatest total intersection
    over union, pairs below ``FOLLOW_IOU`` being no match. Islands still without a match are
    compared in the same way with what was missing from that map but there in the ``FOLLOW_GAP``
    maps before it, at the place where it was last. The rest are new and get numbers never used
    before, in the order of their labels.

    Args:
        maps: (rows, cols) integer label maps of one shape, 0 = background, in order of time. They
            are not changed. The first keeps its numbers.

    Returns:
        As many (rows, cols) int64 maps.

    Raises:
        ValueError: for maps of another shape or type, or negative labels.
    """
    given = [label_map(one, f"maps[{number}]") for number, one in enumerate(maps)]
    for number, one in enumerate(given):
        if one.ndim != 2 or one.shape != given[0].shape:
            raise ValueError(
                f"maps: expected (rows, cols) of one shape, got {given[0].shape} "
                f"and {one.shape} (number {number})"
            )
    followed: list[NDArray[np.int64]] = []
    used = 0
    for one in given:
        number_of = _carried_on(one, followed[-1 - FOLLOW_GAP :]) if followed else {}
        for label in np.unique(one[one > 0]).tolist():
            if label not in number_of:
                number_of[label] = used + 1 if followed else label
                used = max(used, number_of[label])
        followed.append(_renumbered(one, number_of))
    return followed


def _carried_on(labels: NDArray[np.int64], earlier: list[NDArray[np.int64]]) -> dict[int, int]:
    """Which islands of ``labels`` carry on which numbers of ``earlier`` maps, latest map last."""
    number_of: dict[int, int] = {}
    seen: set[int] = set()
    left = labels
    # The map just before goes first: what is there now has more right to a number's island than
    # what is only remembered.
    for before in reversed(earlier):
        missing = np.where(np.isin(before, list(seen)), 0, before)
        found = matches(left, missing, FOLLOW_IOU)
        number_of |= found
        left = np.where(np.isin(left, list(found)), 0, left)
        seen |= set(np.unique(before).tolist())
    return number_of


def _renumbered(labels: NDArray[np.int64], number_of: dict[int, int]) -> NDArray[np.int64]:
    values, index = np.unique(labels, return_inverse=True)
    numbers = np.array([number_of.get(value, 0) for value in values.tolist()], dtype=np.int64)
    return numbers[index].reshape(labels.shape)
