"""Colours, overlays, figures and the report."""

import subprocess
import sys
from html.parser import HTMLParser

import numpy as np
import pytest

from glomtf.islands.build import build_tree
from glomtf.islands.colours import HUES, island_colours
from glomtf.islands.overlay import canvas, paint, paint_levels
from glomtf.islands.plot import levels_figure, tree_figure
from glomtf.islands.report import render_report
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
    past = paint(white, labels, {1: (200, 100, 0)}, extent=(1.0, 2.0))
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
    titles = [ax.get_title() for ax in figure.axes]
    assert titles == [
        "picture",
        "level 1: 5 islands, agreement 0.50",
        "level 2: 2 islands",
        "level 4: 1 island, agreement 0.91",
    ]
    figure.canvas.draw()
    assert all(ax.get_aspect() == 1.0 for ax in figure.axes)
    with pytest.raises(ValueError, match="3 maps, 2 levels"):
        levels_figure(IMAGE, [LOW, MIDDLE, HIGH], [1, 2], [0.5, None, 0.912])


def test_tree_figure_has_a_crop_per_node() -> None:
    figure = tree_figure(IMAGE, parse())
    figure.canvas.draw()
    assert len(figure.axes[0].artists) == 1 + 5 + 2 + 1
    with pytest.raises(ValueError, match=r"\(32, 32\), got \(16, 32\)"):
        tree_figure(IMAGE[:16], parse())


class Page(HTMLParser):
    """Checks that tags close in order and gathers what a page would load."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.loads: list[str] = []
        self.words = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loads += [value or "" for key, value in attrs if key in ("src", "href")]
        if tag not in ("meta", "img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


def test_report_holds_everything_and_loads_nothing() -> None:
    text = render_report(parse(), IMAGE)
    page = Page(text)
    assert page.tags.count("img") == 4
    assert page.tags.count("details") == 4
    assert all(one.startswith("data:image/png;base64,") for one in page.loads)
    assert "http://" not in text and "https://" not in text
    for words in ("scene", "3.1", "1.5", "level 2: 2 islands", "32 × 32 pixels"):
        assert words in page.words
    assert text == render_report(parse(), IMAGE)


def test_report_escapes_names() -> None:
    text = render_report(parse('"><script>alert(1)</script>\udcff'), IMAGE)
    page = Page(text)
    assert "script" not in page.tags
    assert '"><script>alert(1)</script>?' in page.words
    text.encode("utf-8")


def test_report_without_agreements_and_without_islands() -> None:
    empty = build_tree([LOW * 0], levels=[1], image=(32, 32), patch=(8, 8))
    page = Page(render_report(empty, IMAGE))
    assert "level 1: 0 islands" in page.words and "–" in page.words
    with pytest.raises(ValueError, match="image"):
        render_report(empty, IMAGE[:, :16])


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
