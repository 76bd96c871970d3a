"""Islands by masks: brute force, symmetries, and that collapse does not pay."""

import numpy as np
import pytest
from keras import ops

from glomtf.objectives import segment_contrast, segment_pairs, segment_weights


def contrast(states, segments, **how):
    return ops.convert_to_numpy(segment_contrast(states, segments, **how))


def pairs(states, segments, scale=4.0, bias=-1.0):
    return ops.convert_to_numpy(segment_pairs(states, segments, scale, bias))


@pytest.fixture
def batch():
    rng = np.random.default_rng(3)
    segments = rng.integers(0, 3, (2, 9))
    segments[0, 4] = 7  # alone in its segment
    return rng.normal(size=(2, 9, 5)).astype("float32"), segments


def test_against_loops_over_pairs(batch):
    states, segments = batch
    unit = states / np.linalg.norm(states, axis=-1, keepdims=True)
    expected = np.zeros(segments.shape)
    for b, i in np.ndindex(segments.shape):
        others = [j for j in range(9) if j != i]
        partners = [j for j in others if segments[b, j] == segments[b, i]]
        scores = {j: np.exp(unit[b, i] @ unit[b, j] / 0.2) for j in others}
        terms = [-np.log(scores[j] / sum(scores.values())) for j in partners]
        expected[b, i] = np.mean(terms) if terms else 0
    np.testing.assert_allclose(
        contrast(states, segments, temperature=0.2), expected, rtol=1e-4, atol=1e-5
    )
    assert expected[0, 4] == 0


def test_collapsed_states_score_log_of_the_others(batch):
    _, segments = batch
    loss = contrast(np.ones((2, 9, 5), "float32"), segments)
    partners = (segments[:, :, None] == segments[:, None, :]).sum(-1) - 1
    expected = np.where(partners > 0, np.log(8), 0)
    np.testing.assert_allclose(loss, expected, rtol=1e-4)


def test_perfect_islands_score_log_of_the_partners():
    """With tau -> 0 and orthogonal islands only the partners share the probability."""
    segments = np.array([[0, 0, 0, 1, 1]])
    states = np.eye(2, dtype="float32")[segments]
    loss = contrast(states, segments, temperature=0.01)
    np.testing.assert_allclose(loss, np.log([[2, 2, 2, 1, 1]]), atol=1e-4)


def test_names_of_segments_order_and_length_of_vectors_do_not_matter(batch):
    states, segments = batch
    loss = contrast(states, segments)
    renamed = np.array([5, 9, 2, 0, 0, 0, 0, 1])[segments]
    np.testing.assert_allclose(contrast(states, renamed), loss, rtol=1e-5)
    np.testing.assert_allclose(contrast(states * 7, segments), loss, rtol=1e-4)
    order = np.random.default_rng(0).permutation(9)
    shuffled = contrast(states[:, order], segments[:, order])
    np.testing.assert_allclose(shuffled, loss[:, order], rtol=1e-5)


def test_pictures_do_not_meet(batch):
    states, segments = batch
    other = states.copy()
    other[1] = -other[1] + 3
    np.testing.assert_array_equal(contrast(states, segments)[0], contrast(other, segments)[0])


def test_weights_are_the_inverse_root_of_the_segments_size():
    weights = ops.convert_to_numpy(segment_weights(np.array([[4, 4, 4, 4, 1]])))
    np.testing.assert_allclose(weights, [[1 / 6, 1 / 6, 1 / 6, 1 / 6, 1 / 3]], rtol=1e-5)


def test_pairs_against_loops(batch):
    states, segments = batch
    unit = states / np.linalg.norm(states, axis=-1, keepdims=True)
    expected = np.zeros(segments.shape)
    for b, i in np.ndindex(segments.shape):
        partners, others = [], []
        for j in range(9):
            z = 4.0 * unit[b, i] @ unit[b, j] - 1.0
            if segments[b, j] != segments[b, i]:
                size = (segments[b] == segments[b, j]).sum()
                others.append((np.log(1 + np.exp(z)), size**-0.5))
            elif j != i:
                partners.append(np.log(1 + np.exp(-z)))
        losses, weights = np.array(others).T
        expected[b, i] = 0.5 * (weights @ losses) / weights.sum()
        expected[b, i] += 0.5 * np.mean(partners) if partners else 0
    np.testing.assert_allclose(pairs(states, segments), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("bias", [-3.0, 0.0, 2.0])
def test_collapsed_states_score_log_two_at_best(bias):
    """One vector for all is one answer for all pairs, half of which it must get wrong."""
    segments = np.array([[0, 0, 0, 1, 1, 2, 2, 2, 2]])
    loss = pairs(np.ones((1, 9, 5), "float32"), segments, 3.0, bias - 3.0)
    expected = 0.5 * np.log(1 + np.exp(-bias)) + 0.5 * np.log(1 + np.exp(bias))
    np.testing.assert_allclose(loss, np.full((1, 9), expected), rtol=1e-5)
    assert expected >= np.log(2)


def test_pairs_of_perfect_islands_cost_nothing():
    segments = np.array([[0, 0, 0, 1, 1]])
    states = np.eye(2, dtype="float32")[segments]
    assert pairs(states, segments, 40.0, -20.0).max() < 1e-6


def test_pairs_of_a_picture_with_one_segment_are_its_partners_alone(batch):
    states, _ = batch
    loss = pairs(states, np.zeros((2, 9), int))
    assert np.isfinite(loss).all() and (loss > 0).all()
