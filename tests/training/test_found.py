"""Found labels: the truth is not read, repainted pictures keep the maps."""

from dataclasses import replace

import numpy as np
import pytest

from glomtf.islands.scores import adjusted_rand
from glomtf.training.data import column_targets
from glomtf.training.found import found
from glomtf.training.layers import moving_layers
from glomtf.worlds import Figures, Moving


@pytest.fixture(scope="module")
def moving():
    return Moving().scenes(4, seed=5)


def test_the_truth_is_not_read(moving):
    blank = replace(
        moving,
        parts=np.zeros_like(moving.parts),
        objects=np.zeros_like(moving.objects),
        classes=np.zeros_like(moving.classes),
        poses=np.zeros_like(moving.poses),
    )
    one, other = found(moving, seed=1, repaints=1), found(blank, seed=1, repaints=1)
    for name in ("images", "parts", "objects", "classes", "poses"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_repainted_pictures_keep_the_maps(moving):
    scenes = found(moving, seed=1, repaints=2)
    assert len(scenes) == 12
    np.testing.assert_array_equal(scenes.images[:4], moving.images)
    for copy in (slice(4, 8), slice(8, 12)):
        np.testing.assert_array_equal(scenes.parts[copy], scenes.parts[:4])
        np.testing.assert_array_equal(scenes.objects[copy], scenes.objects[:4])
        assert (scenes.images[copy] != moving.images).any(axis=(1, 2, 3)).all()
    assert (column_targets(scenes, 4)["classes"] == -1).all()


def test_objects_are_the_moving_layers_and_parts_lie_within(moving):
    scenes = found(moving)
    layers = moving_layers(moving.images, moving.later)
    assert adjusted_rand(layers, scenes.objects) > 0.97  # crumbs are given away
    for parts, objects in zip(scenes.parts, scenes.objects, strict=True):
        assert ((parts > 0) == (objects > 0)).all()
        for part in range(1, parts.max() + 1):
            assert len(np.unique(objects[parts == part])) == 1


def test_several_processes_find_what_one_finds(moving, monkeypatch):
    alone = found(moving, seed=1)
    monkeypatch.setattr("glomtf.training.found.AT_A_TIME", 3)  # shares of 3 and 1
    shared = found(moving, seed=1)
    np.testing.assert_array_equal(shared.parts, alone.parts)
    np.testing.assert_array_equal(shared.objects, alone.objects)


def test_still_scenes_are_refused():
    with pytest.raises(ValueError, match="next frames"):
        found(Figures().scenes(1))
