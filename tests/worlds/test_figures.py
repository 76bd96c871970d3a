"""The world of figures, and what both worlds share: placing, painting, labelling."""

import numpy as np
import pytest
from world_checks import check_labels, same

from glomtf.worlds import Figures, contact_sheet
from glomtf.worlds.arrangements import ARRANGEMENTS
from glomtf.worlds.backgrounds import KINDS, background, clash
from glomtf.worlds.draw import VISIBLE_SHARE, Canvas
from glomtf.worlds.stencil import Coat, Stencil

WHITE = np.full((32, 32, 3), 255, np.float32)


def two_halves() -> Stencil:
    """A square of 40 pixels: the left half is part 1, the right half part 2."""
    square = np.zeros((60, 60), np.uint8)
    square[5:45, 3:23] = 1
    square[5:45, 23:43] = 2
    return Stencil.centred(square, 50)


def coat(*colours: tuple[int, int, int], **options: object) -> Coat:
    return Coat(np.array(colours, np.float32), **options)


def test_labels_hold():
    world = Figures()
    check_labels(world.scenes(60, seed=1), len(world.classes))


def test_scenes_depend_on_seed_and_number_only():
    world = Figures()
    ten = world.scenes(10, seed=5)
    assert same(ten, Figures().scenes(10, seed=5))
    four = world.scenes(4, seed=5)
    arrays = {
        k: v for k, v in vars(four).items() if v is not None
    }  # a still world has no later frames
    assert all(np.array_equal(v, getattr(ten, k)[:4]) for k, v in arrays.items())
    assert not np.array_equal(ten.images, world.scenes(10, seed=6).images)
    assert not np.array_equal(ten.images[0], ten.images[1])


def test_classes_share_part_shapes():
    uses: dict[str, set[str]] = {}
    for name, parts in ARRANGEMENTS.items():
        assert 3 <= len(parts) <= 5
        for shape, *_ in parts:
            uses.setdefault(shape, set()).add(name)
    assert len(ARRANGEMENTS) >= 6
    assert all(len(names) >= 1 for names in uses.values())
    assert sum(len(names) >= 2 for names in uses.values()) >= 6


def test_every_class_appears_with_its_parts_on_the_column_grid():
    world = Figures(objects=(1, 1), clutter=(0, 0))
    scenes = world.scenes(120)
    assert set(scenes.classes[:, 1]) == set(range(len(ARRANGEMENTS)))
    # On average most parts of a figure alone hold more pixels than a 4 x 4 patch.
    sizes = np.concatenate([np.bincount(p.ravel())[1:] for p in scenes.parts])
    assert np.mean(sizes >= 16) > 0.8


def test_single_shapes_are_objects_of_one_part():
    world = Figures(objects=(1, 2), clutter=(3, 3))
    for scene in world.scenes(20):
        for label in np.unique(scene.objects[scene.objects > 0]):
            if scene.classes[label] >= len(ARRANGEMENTS):
                assert len(np.unique(scene.parts[scene.objects == label])) == 1


def test_most_scenes_have_objects_that_touch():
    touching = 0
    for objects in Figures(clutter=(0, 0)).scenes(50).objects:
        for a, b in ((objects[:, 1:], objects[:, :-1]), (objects[1:], objects[:-1])):
            if ((a != b) & (a > 0) & (b > 0)).any():
                touching += 1
                break
    assert touching >= 40


@pytest.mark.parametrize("size", [32, 48, 128])
def test_other_sizes(size):
    world = Figures(image_size=size)
    scenes = world.scenes(3)
    assert scenes.images.shape == (3, size, size, 3)
    check_labels(scenes, len(world.classes))


@pytest.mark.parametrize(
    "options", [{"objects": (3, 2)}, {"objects": (0, 2)}, {"clutter": (-1, 2)}, {"image_size": 8}]
)
def test_bad_options_are_refused_in_one_line(options):
    with pytest.raises(ValueError, match=r"^expected [^\n]*, got [^\n]*: [^\n]*$"):
        Figures(**options)


def test_the_pose_tells_where_the_object_is():
    canvas = Canvas(32, 1)
    assert canvas.place(two_halves(), 3, (14, 18), 8, 0.0, False)
    _, scene = canvas.finish([coat((255, 0, 0), (0, 0, 255))], WHITE)
    ys, xs = np.nonzero(scene.objects == 1)
    assert (xs.mean() + 0.5, ys.mean() + 0.5) == pytest.approx((14, 18), abs=0.1)
    assert len(xs) == pytest.approx(16 * 16, abs=8)
    assert scene.classes.tolist() == [-1, 3]
    assert scene.poses[1] == pytest.approx((14, 18, 0.5, 0))
    # Part 1 is the left half.
    assert xs[scene.parts[ys, xs] == 1].max() < 14 <= xs[scene.parts[ys, xs] == 2].min()


@pytest.mark.parametrize(
    ("angle", "mirrored", "direction"),
    [(0, False, (1, 0)), (0, True, (-1, 0)), (np.pi / 2, False, (0, 1)), (np.pi, True, (1, 0))],
)
def test_angles_turn_clockwise_and_mirroring_swaps_sides(angle, mirrored, direction):
    canvas = Canvas(32, 1)
    assert canvas.place(two_halves(), 0, (16, 16), 8, angle, mirrored)
    _, scene = canvas.finish([coat((255, 0, 0), (0, 0, 255))], WHITE)
    centres = [np.argwhere(scene.parts == part).mean(axis=0)[::-1] for part in (1, 2)]
    assert (centres[1] - centres[0]) / 8 == pytest.approx(direction, abs=0.1)


def test_poses_of_scenes_match_the_visible_objects():
    for scene in Figures(objects=(1, 1), clutter=(0, 0)).scenes(20):
        ys, xs = np.nonzero(scene.objects)
        x, y, scale, _ = scene.poses[1]
        reach = scale * 32
        assert np.hypot(xs.mean() - x, ys.mean() - y) < 0.5 * reach
        assert np.hypot(xs + 0.5 - x, ys + 0.5 - y).max() < reach * 2**0.5 + 1


def test_flat_parts_show_their_colours_and_edges_are_soft():
    canvas = Canvas(32, 1)
    canvas.place(two_halves(), 0, (16, 16), 9, 0.3, False)
    _, scene = canvas.finish([coat((200, 10, 20), (30, 40, 250))], WHITE)
    colours = {1: (200, 10, 20), 2: (30, 40, 250), 0: (255, 255, 255)}
    for label, colour in colours.items():
        mask = np.pad(scene.parts == label, 1)
        inside = mask[1:-1, 1:-1] & mask[2:, 1:-1] & mask[:-2, 1:-1] & mask[1:-1, 2:]
        inside &= mask[1:-1, :-2]
        assert inside.sum() > 20
        assert (scene.image[inside] == colour).all()
    known = np.array(list(colours.values()))
    mixed = ~(scene.image[:, :, None] == known).all(axis=3).any(axis=2)
    assert 20 < mixed.sum() < 150


def test_ink_stays_within_the_inked_object_and_keeps_labels():
    plain, inked = Canvas(32, 2), Canvas(32, 2)
    ink = np.array((1, 2, 3), np.float32)
    for canvas in (plain, inked):
        assert canvas.place(two_halves(), 0, (10, 10), 6, 0.0, False)
        assert canvas.place(two_halves(), 0, (23, 23), 6, 0.0, False)
    colours = ((200, 100, 100), (100, 100, 200))
    _, before = plain.finish([coat(*colours), coat(*colours)], WHITE)
    _, after = inked.finish([coat(*colours), coat(*colours, ink=ink, ink_width=2)], WHITE)
    assert np.array_equal(before.parts, after.parts)
    changed = (before.image != after.image).any(axis=2)
    assert changed.any()
    assert (before.objects[changed] == 2).all()
    assert (after.image == (1, 2, 3)).all(axis=2).sum() > 30


def test_shading_is_none_at_the_centre_and_follows_its_slope():
    canvas = Canvas(32, 1)
    canvas.place(two_halves(), 0, (16, 16), 10, 0.0, False)
    slopes = np.array([[0.5, 0], [0.5, 0]], np.float32)
    picture, _ = canvas.finish([coat((100, 100, 100), (100, 100, 100), slopes=slopes)], WHITE)
    row = picture[16, 7:25, 0]
    assert (np.diff(row) > 0).all()
    assert row[0] == pytest.approx(100 * (1 - 0.5 * 8.75 / 10), abs=1)
    assert row[8:10].mean() == pytest.approx(100, abs=1.5)


def test_objects_that_would_hide_too_much_are_refused():
    canvas = Canvas(32, 3)
    assert canvas.place(two_halves(), 0, (16, 16), 6, 0.0, False)
    assert not canvas.place(two_halves(), 0, (17, 16), 6, 0.0, False)
    assert not canvas.place(two_halves(), 0, (31, 31), 6, 0.0, False)  # out of the frame
    assert not canvas.place(two_halves(), 0, (99, 99), 6, 0.0, False)
    assert canvas.place(two_halves(), 0, (16 + 12 * (VISIBLE_SHARE + 0.1), 16), 6, 0.0, False)
    assert canvas.count == 2
    _, scene = canvas.finish([coat((1, 2, 3), (4, 5, 6))] * 2, WHITE)
    # What was refused left nothing behind.
    assert scene.objects.max() == 2
    assert scene.classes.tolist() == [-1, 0, 0, -1]


def test_hidden_parts_leave_no_gap_in_the_numbers():
    dot = np.zeros((20, 20), np.uint8)
    dot[2:18, 2:18] = 1
    canvas = Canvas(32, 2)
    assert canvas.place(two_halves(), 0, (16, 16), 8, 0.0, False)
    assert canvas.place(Stencil.centred(dot, 18), 1, (9, 16), 7.9, 0.0, False)
    _, scene = canvas.finish([coat((9, 9, 9), (5, 5, 5)), coat((1, 1, 1))], WHITE)
    # The left half is hidden: the right half is part 1 now, the dot part 2.
    assert np.unique(scene.parts).tolist() == [0, 1, 2]
    assert (scene.parts[16, 20], scene.objects[16, 20]) == (1, 1)
    assert (scene.parts[16, 5], scene.objects[16, 5]) == (2, 2)


@pytest.mark.parametrize("kind", KINDS)
def test_backgrounds(kind):
    for seed in range(5):
        drawn = background(np.random.default_rng(seed), kind, 40, white=0.5)
        assert drawn.shape == (40, 40, 3)
        assert drawn.dtype == np.float32
        assert drawn.min() >= 0
        assert drawn.max() <= 255.01
        assert (np.ptp(drawn, axis=(0, 1)).max() == 0) == (kind == "flat")


def test_clash_is_the_share_of_similar_rim_colours():
    rim = np.array([(250, 250, 250), (0, 0, 0), (255, 255, 255), (255, 0, 0)], np.float32)
    assert clash(rim, WHITE) == 0.5
    assert clash(rim[:0], WHITE) == 0


def test_contact_sheet_shows_all_three_maps():
    scenes = Figures().scenes(3)
    sheet = contact_sheet(scenes, columns=2, zoom=1)
    assert sheet.dtype == np.uint8
    assert sheet.shape == (2 * 68 + 4, 2 * (3 * 64 + 8) + 4, 3)
    assert np.array_equal(sheet[4:68, 4:68], scenes.images[0])
    parts, objects = sheet[4:68, 68:132], sheet[4:68, 132:196]
    for painted, labels in ((parts, scenes.parts[0]), (objects, scenes.objects[0])):
        assert (painted[labels == 0] == 48).all()
        assert len(np.unique(painted.reshape(-1, 3), axis=0)) == min(labels.max(), 21) + 1
