"""The whole model over time: schedules, carrying on, gradients, independence, compiled calls."""

import keras
import numpy as np
import pytest
from backends import compiled, gradients

from glomtf.model.glom import Glom

SIZES = {"dim": 6, "levels": 3, "image_size": 8, "patch_size": 2}
RISING = [(0.2, 3, 0.1, 0.5), (1, 1, 0.5, 1), (1, 1, 2, 2)]
EVERYTHING = {
    "local_consensus_radius": (1.5, 3, 0),
    "top_down_location": "fourier",
    "top_down_activation": "sine",
    "bottom_up_location": "fourier",
    "similarity": "cosine",
    "beta": (2, 4, 8),
    "learn_beta": True,
    "beta_schedule": [0.2, 0.5, 1.0],
    "neighbours": (4, None, 8),
    "contribution_weights": [(1, 2, 3, 4), (4, 3, 2, 1), (1, 1, 5, 1)],
    "learn_contribution_weights": True,
    "contribution_schedule": RISING,
    "state_norm": "rms",
}
CONFIGURATIONS = {
    "defaults": {},
    "bottom up": {"initial_state": "bottom_up"},
    "conv": {"stem": "conv", "consensus_self": True},
    "everything": EVERYTHING,
    "unit": EVERYTHING | {"state_norm": "unit", "similarity": "dot", "initial_state": "bottom_up"},
    "layer": EVERYTHING | {"state_norm": "layer", "top_down_location": "learned"},
}
configurations = pytest.mark.parametrize("name", CONFIGURATIONS)


def build(name):
    return Glom(**SIZES, **CONFIGURATIONS[name])


@configurations
def test_weights_sum_to_one_at_every_level_and_time(name, rng):
    step = build(name).step
    if step.log_weights is not None:
        step.log_weights.assign_add(rng.normal(size=(3, 4)))
    for t in range(6):
        weights = keras.ops.convert_to_numpy(step.weights_at(t))
        assert weights.shape == (3, 4) and (weights >= 0).all()
        np.testing.assert_allclose(weights.sum(-1), 1.0, rtol=1e-6)
        assert weights[-1, 2] == 0, "the top level has no top-down"


def test_schedules_move_and_then_hold():
    step = Glom(**SIZES, beta=2.0, beta_schedule=[0.5, 1], contribution_schedule=RISING).step
    assert [float(step.beta_at(t)[0]) for t in range(4)] == [1, 2, 2, 2]
    np.testing.assert_allclose(step.weights_at(0)[0], np.array(RISING[0]) / sum(RISING[0]))
    np.testing.assert_allclose(step.weights_at(0)[2], np.array([0.2, 3, 0, 0.5]) / 3.7)
    np.testing.assert_array_equal(step.weights_at(2), step.weights_at(9))


@configurations
def test_carrying_on_is_settling_in_one_go(name, pictures):
    model = build(name)
    whole = model.settle(pictures, 5)
    first = model.settle(pictures, 2)
    rest = model.settle(pictures, 3, levels=keras.ops.stack(first[-1], axis=2), start=2)
    for a, b in zip(whole, [*first, *rest[1:]], strict=True):
        np.testing.assert_allclose(
            keras.ops.convert_to_numpy(keras.ops.stack(a)),
            keras.ops.convert_to_numpy(keras.ops.stack(b)),
            rtol=1e-5, atol=1e-6,
        )  # fmt: skip


def test_shapes_and_what_return_all_returns(pictures):
    model = build("defaults")
    every = keras.ops.convert_to_numpy(model(pictures, return_all=True))
    assert every.shape == (7, 2, 16, 3, 6), "2 L steps and the initial state"
    last = keras.ops.convert_to_numpy(model(pictures))
    np.testing.assert_allclose(every[-1], last, rtol=1e-5, atol=1e-6)
    initial = keras.ops.convert_to_numpy(model.initial_levels)
    np.testing.assert_array_equal(every[0], np.broadcast_to(initial, (2, 16, 3, 6)))
    assert model.compute_output_shape((None, 3, 8, 8)) == (None, 16, 3, 6)


def test_one_column_and_one_level_work(rng):
    model = Glom(dim=4, levels=1, image_size=2, patch_size=2)
    out = keras.ops.convert_to_numpy(model(rng.normal(size=(1, 3, 2, 2)).astype("float32")))
    assert out.shape == (1, 1, 1, 4) and np.isfinite(out).all()


@configurations
def test_a_picture_does_not_change_with_its_neighbours_in_the_batch(name, rng):
    images = rng.normal(size=(3, 3, 8, 8)).astype("float32")
    other = images.copy()
    other[1] = rng.normal(size=(3, 8, 8))
    model = build(name)
    before, after = (
        keras.ops.convert_to_numpy(model(batch, iters=4, return_all=True))
        for batch in (images, other)
    )
    np.testing.assert_allclose(after[:, [0, 2]], before[:, [0, 2]], rtol=1e-5, atol=1e-6)
    assert np.abs(after[-1, 1] - before[-1, 1]).max() > 1e-3


@configurations
def test_every_trainable_weight_gets_a_gradient(name, pictures, rng):
    model = build(name)
    away = keras.ops.convert_to_tensor(rng.normal(size=(2, 16, 3, 6)), "float32")
    found = gradients(model, pictures, lambda x: keras.ops.sum(x * away), iters=3)
    assert len(found) == len(model.trainable_variables) > 0
    for path, gradient in found.items():
        assert gradient is not None, path
        assert np.isfinite(gradient).all(), path
        zeros = np.argwhere(gradient == 0).tolist()
        assert zeros == ([[2, 2]] if path.endswith("log_weights") else []), path


@pytest.mark.parametrize("name", ["bottom up", "layer"])
def test_gradients_equal_finite_differences(name, pictures, rng):
    """Along the gradient the loss climbs as steeply as its length says: no path is cut."""
    model = Glom(**SIZES, **CONFIGURATIONS[name] | {"neighbours": None})
    away = keras.ops.convert_to_tensor(rng.normal(size=(2, 16, 3, 6)), "float32")

    def loss(x):
        return keras.ops.sum(x * away)

    found = gradients(model, pictures, loss, iters=3)
    length = np.sqrt(sum((g**2).sum() for g in found.values()))
    values = []
    for side in (-1, 1):
        for v in model.trainable_variables:
            v.assign_add(side * (1 if side < 0 else 2) * 0.003 / length * found[v.path])
        values.append(float(keras.ops.convert_to_numpy(loss(model(pictures, iters=3)))))
    assert (values[1] - values[0]) / 0.006 == pytest.approx(length, rel=5e-3)


def test_a_radius_per_level_learned_weights_and_assembly_learn_together(pictures, rng):
    """As in the presets."""
    model = Glom(
        **SIZES | {"levels": 2}, local_consensus_radius=(1.5, 0), assembly=(0, 1),
        learn_contribution_weights=True, contribution_schedule=RISING, state_norm="rms",
        initial_state="bottom_up", top_down_location=None,
    )  # fmt: skip
    for weight in model.step.assembly[1].trainable_variables:  # away from saying nothing
        weight.assign_add(0.1 * rng.normal(size=weight.shape))
    found = gradients(model, pictures, lambda x: keras.ops.sum(x * x * x), iters=1)
    assert len(found) == len(model.trainable_variables)
    for path, gradient in found.items():
        assert gradient is not None and np.isfinite(gradient).all(), path
    learned = {path.rsplit("/")[-1] for path, gradient in found.items() if gradient.any()}
    assert {"log_weights", "limit", "log_sharpness"} <= learned


def test_predicted_equals_eager(rng):
    images = rng.normal(size=(3, 3, 8, 8)).astype("float32")
    model = Glom(**SIZES | {"levels": 2})
    eager = keras.ops.convert_to_numpy(model(images))
    predicted = model.predict(images, batch_size=2, verbose=0)  # the last batch is smaller
    np.testing.assert_allclose(predicted, eager, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["defaults", "everything"])
def test_compiled_equals_eager(name, pictures):
    model = build(name)
    every = keras.ops.convert_to_numpy(compiled(model, iters=2, return_all=True)(pictures))
    eager = keras.ops.convert_to_numpy(model(pictures, iters=2, return_all=True))
    assert every.shape == (3, 2, 16, 3, 6)
    np.testing.assert_allclose(every, eager, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "call",
    [{}, {"iters": 2}, {"levels_wanted": [3, 1]}, {"iters": 1, "return_all": True}],
)
def test_symbolic_calls_have_the_shape_of_real_ones(call, pictures):
    model = Glom(**SIZES)
    states = model(keras.Input((3, 8, 8)), **call)
    batch = 1 if call.get("return_all") else 0
    real = list(model(pictures, **call).shape)
    real[batch] = None
    assert list(states.shape) == real and states.dtype == "float32"
