"""The island explorer in a browser: sliders, mouse, touch, keys; and what it shows is true."""

import html
import itertools
import re

import numpy as np
import pytest
from settling_scene import COLS, LEVELS, PATCH, ROWS, STEPS, settling_scene

from glomtf.islands import render_report

WIDE = {"viewport": {"width": 1280, "height": 900}}
PHONE = {
    "viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True,
    "device_scale_factor": 2,
}  # fmt: skip
INSIDE = 1 * COLS + 2  # a column of part 2.1 and object 3.1
OTHER = 4 * COLS + 5  # one of object 3.2
CORNER = 0


@pytest.fixture(scope="module")
def scene():
    return settling_scene()


def write(folder, scene, **more):
    page = render_report(
        scene.tree, scene.image, PATCH, states=scene.states, maps=scene.maps, **more
    )
    (folder / "report.html").write_text(page, "utf-8")
    return folder / "report.html"


@pytest.fixture(scope="module")
def report(scene, tmp_path_factory):
    return write(tmp_path_factory.mktemp("report"), scene)


@pytest.fixture
def page(open_page, report):
    page = open_page(report, **WIDE)
    page.wait_for_selector("main:not([hidden])")
    return page


def point(page, column, stage="#islands"):
    """Where a column is on the screen. The grid reaches past the picture: 64 x 48 over 60 x 44."""
    box = page.locator(stage).bounding_box()
    row, col = divmod(column, COLS)
    return (
        box["x"] + (col + 0.4) * 8 / 60 * box["width"],
        box["y"] + (row + 0.4) * 8 / 44 * box["height"],
    )


def pixel(page, stage, column):
    """Red, green, blue and opacity (0 to 255) on the canvas, near the middle of a column."""
    row, col = divmod(column, COLS)
    return np.array(
        page.locator(f"{stage} canvas").evaluate(
            """(canvas, [x, y]) => {
              const copy = document.createElement('canvas').getContext('2d');
              copy.drawImage(canvas, -Math.floor(x * canvas.width), -Math.floor(y * canvas.height));
              return [...copy.getImageData(0, 0, 1, 1).data];
            }""",
            [(col + 0.4) * 8 / 60, (row + 0.4) * 8 / 44],
        )
    )


def slide(page, name, value):
    page.locator(name).fill(str(value))


def lit(page):
    """The ids of the nodes that are highlighted, from the scene down."""
    return page.locator("#tree .lit").evaluate_all(
        "all => all.map(one => one.parentElement.dataset.node)"
    )


def veiled(page):
    """How many columns are hidden behind the veil."""
    path = page.locator("#islands .veil").get_attribute("d") or ""
    return sum(int(length) for length in re.findall(r"h(\d+)v1", path))


def row(page, node):
    return page.locator(f"[data-node='{node}'] > .row")


def test_sliders_show_the_islands_of_every_level_and_step(page, scene):
    assert page.title() == "Parse of a & b.png" and page.inner_text("h1") == "a & b.png"
    assert "60 × 44 pixels · 6 × 8 columns · 3 levels · 3 settling steps" in page.inner_text("body")
    assert page.inner_text("#islands-title") == "Islands of level 2"
    outlines = set()
    for level in range(LEVELS):
        slide(page, "#level", level)
        for step in range(STEPS):
            slide(page, "#step", step)
            count = scene.islands(step, level)
            words = page.inner_text("#islands-facts")
            assert words.startswith(f"step {step} of 3 · {count} islands · agreement 0.")
            assert page.inner_text("#islands-title") == f"Islands of level {level + 1}"
            cells = page.locator("#levels tr").nth(LEVELS - 1 - level).locator("td")
            assert cells.nth(1).inner_text() == str(count)
            outlines.add(page.locator("#islands .line").first.get_attribute("d"))
    assert len(outlines) > 5
    assert page.locator("#step").get_attribute("aria-valuetext") == "step 3 of 3"


def test_islands_are_painted_in_the_colours_of_the_tree(page, scene):
    """An island's pixel on the canvas has its colour, shaded by the picture's grey."""
    for column, node in ((INSIDE, "2.1"), (OTHER, "2.2")):
        border = row(page, node).locator("canvas").evaluate("one => one.style.borderColor")
        colour = np.array([int(part) for part in re.findall(r"\d+", border)])
        *shown, alpha = pixel(page, "#islands", column)
        share = colour @ shown / (colour @ colour)
        assert alpha == 255 and 0.6 < share <= 1
        np.testing.assert_allclose(shown, share * colour, atol=1.5)
    # The background only shines through.
    assert pixel(page, "#islands", CORNER)[3] == pytest.approx(0.4 * 255, abs=2)


def test_hovering_shows_similarities_and_the_path_up_the_tree(page, scene):
    assert page.inner_text("#similar-title") == "Picture" and lit(page) == []
    page.mouse.move(*point(page, INSIDE))
    assert page.inner_text("#similar-title") == "Similarity to column [1, 2]"
    label = scene.maps[-1, 1].flat[INSIDE]
    chain = scene.nodes()[f"2.{label}"][1]
    assert lit(page) == chain[::-1]
    assert page.inner_text("#summary").split() == ["Column", "[1,", "2]", *chain]
    # From level 3 on, the part below it stays part of the path.
    slide(page, "#level", 2)
    assert lit(page) == chain[::-1]
    page.mouse.move(*point(page, CORNER, "#similar"))
    assert lit(page) == ["scene"] and "background of level 3" in page.inner_text("#summary")
    page.mouse.move(5, 5)
    assert page.inner_text("#similar-title") == "Picture" and lit(page) == []


def test_similarities_are_the_cosines_of_the_states(page, scene):
    words = page.inner_text("#exact")
    mean, most = (float(one) for one in re.findall(r"0\.\d+", words))
    assert "on average" in words and 0 < mean < most <= 0.03
    errors = []
    for one in (INSIDE, OTHER):
        page.mouse.click(*point(page, one))
        for level, step in ((1, 3), (0, 0), (2, 1)):
            slide(page, "#level", level)
            slide(page, "#step", step)
            for other in (CORNER, 2 * COLS + 6, 3 * COLS + 3, 5 * COLS + 7):
                page.mouse.move(*point(page, other))
                shown = float(page.locator("#cosine").get_attribute("value"))
                assert page.inner_text("#cosine") == f"{shown:.2f}"
                errors.append(abs(shown - scene.cosine(step, level, one, other)))
    assert max(errors) <= most
    # The column itself is as bright as its map gets, one that disagrees is dark.
    slide(page, "#step", 3)
    page.mouse.move(5, 5)
    bright, dark = (pixel(page, "#similar", column).sum() for column in (OTHER, CORNER))
    assert bright > 1.5 * dark


def test_a_node_lights_up_its_columns_and_brings_its_level(page, scene):
    for node, (found, chain) in scene.nodes().items():
        if node == "scene":
            continue
        row(page, node).click()
        assert page.inner_text("#islands-title") == f"Islands of level {found.level}"
        assert page.locator("#level").input_value() == str(found.level - 1)
        assert veiled(page) == ROWS * COLS - found.columns
        assert lit(page) == chain[::-1]
        selected = page.locator("[aria-selected=true]")
        assert selected.count() == 1 and selected.get_attribute("data-node") == node
    # At an earlier step, the same island as it was then.
    number = int(node.partition(".")[2])
    slide(page, "#step", 1)
    then = int((scene.maps[1, found.level - 1] == number).sum())
    assert veiled(page) == ROWS * COLS - then
    row(page, node).click()
    page.mouse.move(5, 5)
    assert veiled(page) == 0 and page.locator("[aria-selected=true]").count() == 0


def test_pointing_at_a_node_shows_it_without_selecting(page, scene):
    row(page, "3.2").hover()
    assert veiled(page) == ROWS * COLS - scene.nodes()["3.2"][0].columns
    assert page.inner_text("#islands-title") == "Islands of level 2"
    page.mouse.move(5, 5)
    assert veiled(page) == 0


def test_a_pinned_column_stays_until_escape(page, scene, screenshot):
    page.mouse.click(*point(page, INSIDE))
    page.mouse.move(*point(page, OTHER))
    assert page.inner_text("#similar-title") == "Similarity to column [1, 2]"
    assert lit(page)[-1] == "2.1" and page.locator("#readout").is_visible()
    assert page.inner_text("#live").startswith("Column [1, 2]")
    screenshot(page, "light")
    row(page, "3.2").click()
    assert page.inner_text("#similar-title") == "Picture"
    page.mouse.click(*point(page, INSIDE))
    page.keyboard.press("Escape")
    page.mouse.move(5, 5)
    assert lit(page) == [] and page.inner_text("#similar-title") == "Picture"
    page.mouse.click(*point(page, INSIDE))
    page.mouse.click(*point(page, INSIDE))
    page.mouse.move(5, 5)
    assert lit(page) == []


def test_everything_works_with_the_keyboard(page):
    page.keyboard.press("Tab")
    focused = "document.activeElement.id || document.activeElement.dataset.node"
    assert page.evaluate(focused) == "islands"
    assert page.locator("#islands").evaluate("one => getComputedStyle(one).outlineStyle") == "solid"
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowLeft")
    assert page.inner_text("#similar-title") == "Similarity to column [2, 3]"
    page.keyboard.press("Enter")
    page.keyboard.press("End")
    assert page.inner_text("#similar-title") == "Similarity to column [2, 3]"
    assert page.locator("#readout").is_visible()
    page.keyboard.press("Tab")
    assert page.evaluate(focused) == "level"
    page.keyboard.press("ArrowRight")
    assert page.inner_text("#islands-title") == "Islands of level 3"
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowLeft")
    assert page.inner_text("#islands-facts").startswith("step 2 of 3")
    page.keyboard.press("Tab")
    assert page.evaluate(focused) == "play"
    page.keyboard.press("Tab")
    assert page.evaluate(focused) == "scene"
    for key, now in [
        ("ArrowDown", "3.1"), ("ArrowDown", "2.1"), ("ArrowLeft", "3.1"), ("ArrowLeft", "3.1"),
        ("ArrowDown", "3.2"), ("ArrowUp", "3.1"), ("ArrowRight", "3.1"), ("ArrowRight", "2.1"),
        ("Home", "scene"),
    ]:  # fmt: skip
        page.keyboard.press(key)
        assert page.evaluate(focused) == now, key
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    last = page.evaluate(focused)
    assert page.locator("[aria-selected=true]").get_attribute("data-node") == last
    assert page.locator("#tree [tabindex='0']").count() == 1
    page.keyboard.press("Escape")
    assert page.locator("[aria-selected=true]").count() == 0


def test_playing_goes_through_the_steps(page):
    page.clock.install()
    page.click("#play")
    assert page.inner_text("#islands-facts").startswith("step 0 of 3")
    assert page.locator("#play").get_attribute("aria-label") == "Pause"
    page.clock.run_for(2000)
    assert page.inner_text("#islands-facts").startswith("step 2 of 3")
    page.clock.run_for(5000)
    assert page.inner_text("#islands-facts").startswith("step 3 of 3")
    assert page.locator("#play").get_attribute("aria-label") == "Play the steps"


def test_curves_mark_the_step_and_take_clicks(page):
    assert page.locator("#curves .curve path").count() == LEVELS
    assert page.locator("#curves .current text").text_content() == "level 2"
    marker = page.locator("#curves .now")
    right = float(marker.get_attribute("x1"))
    slide(page, "#step", 0)
    left = float(marker.get_attribute("x1"))
    assert right - left > 100
    box = page.locator("#curves").bounding_box()
    page.mouse.click(box["x"] + left + (right - left) / 3, box["y"] + 50)
    assert page.locator("#step").input_value() == "1"


def test_touch_on_a_phone(open_page, report, screenshot):
    page = open_page(report, **PHONE)
    page.touchscreen.tap(*point(page, INSIDE))
    assert page.inner_text("#similar-title") == "Similarity to column [1, 2]"
    page.touchscreen.tap(*point(page, OTHER))
    assert page.inner_text("#similar-title") == "Similarity to column [4, 5]"
    islands, similar = (page.locator(one).bounding_box() for one in ("#islands", "#similar"))
    assert similar["y"] > islands["y"] + islands["height"]
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    play = page.locator("#play").bounding_box()
    assert play["y"] + play["height"] <= 844  # the sliders stay in reach
    row(page, "3.1").tap()
    assert page.locator("[aria-selected=true]").get_attribute("data-node") == "3.1"
    screenshot(page, "phone")


def test_many_steps_have_ticks_that_keep_apart(open_page, scene, tmp_path):
    """25 of them: on a desk every other one and the one shown, on a phone only the one shown."""
    again = np.linspace(0, STEPS - 1, 25).round().astype(int)
    file = tmp_path / "long.html"
    long = {"states": scene.states[again], "maps": scene.maps[again]}
    file.write_text(render_report(scene.tree, scene.image, PATCH, **long), "utf-8")
    for options, places in ((WIDE, {0: 13, 8: 13}), (PHONE, {0: 1, 9: 1, 24: 1})):
        page = open_page(file, **options)
        for step, expected in places.items():
            slide(page, "#step", step)
            ticks = page.locator("#time .ticks span").evaluate_all(
                """all => all.filter(one => getComputedStyle(one).visibility === "visible")
                  .map(one => {
                    const range = document.createRange();
                    range.selectNodeContents(one);
                    const box = range.getBoundingClientRect();
                    return [one.textContent, box.left, box.right];
                  })"""
            )
            assert len(ticks) == expected and str(step) in [name for name, *_ in ticks]
            assert all(a[2] < b[1] for a, b in itertools.pairwise(ticks))


def test_dark_and_calm(open_page, report, screenshot):
    dark = open_page(report, color_scheme="dark", reduced_motion="reduce", **WIDE)
    dark.mouse.move(*point(dark, INSIDE))
    paper, ink = (
        dark.evaluate(f"getComputedStyle(document.body).{name}.match(/\\d+/g).map(Number)")
        for name in ("backgroundColor", "color")
    )
    assert max(paper) < 50 and min(ink) > 200
    moving = dark.evaluate("getComputedStyle(document.querySelector('.row')).transitionDuration")
    assert moving == "0s"
    screenshot(dark, "dark")


def test_truth_and_scores(open_page, scene, tmp_path):
    page = open_page(write(tmp_path, scene, truth=scene.truth, scores={"ARI": 0.75}), **WIDE)
    assert page.locator("#truths figure").count() == 2
    assert page.inner_text("#truths figcaption >> nth=1") == "objects"
    assert page.inner_text("#scores tbody").split() == ["ARI", "0.750"]


def test_names_are_only_words(open_page, tmp_path):
    name = '</script><script>document.title="broken"</script><img src=x onerror=alert(1)>.png'
    page = open_page(write(tmp_path, settling_scene(name)), **WIDE)
    assert page.inner_text("h1") == name and page.title() == f"Parse of {name}"


def test_without_states(open_page, scene, tmp_path):
    file = tmp_path / "plain.html"
    file.write_text(render_report(scene.tree, scene.image, PATCH), "utf-8")
    page = open_page(file, **WIDE)
    page.mouse.click(*point(page, INSIDE))
    assert lit(page) == ["scene", "3.1", "2.1"] and page.inner_text("#similar-title") == "Picture"
    assert not page.locator("#time").is_visible() and "no similarities" in page.inner_text("#exact")
    row(page, "3.2").click()
    assert page.inner_text("#islands-title") == "Islands of level 3"


def test_inside_a_notebook_s_frame(open_page, report, tmp_path):
    outside = tmp_path / "notebook.html"
    inner = html.escape(report.read_text("utf-8"), quote=True)
    outside.write_text(
        f'<!DOCTYPE html><iframe sandbox="allow-scripts" width="900" height="700" '
        f'srcdoc="{inner}"></iframe>',
        "utf-8",
    )
    frame = open_page(outside, **WIDE).frame_locator("iframe")
    frame.locator("[data-node='3.2'] > .row").click()
    assert frame.locator("#islands-title").inner_text() == "Islands of level 3"
