"""The crowd and its held-out variations: labels, patterns, shared looks, and no cheap cue."""

import numpy as np
import pytest
from world_checks import check_labels, same

from glomtf.islands import baselines
from glomtf.islands.scores import foreground_ari
from glomtf.islands.segment import tune
from glomtf.worlds import WORLDS, Figures, column_labels, crowd
from glomtf.worlds import coats as coats_file
from glomtf.worlds.arrangements import ARRANGEMENTS, UNSEEN
from glomtf.worlds.coats import woven_coat
from glomtf.worlds.crowd import BACKGROUNDS, UNSEEN_BACKGROUNDS
from glomtf.worlds.draw import Canvas
from glomtf.worlds.figures import INVENTED
from glomtf.worlds.invented import invented_figure
from glomtf.worlds.stencil import Coat, Stencil, Weave

CROWDS = ["crowd", "crowd-classes", "crowd-invented", "crowd-counts", "crowd-backgrounds"]


@pytest.mark.parametrize("name", CROWDS)
def test_labels_hold_and_scenes_depend_on_seed_and_number(name):
    world = WORLDS[name]()
    scenes = world.scenes(12, seed=4)
    check_labels(scenes, len(world.classes))
    assert scenes.images.shape == (12, 64, 64, 3)
    assert same(scenes, WORLDS[name]().scenes(12, seed=4))
    assert not np.array_equal(scenes.images, world.scenes(12, seed=5).images)


def test_plain_figures_are_what_they_were():
    """Trained and scored models rest on these scenes."""
    scenes = Figures().scenes(16, seed=3)
    means = [
        98.8,
        100.5,
        207.0,
        96.4,
        75.8,
        104.1,
        130.8,
        126.4,
        110.3,
        136.0,
        216.1,
        208.0,
        219.7,
        185.1,
        106.3,
        144.1,
    ]
    assert scenes.images.mean(axis=(1, 2, 3)) == pytest.approx(means, abs=0.1)
    counts = [16, 22, 19, 14, 12, 9, 14, 19, 9, 16, 12, 14, 14, 22, 20, 18]
    assert scenes.parts.max(axis=(1, 2)).tolist() == counts
    assert scenes.classes[0, :3].tolist() == [-1, 0, 7]


def test_what_is_held_out_never_shows():
    def shown(name):
        classes = WORLDS[name]().scenes(60, seed=2).classes
        return {Figures.classes[number] for number in classes[classes >= 0]}

    assert shown("crowd") == set(ARRANGEMENTS)
    assert shown("crowd-classes") == set(UNSEEN)
    assert shown("crowd-invented") == {INVENTED}
    assert not set(UNSEEN) & (set(ARRANGEMENTS) | shown("figures"))
    assert not set(BACKGROUNDS) & set(UNSEEN_BACKGROUNDS)


def test_counts():
    def counts(name):
        return WORLDS[name]().scenes(40, seed=2).objects.max(axis=(1, 2))

    crowded, more = counts("crowd"), counts("crowd-counts")
    assert crowded.min() == 2 and crowded.max() == 6
    assert np.median(more) > 6


def test_unseen_classes_are_made_of_the_same_part_shapes():
    known = {shape for parts in ARRANGEMENTS.values() for shape, *_ in parts}
    for parts in UNSEEN.values():
        assert 3 <= len(parts) <= 5
        assert {shape for shape, *_ in parts} <= known


def test_invented_figures_show_all_their_parts_in_one_piece_and_are_never_alike():
    rng = np.random.default_rng(5)
    figures = [invented_figure(rng) for _ in range(40)]
    for figure in figures:
        areas = np.bincount(figure.map.ravel())[1:]
        assert figure.parts == len(areas) and 3 <= len(areas) <= 5
        assert areas.min() >= 0.04 * figure.area
        left = set(zip(*np.nonzero(figure.map), strict=True))
        reached = [left.pop()]
        while reached:
            y, x = reached.pop()
            beside = {(y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)} & left
            left -= beside
            reached += beside
        assert not left
    assert {figure.parts for figure in figures} == {3, 4, 5}
    assert len({figure.map.tobytes() for figure in figures}) == len(figures)


def square() -> Stencil:
    drawn = np.zeros((50, 50), np.uint8)
    drawn[5:45, 5:45] = 1
    return Stencil.centred(drawn, 50)


@pytest.mark.parametrize(("angle", "axis"), [(0.0, 1), (np.pi / 2, 0)])
@pytest.mark.parametrize("crossed", [False, True])
def test_stripes_follow_their_formula_and_turn_with_the_object(angle, axis, crossed):
    canvas = Canvas(32, 1)
    assert canvas.place(square(), 0, (16, 16), 10, angle, False)
    weave = Weave(
        np.array([[200, 100, 0]], np.float32),
        np.array([[np.pi / 5, 0]], np.float32),
        np.array([0.4], np.float32),
        np.array([crossed]),
    )
    coat = Coat(np.array([[0, 100, 100]], np.float32), weave=weave)
    picture, _ = canvas.finish([coat], np.zeros((32, 32, 3), np.float32))
    # Canvas pixels are half a picture pixel wide, read at their near corner.
    half = np.arange(64) / 2 - 16
    along, across = np.meshgrid(half, half, indexing="ij") if axis == 0 else np.meshgrid(half, half)
    wave = np.sin(np.pi / 5 * along + 0.4)
    if crossed:
        wave = wave * np.sin(np.pi / 5 * (across if axis == 1 else -across))
    blend = np.clip(1.5 * wave + 0.5, 0, 1).reshape(32, 2, 32, 2).mean(axis=(1, 3))
    inside = np.s_[8:24, 8:24]
    np.testing.assert_allclose(picture[inside][..., 0], 200 * blend[inside], atol=0.1)
    np.testing.assert_allclose(picture[inside][..., 1], 100, atol=0.1)


def test_parts_can_wear_the_colours_of_the_object_beside(monkeypatch):
    beside = woven_coat(np.random.default_rng(1), 4, None)
    monkeypatch.setattr(coats_file, "SHARED", 1.0)
    mine = woven_coat(np.random.default_rng(2), 5, beside)
    theirs = np.concatenate([beside.colours, beside.weave.colours], axis=1)
    for pair in np.concatenate([mine.colours, mine.weave.colours], axis=1):
        assert (pair == theirs).all(axis=1).any()
    monkeypatch.setattr(coats_file, "SHARED", 0.0)
    other = woven_coat(np.random.default_rng(2), 5, beside)
    assert not (other.colours[:, None] == beside.colours).all(axis=2).any()


def test_parts_can_look_nearly_like_the_part_before(monkeypatch):
    monkeypatch.setattr(coats_file, "FAINT", 1.0)
    coat = woven_coat(np.random.default_rng(3), 5, None)
    assert 0 < np.abs(np.diff(coat.colours, axis=0)).max() <= 25
    assert (coat.weave.waves == coat.weave.waves[0]).all()


def test_no_cheap_cue_suffices():
    world = crowd()
    known, test = world.scenes(30, seed=1), world.scenes(60, seed=7)
    truth = column_labels(test.objects, 4)
    placed = np.stack([baselines.true_foreground_clusters(scene) for scene in truth])
    assert foreground_ari(truth, placed) < 0.65
    parts, known_parts = column_labels(test.parts, 4), column_labels(known.parts, 4)
    for method in (baselines.colour_clusters, baselines.flat_components):
        tried = [method(image, (16, 16)) for image in known.images]
        threshold, _ = tune(tried, known_parts)
        labels = np.stack([method(image, (16, 16))(threshold) for image in test.images])
        assert foreground_ari(parts, labels) < 0.6


@pytest.mark.parametrize(
    "options",
    [
        {"overlap": 1.0},
        {"across": (0.1, 0.5)},
        {"across": (0.6, 0.5)},
        {"figures": ()},
        {"figures": ("house", "castle")},
        {"backgrounds": ("flat", "plaid")},
    ],
)
def test_bad_options_are_refused_in_one_line(options):
    with pytest.raises(ValueError, match=r"^expected [^\n]*, got [^\n]*: [^\n]*$"):
        Figures(**options)
