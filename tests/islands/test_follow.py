"""Islands keep their numbers over time: against brute force, and in scenes drawn by hand."""

import itertools

import numpy as np
import pytest

from glomtf.islands import follow
from glomtf.islands.follow import FOLLOW_IOU
from glomtf.islands.overlap import matches


def overlaps(first: np.ndarray, second: np.ndarray) -> dict[tuple[int, int], float]:
    """Intersection over union of every pair of islands, counted by hand."""
    return {
        (a, b): float(((first == a) & (second == b)).sum() / ((first == a) | (second == b)).sum())
        for a in np.unique(first[first > 0]).tolist()
        for b in np.unique(second[second > 0]).tolist()
    }


def best_total(first: np.ndarray, second: np.ndarray, least: float) -> float:
    """The greatest total over all one-to-one matchings, each of them tried."""
    table = overlaps(first, second)
    ones, others = np.unique(first[first > 0]).tolist(), np.unique(second[second > 0]).tolist()
    chosen = [*others, *[None] * len(ones)]
    return max(
        sum(v for pair in zip(ones, some, strict=True) if (v := table.get(pair, 0)) >= least)
        for some in itertools.permutations(chosen, len(ones))
    )


def square(*places: tuple[int, int, int], side: int = 4, shape: tuple[int, int] = (12, 24)):
    """A map with a square of each (label, row, col)."""
    labels = np.zeros(shape, int)
    for label, row, col in places:
        labels[row : row + side, col : col + side] = label
    return labels


@pytest.mark.parametrize("least", [FOLLOW_IOU, 0.3])
def test_the_matching_is_the_best_of_all(least: float) -> None:
    rng = np.random.default_rng(0)
    for _ in range(60):
        first = rng.integers(0, 4, (5, 6))
        second = np.where(rng.random((5, 6)) < rng.random(), first, rng.integers(0, 5, (5, 6)))
        table, found = overlaps(first, second), matches(first, second, least)
        assert len(set(found.values())) == len(found)
        assert all(table[pair] >= least for pair in found.items())
        assert sum(table[pair] for pair in found.items()) == pytest.approx(
            best_total(first, second, least)
        )


def test_two_maps_are_followed_by_the_best_matching() -> None:
    rng = np.random.default_rng(1)
    for _ in range(60):
        first = rng.integers(0, 4, (5, 6))
        second = np.where(rng.random((5, 6)) < 0.6, first, rng.integers(0, 5, (5, 6)))
        one, two = follow([first, second])
        np.testing.assert_array_equal(one, first)
        # The same islands under other names.
        names = {tuple(pair) for pair in np.stack([second, two], axis=-1).reshape(-1, 2).tolist()}
        assert len(names) == len(np.unique(second)) == len(np.unique(two)) and (0, 0) in names
        kept = [(new, old) for old, new in names if old and new <= first.max()]
        table = overlaps(first, second)
        assert sum(table[pair] for pair in kept) == pytest.approx(
            best_total(first, second, FOLLOW_IOU)
        )


def test_moving_islands_keep_their_numbers_however_they_are_labelled() -> None:
    maps = [square((1 + t % 2, 0, 2 * t), (2 - t % 2, 6, 14 - 2 * t)) for t in range(6)]
    for t, labels in enumerate(follow(maps)):
        np.testing.assert_array_equal(labels, square((1, 0, 2 * t), (2, 6, 14 - 2 * t)))


def test_a_new_island_gets_a_number_never_used() -> None:
    there, gone = square((3, 0, 0), (7, 6, 0)), square((1, 0, 0))
    other = square((1, 0, 0), (2, 0, 10), (3, 6, 10))
    one, two, _, four = follow([there, gone, gone, other])
    np.testing.assert_array_equal(one, there)
    np.testing.assert_array_equal(two, square((3, 0, 0)))
    np.testing.assert_array_equal(four, square((3, 0, 0), (8, 0, 10), (9, 6, 10)))


def test_too_little_overlap_is_no_match() -> None:
    # 19 of 181 columns are just above a tenth, 18 of 182 just below.
    row = np.zeros((1, 200), int)
    start, near, far = row.copy(), row.copy(), row.copy()
    start[0, :100], near[0, 81:181], far[0, 82:182] = 1, 1, 1
    assert follow([start, near])[1].max() == 1
    assert follow([start, far])[1].max() == 2


def test_the_larger_piece_of_a_split_island_keeps_the_number() -> None:
    whole = np.ones((4, 10), int)
    pieces = whole.copy()
    pieces[:, 3:] = 2
    split = follow([whole, pieces])[1]
    np.testing.assert_array_equal(split, np.where(pieces == 2, 1, 2))


def test_an_island_missing_from_one_map_comes_back_and_after_two_it_is_new() -> None:
    both, one = square((1, 0, 0), (2, 6, 10)), square((1, 0, 0))
    np.testing.assert_array_equal(follow([both, one, both])[2], both)
    assert set(np.unique(follow([both, one, one, both])[3])) == {0, 1, 3}


def test_what_is_there_has_more_right_than_what_is_remembered() -> None:
    first = square((1, 0, 0), (2, 6, 10))
    # 1 moves to where 2 was last, and 2 is gone: it stays 1 though 2's place fits better.
    between, last = square((5, 6, 12)), square((5, 6, 11))
    moved = follow([first, between, last])
    assert set(np.unique(moved[1])) == set(np.unique(moved[2])) == {0, 2}
    hidden = [first, square((1, 3, 0)), square((1, 6, 0), (2, 6, 10))]
    assert set(np.unique(follow(hidden)[2])) == {0, 1, 2}
    # The number 1 is in use in the last map but one: nothing else may get it.
    assert np.unique(
        follow([square((1, 0, 0)), square((1, 3, 0)), square((1, 6, 0), (2, 0, 0))])[2]
    ).tolist() == [0, 1, 2]


def test_empty_maps_and_none_at_all() -> None:
    nothing = np.zeros((3, 4), int)
    assert follow([]) == []
    assert not any(one.any() for one in follow([nothing, nothing]))
    late = nothing.copy()
    late[1] = 5
    assert follow([nothing, late])[1].max() == 1


def test_the_maps_given_are_not_changed() -> None:
    maps = [np.array([[1, 2]], np.int32), np.array([[2, 1]], np.int32)]
    given = [one.copy() for one in maps]
    assert [one.dtype for one in follow(maps)] == [np.int64, np.int64]
    np.testing.assert_array_equal(maps, given)


@pytest.mark.parametrize(
    "maps, words",
    [
        ([np.ones((2, 2), int), np.ones((2, 3), int)], "one shape"),
        ([np.ones((1, 2, 2), int)], "one shape"),
        ([np.ones((2, 2))], r"maps\[0\].*integer"),
        ([np.ones((2, 2), int), -np.ones((2, 2), int)], r"maps\[1\].*>= 0"),
    ],
)
def test_other_maps_are_refused(maps: list[np.ndarray], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        follow(maps)
