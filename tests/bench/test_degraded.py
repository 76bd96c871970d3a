"""Pictures that tell less: as much less as they say, and nothing else is changed."""

import numpy as np
import pytest


@pytest.fixture(scope="module")
def degraded():
    import degraded

    return degraded


def test_what_is_missing_is_grey_column_by_column(degraded):
    images = np.full((2, 16, 16, 3), 255, np.uint8)

    def missing(share):
        rng = np.random.default_rng(0)
        return degraded.on_bytes(degraded.missing, images, rng, share=share, patch_size=4)

    hidden = (missing(0.5) == 128).all(axis=-1).reshape(2, 4, 4, 4, 4)
    share = hidden.mean(axis=(2, 4))
    assert set(np.unique(share)) == {0.0, 1.0}
    assert 0.2 < share.mean() < 0.8
    assert (missing(0.0) == images).all()


def test_noise_has_the_strength_it_says_and_stays_in_range(degraded):
    rng = np.random.default_rng(0)
    grey = np.full((4, 32, 32, 3), 128, np.uint8)
    changed = degraded.on_bytes(degraded.noisy, grey, rng, amount=0.1)
    assert (changed.astype(float) / 255).std() == pytest.approx(0.1, abs=0.005)
    white = degraded.noisy(np.ones((1, 8, 8, 3), "float32"), rng, amount=0.1)
    assert white.max() == 1
    assert white.min() < 1
