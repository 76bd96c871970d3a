"""`glomtf explore` as its user has it: the command, pictures dropped on the page, a Chromium."""

import importlib.util
import os
import re
import signal
import socket
import subprocess
import sys

import keras
import pytest
from PIL import Image

import glomtf
from glomtf.model.glom import Glom
from glomtf.model.presets import Reading, save_run
from glomtf.worlds import draw_sample

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("gradio") is None,
    reason='Gradio is missing: pip install "glom-tf[explore]"',
)
PATIENCE = 60_000  # milliseconds; the first picture waits for TensorFlow


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A picture, a file that only says it is one, and a small run that nobody trained."""
    folder = tmp_path_factory.mktemp("explore")
    Image.fromarray(draw_sample("robot")).save(folder / "robot.png")
    (folder / "text.png").write_text("no picture")
    keras.utils.set_random_seed(0)
    glom = Glom(
        dim=8, levels=2, image_size=16, patch_size=4, stem="conv", top_down_location="fourier",
        initial_state="bottom_up", data_format="channels_last",
    )  # fmt: skip
    save_run(glom, folder / "run", Reading(3, (0.9, 0.99), 1, 2), {})
    return folder


# The browser comes first: where there is none, nothing is started.
@pytest.fixture(scope="module")
def address(browser, folder):
    """Where the page is; its server must stay silent, call nobody and leave nothing behind."""
    with socket.socket() as free, socket.socket() as outside:
        for one in (free, outside):
            one.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        outside.listen()
        outside.setblocking(False)
        # Whatever the server fetched, it would ask this proxy for.
        proxy = "http://{}:{}".format(*outside.getsockname())
        run = folder / "run"
        server = subprocess.Popen(
            [sys.executable, "-m", "glomtf.cli", "explore", f"--port={port}", f"--model={run}"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ
            | {name: proxy for name in ("http_proxy", "https_proxy", "all_proxy")}
            | {"TMPDIR": str(folder)},
            # Whoever runs the tests in the background may have Ctrl-C ignored, for children too.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        try:
            said = server.stdout.readline()
            assert said == f"glomtf explore is at http://127.0.0.1:{port} (Ctrl-C ends it)\n"
            yield f"http://127.0.0.1:{port}"
            assert list(folder.glob("glomtf-explore-*/**/robot.png"))
        finally:
            server.send_signal(signal.SIGINT)
            out, err = server.communicate(timeout=30)
        assert (out, err, server.returncode) == ("", "", 130)
        assert not list(folder.glob("glomtf-explore-*"))
        with pytest.raises(BlockingIOError):
            outside.accept()


@pytest.fixture
def open_app(browser, address):
    """A function (**context options) -> the page. It may log no error and ask nobody else."""
    contexts, complaints = [], []

    def open_one(**options):
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        page.set_default_timeout(PATIENCE)
        page.on("console", lambda line: line.type == "error" and complaints.append(line.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "request",
            lambda asked: (
                asked.url.startswith((f"{address}/", "data:"))
                or complaints.append(f"asked for {asked.url[:100]}")
            ),
        )
        page.goto(address)
        page.wait_for_selector(".hint")
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert complaints == []


def drop(page, file):
    page.set_input_files("input[type=file]", file)


def report(page, *words):
    """The frame of the report, as soon as these words are in it."""
    frame = page.frame_locator("iframe.report")
    for one in words:
        frame.get_by_text(one).first.wait_for()
    return frame


def test_a_dropped_picture_is_explored(open_app, folder):
    page = open_app(viewport={"width": 1280, "height": 900})
    assert page.title() == "glomtf explore"
    drop(page, folder / "robot.png")
    frame = report(page, "3 settling steps")
    assert frame.locator("h1").inner_text() == "robot.png"
    shown = page.locator("iframe.report")
    assert shown.get_attribute("sandbox") == "allow-scripts"
    expected = glomtf.parse(folder / "robot.png", folder / "run", name="robot.png").report()
    assert shown.get_attribute("srcdoc") == expected
    # The frame is alive.
    frame.locator("#level").fill("0")
    assert frame.locator("#islands-title").inner_text() == "Islands of level 1"


def test_other_steps_thresholds_and_models(open_app, folder, screenshot):
    page = open_app(viewport={"width": 1280, "height": 900})
    drop(page, folder / "robot.png")
    report(page, "3 settling steps")
    page.get_by_label("Settling steps").fill("5")
    report(page, "5 settling steps")
    assert page.get_by_label("Threshold of level 3").count() == 0
    page.get_by_label("Model").click()
    page.get_by_role("option", name="icons").click()
    report(page, "4 settling steps", "3 levels")
    assert page.get_by_label("Settling steps").input_value() == "4"
    own = glomtf.load("icons").reading.thresholds[2]
    assert page.get_by_label("Threshold of level 3").input_value() == f"{own:g}"
    expected = glomtf.parse(folder / "robot.png", "icons", name="robot.png").report()
    assert page.locator("iframe.report").get_attribute("srcdoc") == expected
    screenshot(page, "explore")
    page.get_by_label("Threshold of level 1").fill("-1")
    # Everything agrees: level 1 is all background.
    row = page.frame_locator("iframe.report").locator("#levels tr").last
    row.filter(has_text=re.compile(r"^1\s*0\b")).wait_for()


def test_what_cannot_be_answered_is_one_line(open_app, folder):
    page = open_app()
    drop(page, folder / "text.png")
    page.wait_for_selector("[role=alert]")
    assert page.locator("[role=alert]").inner_text() == (
        "expected a PNG, JPEG, WebP, GIF or BMP picture, got 'text.png', which is none: "
        "convert it to PNG"
    )
    page.get_by_label("Clear").click()
    page.wait_for_selector(".hint")
    drop(page, folder / "robot.png")
    report(page, "3 settling steps")
    for name, typed, words in (
        ("Settling steps", "0", "expected iters as a whole number from 1 to 1000, got 0"),
        ("Threshold of level 2", "7", "expected thresholds from -1 to 1, got 7"),
    ):
        page.get_by_label(name).fill(typed)
        page.locator("[role=alert]", has_text=words).wait_for()
        page.get_by_label(name).fill("")  # the model's own again
        report(page, "3 settling steps")


def test_dark_and_on_a_phone(open_app, folder, screenshot):
    for name, options in (
        ("explore-dark", {"color_scheme": "dark", "viewport": {"width": 1280, "height": 900}}),
        ("explore-phone", {"viewport": {"width": 390, "height": 844}}),
    ):
        page = open_app(**options)
        drop(page, folder / "robot.png")
        report(page, "3 settling steps")
        screenshot(page, name)
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0


def test_what_is_too_large_is_refused(browser, address, folder):
    large = folder / "large.png"
    with large.open("wb") as file:
        file.truncate(51 * 2**20)
    # Not open_app: Gradio's own script logs that the upload was cut off.
    page = browser.new_page()
    page.goto(address)
    drop(page, large)
    page.get_by_text("exceed the maximum allowed size of 50").wait_for(timeout=PATIENCE)
    # The refusal may be shown before the rest of the page is.
    page.locator(".hint").wait_for(timeout=PATIENCE)
    page.close()
