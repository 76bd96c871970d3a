"""Moving layers: motions of drawn patterns, closed forms of their steps, a world that moves."""

import numpy as np
import pytest

from glomtf.islands.scores import adjusted_rand, foreground_ari
from glomtf.training.layers import (
    _gauss_newton,
    _guess,
    _mesh,
    _that_pay,
    _walk,
    misfit,
    moving_layers,
)
from glomtf.worlds import Moving, column_labels


def pattern(x, y, seed):
    """Smooth colours (..., 3) in 0..255 at any x and y."""
    rng = np.random.default_rng(seed)
    waves, phases = rng.uniform(-0.9, 0.9, (3, 6, 2)), rng.uniform(0, 6, (3, 6))
    angle = x[..., None, None] * waves[..., 0] + y[..., None, None] * waves[..., 1] + phases
    return 127 + 40 * np.sin(angle).sum(axis=-1) / 1.5


def moved_back(x, y, motion, centre):
    """Where what is at x and y after a motion about a centre came from."""
    right, down, turn = motion
    u, v = x - centre[0] - right, y - centre[1] - down
    return (
        np.cos(turn) * u + np.sin(turn) * v + centre[0],
        np.cos(turn) * v - np.sin(turn) * u + centre[1],
    )


y, x = np.mgrid[:64, :64].astype("float64")
MIDDLE = (31.5, 31.5)


def two_pieces(flat=False):
    """Frames and labels: a turning square and a disc before a drifting pattern."""
    motions = [(1.5, -1.0, 0.0), (-1.5, 0.5, 0.06), (0.5, 2.0, -0.05)]
    centres = [(0, 0), (20, 22), (46, 40)]

    def frame(time):
        labels = np.zeros((64, 64), int)
        picture = pattern(*moved_back(x, y, np.multiply(motions[0], time), (0, 0)), 0)
        for k in (1, 2):
            u, v = moved_back(x, y, np.multiply(motions[k], time), centres[k])
            u, v = u - centres[k][0], v - centres[k][1]
            inside = np.maximum(abs(u), abs(v)) < 11 if k == 1 else np.hypot(u, v) < 12
            labels[inside] = k
            painted = pattern(u, v, k)
            if flat and k == 2:
                painted[np.hypot(u, v) > 6] = 240.0
            picture[inside] = painted[inside]
        return np.clip(picture + 0.5, 0, 255).astype("uint8"), labels

    (first, labels), (second, _) = frame(0), frame(1)
    return first[None], second[None], labels


@pytest.mark.parametrize("flat", [False, True])
def test_turning_pieces_are_found_whole(flat):
    """A ring of one colour shows its motion at its rims only, and goes with its middle."""
    first, second, labels = two_pieces(flat)
    found = moving_layers(first, second)[0]
    assert found.shape == (64, 64) and (found[0] == 0).all()
    assert len(np.unique(found)) == 3
    assert adjusted_rand(labels, found) > 0.9
    assert foreground_ari(labels, found) > 0.9


def test_a_drift_alone_is_one_layer():
    first = pattern(x, y, 3)
    second = pattern(x - 2.25, y + 1.5, 3)
    frames = np.clip(np.stack([first, second]) + 0.5, 0, 255).astype("uint8")
    assert not moving_layers(frames[:1], frames[1:]).any()


def test_pieces_of_a_moving_world_are_its_objects():
    scenes = Moving().scenes(12, seed=3)
    truth = column_labels(scenes.objects, 4)
    found = column_labels(moving_layers(scenes.images, scenes.later), 4)
    assert adjusted_rand(truth, found) > 0.75
    assert foreground_ari(truth, found) > 0.7


def test_a_fit_finds_the_motion_of_a_pattern():
    motion, centre = (1.2, -0.7, 0.05), (30.0, 34.0)
    now = pattern(x, y, 1).astype("float32")
    later = pattern(*moved_back(x, y, motion, centre), 1).astype("float32")
    slopes = np.stack([np.gradient(now, axis=1), np.gradient(now, axis=0)], axis=-1)
    rows, cols = (v.reshape(1, -1) for v in np.mgrid[24:45, 20:41])
    start = np.array([[1.0, -1.0, 0.0]])
    fitted = _gauss_newton(
        now, later, slopes, cols, rows, np.array([centre]), start, np.ones(cols.shape)
    )
    np.testing.assert_allclose(fitted[0], motion, atol=0.03)


def test_guesses_all_over_a_turning_picture_are_its_motion():
    """Each is fitted about its own column and told about the picture's centre."""
    motion = (1.2, -0.7, 0.04)
    now, later = (
        pattern(*moved_back(x, y, np.multiply(motion, time), MIDDLE), 1).astype("float32")
        for time in (0, 1)
    )
    slopes = np.stack([np.gradient(now, axis=1), np.gradient(now, axis=0)], axis=-1)
    u, v = np.meshgrid(np.arange(2, 64, 4) - 31.5, np.arange(2, 64, 4) - 31.5)
    shift = np.stack([motion[0] - motion[2] * v, motion[1] + motion[2] * u], axis=-1)
    sure = np.zeros((16, 16))
    sure[3:-3:3, 3:-3:3] = 1
    guesses = _guess(now, later, slopes, shift, sure)
    assert guesses.shape == (16, 3)
    np.testing.assert_allclose(guesses, np.tile(motion, (16, 1)), atol=0.2)
    np.testing.assert_allclose(guesses[:, 2], motion[2], atol=0.01)


def test_the_misfit_of_a_ramp_in_closed_form():
    """Every pixel of a ramp is wrong by its slope when it moves by one pixel too much."""
    now = np.repeat((3.0 * x)[..., None], 3, axis=-1).astype("float32")
    steep = np.full((64, 64), 3.0)
    fits = misfit(now, now, steep, np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0]]))
    np.testing.assert_allclose(fits[0], 0, atol=1e-4)
    np.testing.assert_allclose(fits[1, :, :62], 1 - np.exp(-9 / (2 * 1.6**2)), rtol=1e-4)
    away = misfit(now, now, steep, np.array([[5.0, 0.0, 0.0]]))
    np.testing.assert_allclose(away[0, :, 60:], 0.3)


def test_what_others_explain_does_not_pay():
    fits = np.full((4, 100), 0.9)
    fits[0, :50] = fits[1, 50:90] = 0
    fits[2, 50:90] = 0.1  # stands in for motion 1, not as well
    fits[3, 90:93] = 0  # too little
    assert _that_pay(fits) == [0, 1]


def test_the_walk_solves_its_equations():
    """Against a dense solution of a small picture, written out from the definition."""
    rng = np.random.default_rng(0)
    now = 9 * rng.integers(8, 11, (6, 6, 3)).astype("float32")
    now[:3, :3] = 90  # a flat area, whose pixels share an opinion
    fits = rng.random((2, 6, 6))
    start, end, weights, _, rim = _mesh(6)

    flat = now.reshape(-1, 3)
    area = np.arange(36)
    for _ in range(36):  # neighbours of one colour take the lower number, again and again
        for i, j in zip(start, end, strict=True):
            if (flat[i] == flat[j]).all() and (i // 6 == j // 6 or i % 6 == j % 6):
                area[[i, j]] = min(area[i], area[j])
    against = np.array([[fit.ravel()[area == a].sum() for a in area] for fit in fits])
    against[0] -= 3 * np.array([rim.ravel()[area == a].sum() for a in area])
    against = np.minimum(against - against.min(axis=0), 12).reshape(2, 6, 6)
    padded = np.pad(fits, ((0, 0), (2, 2), (2, 2)), mode="symmetric")
    own = np.array(
        [[[p[i : i + 5, j : j + 5].mean() for j in range(6)] for i in range(6)] for p in padded]
    )
    opinion = np.exp(-0.5 * against - 10 * own)
    opinion /= opinion.sum(axis=0)
    decided = 1 + (opinion * np.log(opinion + 1e-9)).sum(axis=0) / np.log(2)
    worth = 0.1 * decided * np.maximum(1 - own.min(axis=0), 0.05) + 1e-5
    anchor = rim * np.exp(-6 * (own[0] - own.min(axis=0)))
    matrix, right = np.zeros((36, 36)), (opinion * worth).reshape(2, 36)
    right[0] += anchor.ravel()
    for i, j, weight in zip(start, end, weights, strict=True):
        link = weight * (np.exp(-((flat[i] - flat[j]) ** 2).sum() / 96) + 0.005)
        matrix[[i, j], [i, j]] += link
        matrix[[i, j], [j, i]] -= link
    matrix += np.diag((worth + anchor).ravel())
    expected = np.linalg.solve(matrix, right.T).T.reshape(2, 6, 6)
    np.testing.assert_allclose(_walk(now, fits), expected, rtol=1e-5)
    np.testing.assert_allclose(expected.sum(axis=0), 1, rtol=1e-4)


def test_frames_that_do_not_fit_are_refused():
    frames = np.zeros((1, 64, 48, 3), "uint8")
    with pytest.raises(ValueError, match=r"square frames.*\(1, 64, 48, 3\)"):
        moving_layers(frames, frames)
