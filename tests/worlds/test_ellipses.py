"""The ellipse world: truth, symbols that fit the picture, and its three knobs."""

import numpy as np
import pytest
from world_checks import check_labels, same

from glomtf.worlds import WORLDS, Ellipses
from glomtf.worlds.ellipse_classes import CLASSES

NAMES = [name for name in WORLDS if name.startswith("ellipses")]


@pytest.mark.parametrize("name", NAMES)
def test_labels_hold_and_scenes_depend_on_seed_and_number(name):
    world = WORLDS[name]()
    scenes = world.scenes(12, seed=4)
    check_labels(scenes, len(world.classes))
    assert same(scenes, WORLDS[name]().scenes(12, seed=4))
    assert np.array_equal(scenes.images[:3], world.scenes(3, seed=4).images)
    assert not np.array_equal(scenes.images, world.scenes(12, seed=5).images)


def test_objects_are_five_ellipses_of_every_class():
    scenes = Ellipses().scenes(60, seed=1)
    assert set(scenes.classes[:, 1]) == set(range(len(CLASSES)))
    assert np.median(scenes.parts.max(axis=(1, 2))) == 5
    many = Ellipses(objects=(2, 4)).scenes(40, seed=1).objects.max(axis=(1, 2))
    assert set(many) == {2, 3, 4}


@pytest.mark.parametrize("options", [{}, {"objects": (2, 4), "noise": 0.1}, {"unseen": True}])
def test_symbols_fit_the_picture(options):
    """Pixels of a part lie in the ellipse that its columns tell, as far out as its rim."""
    symbols = Ellipses(**options).symbols(8, seed=3)
    assert symbols.values.shape == (8, 16, 16, 7) and symbols.values.dtype == np.float32
    assert same(symbols.scenes, Ellipses(**options).scenes(8, seed=3))
    farthest = []
    for scene, value in zip(symbols.scenes, symbols.values, strict=True):
        tile = scene.parts.reshape(16, 4, 16, 4).swapaxes(1, 2).reshape(16, 16, 16)
        assert (value[value[..., 0] == 0] == 0).all()
        for row, col in np.argwhere((tile == tile[..., :1]).all(axis=-1)):
            part = tile[row, col, 0]
            assert value[row, col, 0] == (part > 0)
            if part == 0:
                continue
            y, x = np.nonzero(scene.parts == part)
            here = (np.array([col, row]) + 0.5) * 4
            away = (np.stack([x, y], axis=1) + 0.5 - here) / 32 - value[row, col, 1:3]
            matrix = value[row, col, 3:].reshape(2, 2)
            distance = np.hypot(*np.linalg.solve(matrix, away.T))
            thin = 32 * np.linalg.svd(matrix)[1].min()  # pixels
            assert distance.max() < 1 + 0.8 / thin
            farthest.append(distance.max())
    assert np.median(farthest) > 0.9


def test_the_last_ellipse_has_the_area_of_its_matrix():
    """Nothing lies on top of it, so all of it is seen."""
    symbols = Ellipses().symbols(30, seed=2)
    ratios = []
    for scene, value in zip(symbols.scenes, symbols.values, strict=True):
        seen = scene.parts == scene.parts.max()
        if seen[0].any() or seen[-1].any() or seen[:, 0].any() or seen[:, -1].any():
            continue
        inside = seen.reshape(16, 4, 16, 4).all(axis=(1, 3))
        for matrix in value[inside][:, 3:].reshape(-1, 2, 2)[:1]:
            ratios.append(np.pi * np.linalg.det(matrix) * 32**2 / seen.sum())
    assert len(ratios) > 10
    assert np.mean(ratios) == pytest.approx(1, abs=0.03)


def test_poses_tell_the_turn():
    usual = np.abs(Ellipses().scenes(60).poses[:, 1, 3])
    beyond = np.abs(Ellipses(unseen=True).scenes(60).poses[:, 1, 3])
    assert usual.max() <= 0.6 <= beyond.min() and beyond.max() <= 1.2


def test_ambiguity_moves_the_classes_together():
    own, half, full = (Ellipses(ambiguity=a)._arrangements for a in (0, 0.5, 1))
    np.testing.assert_allclose(half, (own + full) / 2)
    np.testing.assert_allclose(full, np.broadcast_to(full[:1], full.shape))
    np.testing.assert_allclose(own, list(CLASSES.values()))


def test_noise_moves_each_ellipse_by_itself():
    clean, noisy = (Ellipses(noise=n).symbols(40, seed=6) for n in (0, 0.1))
    np.testing.assert_array_equal(clean.scenes.classes, noisy.scenes.classes)
    rng = np.random.default_rng(0)
    drawn = np.stack([Ellipses(noise=0.1)._noisy(rng, 2) for _ in range(2000)])
    own = np.array(CLASSES["person"])
    np.testing.assert_allclose((drawn - own)[..., [0, 1, 4]].std(axis=0), 0.1, atol=0.01)
    np.testing.assert_allclose(np.log(drawn[..., 2:4] / own[..., 2:4]).std(axis=0), 0.1, atol=0.01)
    together = np.corrcoef(drawn.reshape(2000, 25).T) - np.eye(25)
    assert np.abs(together).max() < 0.12


@pytest.mark.parametrize(
    "options",
    [{"objects": (0, 1)}, {"objects": (3, 2)}, {"image_size": 8}, {"noise": 0.9}, {"ambiguity": 2}],
)
def test_bad_options_are_refused_in_one_line(options):
    with pytest.raises(ValueError, match=r"^expected [^\n]*, got [^\n]*: [^\n]*$"):
        Ellipses(**options)
