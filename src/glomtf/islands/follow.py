"""Follow islands over time: give an island the same number in successive label maps."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from glomtf.islands.overlap import label_map, matches

FOLLOW_IOU = 0.1
"""Least intersection over union at which an island carries on the one of an earlier map.

Low on purpose: a shape that moves by 0.8 of its width between two maps still has this much in
common with itself, and the one-to-one matching already prefers the better of two candidates. What
it rules out are neighbours that share a rim.
"""

FOLLOW_GAP = 1
"""Maps in a row an island may be missing from and still get its number back."""


class Follower:
    """Renumbers label maps one by one, as they come, so that islands that carry on keep a number.

    Islands are matched one to one to those of the map before, for the greatest total intersection
    over union, pairs below ``FOLLOW_IOU`` being no match. Islands still without a match are
    compared in the same way with what was missing from that map but there in the ``FOLLOW_GAP``
    maps before it, at the place where it was last. The rest are new and get numbers never used
    before, in the order of their labels. The first map keeps its numbers.
    """

    def __init__(self) -> None:
        self._recent: list[NDArray[np.int64]] = []
        self._seen = self._used = 0

    def next(self, labels: ArrayLike) -> NDArray[np.int64]:
        """The next map in time, renumbered.

        labels: (rows, cols) integers, 0 = background, the same shape each time. Raises ValueError
        for another shape or type, or negative labels.
        """
        one = label_map(labels, f"maps[{self._seen}]")
        expected = self._recent[-1].shape if self._recent else one.shape
        if one.ndim != 2 or one.shape != expected:
            raise ValueError(
                f"maps: expected (rows, cols) of one shape, got {expected} "
                f"and {one.shape} (number {self._seen})"
            )
        number_of = _carried_on(one, self._recent) if self._recent else {}
        for label in np.unique(one[one > 0]).tolist():
            if label not in number_of:
                number_of[label] = self._used + 1 if self._recent else label
                self._used = max(self._used, number_of[label])
        self._recent = [*self._recent[-FOLLOW_GAP:], _renumbered(one, number_of)]
        self._seen += 1
        return self._recent[-1]


def follow(maps: Sequence[ArrayLike]) -> list[NDArray[np.int64]]:
    """Renumber successive label maps so that an island that carries on keeps its number.

    See ``Follower`` for how islands are matched.

    Args:
        maps: (rows, cols) integer label maps of one shape, 0 = background, in order of time. They
            are not changed. The first keeps its numbers.

    Returns:
        As many (rows, cols) int64 maps.

    Raises:
        ValueError: for maps of another shape or type, or negative labels.
    """
    follower = Follower()
    return [follower.next(one) for one in maps]


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
