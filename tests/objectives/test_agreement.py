"""Agreement with the consensus: closed forms, where gradients go, no collapse."""

import keras
import numpy as np
import pytest
from keras import ops

from glomtf.objectives import consensus_contrast, consensus_distance, variance_floor


def numpy(x):
    return ops.convert_to_numpy(x)


def islands(*sizes):
    """States (1, N, D) and attention (1, N, N) of perfect islands."""
    island = np.repeat(np.arange(len(sizes)), sizes)
    same = (island[:, None] == island).astype("float32")
    return np.eye(len(sizes), dtype="float32")[island][None], (same / same.sum(-1, keepdims=True))[
        None
    ]


def test_against_loops():
    rng = np.random.default_rng(1)
    predicted, consensus = (rng.normal(size=(2, 7, 4)).astype("float32") for _ in range(2))
    attention = rng.dirichlet(np.full(7, 0.3), (2, 7)).astype("float32")
    p = predicted / np.linalg.norm(predicted, axis=-1, keepdims=True)
    s = consensus / np.linalg.norm(consensus, axis=-1, keepdims=True)
    expected = np.zeros((2, 7))
    for b, i in np.ndindex(2, 7):
        terms = [
            (1 if j == i else min(1, 1 / (7 * attention[b, i, j])))
            * np.exp(p[b, i] @ s[b, j] / 0.2)
            for j in range(7)
        ]
        expected[b, i] = -np.log(terms[i] / sum(terms))
    found = numpy(consensus_contrast(predicted, consensus, attention, temperature=0.2))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_a_constant_state_scores_log_n_and_islands_score_less():
    constant = np.ones((1, 9, 5), "float32")
    even = np.full((1, 9, 9), 1 / 9, "float32")
    np.testing.assert_allclose(
        numpy(consensus_contrast(constant, constant, even)), np.log(9), rtol=1e-5
    )
    states, attention = islands(3, 2, 4)
    loss = numpy(consensus_contrast(states, states, attention, temperature=0.02))
    # Of its own island of m columns each other one counts m / 9.
    expected = np.log([1 + (m - 1) * m / 9 for m in (3, 3, 3, 2, 2, 4, 4, 4, 4)])
    np.testing.assert_allclose(loss[0], expected, atol=1e-5)
    assert loss.max() < np.log(9)


def test_order_of_columns_and_lengths_do_not_matter():
    rng = np.random.default_rng(2)
    predicted, consensus = (rng.normal(size=(1, 6, 4)).astype("float32") for _ in range(2))
    attention = rng.dirichlet(np.ones(6), (1, 6)).astype("float32")
    loss = numpy(consensus_contrast(predicted, consensus, attention))
    order = rng.permutation(6)
    shuffled = consensus_contrast(
        3 * predicted[:, order], consensus[:, order], attention[:, order][:, :, order]
    )
    np.testing.assert_allclose(numpy(shuffled), loss[:, order], rtol=1e-4)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="gradients by TensorFlow")
def test_the_consensus_and_the_gate_get_no_gradient():
    tf = pytest.importorskip("tensorflow")
    rng = np.random.default_rng(3)
    predicted, consensus = (tf.constant(rng.normal(size=(1, 6, 4)), "float32") for _ in range(2))
    attention = tf.constant(rng.dirichlet(np.ones(6), (1, 6)), "float32")
    for loss in (
        lambda: consensus_contrast(predicted, consensus, attention),
        lambda: consensus_distance(predicted, consensus),
    ):
        with tf.GradientTape() as tape:
            tape.watch([predicted, consensus, attention])
            total = tf.reduce_sum(loss())
        to_prediction, *rest = tape.gradient(total, [predicted, consensus, attention])
        assert np.abs(to_prediction).max() > 0
        assert all(gradient is None for gradient in rest)


def test_distance_is_one_minus_the_cosine():
    predicted = np.array([[[2, 0], [0, 3], [-1, 0], [1, 1]]], "float32")
    consensus = np.array([[[5, 0]] * 4], "float32")
    found = numpy(consensus_distance(predicted, consensus))
    np.testing.assert_allclose(found, [[0, 1, 2, 1 - 0.5**0.5]], atol=1e-5)


def test_the_floor_asks_every_dimension_to_vary():
    states = np.zeros((2, 8, 3), "float32")
    states[..., 1] = np.resize([2, -2], (2, 8))
    states[..., 2] = np.resize([0.5, -0.5], (2, 8))
    found = numpy(variance_floor(states))
    np.testing.assert_allclose(found, [0.99, 0, 0.5], atol=1e-3)
    # With the distance it makes collapse dear: distance alone would be zero for both.
    both = [
        numpy(consensus_distance(x, x)).mean() + numpy(variance_floor(x)).mean()
        for x in (np.ones_like(states), np.random.default_rng(4).normal(size=(2, 8, 3)))
    ]
    assert both[0] > 0.9 > 0.5 > both[1]
