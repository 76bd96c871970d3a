"""Half precision: nets and states in it, scores, norms and attention in float32."""

import keras
import numpy as np
import pytest

from glomtf.model.consensus import attention, consensus
from glomtf.model.glom import Glom
from glomtf.model.step import normalise_state

SIZES = {"dim": 6, "levels": 3, "image_size": 8, "patch_size": 2}
CONFIGURATIONS = {
    "defaults": {},
    "pyramid": {"stem": "normed_pyramid", "top_down_location": "fourier"},
    "conv": {"stem": "conv", "consensus_self": True, "state_norm": "layer"},
    "assembly": {"assembly": (0, 0, 2), "state_norm": "rms", "initial_state": "bottom_up"},
    "everything": {
        "local_consensus_radius": (1.5, 3, 0),
        "top_down_location": "fourier",
        "top_down_activation": "sine",
        "bottom_up_location": "fourier",
        "similarity": "cosine",
        "beta": (2, 4, 8),
        "learn_beta": True,
        "beta_schedule": [0.2, 1.0],
        "contribution_weights": (1, 2, 3, 4),
        "learn_contribution_weights": True,
        "contribution_schedule": [(1, 3, 0.5, 0.5), (1, 1, 1, 1)],
        "state_norm": "rms",
        "initial_state": "bottom_up",
    },
}
# Largest error after six steps, over the standard deviation of the float32 state: about
# twenty units of the last place (2^-8 and 2^-11), twenty-five on PyTorch, which adds up otherwise.
TOLERANCE = {
    "bfloat16": 0.08,
    "float16": 0.012 if keras.backend.backend() == "torch" else 0.01,
}
halves = pytest.mark.parametrize("half", TOLERANCE)


@halves
@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_close_to_float32(half, name, pictures):
    full = Glom(**SIZES, **CONFIGURATIONS[name])
    mixed = Glom(**SIZES, **CONFIGURATIONS[name], dtype=f"mixed_{half}")
    mixed.set_weights(full.get_weights())
    assert {v.dtype for v in mixed.weights} == {"float32"}
    out = mixed(pictures)
    assert keras.backend.standardize_dtype(out.dtype) == half
    out = keras.ops.convert_to_numpy(keras.ops.cast(out, "float32"))
    assert np.isfinite(out).all()
    expected = keras.ops.convert_to_numpy(full(pictures))
    assert np.abs(out - expected).max() < TOLERANCE[half] * expected.std()
    assert np.abs(out - expected).max() > 0, "half precision was asked for"


@halves
@pytest.mark.parametrize("similarity", ["mixed", "cosine", "dot"])
def test_attention_is_float32(half, similarity, rng):
    x = keras.ops.cast(rng.normal(size=(1, 6, 8)) * 300, half)
    how = {"beta": 3.0, "similarity": similarity, "attend_self": False}
    a = attention(x, **how)
    assert keras.backend.standardize_dtype(a.dtype) == "float32"
    exact = attention(keras.ops.cast(x, "float32"), **how)
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(a), keras.ops.convert_to_numpy(exact))
    agreed = consensus(x, **how)  # scores beyond float16's 65504
    assert keras.backend.standardize_dtype(agreed.dtype) == half
    assert np.isfinite(keras.ops.convert_to_numpy(keras.ops.cast(agreed, "float32"))).all()


@halves
@pytest.mark.parametrize("norm", ["unit", "rms", "layer"])
def test_norms_are_float32_inside(half, norm, rng):
    x = keras.ops.cast(rng.normal(size=(1, 6, 8)) * 1000, half)  # squares beyond float16
    y = normalise_state(x, norm)
    assert keras.backend.standardize_dtype(y.dtype) == half
    length = np.linalg.norm(keras.ops.convert_to_numpy(keras.ops.cast(y, "float32")), axis=-1)
    np.testing.assert_allclose(length, 1.0 if norm == "unit" else np.sqrt(8), rtol=1e-2)


@halves
def test_schedules_and_learned_temperatures_keep_their_precision(half):
    model = Glom(
        **SIZES, learn_beta=True, beta=(1.001, 2.003, 3.007), learn_contribution_weights=True,
        contribution_weights=(1, 1.003, 1.007, 1.011), dtype=f"mixed_{half}",
    )  # fmt: skip

    class Peek(keras.layers.Layer):
        """Reads them as a step does, inside a call that casts to half precision."""

        def call(self, x):
            return x, model.step.beta_at(0), model.step.weights_at(0)

    _, beta, weights = Peek(dtype=f"mixed_{half}")(np.zeros((1, 1), "float32"))
    np.testing.assert_allclose(keras.ops.convert_to_numpy(beta), (1.001, 2.003, 3.007), rtol=1e-6)
    expected = np.array((1, 1.003, 1.007, 1.011)) / 4.021
    np.testing.assert_allclose(keras.ops.convert_to_numpy(weights)[0], expected, rtol=1e-6)
