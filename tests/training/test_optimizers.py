"""Muon for every kernel: its steps against NumPy's singular vectors, the rest against Adam."""

import keras
import numpy as np
import pytest
from keras import ops

from glomtf.training.optimizers import KernelMuon, optimizer
from glomtf.training.recipes import Stage

RATE = 0.01
# Shape of a kernel, and the matrix that it is.
KERNELS = {
    (12, 20): (12, 20),
    (3, 3, 4, 16): (36, 16),  # a convolution: what enters, what leaves
    (2, 2, 6, 10): (24, 10),
    (8, 2, 4): (8, 8),  # into the heads of an attention
    (2, 4, 8): (8, 8),  # and out of them
}


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def weight(value, name):
    layer = keras.layers.Layer()
    return layer.add_weight(
        shape=value.shape, name=name, initializer=lambda *a, **k: ops.convert_to_tensor(value)
    )


def moved(variable, gradients, optimizer):
    """How far each of several steps moves a weight."""
    before, moves = ops.convert_to_numpy(variable), []
    for gradient in gradients:
        optimizer.apply([ops.convert_to_tensor(gradient)], [variable])
        after = ops.convert_to_numpy(variable)
        moves.append(after - before)
        before = after
    return moves


@pytest.mark.parametrize("shape", KERNELS)
def test_kernels_move_alike_in_all_directions(shape, rng):
    gradients = rng.normal(size=(3, *shape)).astype("float32")
    muon = KernelMuon(RATE, weight_decay=None, adam_weight_decay=None)
    steps = moved(weight(np.zeros(shape, "float32"), "kernel"), gradients, muon)
    momentum = np.zeros(shape)
    for gradient, step in zip(gradients, steps, strict=True):
        momentum = 0.95 * momentum + gradient
        ahead = (gradient + 0.95 * momentum).reshape(KERNELS[shape])
        u, _, v = np.linalg.svd(ahead, full_matrices=False)
        step = -step.reshape(KERNELS[shape]) / (RATE * 0.2 * max(KERNELS[shape]) ** 0.5)
        # Five iterations bring the singular values near 1 and leave their directions.
        along = np.diag(u.T @ step @ v.T)
        assert along.min() > 0.5 and along.max() < 1.5
        np.testing.assert_allclose(u.T @ step @ v.T, np.diag(along), atol=1e-3)
        np.testing.assert_allclose(np.linalg.norm(step), np.linalg.norm(along), rtol=1e-4)


def test_all_else_moves_as_by_adam(rng):
    gradients = rng.normal(size=(3, 3, 4)).astype("float32")
    start = np.ones((3, 4), "float32")
    muon = KernelMuon(RATE, weight_decay=None, adam_weight_decay=None)
    for one, other in zip(
        moved(weight(start, "log_weights"), gradients, muon),
        moved(weight(start, "log_weights"), gradients, keras.optimizers.Adam(RATE)),
        strict=True,
    ):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("name", ["adam", "muon"])
def test_the_rate_rises_then_falls(name):
    made = optimizer(name, Stage(0, 10, 100, learning_rate=3e-3))
    assert isinstance(made, KernelMuon) == (name == "muon")
    rates = []
    for step in (0, 100, 1000):
        made.iterations.assign(step)
        rates.append(float(ops.convert_to_numpy(made.learning_rate)))
    np.testing.assert_allclose(rates, [3e-5, 3e-3, 1e-4], rtol=0.1)
