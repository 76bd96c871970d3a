"""The report's page: safe against its data, small, the same each time, and true to the states."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest

from glomtf.islands import build_tree, render_report, segment
from glomtf.islands.colours import island_colours
from glomtf.islands.tree import ParseTree

NASTY = "</script><script>alert(1)</script><!--\"'&\u2028\u2029\udcff.png"
STEPS, LEVELS, ROWS, COLS, DIM = 4, 3, 6, 8, 12
IMAGE = np.random.default_rng(0).integers(0, 255, (48, 64, 3), dtype=np.uint8)


def settling(steps: int = STEPS, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """States (steps, N, LEVELS, DIM) in which two objects of two parts take shape; their maps."""
    rng = np.random.default_rng(seed)
    parts = np.zeros((ROWS, COLS), int)
    parts[1:3, 1:4], parts[3:5, 1:4], parts[1:5, 5], parts[1:5, 6] = 1, 2, 3, 4
    truth = np.stack([parts, parts, (parts + 1) // 2])
    kinds = rng.normal(size=(LEVELS, 5, DIM))
    kinds[0] = kinds[1]
    clear = np.stack([kinds[i][truth[i]] for i in range(LEVELS)], axis=2)
    noise = (
        rng.normal(size=(steps, *clear.shape))
        * np.linspace(1.2, 0.1, steps)[:, None, None, None, None]
    )
    states = (clear + noise).astype(np.float32)
    maps = np.array(
        [[segment(state[:, :, i], threshold=0.5) for i in range(LEVELS)] for state in states]
    )
    return states.reshape(steps, ROWS * COLS, LEVELS, DIM), maps


def tree_of(maps: np.ndarray, states: np.ndarray | None = None, path: str = "a.png") -> ParseTree:
    vectors = None
    if states is not None:
        last = states[-1].reshape(ROWS, COLS, LEVELS, -1)
        vectors = [last[:, :, 1], last[:, :, 2]]
    return build_tree(
        list(maps[-1, 1:]), levels=[2, 3], image=(64, 48), patch=(8, 8), vectors=vectors, path=path
    )


def render(path: str = "a.png", **more: Any) -> str:
    states, maps = settling()
    return render_report(tree_of(maps, states, path), IMAGE, states=states, maps=maps, **more)


class Page(HTMLParser):
    """Checks that tags close in order and gathers what is in them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loads: list[str] = []
        self.inline: dict[str, str] = {}
        self.policy = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        assert not [name for name in given if name.startswith("on") or name == "style"]
        self.loads += [value or "" for key, value in attrs if key in ("src", "href")]
        if given.get("http-equiv") == "Content-Security-Policy":
            self.policy = given["content"] or ""
        if tag in ("script", "style"):
            self.kind = given.get("type") or tag
            assert self.kind not in self.inline
            self.inline[self.kind] = ""
        if tag not in ("meta", "img", "input"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ("path", "rect")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("script", "style"):
            self.inline[self.kind] += data

    @property
    def data(self) -> dict[str, Any]:
        return json.loads(self.inline["application/json"])


def test_it_loads_nothing_and_is_the_same_each_time() -> None:
    text = render()
    page = Page(text)
    assert page.loads and all(one.startswith("data:image/png;base64,") for one in page.loads)
    # Only as the name of the SVG elements, which nobody fetches.
    assert re.findall(r"https?://[^\"]*", text) == ["http://www.w3.org/2000/svg"]
    assert text == render()


def test_only_the_page_s_own_script_and_style_may_run() -> None:
    page = Page(render(NASTY))
    policy = dict(one.split(maxsplit=1) for one in page.policy.split(";"))
    assert policy["default-src"] == "'none'" and policy["img-src"] == "data:"
    for name, kind in (("script-src", "module"), ("style-src", "style")):
        digest = hashlib.sha256(page.inline[kind].encode()).digest()
        assert policy[name].strip() == f"'sha256-{base64.b64encode(digest).decode()}'"
    assert "unsafe" not in page.policy


@pytest.mark.parametrize("where", ["name", "truth", "scores"])
def test_names_cannot_become_markup(where: str) -> None:
    labels = np.ones((ROWS, COLS), int)
    name = NASTY.replace("\udcff", "")
    text = {
        "name": lambda: render(NASTY),
        "truth": lambda: render(truth={name: labels}),
        "scores": lambda: render(scores={name: 0.5}),
    }[where]()
    text.encode("utf-8")
    page = Page(text)
    assert "alert" not in page.inline["module"]
    assert set(page.inline) == {"style", "application/json", "module"}
    assert not set("<>&\u2028\u2029") & set(page.inline["application/json"])
    found = {"name": page.data["name"], "truth": page.data["truth"], "scores": page.data["scores"]}
    shown = {"name": NASTY.replace("\udcff", "?"), "truth": name, "scores": name}[where]
    assert shown in json.dumps(found, ensure_ascii=False).replace('\\"', '"')


def decoded(level: dict[str, Any], steps: int) -> np.ndarray:
    """Unit codes (steps, N, K), read as the page reads them."""
    numbers = np.frombuffer(base64.b64decode(level["codes"]), np.int8)
    codes = numbers.reshape(steps, ROWS * COLS, -1) * np.array(level["scales"])
    return codes / np.linalg.norm(codes, axis=-1, keepdims=True)


def test_the_stated_error_holds() -> None:
    states, _ = settling()
    data = Page(render()).data
    differences = []
    for i, level in enumerate(data["levels"]):
        unit, true = decoded(level, STEPS), states[:, :, i].astype(np.float64)
        true /= np.linalg.norm(true, axis=-1, keepdims=True)
        differences.append(np.abs(unit @ unit.swapaxes(1, 2) - true @ true.swapaxes(1, 2)))
    worst, mean = np.max(differences), np.mean(differences)
    assert worst <= data["errors"]["most"] <= 1.2 * worst
    assert mean <= data["errors"]["mean"] <= 1.2 * mean
    assert worst < 0.03 and mean < 0.01


def test_islands_keep_number_and_colour_over_time_and_levels() -> None:
    states, maps = settling()
    # Numbers mean nothing from one step to the next: turned round, they must come back.
    maps[-2, 1] = np.where(maps[-2, 1] > 0, 1 + maps[-2, 1].max() - maps[-2, 1], 0)
    data = Page(render_report(tree_of(maps, states), IMAGE, states=states, maps=maps)).data
    assert data["steps"] == [0, 1, 2, 3] and data["part_level"] == 2
    for i, (level, last) in enumerate(zip(data["levels"], maps[-1], strict=True)):
        labels = np.array(level["labels"]).reshape(STEPS, ROWS, COLS)
        np.testing.assert_array_equal(labels[-1], last)
        for mine, given in zip(labels, maps[:, i], strict=True):
            # The same islands under other numbers.
            pairs = set(zip(mine.flat, given.flat, strict=True))
            assert len(pairs) == len(np.unique(mine)) == len(np.unique(given))
        assert set(level["colours"]) == {str(n) for n in np.unique(labels) if n}
        colours = island_colours(list(maps[-1]))[i]
        assert all(level["colours"][str(n)] == list(colour) for n, colour in colours.items())
    before, after = (np.array(data["levels"][1]["labels"][t]) for t in (-2, -1))
    assert (before == after).mean() > 0.9


def test_agreements_over_time_are_those_of_the_islands() -> None:
    from glomtf.islands import island_agreements, level_agreement

    states, maps = settling()
    data = Page(render()).data
    for i, level in enumerate(data["levels"]):
        for t in range(STEPS):
            vectors = states[t, :, i].reshape(ROWS, COLS, DIM)
            expected = level_agreement(island_agreements(vectors, maps[t, i]), maps[t, i])
            assert level["agreement"][t] == pytest.approx(expected, abs=1e-4)
    empty = render_report(tree_of(maps * 0, states), IMAGE, states=states, maps=maps * 0)
    assert Page(empty).data["levels"][0]["agreement"] == [None] * STEPS


def test_without_states_it_is_the_last_step_only() -> None:
    _, maps = settling()
    tree = tree_of(maps)
    data = Page(render_report(tree, IMAGE)).data
    assert data["steps"] == [0] and data["errors"] is None
    assert [one["level"] for one in data["levels"]] == [2, 3]
    assert all(one["agreement"] == [None] for one in data["levels"])
    assert "codes" not in data["levels"][0]


def test_truth_and_scores() -> None:
    parts = np.zeros((ROWS, COLS), int)
    parts[1:3] = 5
    data = Page(render(truth={"parts": parts}, scores={"ARI": 0.25, "none": float("nan")})).data
    assert data["truth"][0]["labels"] == parts.ravel().tolist()
    assert list(data["truth"][0]["colours"]) == ["5"]
    assert data["scores"] == [["ARI", 0.25], ["none", None]]


def test_a_large_parse_stays_below_three_megabytes() -> None:
    rng = np.random.default_rng(0)
    # The worst there is: states without any structure, and a picture that PNG cannot press.
    states = rng.normal(size=(13, 256, 5, 512)).astype(np.float32)
    noise = rng.integers(0, 255, (480, 480, 3), dtype=np.uint8)
    maps = np.tile(rng.integers(0, 40, (16, 16)), (13, 5, 1, 1))
    tree = build_tree(list(maps[-1, 3:]), levels=[4, 5], image=(480, 480), patch=(30, 30))
    text = render_report(tree, noise, states=states, maps=maps)
    assert 2e6 < len(text.encode()) < 3e6
    assert Page(text).data["errors"]["most"] > 0.1


def test_of_very_many_steps_some_are_left_out() -> None:
    states, maps = settling()
    many, maps = np.tile(states, (50, 1, 1, 1)), np.tile(maps, (50, 1, 1, 1))
    tree = tree_of(maps, many)
    data = Page(render_report(tree, IMAGE, states=many, maps=maps)).data
    assert len(data["steps"]) == 65 and data["steps"][0] == 0 and data["steps"][-1] == 199
    assert all(len(level["labels"]) == 65 for level in data["levels"])


def test_what_does_not_fit_is_refused() -> None:
    states, maps = settling()
    tree = tree_of(maps, states)
    wrong = maps.copy()
    wrong[-1, 1, 0, 0] += 1
    for image, more, words in [
        (IMAGE[:16], {}, r"image: expected \(height, width\)"),
        (IMAGE, {"states": states}, "no maps"),
        (IMAGE, {"maps": maps}, "no states"),
        (IMAGE, {"states": states[:, :-1], "maps": maps}, r"\(T \+ 1, 48, levels, D\)"),
        (IMAGE, {"states": states, "maps": maps[:-1]}, "maps: expected"),
        (IMAGE, {"states": states, "maps": wrong}, "tree's labels of level 2"),
        (IMAGE, {"states": states[:, :, :2], "maps": maps[:, :2]}, "tree's labels of level 3"),
        (IMAGE, {"states": states * np.nan, "maps": maps}, "finite"),
        (IMAGE, {"truth": {"parts": maps[0, 0, 1:]}}, r"truth\['parts'\]: expected \(6, 8\)"),
    ]:
        with pytest.raises(ValueError, match=words) as error:
            render_report(tree, image, **more)
        assert "\n" not in str(error.value)
