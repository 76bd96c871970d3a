"""Tetrominoes and multi-dSprites: what their description says holds in every picture."""

import colorsys

import numpy as np
import pytest
from scipy.ndimage import label
from world_checks import check_labels, same

from glomtf.training.data import ScenePool
from glomtf.worlds import WORLDS, DSprites, Tetrominoes
from glomtf.worlds.dsprites import VERSIONS, _sprite
from glomtf.worlds.tetrominoes import COLOURS, SHAPES

NAMES = ["tetrominoes", "tetrominoes-36", "dsprites", "dsprites-binarized", "dsprites-colored"]


@pytest.mark.parametrize("name", NAMES)
def test_labels_hold_and_scenes_depend_on_seed_and_number(name):
    world = WORLDS[name]()
    scenes = world.scenes(40, seed=4)
    check_labels(scenes, len(world.classes))
    assert np.array_equal(scenes.parts, scenes.objects)
    assert set(scenes.classes[scenes.classes >= 0]) == set(range(len(world.classes)))
    assert same(scenes, WORLDS[name]().scenes(40, seed=4))
    assert np.array_equal(scenes.images[:5], world.scenes(5, seed=4).images)
    assert not np.array_equal(scenes.images, world.scenes(40, seed=5).images)


def test_there_are_17_tetrominoes_and_no_two_alike():
    assert len(SHAPES) == 17
    assert len({(shape.shape, shape.tobytes()) for shape in SHAPES.values()}) == 17
    for shape in SHAPES.values():
        pieces, count = label(shape)
        assert shape.sum() == 4 and count == 1 and pieces.max() == 1


def test_pictures_hold_three_whole_tetrominoes_of_their_class():
    scenes = Tetrominoes().scenes(60, seed=1)
    assert scenes.images.shape == (60, 35, 35, 3)
    for scene in scenes:
        assert scene.objects.max() == 3
        assert not scene.image[scene.objects == 0].any()
        for number in (1, 2, 3):
            y, x = np.nonzero(scene.objects == number)
            cut = (scene.objects == number)[y.min() : y.max() + 1, x.min() : x.max() + 1]
            shape = list(SHAPES.values())[scene.classes[number]]
            assert np.array_equal(cut, shape.repeat(5, 0).repeat(5, 1))
            colours = np.unique(scene.image[y, x], axis=0)
            assert len(colours) == 1 and (colours == COLOURS).all(axis=1).any()
            middle = ((x.min() + x.max() + 1) / 2, (y.min() + y.max() + 1) / 2)
            assert scene.poses[number, :2] == pytest.approx(middle)


def test_tetrominoes_are_anywhere_and_share_colours():
    scenes = Tetrominoes().scenes(200, seed=1)
    assert len(np.unique((scenes.poses[:, 1:, 0] * 2) % 10)) == 10  # not on a grid of blocks
    colours = [len(np.unique(i.reshape(-1, 3), axis=0)) - 1 for i in scenes.images]
    assert set(colours) == {1, 2, 3}


@pytest.mark.parametrize("version", VERSIONS)
def test_counts_and_colours_of_sprites(version):
    fewest, most = VERSIONS[version]
    scenes = DSprites(version).scenes(150, seed=2)
    counts = scenes.objects.max(axis=(1, 2))
    assert scenes.images.shape == (150, 64, 64, 3)
    assert counts.max() == most and np.mean(counts >= fewest) > 0.9  # sprites can hide
    for scene in scenes:
        for number in range(scene.objects.max() + 1):
            colours = np.unique(scene.image[scene.objects == number], axis=0)
            assert len(colours) == 1
            red, green, blue = colours[0].tolist()
            if version == "binarized":
                assert colours.max() == colours.min() == (255 if number else 0)
            elif version == "colored_on_grayscale" and number == 0:
                assert red == green == blue
            elif version == "colored_on_grayscale":
                _, saturation, value = colorsys.rgb_to_hsv(red / 255, green / 255, blue / 255)
                assert saturation >= 0.48 and value >= 0.49


def test_hues_go_all_around():
    scenes = DSprites().scenes(200, seed=2)
    hues = [
        colorsys.rgb_to_hsv(*(scene.image[scene.objects == 1][0] / 255.0))[0] for scene in scenes
    ]
    assert (np.histogram(hues, bins=12, range=(0, 1))[0] > 5).all()


def test_poses_are_the_published_factors():
    scenes = DSprites("colored_on_colored").scenes(100, seed=3)
    poses = scenes.poses[scenes.classes >= 0]
    places = (poses[:, :2] - 16) / 32 * 31
    np.testing.assert_allclose(places, places.round(), atol=1e-3)
    assert places.min() > -0.01 and places.max() < 31.01
    np.testing.assert_allclose(poses[:, 2] * 2, (poses[:, 2] * 20).round() / 10, atol=1e-6)
    turns = poses[:, 3] / (2 * np.pi) * 40
    np.testing.assert_allclose(turns, turns.round(), atol=1e-4)


@pytest.mark.parametrize("shape", DSprites.classes)
def test_sprites_fill_their_reach_and_turn(shape):
    centre = np.array([32.0, 32.0])
    upright, turned = (_sprite(shape, 30, angle, centre) for angle in (0.0, np.pi / 2))
    y, x = np.nonzero(upright)
    assert np.hypot(x - 31.5, y - 31.5).max() == pytest.approx(30, abs=2)
    assert np.mean(np.rot90(upright, -1) == turned) > 0.995
    assert np.mean(upright == upright[:, ::-1]) > 0.995


def test_larger_pictures_of_tetrominoes_only_add_black():
    plain, larger = (Tetrominoes(size).scenes(5, seed=3) for size in (35, 40))
    assert np.array_equal(larger.images[:, :35, :35], plain.images)
    assert not larger.images[:, 35:].any() and not larger.images[:, :, 35:].any()
    np.testing.assert_allclose(larger.poses[..., 2] * 40, plain.poses[..., 2] * 35, rtol=1e-5)
    with pytest.raises(ValueError, match=r"^expected an image_size of at least 35 .*, got 34: "):
        Tetrominoes(34)


def test_an_unknown_version_is_refused():
    with pytest.raises(ValueError, match=r"^expected a version from binarized, .*, got 'grey'"):
        DSprites("grey")


def test_tetrominoes_train_on_columns_of_five_pixels():
    pool = ScenePool([Tetrominoes().scenes(8, seed=0)], 5, 4, steps=2)
    images, targets = pool[1]
    assert images.shape == (4, 35, 35, 3) and targets["objects"].shape == (4, 7, 7)
