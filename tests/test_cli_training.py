"""`glomtf train` and `glomtf evaluate`: a tiny run from recipe to scores, and what is refused."""

import json
from dataclasses import replace

import pytest

from glomtf import cli
from glomtf.model.glom import Glom
from glomtf.model.presets import Reading, save_run
from glomtf.training import evaluate, run, scenes
from glomtf.training.recipes import RECIPES, SMALL, Recipe, Stage

TINY = Recipe(
    "masks", 4, 0, (Stage(0, 1, 2),), SMALL | {"dim": 8, "mlp_ratio": 1}, batch_size=4,
    worlds={"crowd": 4},
)  # fmt: skip


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(RECIPES, "figures", TINY)
    monkeypatch.setattr(scenes, "VALIDATION_SCENES", 4)
    return tmp_path


def refused(capsys, argv, *words):
    assert cli.main(argv) == 2
    line = capsys.readouterr().err
    assert line.startswith("glomtf: error: expected") and line.count("\n") == 1
    for word in words:
        assert word in line


def test_train_then_evaluate(here, capsys):
    assert cli.main(["train", "--recipe", "figures", "--out", "run"]) == 0
    assert "are in run" in capsys.readouterr().out
    argv = ["evaluate", "--model", "run", "--control", "run", "--world", "crowd-classes"]
    assert cli.main([*argv, "--scenes", "3", "--json", "scores.json"]) == 0
    printed = capsys.readouterr().out
    assert "feed-forward, level 3" in printed and "true foreground + position" in printed
    scores = json.loads((here / "scores.json").read_text())
    assert scores["model"] == scores["control"]
    assert -1 <= scores["model"]["levels"]["2"]["parts"]["fg_ari"] <= 1
    assert cli.main(["parse", "--model", "run", "--out", "parses"]) == 0  # read at 0 iterations
    assert (here / "parses" / "robot" / "tree.json").exists()
    capsys.readouterr()
    refused(capsys, ["train", "--recipe", "figures", "--out", "run"], "--resume")
    assert cli.main(["train", "--recipe", "figures", "--out", "run", "--resume"]) == 0


def test_scenes_are_as_large_as_the_model_is_used_to(here, monkeypatch):
    small = replace(TINY, glom=TINY.glom | {"image_size": 32})
    monkeypatch.setitem(RECIPES, "figures", small)
    trained, scored = [], []
    pool = run.ScenePool.__init__

    def drawn(self, scenes, *args, **kwargs):
        trained.extend(part.images.shape[1:3] for part in scenes)
        pool(self, scenes, *args, **kwargs)

    def baselines(model, known, test):
        scored.extend(part.images.shape for part in (known, test))
        return {}

    monkeypatch.setattr(run.ScenePool, "__init__", drawn)
    monkeypatch.setattr(evaluate, "score_baselines", baselines)
    assert cli.main(["train", "--recipe", "figures", "--out", "run"]) == 0
    assert set(trained) == {(32, 32)} and len(trained) == 4  # two worlds to train and to validate
    argv = ["evaluate", "--model", "run", "--world", "crowd", "--scenes", "2"]
    assert cli.main(argv) == 0
    assert scored == [(2, 32, 32, 3)] * 2


def untrained(here, name, image_size, patch_size):
    """A small run that sees all as background; its folder."""
    glom = Glom(8, 3, image_size, patch_size, data_format="channels_last", mlp_ratio=1)
    save_run(glom, here / name, Reading(0, (-1.0, -1.0, -1.0), 2, 3), {})
    return name


@pytest.mark.parametrize(("image_size", "patch_size"), [(48, 8), (32, 4)])
def test_a_control_of_another_grid_is_refused(here, capsys, image_size, patch_size):
    model = untrained(here, "model", 32, 8)
    control = untrained(here, "control", image_size, patch_size)
    argv = ["evaluate", "--model", model, "--control", control, "--world", "figures"]
    words = ["32 x 32 pixels in patches of 8", f"{image_size} pixels in patches of {patch_size}"]
    refused(capsys, [*argv, "--scenes", "1", "--json", "scores.json"], "--control", *words)
    assert not (here / "scores.json").exists()


def test_scores_of_nothing_are_null(here, capsys):
    argv = ["evaluate", "--model", untrained(here, "model", 32, 8), "--world", "figures"]
    assert cli.main([*argv, "--scenes", "1", "--json", "scores.json"]) == 0
    assert "nestedness nan" in capsys.readouterr().out

    def refuse(constant):
        raise AssertionError(constant)

    scores = json.loads((here / "scores.json").read_text(), parse_constant=refuse)
    assert scores["model"]["tree"]["nestedness"] is None


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["train", "--recipe", "icons", "--out", "new"], ["--data"]),
        (["train", "--recipe", "icons", "--data", "none.tgz", "--out", "new"], ["none.tgz"]),
        (["train", "--recipe", "figures", "--data", "x", "--out", "new"], ["--data"]),
        (["train", "--recipe", "unknown", "--out", "new"], ["unknown"]),
        (["train", "--recipe", "figures", "--out", "new", "--seed", "x"], ["--seed"]),
        (["train", "--recipe", "figures", "--out", "new", "--resume"], ["resume"]),
        (["evaluate", "--model", "nothing", "--world", "figures"], ["nothing"]),
        (["evaluate", "--world", "icons"], ["--data"]),
        (["evaluate", "--world", "figures", "--seed", "1"], ["--seed"]),
        (["evaluate", "--world", "figures", "--scenes", "0"], ["--scenes"]),
        (["evaluate", "--model", "none", "--world", "figures", "--json", "."], ["--json", "'.'"]),
        (["evaluate", "--world", "figures", "--json", f"{__file__}/a"], ["another --json"]),
        (["evaluate", "--world", "figures", "--split", "all"], ["--split"]),
        (["evaluate", "--world", "crowd", "--style", "varied"], ["--style"]),
    ],
)
def test_bad_usage_is_one_line_and_leaves_nothing(here, capsys, argv, words):
    refused(capsys, argv, *words)
    assert not any(here.iterdir())
