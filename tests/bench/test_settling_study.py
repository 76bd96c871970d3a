"""The study of settling in its smallest form: what must be equal is, and it can be drawn."""

import importlib.util
import json
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

import glomtf
from glomtf.model.glom import Glom
from glomtf.model.presets import Reading, save_run

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "settling.py"


@pytest.fixture(scope="module")
def study():
    spec = importlib.util.spec_from_file_location("settling_study", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.SCENES, module.CHECKED, module.STEPS = 2, 2, (0, 2)
    module.NOISE, module.MISSING = (0.1,), (0.5,)
    return module


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A small Glom that nobody trained."""
    folder = tmp_path_factory.mktemp("settling") / "run"
    keras.utils.set_random_seed(0)
    glom = Glom(
        8, 3, 64, 8, data_format="channels_last", mlp_ratio=1, top_down_location="fourier",
        similarity="cosine", state_norm="rms", initial_state="bottom_up",
        learn_contribution_weights=True, assembly=(0, 0, 1),
    )  # fmt: skip
    said = glom.step.assembly[2].out
    said.set_weights([np.full_like(values, 0.5) for values in said.get_weights()])
    save_run(glom, folder, Reading(2, (0.9, 0.9, 0.9), 2, 3), {})
    return folder


def test_the_study_runs_agrees_with_itself_and_is_drawn(study, run, tmp_path, monkeypatch, capsys):
    control = tmp_path / "control"
    save_run(glomtf.load(run), control, Reading(0, (0.9, 0.9, 0.9), 2, 3), {})
    out, picture = tmp_path / "s.json", tmp_path / "s.png"
    call = ["settling.py", f"--out={out}", f"--picture={picture}"]
    monkeypatch.setattr(sys, "argv", [*call, "--glom", str(run), "--control", str(control)])
    study.main()
    result = json.loads(out.read_text())
    glom = result["glom"][0]
    assert set(glom["conditions"]) == {
        "crowd", "crowd-classes", "crowd-counts", "crowd-backgrounds", "noise 0.1", "missing 50%",
    }  # fmt: skip
    # Two steps with all contributions are what two steps are, and without lateral and top-down
    # input the bottom-up sweep stays where it is.
    assert glom["lesions"]["all four contributions"] == glom["steps"]["2"]
    for depth in study.DEPTHS:
        assert glom["lesions"]["neither"][depth] == pytest.approx(glom["steps"]["0"][depth])
    assert not result["control"][0]["steps"]
    assert "| crowd | " in capsys.readouterr().out
    assert picture.stat().st_size > 10_000
    # A second call measures nothing again, nor does one that names no runs.
    monkeypatch.setattr(study, "study", None)
    study.main()
    monkeypatch.setattr(sys, "argv", call)
    study.main()
    assert json.loads(out.read_text()) == result


def cut(self, text):
    """A disk that is full after half of a file."""
    with self.open("wb") as file:
        file.write(text[: len(text) // 2])
    raise OSError("no space left on device")


@pytest.fixture
def runs(run, tmp_path):
    """Two runs and their controls that differ in how they are read."""
    model, folders = glomtf.load(run), []
    for number, name in enumerate(("a", "b", "a-ff", "b-ff")):
        reading = Reading(2, (0.5 + number / 10,) * 3, 2, 3)
        save_run(model, tmp_path / name, reading, {})
        folders.append(str(tmp_path / name))
    return folders


def test_results_are_those_of_the_runs_that_are_named(study, runs, tmp_path, monkeypatch, capsys):
    measured = []

    def measure(path):
        measured.append(path)
        return {"of": Path(path).name}

    monkeypatch.setattr(study, "study", measure)
    monkeypatch.setattr(study, "table", lambda result: str(
        {who: [one["of"] for one in each] for who, each in result.items()}))  # fmt: skip
    out = tmp_path / "s.json"

    def call(gloms, controls):
        argv = ["settling.py", f"--out={out}", "--glom", *gloms, "--control", *controls]
        monkeypatch.setattr(sys, "argv", argv)
        study.main()
        return capsys.readouterr().out.strip()

    a, b, a_ff, b_ff = runs
    call([b], [b_ff])
    kept = out.read_text()
    with monkeypatch.context() as patch, pytest.raises(OSError, match="no space"):
        patch.setattr(Path, "write_bytes", cut)
        call([a, b], [a_ff, b_ff])
    assert out.read_text() == kept
    measured.pop()
    moved = Path(b).rename(tmp_path / "moved")
    pairs = {"glom": ["a", "b"], "control": ["a-ff", "b-ff"]}
    assert call([a, moved.as_posix()], [a_ff, b_ff]) == str(pairs)
    assert measured == [b, b_ff, a, a_ff]
    kept = out.read_text()
    for gloms, controls in (([a], [a_ff]), ([a_ff], [b_ff])):
        with pytest.raises(SystemExit):
            call(gloms, controls)
        assert "expected results of the runs of --glom" in capsys.readouterr().err.splitlines()[-1]
    assert out.read_text() == kept
    out.write_text(json.dumps({"glom": [{"of": "old"}], "control": [{"of": "old-ff"}]}))
    with pytest.raises(SystemExit):
        call([a], [a_ff])
    assert measured == [b, b_ff, a, a_ff]


def test_runs_are_named_in_pairs_or_a_file_is_there(study, tmp_path, monkeypatch, capsys):
    for more in ([], ["--glom", "a"]):
        argv = ["settling.py", f"--out={tmp_path / 's.json'}", *more]
        monkeypatch.setattr(sys, "argv", argv)
        with pytest.raises(SystemExit):
            study.main()
        assert "expected as many runs as controls" in capsys.readouterr().err.splitlines()[-1]


def test_the_recorded_study_is_printed_and_drawn(study, tmp_path, monkeypatch, capsys):
    recorded = SCRIPT.parents[1] / "docs" / "results" / "settling.json"
    before, picture = recorded.read_bytes(), tmp_path / "s.png"
    monkeypatch.setattr(sys, "argv", ["settling.py", f"--out={recorded}", f"--picture={picture}"])
    study.main()
    assert "| crowd | 0.894 " in capsys.readouterr().out
    assert picture.stat().st_size > 10_000
    assert recorded.read_bytes() == before


def test_a_silenced_assembly_says_nothing_and_all_else_stays(study, run):
    whole = glomtf.load(run)
    silent = study.unassembled(whole)
    x = np.random.default_rng(0).random((1, 64, 64, 3), "float32")
    plain = Glom.from_config(whole.get_config() | {"assembly": 0})
    rest = [v for v in whole.variables if "assembly" not in v.path]
    for old, new in zip(rest, plain.variables, strict=True):
        new.assign(old)
    before, after, without = (np.asarray(m(x, iters=2)) for m in (whole, silent, plain))
    np.testing.assert_array_equal(after, without)
    assert abs(before - after).max() > 0.01
    assert study.unassembled(plain) is None
