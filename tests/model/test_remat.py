"""Recomputing steps in the backward pass changes what is kept, and no number."""

import keras
import numpy as np
import pytest
from backends import gradients

from glomtf.model.glom import Glom
from glomtf.model.nets import ColumnNet

SIZES = {"dim": 6, "levels": 3, "image_size": 8, "patch_size": 2}
CONFIGURATIONS = {
    "defaults": {},
    "everything": {
        "local_consensus_radius": (1.5, 3, 0), "top_down_location": "fourier",
        "bottom_up_location": "fourier", "similarity": "cosine", "beta": 2.0, "learn_beta": True,
        "beta_schedule": [0.2, 1.0], "neighbours": 4, "learn_contribution_weights": True,
        "contribution_schedule": [(1, 3, 0.5, 0.5), (1, 1, 1, 1)], "state_norm": "layer",
        "initial_state": "bottom_up",
    },
}  # fmt: skip


def pair(name, **more):
    plain = Glom(**SIZES, **CONFIGURATIONS[name], **more)
    lean = Glom(**SIZES, **CONFIGURATIONS[name], **more, remat=True)
    lean.set_weights(plain.get_weights())
    return plain, lean


@pytest.mark.parametrize("wanted", [None, [3]])
@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_same_states_and_gradients(name, wanted, pictures, rng):
    plain, lean = pair(name)
    call = {"iters": 4, "levels_wanted": wanted}
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(lean(pictures, **call)),
        keras.ops.convert_to_numpy(plain(pictures, **call)), rtol=1e-6, atol=1e-6,
    )  # fmt: skip
    away = keras.ops.convert_to_tensor(rng.normal(size=(2, 16, len(wanted or "123"), 6)), "float32")
    found, expected = (
        list(gradients(m, pictures, lambda x: keras.ops.sum(x * away), **call).values())
        for m in (lean, plain)
    )
    assert len(found) == len(expected) > 0
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5)


def test_fit_learns_the_same(pictures, rng):
    target = rng.normal(size=(2, 16, 3, 6)).astype("float32")
    plain, lean = pair("defaults")
    for model in (plain, lean):
        model.compile("sgd", "mse")
        model.fit(pictures, target, epochs=2, verbose=0)
    for a, b in zip(plain.get_weights(), lean.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


@pytest.mark.skipif(keras.backend.backend() == "jax", reason="JAX replays, unseen here")
def test_the_nets_run_again_on_the_way_back(pictures, monkeypatch):
    calls = []
    call = ColumnNet.call
    monkeypatch.setattr(ColumnNet, "call", lambda *a, **k: calls.append(0) or call(*a, **k))
    counts = []
    for model in pair("defaults", state_norm="rms"):
        calls.clear()
        gradients(model, pictures, keras.ops.sum, iters=1)
        counts.append(len(calls))
    # Level 1's bottom-up input is kept; two upward and two downward nets run again.
    assert counts == [5, 5 + 4]


def test_is_saved_with_the_model():
    assert pair("defaults")[1].get_config()["remat"] is True
