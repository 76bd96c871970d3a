"""Islands over time: numbers and colours that last, the strip of steps and the film."""

import io
import weakref
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageSequence

from glomtf.islands.colours import island_colours
from glomtf.islands.gif import LAST_MS, STEP_MS, settling_gif, video_gif
from glomtf.islands.plot_time import time_figure
from glomtf.islands.strip import MOST_STEPS, shown_steps
from glomtf.islands.timeline import timeline

IMAGE = np.random.default_rng(0).integers(0, 255, (32, 48, 3), dtype=np.uint8)


def step(left: int, right: int, passing: int = 0) -> list[NDArray]:
    """A step of two levels: two islands with the given labels, and one that may be there."""
    low = np.zeros((4, 6), int)
    low[:, 0:2], low[:, 4:6], low[1:3, 2:4] = left, right, passing
    return [low, np.where(low > 0, 1, 0)]


# The same two islands throughout, numbered differently; two pass by.
STEPS = [step(5, 1, 9), step(1, 2), step(3, 4, 7), step(2, 1)]


def test_islands_keep_the_numbers_of_the_last_step() -> None:
    maps, _ = timeline(STEPS)
    for maps_of_step, given in zip(maps, STEPS, strict=True):
        low = maps_of_step[0]
        assert (low[:, :2] == 2).all() and (low[:, 4:] == 1).all()
        np.testing.assert_array_equal(low > 0, given[0] > 0)
    np.testing.assert_array_equal(maps[-1][0], STEPS[-1][0])
    # What passes by takes nobody's number, and is gone while it is away.
    assert {*np.unique(maps[2][0][1:3, 2:4])}.isdisjoint({0, 1, 2})


def test_colours_are_those_of_the_last_step_and_passing_islands_differ() -> None:
    maps, colours = timeline(STEPS)
    for level, last in enumerate(island_colours(STEPS[-1])):
        assert last.items() <= colours[level].items()
    for one in maps:
        for grid, known in zip(one, colours, strict=True):
            shown = [known[label] for label in np.unique(grid[grid > 0]).tolist()]
            assert len(set(shown)) == len(shown)
    # The passing island touches both others; it must be told from both at a glance.
    passing = int(maps[0][0][1, 2])
    for label in (1, 2):
        assert np.abs(np.subtract(colours[0][passing], colours[0][label])).max() > 80


def test_many_passing_islands_differ_from_those_they_touch() -> None:
    board = np.arange(1, 65).reshape(8, 8)
    (grid, _), (known,) = timeline([[board], [np.zeros_like(board)]])
    grid = grid[0]
    for a, b in ((grid[1:], grid[:-1]), (grid[:, 1:], grid[:, :-1])):
        for one, other in zip(a.flat, b.flat, strict=True):
            assert known[int(one)] != known[int(other)]


def test_what_is_no_timeline_is_refused() -> None:
    for bad in ([], [[]], [STEPS[0], STEPS[1][:1]]):
        with pytest.raises(ValueError, match="labels: expected"):
            timeline(bad)
    for draw in (time_figure, settling_gif):
        with pytest.raises(ValueError, match="labels: expected 3 maps"):
            draw(IMAGE, STEPS, [1, 2, 3])


def test_the_strip_has_a_panel_per_step_and_level_in_line() -> None:
    figure = time_figure(IMAGE, STEPS, [2, 5])
    figure.canvas.draw()
    picture, *panels = (ax.get_position() for ax in figure.axes)
    assert len(panels) == 4 * 2
    np.testing.assert_allclose([p.size for p in panels], [picture.size] * 8)
    low, high = panels[0::2], panels[1::2]
    for row, y in ((low, picture.y0), (high, high[0].y0)):
        np.testing.assert_allclose([p.y0 for p in row], y)
    assert high[0].y0 > low[0].y1
    np.testing.assert_allclose([p.x0 for p in low], [p.x0 for p in high])
    assert all(a.x1 < b.x0 for a, b in zip([picture, *low], low, strict=False))
    words = [text.get_text() for text in figure.texts]
    for expected in ("level 2", "level 5", "step 0", "3"):
        assert expected in words
    assert words.count("3") == 1 + 2  # the last step, and three islands in two of them
    # No words lie on others, nor on a panel, nor outside.
    boxes = [text.get_window_extent() for text in figure.texts]
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])
    assert not any(box.overlaps(ax.bbox) for box in boxes for ax in figure.axes)
    assert all(figure.bbox.x0 <= b.x0 and b.x1 <= figure.bbox.x1 for b in boxes)


def test_long_settlings_are_thinned_evenly() -> None:
    assert shown_steps(1) == [0] and shown_steps(13) == list(range(13))
    many = shown_steps(1001)
    assert len(many) == MOST_STEPS and (many[0], many[-1]) == (0, 1000)
    assert np.ptp(np.diff(many)) <= 1
    figure = time_figure(IMAGE, [STEPS[0]] * 30, [1, 2])
    assert len(figure.axes) == 1 + 2 * MOST_STEPS


def test_the_film_has_a_frame_per_step_and_holds_the_last() -> None:
    film = settling_gif(IMAGE, STEPS, [1, 2])
    with Image.open(io.BytesIO(film)) as gif:
        assert gif.format == "GIF" and gif.info["loop"] == 0
        frames, durations = [], []
        for frame in ImageSequence.Iterator(gif):
            frames.append(np.asarray(frame.convert("RGB")).astype(int))
            durations.append(frame.info["duration"])
    assert durations == [STEP_MS] * 3 + [LAST_MS]
    assert all((frame[0, 0] == 255).all() for frame in frames)
    # Picture, level 1, level 2: 192 pixels each, 8 between, 24 above.
    assert frames[0].shape == (24 + 128 + 26, 8 + 3 * 200, 3)
    picture = IMAGE.repeat(4, axis=0).repeat(4, axis=1)
    shown = frames[0][24:152, 8:200]
    assert np.abs(shown - picture).mean() < 20  # 256 colours for noise
    for frame in frames[1:]:
        np.testing.assert_array_equal(frame[24:152, 8:200], shown)
    # The island on the left keeps its colour, the middle one comes and goes.
    left, middle = (slice(24, 152), slice(208, 264)), (slice(64, 110), slice(280, 330))
    for frame in frames[1:]:
        np.testing.assert_array_equal(frame[left], frames[0][left])
    assert (frames[0][middle] != frames[1][middle]).any()
    # The words and the bar below tell the steps apart.
    assert len({frame[152:].tobytes() for frame in frames}) == 4


def test_the_film_is_small_and_always_the_same() -> None:
    rng = np.random.default_rng(1)
    steps = [[rng.integers(0, 16, (16, 16)) for _ in range(3)] for _ in range(13)]
    image = rng.integers(0, 255, (64, 64, 3), dtype=np.uint8)
    film = settling_gif(image, steps, [1, 2, 3])
    assert len(film) < 1_000_000
    assert film == settling_gif(image, steps, [1, 2, 3])


def test_a_long_film_is_drawn_frame_by_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[weakref.ref[Image.Image]] = []
    alive = []
    new = Image.new

    def counted(*what: Any) -> Image.Image:
        picture = new(*what)
        drawn.append(weakref.ref(picture))
        alive.append(sum(one() is not None for one in drawn))
        return picture

    monkeypatch.setattr(Image, "new", counted)
    video_gif([IMAGE] * 60, [STEPS[0]] * 60, [1, 2], 100)
    assert len(drawn) > 60 and max(alive) < 30


def test_a_film_of_equal_steps_still_has_every_frame() -> None:
    with Image.open(io.BytesIO(settling_gif(IMAGE, [STEPS[0]] * 5, [1, 2]))) as gif:
        assert gif.n_frames == 5
    with Image.open(io.BytesIO(settling_gif(IMAGE, STEPS[:1], [1, 2]))) as gif:
        assert getattr(gif, "n_frames", 1) == 1
