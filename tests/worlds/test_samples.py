"""The sample pictures."""

import numpy as np
import pytest

from glomtf.worlds import SAMPLES, draw_sample


@pytest.mark.parametrize("name", SAMPLES)
def test_samples_are_pictures_and_always_the_same(name):
    picture = draw_sample(name)
    assert picture.dtype == np.uint8
    assert picture.shape == ((200, 320, 3) if name == "car" else (256, 256, 3))
    assert np.array_equal(picture, draw_sample(name))
    # Flat art: a few colours fill most of it, and soft edges add many more.
    colours, counts = np.unique(picture.reshape(-1, 3), axis=0, return_counts=True)
    assert len(colours) > 100
    assert np.sort(counts)[-60:].sum() > 0.6 * counts.sum()


def test_five_different_samples():
    assert len(SAMPLES) == len(set(SAMPLES)) == 5
    assert len({draw_sample(name).tobytes() for name in SAMPLES}) == 5


def test_unknown_samples_are_refused():
    with pytest.raises(ValueError, match="expected a sample's name, got 'cat': choose one of face"):
        draw_sample("cat")
