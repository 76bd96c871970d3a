"""Norms act over features, locations act on nets, and the grid may have any shape."""

import keras
import numpy as np
import pytest
from numpy_twin import mlp, parameters, start, step

from glomtf.model.glom import Glom
from glomtf.model.nets import ColumnNet
from glomtf.model.step import normalise_state

SIZES = {"dim": 6, "levels": 3, "patch_size": 2}


def numpy(x):
    return keras.ops.convert_to_numpy(x)


@pytest.mark.parametrize("norm", ["unit", "rms", "layer"])
def test_norms_are_over_the_features_of_one_column(norm, rng):
    x = rng.normal(2.0, 3.0, size=(2, 5, 8)).astype("float32")
    y = numpy(normalise_state(x, norm))
    length = 1.0 if norm == "unit" else np.sqrt(8)
    np.testing.assert_allclose(np.linalg.norm(y, axis=-1), length, rtol=1e-5)
    if norm == "layer":
        np.testing.assert_allclose(y.mean(-1), 0, atol=1e-6)
    else:
        np.testing.assert_allclose(y / length, x / np.linalg.norm(x, axis=-1, keepdims=True), 1e-5)
    x[:, 1] *= 10
    x[1] += 1
    again = numpy(normalise_state(x, norm))
    np.testing.assert_array_equal(again[0, [0, 2, 3, 4]], y[0, [0, 2, 3, 4]])


def test_no_norm_leaves_the_state_alone(rng):
    x = rng.normal(size=(2, 5, 8)).astype("float32")
    assert normalise_state(x, None) is x


def test_norms_of_zero_vectors_are_zero():
    for norm in ("unit", "rms", "layer"):
        assert (numpy(normalise_state(np.zeros((1, 2, 4), "float32"), norm)) == 0).all()


@pytest.mark.parametrize("activation", ["gelu", "sine"])
@pytest.mark.parametrize("code", [None, 10])
def test_column_net_is_an_mlp_on_vector_and_location(activation, code, rng):
    net = ColumnNet(6, 2, activation, location_dim=code or 0)
    net.build()
    x = rng.normal(size=(2, 5, 6)).astype("float32")
    where = None if code is None else rng.normal(size=(5, code)).astype("float32")
    weights = dict(zip(("w1", "b1", "w2", "b2"), map(numpy, net.weights[:4]), strict=True))
    weights["where"] = None if code is None else numpy(net.where.kernel)
    there = None if code is None else net.place(where)
    for b, received in enumerate(numpy(net(x, there))):
        expected = mlp(weights, x[b], activation, where)
        np.testing.assert_allclose(received, expected, rtol=1e-5, atol=1e-5)


def part_below(model, above, grid):
    """What top-down makes of these vectors of level 2 at each place: (N, D)."""
    still = model.step.still(np.zeros((1, grid[0] * grid[1], 6), "float32"), grid=grid)
    return numpy(model.step.downwards(keras.ops.convert_to_tensor(above), 1, still))[0]


@pytest.mark.parametrize("location", ["learned", "fourier", None])
@pytest.mark.parametrize("activation", ["gelu", "sine"])
def test_one_vector_above_gives_another_part_at_each_place(location, activation, rng):
    model = Glom(**SIZES, image_size=8, top_down_location=location, top_down_activation=activation)
    above = np.broadcast_to(rng.normal(size=6), (1, 16, 6)).astype("float32")
    parts = part_below(model, above, (4, 4))
    away = np.linalg.norm(parts[:, None] - parts, axis=-1)[~np.eye(16, dtype=bool)]
    if location is None:
        assert away.max() < 1e-6
    else:
        assert away.min() > 1e-3


def test_same_place_relative_to_the_centre_same_part_on_grids_of_two_sizes(rng):
    model = Glom(**SIZES, image_size=8, top_down_location="fourier")
    vector = rng.normal(size=6)
    small = part_below(model, np.full((1, 16, 6), vector, "float32"), (4, 4))
    large = part_below(model, np.full((1, 64, 6), vector, "float32"), (8, 8))
    inner = large.reshape(8, 8, 6)[2:6, 2:6]
    np.testing.assert_allclose(small.reshape(4, 4, 6), inner, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("grid", [(4, 4), (2, 5)])
def test_a_grid_of_another_size_equals_the_twin(grid, rng):
    given = SIZES | {
        "image_size": 8, "top_down_location": "fourier", "bottom_up_location": "fourier",
        "local_consensus_radius": (1, 2, 0), "initial_state": "bottom_up",
    }  # fmt: skip
    model = Glom(**given)
    images = rng.normal(size=(1, 3, 2 * grid[0], 2 * grid[1])).astype("float32")
    tokens, found = model.tokens(images)
    assert found == grid
    states = numpy(model(images, iters=2, return_all=True))[:, 0]
    p, tokens = parameters(model), numpy(tokens)[0].astype("float64")
    expected = start(p, given, tokens, grid, (4, 4))
    for t in range(3):
        np.testing.assert_allclose(states[t], expected, rtol=1e-5, atol=1e-5)
        expected = step(p, given, expected, tokens, grid, (4, 4), t)


@pytest.mark.parametrize(("channels", "image_size"), [(1, (4, 10)), (4, [8, 2]), (3, (2, 2))])
def test_rectangles_and_any_number_of_channels(channels, image_size, rng):
    model = Glom(**SIZES, image_size=image_size, channels=channels)
    images = rng.normal(size=(2, channels, *image_size)).astype("float32")
    columns = image_size[0] * image_size[1] // 4
    out = numpy(model(images, iters=2))
    assert out.shape == (2, columns, 3, 6) and np.isfinite(out).all()
    assert model.compute_output_shape(images.shape) == out.shape
