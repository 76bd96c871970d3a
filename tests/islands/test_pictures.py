"""Colours, overlays and figures."""

import subprocess
import sys

import numpy as np
import pytest
from matplotlib.axes import Axes

from glomtf.islands.build import build_tree
from glomtf.islands.colours import HUES, island_colours
from glomtf.islands.overlay import canvas, paint, paint_levels
from glomtf.islands.plot import levels_figure
from glomtf.islands.plot_tree import tree_figure
from glomtf.islands.tree import ParseTree

LOW = np.array([[1, 1, 2, 0], [3, 3, 4, 0], [0, 0, 0, 0], [0, 5, 0, 0]])
MIDDLE = np.array([[1, 1, 1, 0], [2, 2, 2, 0], [0, 0, 0, 0], [0, 0, 0, 0]])
HIGH = (MIDDLE > 0).astype(int)
IMAGE = np.random.default_rng(0).integers(0, 255, (32, 32, 3), dtype=np.uint8)


def parse(path: str = "a.png") -> ParseTree:
    vectors = [np.random.default_rng(0).normal(size=(4, 4, 6))] * 3
    return build_tree(
        [LOW, MIDDLE, HIGH],
        levels=[1, 2, 3],
        image=(32, 32),
        patch=(8, 8),
        vectors=vectors,
        path=path,
    )


def test_objects_have_hues_and_their_parts_shades() -> None:
    low, middle, high = island_colours([LOW, MIDDLE, HIGH])
    hues = [tuple(hue) for hue in HUES.tolist()]
    assert middle[1] != middle[2]
    assert {*middle.values(), *high.values()} <= set(hues)
    for parts, parent in [((1, 2), 1), ((3, 4), 2)]:
        dark, light = (np.array(low[part]) for part in parts)
        own = np.array(middle[parent])
        assert (dark <= own).all() and (own <= light).all() and (dark < light).any()
    # An island without a parent is an object of its own.
    assert low[5] in hues


def test_a_lone_island_keeps_its_hue_while_it_is_alone() -> None:
    high, higher = island_colours([MIDDLE, HIGH, HIGH * 4])[1:]
    assert high[1] == higher[4]


def test_neighbours_differ_while_hues_last() -> None:
    board = np.arange(1, 65).reshape(8, 8)
    (colours,) = island_colours([board])
    for dr, dc in [(0, 1), (1, 0), (1, 1)]:
        for a, b in zip(board[: 8 - dr, : 8 - dc].flat, board[dr:, dc:].flat, strict=True):
            assert colours[int(a)] != colours[int(b)]


def test_canvas_keeps_shape_and_accepts_what_pictures_are() -> None:
    assert canvas(np.zeros((20, 30))).shape == (320, 480, 3)
    assert canvas(np.zeros((2000, 1000, 1), np.uint8)).shape == (480, 240, 3)
    assert (canvas(np.full((4, 4, 3), 1.0)) == 255).all()
    # Transparent pixels show white.
    assert (canvas(np.zeros((4, 4, 4), np.uint8)) == 255).all()
    np.testing.assert_array_equal(canvas(IMAGE)[7::15, 7::15], IMAGE)
    for bad in (np.zeros((4, 4, 2)), np.zeros((4, 4, 3), int), np.full((4, 4, 3), np.nan)):
        with pytest.raises(ValueError, match="image: expected"):
            canvas(bad)


def test_paint_tints_islands_outlines_them_and_dims_the_rest() -> None:
    white = canvas(np.ones((40, 40, 3)), side=400)
    labels = np.array([[0, 1], [0, 0]])
    painted = paint(white, labels, {1: (200, 100, 0)})
    assert painted.shape == white.shape and painted.dtype == np.uint8
    red, green, blue = painted[100, 300].tolist()
    assert red > green > blue == 0
    assert np.ptp(painted[300, 100]) == 0 and 150 < painted[300, 100, 0] < 200
    np.testing.assert_array_equal(painted[100, 200], [255] * 3)
    np.testing.assert_array_equal(painted[100, 201], [20] * 3)
    # A grid twice as wide as the picture: only its left half is seen.
    past = paint(white, labels, {1: (200, 100, 0)}, reach=(1.0, 2.0))
    assert len(np.unique(past)) == 1


def test_painted_levels_follow_the_patch_size() -> None:
    whole = paint_levels(IMAGE, [LOW, MIDDLE])
    same = paint_levels(IMAGE, [LOW, MIDDLE], patch=(8.0, 8.0))
    assert len(whole) == 3
    for a, b in zip(whole, same, strict=True):
        np.testing.assert_array_equal(a, b)
    larger = paint_levels(IMAGE, [LOW, MIDDLE], patch=(16.0, 16.0))
    assert (larger[1] != whole[1]).any()


def test_levels_figure_has_a_panel_per_level() -> None:
    figure = levels_figure(IMAGE, [LOW, MIDDLE, HIGH], [1, 2, 4], [0.5, None, 0.912])
    titles = [ax.get_title(loc="left") for ax in figure.axes]
    assert [title for title in titles if title] == [
        "picture",
        "level 1: 5 islands, agreement 0.50",
        "level 2: 2 islands",
        "level 4: 1 island, agreement 0.91",
    ]
    figure.canvas.draw()
    assert all(ax.get_aspect() == 1.0 for ax in figure.axes if ax.get_images())
    with pytest.raises(ValueError, match="3 maps, 2 levels"):
        levels_figure(IMAGE, [LOW, MIDDLE, HIGH], [1, 2], [0.5, None, 0.912])
    with pytest.raises(ValueError, match="1 levels of islands"):
        levels_figure(IMAGE, [LOW, MIDDLE], [1, 2], [None, None], islands=[{}])


def words(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts]


def test_levels_figure_has_a_bar_and_a_number_per_island() -> None:
    agreements = {1: 0.25, 2: -0.5, 3: 1.0, 4: 0.5, 5: 0.75}
    figure = levels_figure(IMAGE, [LOW], [1], [0.4], islands=[agreements])
    _, legend, panel, bars = figure.axes
    assert "its agreement: mean cosine, 0 to 1" in words(legend)
    assert words(panel) == ["1", "2", "3", "4", "5"]
    # Each number stands on its island: columns are 8 pixels of 32, shown on 480.
    for text in panel.texts:
        x, y = (int(place // 120) for place in text.get_position())
        assert LOW[y, x] == int(text.get_text())
    assert words(bars) == [
        word for label, value in agreements.items() for word in (str(label), f"{value:.2f}")
    ]
    # Track and bar take turns; each begins where the others do and fills its share of the track.
    tracks, fills = bars.patches[::2], bars.patches[1::2]
    assert {bar.get_x() for bar in bars.patches} == {tracks[0].get_x()}
    shares = [a.get_width() / b.get_width() for a, b in zip(fills, tracks, strict=True)]
    np.testing.assert_allclose(shares, [0.25, 0, 1, 0.5, 0.75])
    colours = island_colours([LOW])[0]
    for bar, label in zip(fills, agreements, strict=True):
        np.testing.assert_allclose(bar.get_facecolor()[:3], np.array(colours[label]) / 255)


def test_levels_figure_without_bars_or_islands() -> None:
    plain = levels_figure(IMAGE, [LOW], [1], [0.4])
    assert not plain.axes[3].patches
    assert not any("agreement" in text for text in words(plain.axes[1]))
    empty = levels_figure(IMAGE, [LOW * 0], [1], [None], islands=[{}])
    assert words(empty.axes[3]) == ["all background"] and words(empty.axes[2]) == []


@pytest.mark.parametrize("islands", [1, 12, 13, 15, 24, 25, 64])
def test_bars_never_overlap(islands: int) -> None:
    labels = np.minimum(np.arange(1, 65).reshape(8, 8), islands)
    figure = levels_figure(IMAGE, [labels], [1], [0.4], islands=[dict.fromkeys(range(1, 65), 0.5)])
    figure.canvas.draw()
    bars = figure.axes[3]
    boxes = [text.get_window_extent() for text in bars.texts]
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])
    assert all(bars.bbox.y0 - 1 <= box.y0 and box.y1 <= bars.bbox.y1 + 1 for box in boxes)
    assert len(bars.patches) == 2 * min(islands, 24)
    assert (f"and {islands - 24} smaller" in words(bars)) == (islands > 24)
    if islands == 25:  # the last island is the largest and must stay
        assert "25" in words(bars)


def test_numbers_keep_to_bent_islands_and_skip_thin_ones() -> None:
    bent = np.zeros((16, 16), int)
    bent[2:14, 2:5] = bent[2:14, 11:14] = bent[11:14, 2:14] = 7
    panel = levels_figure(IMAGE, [bent], [1], [None]).axes[2]
    (number,) = panel.texts
    x, y = (int(place // 30) for place in number.get_position())
    assert bent[y, x] == 7
    thin = np.zeros((64, 64), int)
    thin[:, 30] = 1
    assert not levels_figure(IMAGE, [thin], [1], [None]).axes[2].texts


def test_tree_figure_has_a_crop_per_node() -> None:
    figure = tree_figure(IMAGE, parse())
    figure.canvas.draw()
    assert len(figure.axes[0].artists) == 1 + 5 + 2 + 1
    with pytest.raises(ValueError, match=r"\(32, 32\), got \(16, 32\)"):
        tree_figure(IMAGE[:16], parse())


def test_importing_the_package_stays_light() -> None:
    heavy = "{'matplotlib', 'sklearn', 'scipy', 'PIL', 'jinja2', 'keras', 'tensorflow'}"
    # An empty stand-in for the parent package, so that only the islands' own imports count.
    code = (
        "import sys, types; from importlib.util import find_spec; "
        "parent = types.ModuleType('glomtf'); "
        "parent.__path__ = find_spec('glomtf').submodule_search_locations; "
        "sys.modules['glomtf'] = parent; import glomtf.islands; "
        f"print(sorted({heavy} & sys.modules.keys()))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
