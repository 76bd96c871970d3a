"""Centre votes: closed forms, symmetries, and that one offset for all does not pay."""

import numpy as np
from keras import ops

from glomtf.objectives import centre_vote_error

SEGMENTS = np.array([[1, 1, 2, 1, 1, 2, 0, 3, 2]])  # of 3 x 3 columns


def error(offsets, segments=SEGMENTS, grid=(3, 3)):
    return ops.convert_to_numpy(centre_vote_error(np.asarray(offsets, "float32"), segments, grid))


def places():
    row, col = np.divmod(np.arange(9), 3)
    return np.stack([2 * (col + 0.5) / 3 - 1, 2 * (row + 0.5) / 3 - 1], axis=-1)


def true_offsets(segments=SEGMENTS):
    centres = np.stack([places()[segments[0] == label].mean(axis=0) for label in segments[0]])
    return (centres - places())[None]


def test_votes_for_the_centre_score_nothing_and_others_their_distance():
    assert error(true_offsets()).max() < 1e-6
    off = error(true_offsets() + np.array([0.3, -0.4]))
    np.testing.assert_allclose(off[0], np.where(SEGMENTS[0] > 0, 0.25, 0), atol=1e-5)


def test_one_offset_for_all_is_no_minimum():
    """The best constant still leaves every segment the variance of its places."""
    constant = error(np.zeros((1, 9, 2)))
    for label in (1, 2):
        inside = SEGMENTS[0] == label
        expected = places()[inside].var(axis=0).sum()
        np.testing.assert_allclose(constant[0, inside].mean(), expected, rtol=1e-4)
        assert expected > 0.2
    assert constant.sum() > error(0.5 * true_offsets()).sum() > error(true_offsets()).sum()


def test_names_of_segments_do_not_matter():
    offsets = np.random.default_rng(0).normal(size=(1, 9, 2))
    renamed = np.array([0, 7, 1, 4])[SEGMENTS]
    np.testing.assert_allclose(error(offsets, renamed), error(offsets), rtol=1e-5)


def test_units_are_half_pictures_on_any_grid():
    """Two columns side by side in a row of four, of a picture twice as wide as high."""
    loss = error(np.zeros((1, 8, 2)), np.array([[5, 5, 0, 0, 0, 0, 0, 0]]), (2, 4))
    np.testing.assert_allclose(loss[0, :2], 0.25**2, rtol=1e-5)
