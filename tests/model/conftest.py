"""The same random numbers for every test, on any backend (``KERAS_BACKEND=jax pytest ...``)."""

import keras
import numpy as np
import pytest


@pytest.fixture(autouse=True)
def seeded():
    keras.utils.set_random_seed(0)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def pictures(rng):
    """Two pictures for a Glom with ``image_size=8, patch_size=2``: (2, 3, 8, 8)."""
    return rng.normal(size=(2, 3, 8, 8)).astype("float32")
