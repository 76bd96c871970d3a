"""What must hold for the scenes of every world."""

import numpy as np

from glomtf.worlds import Scenes


def check_labels(scenes: Scenes, classes: int) -> None:
    assert scenes.images.dtype == np.uint8
    assert scenes.images.shape == (*scenes.parts.shape, 3)
    assert scenes.parts.shape == scenes.objects.shape
    assert scenes.classes.shape == scenes.poses.shape[:2]
    for scene in scenes:
        assert scene.parts.dtype == scene.objects.dtype == scene.classes.dtype == np.int16
        assert scene.poses.dtype == np.float32
        assert np.array_equal(scene.parts == 0, scene.objects == 0)
        count = int(scene.objects.max())
        assert count >= 1
        assert set(np.unique(scene.objects)) | {0} == set(range(count + 1))
        assert set(np.unique(scene.parts)) | {0} == set(range(scene.parts.max() + 1))
        for part in range(1, scene.parts.max() + 1):
            assert len(np.unique(scene.objects[scene.parts == part])) == 1
        assert scene.classes[0] == -1
        assert (scene.classes[1 : count + 1] >= 0).all()
        assert (scene.classes < classes).all()
        assert (scene.classes[count + 1 :] == -1).all()
        assert not scene.poses[0].any()
        assert not scene.poses[count + 1 :].any()
        assert (scene.poses[1 : count + 1, 2] > 0).all()


def same(one: Scenes, other: Scenes) -> bool:
    return all(np.array_equal(value, getattr(other, name)) for name, value in vars(one).items())
