"""Worlds by name: in the size that is asked for, except those that were published in one."""

import numpy as np
import pytest

from glomtf.worlds import WORLDS, crowd, world_of

PUBLISHED = {
    "tetrominoes": 35, "tetrominoes-36": 36, "dsprites": 64, "dsprites-binarized": 64,
    "dsprites-colored": 64,
}  # fmt: skip


@pytest.mark.parametrize("name", WORLDS)
def test_pictures_are_as_large_as_asked_for_unless_published(name):
    side = PUBLISHED.get(name, 48)
    assert world_of(name, 48).scenes(1).images.shape == (1, side, side, 3)


def test_a_world_by_name_and_size_is_that_world():
    np.testing.assert_array_equal(
        world_of("crowd-counts", 96).scenes(2, 5).images,
        crowd(96, objects=(7, 9)).scenes(2, 5).images,
    )


def test_what_moves_is_as_fast_for_its_size():
    assert world_of("moving", 64).speed == (1, 3)
    assert world_of("moving", 96).speed == (1.5, 4.5)
