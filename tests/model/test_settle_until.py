"""Each picture stops where, step by step, it came to rest; the others go on."""

import keras
import numpy as np
import pytest
from backends import compiled

from glomtf.model.glom import Glom

SIZES = {"dim": 6, "levels": 3, "image_size": 8, "patch_size": 2}
MODELS = {
    "defaults": {},
    "scheduled": {"beta_schedule": [0.1] * 6 + [1.0], "state_norm": "rms"},
    "swept": {"initial_state": "bottom_up", "top_down_location": None},
}
names = pytest.mark.parametrize("name", MODELS)


@pytest.fixture
def images(rng):
    """Five pictures from faint to strong: they come to rest at different steps."""
    scale = np.array([0.01, 0.1, 1, 10, 100]).reshape(-1, 1, 1, 1)
    return (rng.normal(size=(5, 3, 8, 8)) * scale).astype("float32")


def trajectory(model, images, iters, **more):
    states = model.settle(images, iters, **more)
    return np.stack([np.stack([keras.ops.convert_to_numpy(x) for x in s], 2) for s in states])


def rest(states, tolerance, least):
    """The first step of each picture, from ``least``, that moved it little; else the last."""
    steps = []
    for b in range(states.shape[1]):
        for t in range(1, len(states)):
            moved = np.linalg.norm(states[t, b] - states[t - 1, b], axis=-1)
            share = moved / np.linalg.norm(states[t, b], axis=-1)
            if t >= least and np.sqrt(np.mean(share**2)) <= tolerance:
                break
        steps.append(t)
    return np.array(steps)


@pytest.mark.parametrize("tolerance", [0.3, 0.03, 1e-9])
@names
def test_equals_the_trajectory_where_it_comes_to_rest(name, tolerance, images):
    model = Glom(**SIZES, **MODELS[name])
    states = trajectory(model, images, 12)
    # The learned state must hear of the picture; the schedule must end.
    least = {"defaults": 3, "scheduled": 7, "swept": 1}[name]
    expected = rest(states, tolerance, least)
    state, steps = model.settle_until(images, tolerance, iters=12)
    np.testing.assert_array_equal(steps, expected)
    if tolerance == 0.03 and name == "swept":
        assert len(set(steps)) > 1, "the pictures were to stop at different steps"
    for b, t in enumerate(steps):
        np.testing.assert_allclose(
            keras.ops.convert_to_numpy(state)[b], states[t, b], rtol=1e-5, atol=1e-5
        )


def test_carries_on_from_a_state(images, rng):
    model = Glom(**SIZES, beta_schedule=[0.1, 0.5, 1.0])
    levels = rng.normal(size=(5, 16, 3, 6)).astype("float32")
    states = trajectory(model, images, 12, levels=levels, start=2)
    state, steps = model.settle_until(images, 0.05, 12, levels, start=2)
    np.testing.assert_array_equal(steps, rest(states, 0.05, 1))
    expected = states[steps, range(5)]
    np.testing.assert_allclose(keras.ops.convert_to_numpy(state), expected, rtol=1e-5, atol=1e-5)


def test_from_where_it_came_to_rest_one_step_is_enough(images):
    model = Glom(**SIZES)
    state, steps = model.settle_until(images, 0.05)
    assert steps.min() >= 3
    assert model.settle_until(images, 0.05, levels=state).steps.tolist() == [1] * 5


def test_fewer_pictures_are_computed_when_half_are_done(images, monkeypatch):
    model = Glom(**SIZES, **MODELS["swept"])
    sizes = []
    advance = model.step.advance
    monkeypatch.setattr(
        model.step, "advance",
        lambda state, still, **k: sizes.append(len(still.seen)) or advance(state, still, **k),
    )  # fmt: skip
    steps = model.settle_until(images, 0.07, iters=12).steps
    assert len(sizes) == steps.max()
    assert sizes[0] == 5 and sizes[-1] == 1 and sizes == sorted(sizes, reverse=True)


def test_default_number_of_steps_and_one_level(rng):
    model = Glom(dim=4, levels=1, image_size=4, patch_size=2)
    picture = rng.normal(size=(1, 3, 4, 4)).astype("float32")
    assert model.settle_until(picture, 1e-12).steps.tolist() == [8]
    assert model.settle_until(picture, 1e3).steps.tolist() == [1]


@pytest.mark.parametrize("tolerance", [0, -1, float("nan"), float("inf"), "little", None, True])
def test_refuses_other_tolerances(tolerance, images):
    with pytest.raises(ValueError, match=r"tolerance must be a finite number > 0\. Received"):
        Glom(**SIZES).settle_until(images, tolerance)


@pytest.mark.skipif(keras.backend.backend() == "torch", reason="PyTorch runs eagerly")
def test_refuses_to_be_compiled(images):
    class Until(Glom):
        def call(self, img):
            return self.settle_until(img, 0.1).state

    with pytest.raises(ValueError, match="expected to run eagerly"):
        compiled(Until(**SIZES))(images)
