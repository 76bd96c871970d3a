"""The house's import rules, read from the syntax trees."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "src" / "glomtf"
FILES = sorted(PACKAGE.rglob("*.py"))

# Room: what of glomtf it may import. The first four know nothing of each other.
ROOMS = {
    "worlds": set(),
    "islands": set(),
    "objectives": set(),
    "model": set(),
    "bench": {"model", "glomtf"},
    "training": {"worlds", "islands", "objectives", "model"},
    "view": {"model"},
    "result": {"islands"},
    "parse": {"worlds", "islands", "model", "view", "result"},
    "video": {"worlds", "islands", "model", "view", "result", "parse"},
    "explore": {"model", "parse"},
    "cli": {
        "worlds",
        "islands",
        "model",
        "training",
        "result",
        "parse",
        "video",
        "bench",
        "explore",
        "glomtf",
    },
    "glomtf": {"worlds", "islands", "objectives", "model", "training", "parse", "video"},
}

# Package: the only files that may import it.
ONLY_IN = {
    "matplotlib": {"islands/plot.py", "islands/plot_tree.py", "islands/strip.py"},
    "tensorflow": {
        "model/backend.py",
        "model/port.py",
        "bench/measure.py",
        "training/events.py",
    },
    "gradio": {"explore/page.py"},
    "jax": {"model/backend.py", "model/port.py"},
    "torch": {"model/backend.py", "model/port.py", "bench/measure.py"},
}

# Package: the rooms that must do without it.
NOT_IN = {"keras": {"worlds", "islands"}}


def imported(path, source):
    """All a file imports, wherever in it: (full dotted name, whether only for type checkers)."""
    tree = ast.parse(source)
    package = ("glomtf", *path.relative_to(PACKAGE).parts[:-1])
    for_types = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for line in node.body
        for inner in ast.walk(line)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node in for_types) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join((*above, *filter(None, [node.module])))
            yield from ((f"{base}.{alias.name}", node in for_types) for alias in node.names)


def room(name):
    """The room of a dotted name: ``glomtf.model.glom`` is in "model"; None outside of glomtf."""
    top, *rest = name.split(".")
    if top != "glomtf":
        return None
    return rest[0] if rest and rest[0] in ROOMS else "glomtf"


def room_of(path):
    first = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    return "glomtf" if first == "__init__" else first


def problems(path, source):
    """What a file imports and must not."""
    here, where = room_of(path), path.relative_to(PACKAGE).as_posix()
    for name, for_types in imported(path, source):
        top, there = name.partition(".")[0], room(name)
        if (
            (there is not None and there != here and there not in ROOMS[here])
            or (where not in ONLY_IN.get(top, {where}) and not for_types)
            or here in NOT_IN.get(top, ())
        ):
            yield f"{where} imports {name}"


def test_every_file_lives_in_a_room():
    assert FILES
    assert {room_of(path) for path in FILES} <= set(ROOMS)


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_imports_point_one_way(path):
    assert list(problems(path, path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    ("where", "line"),
    [
        ("worlds/draw.py", "from glomtf.model.tokens import patches"),
        ("islands/tree.py", "from ..worlds import scene"),
        ("islands/tree.py", "from .. import worlds"),
        ("objectives/masks.py", "import glomtf.model"),
        ("model/step.py", "from glomtf.training import tasks"),
        ("model/step.py", "import tensorflow as tf"),
        ("training/run.py", "def f():\n    from glomtf.cli import main"),
        ("training/run.py", "import glomtf"),
        ("parse.py", "from glomtf import cli"),
        ("__init__.py", "from glomtf.cli import main"),
        ("islands/scores.py", "import matplotlib.pyplot as plt"),
        ("worlds/draw.py", "from keras import ops"),
        ("cli/explore.py", "import gradio"),
    ],
)
def test_the_rules_catch(where, line):
    assert len(list(problems(PACKAGE / where, line))) == 1


@pytest.mark.parametrize(
    ("where", "line"),
    [
        ("worlds/draw.py", "from .scene import Scene\nimport numpy as np"),
        ("training/run.py", "from glomtf.model.glom import Glom"),
        ("parse.py", "from glomtf.worlds import files"),
        ("cli.py", "import glomtf\nfrom glomtf.training import run"),
        ("islands/plot.py", "from matplotlib.figure import Figure"),
        ("model/backend.py", "import jax"),
        ("parse.py", "if TYPE_CHECKING:\n    from matplotlib.figure import Figure"),
    ],
)
def test_the_rules_allow(where, line):
    assert list(problems(PACKAGE / where, line)) == []
