"""The pool: targets at column resolution, turns that keep truth and picture together."""

from dataclasses import replace

import numpy as np
import pytest

from glomtf.training.data import (
    ScenePool,
    add_noise,
    column_targets,
    motion_targets,
    recolour,
    turn,
)
from glomtf.worlds import Figures, Moving


@pytest.fixture(scope="module")
def scenes():
    return Figures().scenes(24, seed=5)


def test_poses_point_from_the_middle_to_the_objects_centre(scenes):
    targets = column_targets(scenes, 4)
    for scene, row, col in np.argwhere(targets["objects"] > 0)[::97]:
        label = targets["objects"][scene, row, col]
        x, y, scale = scenes.poses[scene, label, :3]
        right, down, size = targets["poses"][scene, row, col]
        assert right * 32 + 32 == pytest.approx(x, abs=1e-3)
        assert down * 32 + 32 == pytest.approx(y, abs=1e-3)
        assert size == pytest.approx(scale)
        assert targets["classes"][scene, row, col] == scenes.classes[scene, label]
    assert (targets["classes"][targets["objects"] == 0] == -1).all()
    assert (targets["poses"][targets["objects"] == 0] == 0).all()


@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize("k", range(4))
def test_turned_poses_still_point_at_the_same_place(scenes, k, mirror):
    """Mark where each pose points, before and after: the marks must turn with the picture."""
    targets = column_targets(scenes, 4)
    images, turned = turn(scenes.images, targets, k, mirror)
    x, y = np.moveaxis(targets["poses"][..., :2], -1, 0)
    if mirror:
        y, x = y[:, :, ::-1], -x[:, :, ::-1]
    for _ in range(k):
        y, x = -x, y
        y, x = np.rot90(y, axes=(1, 2)), np.rot90(x, axes=(1, 2))
    there = turned["classes"] >= 0
    np.testing.assert_allclose(turned["poses"][..., 0][there], x[there], atol=1e-4)
    np.testing.assert_allclose(turned["poses"][..., 1][there], y[there], atol=1e-4)
    flat = images.reshape(len(images), -1, 3).sum(axis=1)
    np.testing.assert_array_equal(flat, scenes.images.reshape(len(images), -1, 3).sum(axis=1))


def test_turned_labels_stay_on_their_pixels(scenes):
    """A picture painted with its own labels shows the turned labels after any turn."""
    targets = column_targets(scenes, 4)
    painted = np.repeat(np.repeat(targets["parts"], 4, 1), 4, 2)[..., None].astype("uint8")
    for k in range(4):
        for mirror in (False, True):
            images, turned = turn(painted, targets, k, mirror)
            np.testing.assert_array_equal(images[:, ::4, ::4, 0], turned["parts"])


@pytest.fixture(scope="module")
def moving():
    return Moving().scenes(8, seed=5)


@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize("k", range(4))
def test_turned_motion_is_the_motion_of_turned_frames(moving, k, mirror):
    found = motion_targets(moving, 4)
    images, turned = turn(moving.images, found, k, mirror)
    later, _ = turn(moving.later, {}, k, mirror)
    expected = motion_targets(replace(moving, images=images, later=later), 4)
    sure = turned["motion"][..., 2] > 0.2  # where several shifts are as good any may be found
    assert sure.mean() > 0.1
    gap = np.abs(turned["motion"] - expected["motion"])[sure]
    assert np.mean(gap < 1e-3) > 0.99


def test_only_scenes_with_a_next_frame_have_sure_motion(scenes, moving):
    assert "motion" not in ScenePool([scenes], 4, 8, steps=3).targets
    motion = ScenePool([scenes, moving], 4, 8, steps=3, augment=False).targets["motion"]
    assert motion.shape == (32, 16, 16, 3)
    assert not motion[:24].any() and motion[24:, ..., 2].mean() > 0.1


def test_recolour_keeps_equal_pixels_equal_and_the_range(scenes):
    x = recolour(scenes.images, np.random.default_rng(0))
    assert x.dtype == np.float32 and x.min() >= 0 and x.max() <= 1
    for before, after in zip(scenes.images, x, strict=True):
        _, first, inverse = np.unique(
            before.reshape(-1, 3), axis=0, return_index=True, return_inverse=True
        )
        flat = after.reshape(-1, 3)
        np.testing.assert_array_equal(flat, flat[first][inverse.ravel()])


def test_half_of_the_pictures_get_noise_each_of_its_own_strength():
    grey = np.full((400, 16, 16, 3), 0.5, "float32")
    noisy = add_noise(grey, np.random.default_rng(0), 0.1)
    strength = noisy.std(axis=(1, 2, 3))
    clean = strength == 0
    assert 0.4 < clean.mean() < 0.6
    np.testing.assert_array_equal(noisy[clean], grey[clean])
    # Evenly between 0 and the largest.
    found = np.quantile(strength[~clean], [0.1, 0.5, 0.9])
    np.testing.assert_allclose(found, [0.01, 0.05, 0.09], atol=0.01)
    white = add_noise(np.ones((20, 8, 8, 3), "float32"), np.random.default_rng(0), 0.5)
    assert white.max() == 1 and white.min() < 0.8 and white.dtype == np.float32


@pytest.mark.parametrize("augment", [True, False])
def test_noise_comes_on_top_of_the_same_turns_and_colours(scenes, augment):
    plain, noisy = (
        ScenePool([scenes], 4, 24, steps=1, seed=7, augment=augment, noise=noise)[0]
        for noise in (0.0, 0.1)
    )
    np.testing.assert_array_equal(plain[1]["parts"], noisy[1]["parts"])
    same = (plain[0] == noisy[0]).all(axis=(1, 2, 3))
    assert 0 < same.sum() < 24
    assert np.abs(plain[0] - noisy[0]).max() < 0.6


def test_batches_depend_on_seed_and_epoch_only(scenes):
    first = ScenePool([scenes], 4, 4, steps=3, seed=7)
    first.on_epoch_end()
    resumed = ScenePool([scenes], 4, 4, steps=3, seed=7, start_epoch=1)
    for i in range(3):
        np.testing.assert_array_equal(first[i][0], resumed[i][0])
        np.testing.assert_array_equal(first[i][1]["parts"], resumed[i][1]["parts"])
    fresh = ScenePool([scenes], 4, 4, steps=3, seed=7)
    assert not np.array_equal(first[0][0], fresh[0][0])


def test_a_pool_smaller_than_an_epoch_is_refused(scenes):
    with pytest.raises(ValueError, match=r"4 x 8 = 32 or more. Received: 24"):
        ScenePool([scenes], 4, 8, steps=4)
