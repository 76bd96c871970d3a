"""The documentation runs: every Python block of every page, the notebook, and every command."""

import json
import re
import shlex
from pathlib import Path

import keras
import matplotlib
import pytest
from PIL import Image

from glomtf import cli
from glomtf.training import scenes
from glomtf.worlds import draw_sample

ROOT = Path(__file__).parents[1]
DOCS = sorted((ROOT / "docs").glob("*.md"))
PAGES = [ROOT / "README.md", *DOCS]
BLOCK = re.compile(r"```python\n(.*?)```", re.S)

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="some pages use TensorFlow"
)


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder with the picture that pages speak of, and nothing drawn on a screen."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(scenes, "VALIDATION_SCENES", scenes.VALIDATION_SCENES)  # pages may lower it
    monkeypatch.setitem(matplotlib.rcParams, "backend", "agg")
    Image.fromarray(draw_sample("robot")).save("picture.png")
    keras.utils.set_random_seed(0)
    return tmp_path


def execute(blocks, name):
    """Run pieces of code one after the other, as one module."""
    names = {"__name__": "__page__"}
    for block in blocks:
        exec(compile(block, name, "exec"), names)


def pages_with_code():
    return [page for page in DOCS if BLOCK.search(page.read_text("utf-8"))]


@pytest.mark.parametrize("page", pages_with_code(), ids=lambda page: page.stem)
def test_the_blocks_of_a_page_run_in_order(page, here):
    execute(BLOCK.findall(page.read_text("utf-8")), page.name)


@pytest.mark.parametrize("path", sorted((ROOT / "docs").glob("*.ipynb")), ids=lambda p: p.stem)
def test_the_notebook_runs_and_is_stored_without_outputs(path, here):
    notebook = json.loads(path.read_text("utf-8"))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert code and all(not cell["outputs"] for cell in code)
    cells = ["".join(cell["source"]) for cell in code]
    assert cells[0].startswith("%matplotlib inline\n")  # an instruction to notebooks only
    execute([cells[0].partition("\n")[2], *cells[1:]], path.name)


def commands():
    """Every `glomtf ...` line of the pages' shell blocks, continued lines joined."""
    for page in PAGES:
        for block in re.findall(r"```bash\n(.*?)```", page.read_text("utf-8"), re.S):
            for line in block.replace("\\\n", " ").splitlines():
                if line.strip().startswith("glomtf "):
                    yield pytest.param(line.strip(), id=f"{page.stem}: {line.strip()[:60]}")


@pytest.mark.parametrize("line", list(commands()))
def test_commands_have_arguments_that_exist(line):
    cli.arguments(shlex.split(line, comments=True)[1:])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_pictures_and_pages_that_are_linked_are_there(page):
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.S)
    for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", text):
        if not re.match(r"https?:", target):
            assert (page.parent / target).exists(), target
