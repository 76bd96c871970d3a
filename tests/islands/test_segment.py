"""Islands from states: the linkage, its cuts, the background rule, tuning."""

import numpy as np
import pytest

from glomtf.islands.scores import adjusted_rand
from glomtf.islands.segment import (
    background_of,
    connected_cuts,
    cut,
    in_reading_order,
    linkage,
    segment,
    segment_k,
    tune,
    tune_threshold,
    without_background,
)

TRUTH = np.zeros((8, 10), dtype=np.int32)
TRUTH[1:4, 1:4] = 1
TRUTH[3:7, 5:9] = 2


def states(truth: np.ndarray, noise: float, seed: int = 0, dim: int = 16) -> np.ndarray:
    rng = np.random.default_rng(seed)
    means = np.linalg.qr(rng.normal(size=(dim, dim)))[0][: truth.max() + 1]
    scale = rng.uniform(0.5, 5.0, size=(*truth.shape, 1))
    return scale * (means[truth] + noise * rng.normal(size=(*truth.shape, dim)))


def test_pure_states_give_the_truth() -> None:
    labels = segment(states(TRUTH, 0.0), threshold=1.0)
    assert labels.dtype == np.int32
    np.testing.assert_array_equal(labels, TRUTH)


def test_length_of_a_vector_does_not_matter() -> None:
    vectors = states(TRUTH, 0.2)
    scale = np.random.default_rng(1).choice([1e-200, 1.0, 1e200], size=(8, 10, 1))
    np.testing.assert_array_equal(
        segment(vectors * scale, threshold=0.5), segment(vectors, threshold=0.5)
    )


def test_linkage_is_average_linkage_by_brute_force() -> None:
    vectors = np.random.default_rng(2).normal(size=(3, 4, 5))
    unit = vectors.reshape(12, 5) / np.linalg.norm(vectors.reshape(12, 5), axis=1)[:, None]
    groups = [[i] for i in range(12)]
    heights = []
    while len(groups) > 1:
        height, i, j = min(
            (float(np.mean([1 - unit[p] @ unit[q] for p in a for q in b])), i, j)
            for i, a in enumerate(groups)
            for j, b in enumerate(groups)
            if i < j
        )
        heights.append(height)
        groups[i] += groups.pop(j)
        threshold = 1 - height
        expected = np.empty(12, dtype=np.int64)
        for number, group in enumerate(groups, start=1):
            expected[group] = number
        np.testing.assert_array_equal(
            cut(linkage(vectors), threshold), in_reading_order(expected), err_msg=str(len(groups))
        )
    np.testing.assert_allclose(linkage(vectors)[:, 2], heights, rtol=1e-12)


def test_a_higher_threshold_only_refines() -> None:
    for seed in range(5):
        merges = linkage(states(TRUTH, 0.4, seed))
        before = cut(merges, -1.0)
        for threshold in np.linspace(-1.0, 1.0, 41):
            labels = cut(merges, threshold)
            owner = {}
            for fine, coarse in zip(labels, before, strict=True):
                assert owner.setdefault(int(fine), int(coarse)) == coarse
            assert labels.max() >= before.max()
            before = labels


def test_islands_are_numbered_in_reading_order() -> None:
    labels = np.array([[7, 7, 0], [2, 9, 7], [9, 2, 0]])
    np.testing.assert_array_equal(in_reading_order(labels), [[1, 1, 0], [2, 3, 1], [3, 2, 0]])


def test_background_is_the_label_with_most_of_the_border() -> None:
    assert background_of(np.array([[1, 1, 2], [1, 2, 2], [3, 3, 3]])) == 1
    # The middle column is no border: label 1 holds most columns, label 2 most of the border.
    middle = np.full((7, 7), 2)
    middle[1:6, 1:6] = 1
    middle[0] = 3
    assert background_of(middle) == 2


def test_no_background_without_a_large_share_of_the_border() -> None:
    # Each of four quadrants holds a quarter of the border, below the needed share.
    quadrants = np.kron(np.array([[1, 2], [3, 4]]), np.ones((4, 4), dtype=int))
    assert background_of(quadrants) == 0
    eye = np.eye(4)[quadrants - 1]
    np.testing.assert_array_equal(segment(eye, threshold=0.5), quadrants)


def test_an_object_cut_in_two_stays_one_island() -> None:
    truth = np.zeros((8, 8), dtype=int)
    truth[2:6, 1:7] = 1
    truth[1:7, 3:5] = 2
    labels = segment(states(truth, 0.05), threshold=0.5)
    assert labels[3, 1] == labels[3, 6] != labels[3, 3]


def test_zero_vectors_agree_among_themselves_only() -> None:
    vectors = np.zeros((4, 4, 3))
    vectors[1:3, 1:3] = [1.0, 2.0, 3.0]
    expected = np.zeros((4, 4), dtype=int)
    expected[1:3, 1:3] = 1
    np.testing.assert_array_equal(segment(vectors, threshold=0.1), expected)
    assert linkage(vectors)[-1, 2] == pytest.approx(1.0)


def test_connected_islands_by_flooding() -> None:
    for seed in range(3):
        vectors = states(TRUTH, 0.3, seed)
        vectors[0, :2] = 0
        cuts = connected_cuts(vectors)
        unit = vectors / np.maximum(np.linalg.norm(vectors, axis=2, keepdims=True), 1e-300)
        for threshold in (-1.0, 0.2, 0.4, 0.6, 1.0):
            expected, number = np.zeros(TRUTH.shape, dtype=np.int32), 0
            for start in np.ndindex(TRUTH.shape):
                if expected[start]:
                    continue
                number += 1
                expected[start], front = number, [start]
                while front:
                    r, c = front.pop()
                    for here in ((r + 1, c), (r - 1, c), (r, c + 1), (r, c - 1)):
                        inside = 0 <= here[0] < 8 and 0 <= here[1] < 10
                        if not inside or expected[here]:
                            continue
                        zeros = not unit[here].any() and not unit[r, c].any()
                        if unit[here] @ unit[r, c] >= threshold or zeros:
                            expected[here] = number
                            front.append(here)
            np.testing.assert_array_equal(cuts(threshold), without_background(expected))


def test_connected_islands_end_where_an_occluder_lies() -> None:
    truth = np.zeros((8, 8), dtype=int)
    truth[2:6, 1:7] = 1
    truth[1:7, 3:5] = 2
    labels = connected_cuts(states(truth, 0.05))(0.5)
    assert len({labels[3, 1], labels[3, 6], labels[3, 3], 0}) == 4


@pytest.mark.parametrize("k", [1, 2, 3, 7, 80])
def test_oracle_count_is_met_even_among_ties(k: int) -> None:
    for noise in (0.0, 0.3):
        labels = segment_k(states(TRUTH, noise), k)
        np.testing.assert_array_equal(np.unique(labels), np.arange(1, k + 1))
    if k == 3:
        assert adjusted_rand(TRUTH, segment_k(states(TRUTH, 0.1), k)) == 1.0


def test_one_column() -> None:
    np.testing.assert_array_equal(segment_k(np.ones((1, 1, 4)), 1), [[1]])
    np.testing.assert_array_equal(segment(np.ones((1, 1, 4)), threshold=0.5), [[0]])


def test_bad_input_is_named_in_one_line() -> None:
    good = states(TRUTH, 0.1)
    bad = good.copy()
    bad[2, 3, 4] = np.nan
    for call, words in [
        (lambda: segment(bad, threshold=0.5), "NaN"),
        (lambda: segment(good[0], threshold=0.5), r"rows, cols, D.*\(10, 16\)"),
        (lambda: segment(good, threshold=1.5), r"\[-1, 1\].*1.5"),
        (lambda: segment(good, threshold=float("nan")), "nan"),
        (lambda: connected_cuts(bad), "NaN"),
        (lambda: connected_cuts(good[0]), r"rows, cols, D.*\(10, 16\)"),
        (lambda: segment_k(good, 81), "1 to 80.*81"),
        (lambda: segment_k(good, 0), "1 to 80.*0"),
        (lambda: tune_threshold(good, TRUTH), "S, rows, cols, D"),
        (lambda: tune_threshold(good[None], TRUTH), r"\(1, rows, cols\)"),
    ]:
        with pytest.raises(ValueError, match=words) as error:
            call()
        assert "\n" not in str(error.value)


def test_tuning_finds_a_threshold_that_segments_new_scenes() -> None:
    vectors = np.stack([states(TRUTH, 0.1, seed) for seed in range(4)])
    threshold, scores = tune_threshold(vectors, np.stack([TRUTH] * 4), np.linspace(0.0, 0.99, 34))
    assert scores.shape == (34,)
    assert scores.max() == 1.0
    np.testing.assert_array_equal(segment(states(TRUTH, 0.1, 9), threshold=threshold), TRUTH)


def test_tuning_takes_the_middle_of_a_plateau_and_counts_both_indices() -> None:
    truth = np.array([[[0, 0, 1, 1], [0, 0, 2, 2]]])
    shattered = np.array([[3, 4, 1, 1], [5, 6, 2, 2]], dtype=np.int32)
    best = truth[0].astype(np.int32)
    answers = {0.0: shattered, 0.1: best, 0.2: best, 0.3: best, 0.4: shattered}
    threshold, scores = tune([answers.__getitem__], truth, list(answers))
    assert threshold == 0.2
    # The shattered background leaves the foreground index at 1 and lowers the other.
    assert 0.5 < scores[0] < 1.0
    np.testing.assert_allclose(scores[1:4], 1.0)
