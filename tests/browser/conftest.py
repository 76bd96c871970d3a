"""A Chromium for tests of pages, and pages that must not complain or load anything."""

import os
import shutil
from pathlib import Path

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


# Not for the session: its event loop would be in the way of whatever is tested afterwards.
@pytest.fixture(scope="module")
def browser():
    """One browser for the tests of a file; they skip where there is none."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        pytest.skip('browser tests need Playwright: pip install -e ".[browser]"')
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip(f"browser tests need {' or '.join(NAMES)} on the PATH: apt install chromium")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=list(QUIET))
        yield started
        started.close()


@pytest.fixture
def open_page(browser):
    """A function (file, **context options) -> page of a browser that is offline.

    At the end of the test, no page may have logged anything, failed or asked for another file.
    """
    contexts, complaints = [], []

    def open_one(file, **options):
        context = browser.new_context(offline=True, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(5000)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        address = Path(file).resolve().as_uri()
        page.on(
            "request",
            lambda asked: (
                asked.url == address
                or asked.url.startswith("data:image/png")
                or complaints.append(f"asked for {asked.url[:100]}")
            ),
        )
        page.goto(address)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def screenshot(tmp_path):
    """A function (page, name) that keeps a picture of the page, in $GLOMTF_SCREENSHOTS if set."""
    folder = Path(os.environ.get("GLOMTF_SCREENSHOTS") or tmp_path)

    def shoot(page, name):
        folder.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=folder / f"{name}.png", full_page=True)
        return folder / f"{name}.png"

    return shoot
