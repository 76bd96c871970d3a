"""Repainted scenes: the given maps are their truth, the paint is where the maps say."""

import numpy as np
import pytest

from glomtf.worlds import Moving
from glomtf.worlds import repaint as module
from glomtf.worlds.repaint import in_order, repaint
from glomtf.worlds.stencil import Coat

y, x = np.mgrid[:32, :32]
OBJECTS = np.where(x < 10, 0, np.where(y < 16, 7, 3))
PARTS = np.where(OBJECTS > 0, np.where(x < 20, 5, 9), 0)  # both reach over both objects


def test_parts_are_numbered_object_by_object_and_cut_by_them():
    parts, objects, counts = in_order(PARTS, OBJECTS)
    assert counts == [2, 2]
    np.testing.assert_array_equal(objects, np.select([OBJECTS == 3, OBJECTS == 7], [1, 2]))
    expected = np.select(
        [(OBJECTS == 3) & (x < 20), OBJECTS == 3, (OBJECTS == 7) & (x < 20), OBJECTS == 7],
        [1, 2, 3, 4],
    )
    np.testing.assert_array_equal(parts, expected)


def test_numbered_truth_is_a_fixed_point():
    scene = Moving().scenes(1, seed=2)[0]
    parts, objects, counts = in_order(scene.parts, scene.objects)
    again = in_order(parts, objects)
    np.testing.assert_array_equal(again[0], parts)
    np.testing.assert_array_equal(again[1], objects)
    assert again[2] == counts and sum(counts) == scene.parts.max()


@pytest.fixture
def plainly(monkeypatch):
    """Paint of one known colour per part and a known background."""
    numbers = iter(range(1, 10))

    def coat(rng, parts, beside):
        return Coat(np.array([[20.0 * next(numbers), 0, 0] for _ in range(parts)], np.float32))

    monkeypatch.setattr(module, "woven_coat", coat)
    monkeypatch.setattr(
        module, "background", lambda rng, kind, size, white: np.full((size, size, 3), 250, "f4")
    )


def test_every_part_has_its_own_paint(plainly):
    scene = repaint(PARTS, OBJECTS, np.random.default_rng(0))
    deep = np.ones_like(PARTS, bool)  # not on an edge, where paints mix
    for axis in (0, 1):
        for shift in (-1, 1):
            deep &= np.roll(scene.parts, shift, axis) == scene.parts
    paint = np.array([[250] * 3] + [[20 * k, 0, 0] for k in range(1, 5)])
    np.testing.assert_array_equal(scene.image[deep], paint[scene.parts[deep]])
    edge = scene.image[5, 9:11, 0].astype(int)  # from the background to part 3's 60
    assert 250 >= edge[0] >= edge[1] >= 60


def test_a_layout_without_objects_is_background(plainly):
    nothing = np.zeros((32, 32), int)
    scene = repaint(nothing, nothing, np.random.default_rng(0))
    assert (scene.image == 250).all() and not scene.parts.any() and len(scene.classes) == 1


def test_paint_depends_on_the_generator_alone():
    first, second, other = (repaint(PARTS, OBJECTS, np.random.default_rng(s)) for s in (1, 1, 2))
    np.testing.assert_array_equal(first.image, second.image)
    np.testing.assert_array_equal(first.parts, other.parts)
    assert (first.image != other.image).any()
    assert (first.classes == -1).all() and not first.poses.any()
