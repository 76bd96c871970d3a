"""Estimated motion and common fate: known shifts, a real world, closed forms, no collapse."""

import numpy as np
import pytest
from keras import ops

from glomtf.objectives import common_fate, estimate_motion, pair_contrast, segment_contrast
from glomtf.worlds import Moving, column_labels


def numpy(x):
    return ops.convert_to_numpy(x)


@pytest.fixture(scope="module")
def picture():
    return np.random.default_rng(0).integers(0, 256, (1, 40, 48, 3)).astype("uint8")


@pytest.mark.parametrize(("right", "down"), [(0, 0), (3, 0), (0, -2), (-4, 4)])
def test_whole_shifts_are_found_exactly(picture, right, down):
    later = np.roll(picture, (down, right), axis=(1, 2))
    motion, sureness = estimate_motion(picture, later, 4)
    assert motion.shape == (1, 10, 12, 2) and sureness.shape == (1, 10, 12)
    inner = np.s_[0, 2:-2, 2:-2]
    np.testing.assert_allclose(motion[inner], np.broadcast_to([right, down], (6, 8, 2)), atol=0.1)
    assert sureness[inner].min() > 0.9


def test_fractions_of_pixels_are_found(picture):
    smooth = picture.astype("float32")
    for _ in range(3):
        smooth = (smooth + np.roll(smooth, 1, 1) + np.roll(smooth, 1, 2)) / 3
    later = 0.5 * (np.roll(smooth, 1, axis=2) + np.roll(smooth, 2, axis=2))
    motion, _ = estimate_motion(smooth, later, 4)
    assert np.median(motion[0, 2:-2, 2:-2, 0]) == pytest.approx(1.5, abs=0.15)
    assert np.median(motion[0, 2:-2, 2:-2, 1]) == pytest.approx(0, abs=0.15)


def test_no_motion_is_beyond_reach(picture):
    smooth = picture.astype("float32")
    for _ in range(6):
        smooth = (smooth + np.roll(smooth, 1, 1) + np.roll(smooth, 1, 2)) / 3
    motion, _ = estimate_motion(smooth, np.roll(smooth, 6, axis=2), 4)
    assert np.abs(motion).max() <= 4


def test_what_could_move_in_many_ways_is_unsure():
    flat = np.full((1, 32, 32, 3), 90, "uint8")
    edge = flat.copy()
    edge[:, :, 16:] = 200  # may move along itself unseen
    for first in (flat, edge):
        _, sureness = estimate_motion(first, first, 4)
        assert not sureness.any()


def test_true_motion_of_a_world_is_found_where_sure():
    videos = Moving().videos(12, 2, seed=3)
    motion, sureness = estimate_motion(videos.images[:, 0], videos.images[:, 1], 4)
    flow = np.median(videos.flow[:, 0].reshape(12, 16, 4, 16, 4, 2), axis=(2, 4))
    error = np.hypot(*np.moveaxis(motion - flow, -1, 0))
    sure = (column_labels(videos.objects[:, 0], 4) > 0) & (sureness > 0.4)
    assert sure.mean() > 0.1
    assert np.median(error[sure]) < 0.3 and np.mean(error[sure] < 1) > 0.95


def test_frames_that_do_not_fit_are_refused(picture):
    with pytest.raises(ValueError, match=r"Received: \(1, 40, 48, 3\)"):
        estimate_motion(picture, picture, 7)
    with pytest.raises(ValueError, match=r"one size"):
        estimate_motion(picture, picture[:, :20], 4)


@pytest.fixture
def states():
    return np.random.default_rng(5).normal(size=(2, 8, 4)).astype("float32")


def test_distinct_motions_are_masks(states):
    """With motions far apart and all sure, common fate is the contrast on what moves together."""
    group = np.random.default_rng(6).integers(0, 3, (2, 8))
    motion = np.array([[0, 0], [30, 0], [0, -30]])[group]
    found = common_fate(states, motion, np.ones((2, 8)))
    np.testing.assert_allclose(numpy(found), numpy(segment_contrast(states, group)), rtol=1e-4)


def test_graded_motions_against_pairs(states):
    rng = np.random.default_rng(7)
    motion, sure = rng.normal(size=(2, 8, 2)), rng.random((2, 8))
    gap = ((motion[:, :, None] - motion[:, None, :]) ** 2).sum(-1)
    affinity = np.exp(-gap / (2 * 0.7**2)) * sure[:, :, None] * sure[:, None, :]
    expected = pair_contrast(states, affinity, counted=sure)
    found = common_fate(states, motion, sure, tolerance=0.7)
    np.testing.assert_allclose(numpy(found), numpy(expected), rtol=1e-4)


def test_only_relative_motion_counts(states):
    motion, sure = np.random.default_rng(8).normal(size=(2, 8, 2)), np.ones((2, 8))
    one, other = (numpy(common_fate(states, motion + shift, sure)) for shift in (0, (3, -2)))
    np.testing.assert_allclose(one, other, rtol=1e-3)


def test_unsure_columns_do_not_matter(states):
    motion, sure = np.zeros((2, 8, 2)), np.ones((2, 8))
    sure[:, 5:] = 0
    loss = numpy(common_fate(states, motion, sure))
    other = states.copy()
    other[:, 5:] *= -3
    np.testing.assert_allclose(
        numpy(common_fate(other, motion, sure))[:, :5], loss[:, :5], rtol=1e-4
    )
    assert not loss[:, 5:].any()


def test_a_constant_state_is_no_minimum():
    motion = np.array([[0, 0], [9, 0]])[np.array([[0] * 4 + [1] * 4] * 2)]
    sure = np.ones((2, 8))
    constant = numpy(common_fate(np.ones((2, 8, 4), "float32"), motion, sure))
    np.testing.assert_allclose(constant, np.log(7), rtol=1e-4)
    apart = np.eye(4, dtype="float32")[np.array([[0] * 4 + [1] * 4] * 2)]
    assert numpy(common_fate(apart, motion, sure)).max() < np.log(7) - 0.5
