"""Draws the pictures of the pages about settling and the explorer: python docs/draw_explorer.py

Needs the extra "browser" and a Chromium on the PATH.
"""

import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

import glomtf
from glomtf.islands import tree_figure
from glomtf.worlds import draw_sample

PICTURES = Path(__file__).parent / "pictures"
DESK = {"viewport": {"width": 1280, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def main():
    """Parse the robot, draw how it settles, and take pictures of its report."""
    result = glomtf.parse(draw_sample("robot"), name="robot.png")
    result.plot_settling().savefig(PICTURES / "settling.png", dpi=90)
    result.plot_vectors().savefig(PICTURES / "vectors.png", dpi=90)
    tree_figure(result.image, result.tree).savefig(PICTURES / "tree.png", dpi=100)
    (PICTURES / "settling.gif").write_bytes(result.animate())
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        page = Path(folder, "report.html")
        page.write_text(result.report(), "utf-8")
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        for name, options in (
            ("explorer", DESK),
            ("explorer-dark", DESK | {"color_scheme": "dark"}),
            ("explorer-phone", PHONE),
        ):
            tab = browser.new_context(**options).new_page()
            tab.goto(page.as_uri())
            stage = tab.locator("#islands")
            box = stage.bounding_box()
            stage.click(position={"x": 0.42 * box["width"], "y": 0.6 * box["height"]})
            tab.screenshot(path=PICTURES / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    main()
