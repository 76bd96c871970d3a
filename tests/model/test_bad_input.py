"""Every refusal is a ValueError that says what was expected and what came."""

import keras
import numpy as np
import pytest

from glomtf.model.glom import Glom

SIZES = {"dim": 6, "levels": 3, "image_size": (8, 4), "patch_size": 2}
IMAGES = np.zeros((2, 3, 8, 4), "float32")

# Arguments, and words the message must have beside the received value.
ARGUMENTS = [
    ({"dim": 0}, "dim must be a positive integer. Received: 0"),
    ({"dim": 6.0}, "dim must be a positive integer. Received: 6.0"),
    ({"levels": -1}, "levels must be a positive integer. Received: -1"),
    ({"levels": True}, "levels must be a positive integer. Received: True"),
    ({"patch_size": "2"}, "patch_size must be a positive integer. Received: '2'"),
    ({"channels": 0}, "channels must be a positive integer. Received: 0"),
    ({"mlp_ratio": None}, "mlp_ratio must be a positive integer. Received: None"),
    ({"location_frequencies": -1}, "location_frequencies must be"),
    ({"image_size": 9}, "multiples of patch_size. Received: image_size=9, patch_size=2"),
    ({"image_size": (8, 5)}, "Received: image_size=(8, 5)"),
    ({"image_size": (8,)}, "Received: image_size=(8,)"),
    ({"image_size": (8, 8, 8)}, "Received: image_size=(8, 8, 8)"),
    ({"image_size": ()}, "Received: image_size=()"),
    ({"image_size": 0}, "Received: image_size=0"),
    ({"image_size": 8.0}, "Received: image_size=8.0"),
    ({"image_size": "8"}, "Received: image_size='8'"),
    ({"image_size": None}, "Received: image_size=None"),
    ({"data_format": "nchw"}, "('channels_first', 'channels_last'). Received: 'nchw'"),
    ({"similarity": "l2"}, "('mixed', 'cosine', 'dot'). Received: 'l2'"),
    ({"state_norm": "batch"}, "'layer'). Received: 'batch'"),
    ({"initial_state": "zeros"}, "('learned', 'bottom_up'). Received: 'zeros'"),
    ({"top_down_location": "sine"}, "Received: 'sine'"),
    ({"top_down_activation": "relu"}, "('gelu', 'sine'). Received: 'relu'"),
    ({"bottom_up_location": "learned"}, "(None, 'fourier'). Received: 'learned'"),
    ({"stem": "resnet"}, "'pyramid', 'normed_pyramid' or a Keras layer. Received: 'resnet'"),
    ({"stem": None}, "'pyramid', 'normed_pyramid' or a Keras layer. Received: None"),
    ({"stem": keras.layers.Conv2D(5, 2, 2)}, "expected (4, 2, 6) after the batch. Received: (4, 2"),
    ({"stem": "conv", "patch_size": 3, "image_size": 9}, "power of two. Received: patch_size=3"),
    ({"stem": "pyramid", "patch_size": 3, "image_size": 9}, "power of two. Received: patch_size=3"),
    ({"beta": 0}, "beta must be finite and at least 1e-12. Received: 0"),
    ({"beta": (1, 2)}, "expected 3 values. Received: 2 ((1, 2))"),
    ({"beta": float("nan")}, "beta must be"),
    ({"beta": "warm"}, "beta must be"),
    ({"beta_schedule": (1, -1)}, "factors >= 0. Received: (1, -1)"),
    ({"beta_schedule": 2.0}, "beta_schedule takes"),
    ({"local_consensus_radius": -1}, "radius must be finite and at least 0. Received: -1"),
    ({"local_consensus_radius": (1, 1, 1, 1)}, "expected 3 values. Received: 4"),
    ({"local_consensus_radius": None}, "local_consensus_radius must be"),
    ({"neighbours": 0}, "neighbours must be"),
    ({"neighbours": 2.5}, "neighbours must be"),
    ({"neighbours": (1, 2.0, 3)}, "neighbours must be"),
    ({"assembly": -1}, "assembly must be a whole number of at least 0. Received: -1"),
    ({"assembly": (0, 0)}, "assembly takes one value or one per level: expected 3 values"),
    ({"assembly": (0, 0, 0.5)}, "assembly must be"),
    ({"assembly": None}, "assembly must be"),
    ({"contribution_weights": (1, 1, 1)}, "rows of four numbers >= 0"),
    ({"contribution_weights": (1, 1, 1, -1)}, "Received: (1, 1, 1, -1)"),
    ({"contribution_weights": (0, 0, 1, 0)}, "something to mix at every level"),
    ({"contribution_weights": [(1, 1, 1, 1)] * 2}, "rows of four numbers >= 0"),
    ({"contribution_weights": [(1, 1), (1,)]}, "rows of four numbers >= 0"),
    ({"contribution_weights": (1, 1, 1, float("inf"))}, "rows of four numbers >= 0"),
    ({"contribution_weights": 0.25}, "rows of four numbers >= 0"),
    ({"contribution_schedule": (1, 1, 1, 1)}, "rows of four numbers >= 0"),
    ({"contribution_schedule": [(1, 1, 1, 1), (0, 0, 1, 0)]}, "something to mix"),
    (
        {"contribution_weights": (1, 0, 0, 0), "contribution_schedule": [(0, 1, 1, 1)]},
        "contribution_schedule times contribution_weights",
    ),
    (
        {"contribution_weights": (1, 0, 1, 1), "learn_contribution_weights": True},
        "start from numbers > 0",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("given", "words"), ARGUMENTS, ids=lambda p: str(p)[:50])
def test_constructor_arguments(given, words):
    with pytest.raises(ValueError) as caught:
        Glom(**SIZES | given)
    assert words in str(caught.value)
    assert "Received: " in str(caught.value)


@pytest.mark.parametrize("iters", [0, -1, 2.5, "3", True])
def test_iters(iters):
    with pytest.raises(ValueError, match=r"whole number >= 1\. Received: "):
        Glom(**SIZES)(IMAGES, iters=iters)


def test_start_counts_steps():
    model = Glom(**SIZES)
    with pytest.raises(ValueError, match=r"start must be a whole number >= 0\. Received: -1"):
        model.settle(IMAGES, 1, start=-1)
    assert len(model.settle(IMAGES, 0)) == 1


@pytest.mark.parametrize(
    "shape", [(3, 8, 4), (2, 1, 8, 4), (2, 8, 4, 3), (2, 3, 8, 8), (2, 3, 4, 8), (1, 2, 3, 8, 4)]
)
def test_pictures_of_another_shape(shape):
    with pytest.raises(ValueError) as caught:
        Glom(**SIZES)(np.zeros(shape, "float32"))
    assert "(B, C, H, W) with C = 3 and 8 x 4 pixels" in str(caught.value)
    assert f"Received shape: {shape}" in str(caught.value)


@pytest.mark.parametrize("shape", [(2, 8, 5, 3), (2, 8, 0, 3), (2, 3, 8, 4)])
def test_pictures_that_do_not_cut_into_patches(shape):
    model = Glom(**SIZES, data_format="channels_last", top_down_location="fourier")
    with pytest.raises(ValueError) as caught:
        model(np.zeros(shape, "float32"))
    assert "(B, H, W, C) with C = 3 and multiples of 2 pixels" in str(caught.value)
    assert f"Received shape: {shape}" in str(caught.value)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_pixels_that_are_no_numbers(value):
    images = IMAGES.copy()
    images[1, 2, 3, 1] = value
    with pytest.raises(ValueError, match=r"finite pixels\. Received: 1 NaN or infinite"):
        Glom(**SIZES)(images)


@pytest.mark.parametrize(
    "shape", [(2, 8, 3), (1, 8, 3, 6), (2, 7, 3, 6), (2, 8, 2, 6), (2, 8, 3, 5), (2, 8, 3, 6, 1)]
)
def test_a_state_of_another_shape(shape):
    with pytest.raises(ValueError) as caught:
        Glom(**SIZES)(IMAGES, levels=np.zeros(shape, "float32"), iters=1)
    assert f"expected (2, 8, 3, 6). Received shape: {shape}" in str(caught.value)


def test_a_refused_call_leaves_the_model_usable(rng):
    model = Glom(**SIZES)
    before = keras.ops.convert_to_numpy(model(IMAGES))
    for bad in ({"iters": 0}, {"levels": np.zeros((1, 1, 1, 1), "float32")}):
        with pytest.raises(ValueError):
            model(IMAGES, **bad)
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(model(IMAGES)), before)
