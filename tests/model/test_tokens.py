"""Patches, locations and stems."""

import math

import keras
import numpy as np
import pytest

from glomtf.model.glom import Glom
from glomtf.model.tokens import (
    ConvStem,
    LinearStem,
    coordinates,
    fourier_features,
    patches,
    unpatch,
)


def test_patches_are_in_reading_order_inside_and_out(rng):
    images = rng.normal(size=(2, 6, 9, 2)).astype("float32")
    expected = np.zeros((2, 6, 18), "float32")
    for b in range(2):
        for row in range(2):
            for col in range(3):
                flat = []
                for p1 in range(3):
                    for p2 in range(3):
                        for c in range(2):
                            flat.append(images[b, 3 * row + p1, 3 * col + p2, c])
                expected[b, 3 * row + col] = flat
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(patches(images, 3)), expected)


@pytest.mark.parametrize("shape", [(2, 6, 9, 2), (1, 3, 3, 1), (3, 12, 3, 4)])
def test_unpatch_is_the_inverse(rng, shape):
    images = rng.normal(size=shape).astype("float32")
    grid = (shape[1] // 3, shape[2] // 3)
    again = unpatch(patches(images, 3), grid, 3)
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(again), images)


def test_coordinates_of_a_square_span_the_unit_square_without_its_rim():
    points = coordinates((4, 4), 4)
    np.testing.assert_allclose(points[0], (-0.75, -0.75))
    np.testing.assert_allclose(points[1], (-0.75, -0.25))
    np.testing.assert_allclose(points[-1], (0.75, 0.75))


@pytest.mark.parametrize("grid", [(4, 4), (2, 7), (9, 3)])
def test_coordinates_keep_distance_and_centre_on_any_grid(grid):
    points = coordinates(grid, 4).reshape(*grid, 2)
    np.testing.assert_allclose(np.diff(points[..., 0], axis=0), 0.5, rtol=1e-6)
    np.testing.assert_allclose(np.diff(points[..., 1], axis=1), 0.5, rtol=1e-6)
    np.testing.assert_allclose(points.mean((0, 1)), 0, atol=1e-6)


@pytest.mark.parametrize("frequencies", [0, 1, 3])
def test_fourier_features_closed_form(frequencies):
    points = np.array([[0.25, -0.5], [0.0, 0.125]], "float32")
    features = fourier_features(points, frequencies)
    assert features.shape == (2, 2 + 4 * frequencies) and features.dtype == np.float32
    for (y, x), row in zip(points, features, strict=True):
        angles = [math.pi * 2**k * at for k in range(frequencies) for at in (y, x)]
        expected = [y, x] + [math.sin(a) for a in angles] + [math.cos(a) for a in angles]
        np.testing.assert_allclose(row, expected, atol=1e-6)


def test_linear_stem_is_one_matrix_on_each_patch(rng):
    images = rng.normal(size=(2, 4, 6, 3)).astype("float32")
    stem = LinearStem(5, 2)
    tokens = keras.ops.convert_to_numpy(stem(images))
    kernel, bias = (keras.ops.convert_to_numpy(w) for w in stem.weights)
    expected = keras.ops.convert_to_numpy(patches(images, 2)) @ kernel + bias
    np.testing.assert_allclose(tokens, expected.reshape(2, 2, 3, 5), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("patch", [1, 2, 4, 8])
def test_conv_stem_reaches_the_grid_and_looks_past_its_patch(rng, patch):
    images = rng.normal(size=(1, 8 * patch, 4 * patch, 3)).astype("float32")
    stem = ConvStem(16, patch)
    tokens = keras.ops.convert_to_numpy(stem(images))
    assert tokens.shape == (1, 8, 4, 16)
    images[:, :patch, :patch] += 1.0
    changed = np.abs(keras.ops.convert_to_numpy(stem(images)) - tokens).max(-1)[0] > 0
    assert changed[0, 0] and changed[0, 1] and changed[1, 0]
    if patch == 1:
        assert not changed[-1, -1]


def test_conv_stem_does_not_depend_on_the_users_image_data_format(rng):
    images = rng.normal(size=(1, 8, 8, 3)).astype("float32")
    before = keras.config.image_data_format()
    keras.config.set_image_data_format("channels_first")
    try:
        assert tuple(ConvStem(16, 2)(images).shape) == (1, 4, 4, 16)
    finally:
        keras.config.set_image_data_format(before)


@pytest.mark.parametrize("stem", ["linear", "conv", "pyramid", "own"])
def test_channels_first_is_channels_last_transposed(stem, rng):
    images = rng.normal(size=(2, 8, 12, 5)).astype("float32")
    given = {"dim": 6, "levels": 2, "image_size": (8, 12), "patch_size": 4, "channels": 5}
    models = []
    for data_format in ("channels_first", "channels_last"):
        layer = keras.layers.Conv2D(6, 4, 4) if stem == "own" else stem
        models.append(Glom(**given, stem=layer, data_format=data_format))
    first, last = models
    first.set_weights(last.get_weights())
    expected = keras.ops.convert_to_numpy(last(images))
    assert expected.shape == (2, 6, 2, 6)
    received = keras.ops.convert_to_numpy(first(images.transpose(0, 3, 1, 2)))
    np.testing.assert_array_equal(received, expected)


@pytest.mark.parametrize("dtype", ["uint8", "int32", "float64"])
def test_pictures_of_any_number_type(dtype, rng):
    images = rng.integers(0, 255, size=(1, 3, 8, 8)).astype(dtype)
    model = Glom(dim=6, levels=2, image_size=8, patch_size=4)
    np.testing.assert_array_equal(
        keras.ops.convert_to_numpy(model(images)),
        keras.ops.convert_to_numpy(model(images.astype("float32"))),
    )
