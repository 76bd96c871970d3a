"""Scores against scikit-learn, brute force and cases worked out by hand."""

import itertools
import math

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from glomtf.islands.overlap import contingency, parents
from glomtf.islands.scores import (
    adjusted_rand,
    edge_f1,
    foreground_ari,
    mean_best_overlap,
    nestedness,
    parent_accuracy,
)

RNG = np.random.default_rng(0)


def random_maps(scenes: int = 40) -> tuple[np.ndarray, np.ndarray]:
    truth = RNG.integers(0, 4, (scenes, 5, 6))
    labels = np.where(RNG.random(truth.shape) < 0.6, truth * 3, RNG.integers(0, 9, truth.shape))
    return truth, labels


def rand_by_pairs(truth: np.ndarray, labels: np.ndarray) -> float:
    """The index written out over pairs of columns."""
    both = first = second = pairs = 0
    for p, q in itertools.combinations(range(truth.size), 2):
        same_truth = truth.flat[p] == truth.flat[q]
        same_labels = labels.flat[p] == labels.flat[q]
        both += same_truth and same_labels
        first += same_truth
        second += same_labels
        pairs += 1
    chance = first * second / pairs
    return (both - chance) / ((first + second) / 2 - chance)


def test_adjusted_rand_over_pairs_and_against_scikit_learn() -> None:
    truth, labels = random_maps()
    by_pairs = [rand_by_pairs(t, p) for t, p in zip(truth, labels, strict=True)]
    reference = [
        adjusted_rand_score(t.ravel(), p.ravel()) for t, p in zip(truth, labels, strict=True)
    ]
    assert adjusted_rand(truth, labels) == pytest.approx(np.mean(by_pairs), abs=1e-12)
    assert adjusted_rand(truth, labels) == pytest.approx(np.mean(reference), abs=1e-12)
    assert adjusted_rand(truth[3], labels[3]) == pytest.approx(by_pairs[3], abs=1e-12)


def test_foreground_ari_leaves_the_true_background_out() -> None:
    truth, labels = random_maps()
    expected = [adjusted_rand_score(t[t > 0], p[t > 0]) for t, p in zip(truth, labels, strict=True)]
    assert foreground_ari(truth, labels) == pytest.approx(np.mean(expected), abs=1e-12)
    shattered = np.where(truth == 0, 100 + np.arange(30).reshape(5, 6), truth)
    assert foreground_ari(truth, shattered) == 1.0
    assert adjusted_rand(truth, shattered) < 0.95


def test_names_of_labels_do_not_matter() -> None:
    truth, labels = random_maps()
    renamed = np.array([5, 100, 3, 7, 0, 2, 1, 50, 8, 10])[labels]
    assert adjusted_rand(truth, renamed) == adjusted_rand(truth, labels)


def test_degenerate_partitions() -> None:
    one, many = np.ones((3, 3), dtype=int), np.arange(9).reshape(3, 3)
    assert adjusted_rand(one, one * 4) == 1.0
    assert adjusted_rand(many, many[::-1]) == 1.0
    assert adjusted_rand(one, many) == 0.0
    assert adjusted_rand(one[:1, :1], one[:1, :1]) == 1.0
    assert foreground_ari(one, many) == 0.0


def test_scenes_with_nothing_to_find_are_left_out() -> None:
    empty, truth = np.zeros((2, 2), dtype=int), np.array([[0, 1], [2, 2]])
    for score in (foreground_ari, mean_best_overlap):
        assert math.isnan(score(empty, truth))
        assert score(np.stack([truth, empty]), np.stack([truth, truth])) == 1.0
    assert math.isnan(nestedness(empty, truth))


def test_mean_best_overlap_by_hand() -> None:
    truth = np.array([[1, 1, 1, 2, 2, 0]])
    labels = np.array([[1, 1, 2, 2, 0, 0]])
    # Segment 1 against island 1: 2 of 3. Segment 2 against island 2: 1 of 3.
    assert mean_best_overlap(truth, labels) == pytest.approx((2 / 3 + 1 / 3) / 2)
    assert mean_best_overlap(truth, np.zeros_like(truth)) == 0.0
    # The predicted background is no candidate, however well it fits.
    assert mean_best_overlap(truth, np.array([[0, 0, 0, 3, 3, 0]])) == 0.5


def test_mean_best_overlap_by_brute_force() -> None:
    truth, labels = random_maps()
    scenes = []
    for t, p in zip(truth, labels, strict=True):
        best = [
            max(
                ((t == i) & (p == j)).sum() / ((t == i) | (p == j)).sum()
                for j in np.unique(p[p > 0])
            )
            for i in np.unique(t[t > 0])
        ]
        scenes.append(np.mean(best))
    assert mean_best_overlap(truth, labels) == pytest.approx(np.mean(scenes), abs=1e-12)


def test_parents_take_the_majority_and_prefer_an_island() -> None:
    lower = np.array([[1, 1, 1, 2, 2, 3, 3, 0]])
    upper = np.array([[4, 4, 2, 0, 2, 0, 0, 4]])
    assert parents(lower, upper) == {1: 4, 2: 2, 3: 0}
    assert parents(np.array([[1, 1]]), np.array([[9, 3]])) == {1: 3}


def test_nestedness_by_hand() -> None:
    lower = np.array([[1, 1, 1, 2, 2, 3, 3, 0]])
    upper = np.array([[4, 4, 2, 0, 2, 0, 0, 4]])
    # Island 1: two columns of three; island 2: one of two; island 3 has no parent.
    assert nestedness(lower, upper) == pytest.approx(3 / 7)
    assert nestedness(lower, (lower > 0).astype(int)) == 1.0
    assert nestedness(lower, np.zeros_like(lower)) == 0.0


PARTS = np.array([[1, 1, 2, 2, 0, 3, 3, 4, 4]])
OBJECTS = np.array([[1, 1, 1, 1, 0, 2, 2, 2, 2]])


def test_the_true_tree_scores_full_marks_under_any_names() -> None:
    for parts, objects in [(PARTS, OBJECTS), (PARTS * 7 % 11, OBJECTS * 5)]:
        assert parent_accuracy(PARTS, OBJECTS, parts, objects) == 1.0
        assert edge_f1(PARTS, OBJECTS, parts, objects) == 1.0


def test_a_part_under_the_wrong_object() -> None:
    # Object 2 has lost part 3 to object 1: {1, 2, 3} matches object 1 at 4/6, {4} object 2 at 2/4.
    objects = np.array([[1, 1, 1, 1, 0, 1, 1, 2, 2]])
    assert parent_accuracy(PARTS, OBJECTS, PARTS, objects) == 0.75
    assert edge_f1(PARTS, OBJECTS, PARTS, objects) == 0.75


def test_missing_and_made_up_parts_cost_f1_only() -> None:
    # Part 4 is missed; a false part 5 stands on the true background, over no object.
    missed = np.array([[1, 1, 2, 2, 0, 3, 3, 0, 0]])
    assert parent_accuracy(PARTS, OBJECTS, missed, OBJECTS) == 1.0
    assert edge_f1(PARTS, OBJECTS, missed, OBJECTS) == pytest.approx(2 * 3 / (4 + 3))
    split = np.array([[1, 5, 2, 2, 0, 3, 3, 4, 4]])
    # Both halves of part 1 reach exactly the least overlap; only one of them may be matched.
    assert parent_accuracy(PARTS, OBJECTS, split, OBJECTS) == 1.0
    assert edge_f1(PARTS, OBJECTS, split, OBJECTS) == pytest.approx(2 * 4 / (4 + 5))


def test_a_poor_overlap_is_no_match() -> None:
    truth = np.array([[1, 1, 1, 1, 1, 0]])
    for covered, score in [(2, 0.0), (3, 1.0)]:
        labels = np.zeros_like(truth)
        labels[0, :covered] = 1
        assert parent_accuracy(truth, truth, labels, truth) == score
        assert edge_f1(truth, truth, truth, labels) == score


def test_nothing_found_scores_zero() -> None:
    nothing = np.zeros_like(PARTS)
    assert parent_accuracy(PARTS, OBJECTS, nothing, nothing) == 0.0
    assert edge_f1(PARTS, OBJECTS, nothing, nothing) == 0.0
    # Parts without any object: matched, but without parents.
    assert parent_accuracy(PARTS, OBJECTS, PARTS, nothing) == 0.0
    stack = np.stack([PARTS, PARTS]), np.stack([OBJECTS, OBJECTS])
    assert edge_f1(*stack, np.stack([PARTS, nothing]), np.stack([OBJECTS, nothing])) == 0.5


def test_contingency_counts_every_column() -> None:
    truth, labels = random_maps(1)
    rows, cols, table = contingency(truth[0], labels[0])
    for (i, a), (j, b) in itertools.product(enumerate(rows), enumerate(cols)):
        assert table[i, j] == ((truth[0] == a) & (labels[0] == b)).sum()
    assert table.sum() == truth[0].size


def test_bad_maps_are_refused() -> None:
    good = np.ones((2, 2), dtype=int)
    for bad, words in [
        (np.ones((2, 3), dtype=int), "one shape"),
        (np.ones((2, 2)), "integer"),
        (-good, ">= 0"),
        (np.ones(4, dtype=int), "rows, cols"),
        (np.ones((0, 2), dtype=int), "non-empty"),
    ]:
        with pytest.raises(ValueError, match=words):
            adjusted_rand(good, bad)
