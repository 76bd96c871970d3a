"""What is saved comes back bit for bit, configuration included."""

import json

import keras
import numpy as np
import pytest

from glomtf.model.checks import STEMS
from glomtf.model.glom import Glom

SIZES = {"dim": 6, "levels": 3, "image_size": (8, 4), "patch_size": 2}
NESTED = {
    "local_consensus_radius": [1.5, 2, 0],
    "beta": (1.0, 2.0, 4.0),
    "beta_schedule": [0.5, 1.0],
    "neighbours": [4, None, 8],
    "contribution_weights": [(1, 2, 3, 4), (4, 3, 2, 1), (1, 1, 5, 1)],
    "contribution_schedule": [(0.2, 3, 0.1, 0.5), [1, 1, 0.5, 1]],
    "learn_beta": True,
    "learn_contribution_weights": True,
    "top_down_location": "fourier",
    "top_down_activation": "sine",
    "bottom_up_location": "fourier",
    "location_frequencies": 2,
    "assembly": [0, 1, 2],
    "similarity": "cosine",
    "state_norm": "rms",
}


@keras.saving.register_keras_serializable("glomtf tests")
class OwnStem(keras.layers.Layer):
    """A stem of a user: a convolution with an argument of its own."""

    def __init__(self, width, **kwargs):
        super().__init__(**kwargs)
        self.width = width
        self.cut = keras.layers.Conv2D(width, 2, 2, name="cut")

    def build(self, input_shape):
        self.cut.build(input_shape)

    def call(self, x):
        return self.cut(x)


def build(name):
    stem = OwnStem(6, name="own") if name == "own" else name if name in STEMS else "linear"
    return Glom(**SIZES, **(NESTED if name == "nested" else {}), stem=stem)


models = pytest.mark.parametrize("name", ["defaults", "nested", *STEMS[1:], "own"])


def states(model):
    images = np.random.default_rng(1).normal(size=(2, 3, 8, 4)).astype("float32")
    return keras.ops.convert_to_numpy(model(images, iters=3, return_all=True))


def shake(model, rng):
    """Weights nobody initialises to."""
    for variable in model.weights:
        variable.assign_add(rng.normal(size=variable.shape))


@models
def test_keras_file_brings_back_the_model(name, tmp_path, rng):
    model = build(name)
    shake(model, rng)
    model.save(tmp_path / "glom.keras")
    again = keras.saving.load_model(tmp_path / "glom.keras")
    assert isinstance(again, Glom)
    assert [v.path for v in again.weights] == [v.path for v in model.weights]
    for a, b in zip(again.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(states(again), states(model))


def test_numpy_arguments_come_back_from_a_file(tmp_path):
    given = {
        "contribution_weights": np.arange(1.0, 13).reshape(3, 4),
        "beta": [np.float32(1), 2.0, 4.0],
        "local_consensus_radius": np.array([1, 2, 0]),
    }
    model = Glom(**SIZES, **given)
    model.save(tmp_path / "glom.keras")
    again = keras.saving.load_model(tmp_path / "glom.keras")
    np.testing.assert_array_equal(states(again), states(model))


@models
def test_weights_file_brings_back_the_weights(name, tmp_path, rng):
    model, again = build(name), build(name)
    shake(model, rng)
    model.save_weights(tmp_path / "glom.weights.h5")
    again.load_weights(tmp_path / "glom.weights.h5")
    np.testing.assert_array_equal(states(again), states(model))


@models
def test_config_is_json_and_holds_every_argument(name):
    model = build(name)
    config = model.get_config()
    again = Glom.from_config(json.loads(json.dumps(config)))
    assert json.dumps(again.get_config()) == json.dumps(config)
    again.set_weights(model.get_weights())
    np.testing.assert_array_equal(states(again), states(model))
    if name == "nested":
        for argument, value in NESTED.items():
            assert json.dumps(config[argument]) == json.dumps(value)


def test_no_weight_is_counted_twice():
    model = build("own")
    assert len({id(v) for v in model.weights}) == len(model.weights)
    assert sum("cut" in v.path for v in model.weights) == 2


def test_a_clone_has_the_same_configuration():
    model = build("nested")
    clone = Glom.from_config(model.get_config())
    assert clone.count_params() == model.count_params()
    assert clone.get_config() == model.get_config()
