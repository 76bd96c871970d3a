"""Contrast of pairs, of near columns and of views: closed forms, symmetries, no collapse."""

import numpy as np
import pytest
from keras import ops

from glomtf.objectives import (
    cooccurrence_contrast,
    pair_contrast,
    segment_contrast,
    view_contrast,
)


def numpy(x):
    return ops.convert_to_numpy(x)


@pytest.fixture
def states():
    return np.random.default_rng(3).normal(size=(2, 9, 5)).astype("float32")


def test_pairs_against_loops(states):
    rng = np.random.default_rng(4)
    affinity = rng.random((2, 9, 9)) * (rng.random((2, 9, 9)) < 0.4)
    affinity[0, 4] = 0
    counted, others = rng.random((2, 9)), rng.normal(size=(2, 3, 5)).astype("float32")
    unit = states / np.linalg.norm(states, axis=-1, keepdims=True)
    away = others / np.linalg.norm(others, axis=-1, keepdims=True)
    expected = np.zeros((2, 9))
    for b, i in np.ndindex(2, 9):
        rest = [j for j in range(9) if j != i]
        total = sum(counted[b, k] * np.exp(unit[b, i] @ unit[b, k] / 0.2) for k in rest)
        total += sum(np.exp(unit[b, i] @ other / 0.2) for other in away[b])
        share = affinity[b, i, rest]
        logs = np.array([unit[b, i] @ unit[b, j] / 0.2 - np.log(total) for j in rest])
        expected[b, i] = -(share @ logs) / share.sum() if share.sum() else 0
    found = pair_contrast(states, affinity, temperature=0.2, counted=counted, others=others)
    np.testing.assert_allclose(numpy(found), expected, rtol=1e-4, atol=1e-5)
    assert expected[0, 4] == 0


def test_pairs_of_segments_are_the_contrast_on_masks(states):
    segments = np.random.default_rng(5).integers(0, 3, (2, 9))
    same = segments[:, :, None] == segments[:, None, :]
    np.testing.assert_array_equal(
        numpy(pair_contrast(states, same)), numpy(segment_contrast(states, segments))
    )


def test_only_ratios_of_affinity_matter(states):
    affinity = np.random.default_rng(6).random((2, 9, 9)).astype("float32")
    one, other = (numpy(pair_contrast(states, affinity * scale)) for scale in (1, 1e-3))
    np.testing.assert_allclose(one, other, rtol=1e-4)


def test_near_columns_against_pairs(states):
    row, col = np.divmod(np.arange(9), 3)
    near = np.exp(-((row[:, None] - row) ** 2 + (col[:, None] - col) ** 2) / (2 * 1.5**2))
    found = cooccurrence_contrast(states, (3, 3), reach=1.5)
    expected = pair_contrast(states, near, others=states[::-1])
    np.testing.assert_allclose(numpy(found), numpy(expected), rtol=1e-5)


def test_constant_states_are_no_minimum_of_co_occurrence(states):
    constant = numpy(cooccurrence_contrast(np.ones_like(states), (3, 3), reach=1))
    np.testing.assert_allclose(constant, np.log(2 * 9 - 1), rtol=1e-4)
    # Place alone is none either: it repeats in the other picture. A picture's own look is.
    place = np.eye(9, dtype="float32")[None].repeat(2, 0)
    own = np.eye(2, dtype="float32")[:, None].repeat(9, 1)
    placed, seen = (numpy(cooccurrence_contrast(x, (3, 3), reach=1)) for x in (place, own))
    np.testing.assert_allclose(seen, np.log(8 + 9 * np.exp(-10)), rtol=1e-4)
    assert seen.mean() < constant.mean() < placed.mean()


def test_two_views_against_loops():
    rng = np.random.default_rng(7)
    first, second = (rng.normal(size=(3, n, 4)).astype("float32") for n in (6, 5))

    def summary(view):
        mean = (view / np.linalg.norm(view, axis=-1, keepdims=True)).mean(axis=1)
        return mean / np.linalg.norm(mean, axis=-1, keepdims=True)

    z = np.concatenate([summary(first), summary(second)])
    expected = np.zeros(6)
    for i in range(6):
        scores = np.exp(z @ z[i] / 0.3)
        scores[i] = 0
        expected[i] = -np.log(scores[(i + 3) % 6] / scores.sum())
    found = numpy(view_contrast(first, second, temperature=0.3))
    np.testing.assert_allclose(found.ravel(), expected, rtol=1e-4)


def test_views_change_places_and_columns_without_a_change():
    rng = np.random.default_rng(8)
    first, second = (rng.normal(size=(3, 6, 4)).astype("float32") for _ in range(2))
    loss = numpy(view_contrast(first, second))
    np.testing.assert_allclose(numpy(view_contrast(second, first)), loss[::-1], rtol=1e-4)
    np.testing.assert_allclose(numpy(view_contrast(first[:, ::-1], second)), loss, rtol=1e-4)


def test_constant_states_are_no_minimum_of_view_contrast():
    constant = np.ones((4, 6, 4), "float32")
    np.testing.assert_allclose(numpy(view_contrast(constant, constant)), np.log(7), rtol=1e-4)
    own = np.eye(4, dtype="float32")[:, None].repeat(6, 1)
    assert numpy(view_contrast(own, own)).max() < 0.01
