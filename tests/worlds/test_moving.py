"""Moving figures: the true flow leads from frame to frame, and numbers stay."""

import numpy as np
import pytest
from world_checks import check_labels, same

from glomtf.worlds import Figures, Moving, Videos, crowd


@pytest.fixture(scope="module")
def videos():
    return Moving().videos(6, frames=4, seed=2)


def follow(videos, video, frame):
    """Where the flow leads: rows, columns of the next frame, and which pixels stay inside."""
    size = videos.images.shape[2]
    flow = videos.flow[video, frame]
    row, column = np.indices((size, size))
    column = np.round(column + flow[..., 0]).astype(int)
    row = np.round(row + flow[..., 1]).astype(int)
    inside = (row >= 0) & (row < size) & (column >= 0) & (column < size)
    return np.clip(row, 0, size - 1), np.clip(column, 0, size - 1), inside


def test_shapes_and_numbers(videos):
    assert len(videos) == 6
    assert videos.images.shape == (6, 4, 64, 64, 3) and videos.images.dtype == np.uint8
    assert videos.parts.shape == videos.objects.shape == (6, 4, 64, 64)
    assert videos.flow.shape == (6, 3, 64, 64, 2) and videos.flow.dtype == np.float32
    for parts, objects in zip(videos.parts, videos.objects, strict=True):
        assert np.array_equal(parts == 0, objects == 0)
        assert set(np.unique(parts)) | {0} == set(range(parts.max() + 1))
        assert set(np.unique(objects)) | {0} == set(range(objects.max() + 1))
        for part in range(1, parts.max() + 1):
            assert len(np.unique(objects[parts == part])) == 1


def test_the_flow_leads_to_the_same_part(videos):
    kept, total = 0, 0
    for video in range(6):
        for frame in range(3):
            row, column, inside = follow(videos, video, frame)
            # Something in front may hide it: that is an object with a higher number.
            now, later = videos.objects[video, frame], videos.objects[video, frame + 1][row, column]
            inside &= later <= now
            there = videos.parts[video, frame + 1][row, column]
            kept += (there == videos.parts[video, frame])[inside].sum()
            total += inside.sum()
    assert kept / total > 0.96


def test_the_flow_leads_to_the_same_colours():
    """On plain figures, far from edges, colours move along with what they belong to."""
    world = Figures(clutter=(0, 0), backgrounds=("linear", "noise"))
    videos = Moving(world).videos(4, frames=2, seed=5)
    for video in range(4):
        row, column, inside = follow(videos, video, 0)
        there = videos.parts[video, 1][row, column]
        inside &= there == videos.parts[video, 0]
        before = videos.images[video, 0].astype(int)
        after = videos.images[video, 1].astype(int)[row, column]
        gap = np.abs(after - before).max(axis=-1)[inside]
        assert np.median(gap) <= 4
        still = np.abs(videos.images[video, 1].astype(int) - before).max(axis=-1)
        assert gap.mean() < 0.7 * still.mean()


def test_the_background_moves_with_its_flow():
    videos = Moving(crowd(backgrounds=("mosaic",), objects=(2, 2))).videos(6, frames=2, seed=5)
    forth, back = [], []
    for flow, gaps in ((videos.flow, forth), (-videos.flow, back)):
        turned = Videos(videos.images, videos.parts, videos.objects, flow)
        for video in range(6):
            row, column, inside = follow(turned, video, 0)
            objects = videos.objects[video]
            inside &= (objects[0] == 0) & (objects[1][row, column] == 0)
            gap = videos.images[video, 1].astype(int)[row, column] - videos.images[video, 0]
            gaps.append(np.abs(gap)[inside].mean())
    assert np.mean(forth) < 0.6 * np.mean(back)


def test_objects_stay_in_sight():
    videos = Moving(crowd(objects=(1, 1)), speed=(5, 5)).videos(120, frames=4, seed=6)
    seen = (videos.objects > 0).sum(axis=(2, 3))
    assert (seen[:, -1] > 0.3 * seen.max(axis=1)).all()


def test_objects_are_rigid_and_the_background_drifts_by_itself(videos):
    for video in range(6):
        flow, objects = videos.flow[video, 0], videos.objects[video, 0]
        behind = flow[objects == 0]
        assert np.ptp(behind, axis=0) == pytest.approx([0, 0], abs=1e-5)
        assert 1 <= np.hypot(*behind[0]) <= 3
        for number in range(1, objects.max() + 1):
            y, x = np.nonzero(objects == number)
            if len(x) < 30:
                continue
            goal = np.stack([x, y], axis=1) + flow[y, x]
            # A rigid motion keeps all distances.
            apart = np.hypot(x - x[0], y - y[0])
            np.testing.assert_allclose(np.hypot(*(goal - goal[0]).T), apart, atol=1e-4)
            assert np.abs(goal.mean(axis=0) - [x.mean(), y.mean()]).max() < 6


def test_no_speed_is_a_still():
    videos = Moving(speed=(0, 0)).videos(2, frames=3, seed=1)
    assert not videos.flow.any()
    assert (videos.images == videos.images[:, :1]).all()
    assert (videos.parts == videos.parts[:, :1]).all()


def test_scenes_are_first_frames_and_know_the_next():
    world = Moving()
    scenes = world.scenes(3, seed=2)
    check_labels(scenes, len(world.classes))
    for frames in (1, 2, 3):
        videos = world.videos(3, frames, seed=2)
        if frames == 2:
            assert np.array_equal(videos.images[:, 1], scenes.later)
        assert np.array_equal(videos.images[:, 0], scenes.images)
        assert np.array_equal(videos.parts[:, 0] == 0, scenes.parts == 0)
    assert same(scenes, Moving().scenes(3, seed=2))


def test_same_seed_same_video():
    one, other = (Moving().videos(2, 3, seed=4) for _ in range(2))
    assert all(np.array_equal(value, getattr(other, name)) for name, value in vars(one).items())
    longer = Moving().videos(3, 3, seed=4)
    assert np.array_equal(longer.images[:2], one.images)
    assert not np.array_equal(Moving().videos(2, 3, seed=5).images, one.images)


@pytest.mark.parametrize(
    "call",
    [
        lambda: Moving(speed=(3, 1)),
        lambda: Moving(speed=(-1, 1)),
        lambda: Moving(speed=(1, 17)),
        lambda: Moving().videos(1, frames=0),
        lambda: Moving().videos(1, frames=9),
    ],
)
def test_bad_options_are_refused_in_one_line(call):
    with pytest.raises(ValueError, match=r"^expected [^\n]*, got [^\n]*: [^\n]*$"):
        call()
