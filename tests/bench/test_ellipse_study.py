"""The ellipse study's scripts run, in their smallest form, and carry on where they stopped."""

import importlib.util
import json
from pathlib import Path

import keras
import numpy as np
import pytest

from glomtf.model.step import Contributions

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="the study was made with TensorFlow"
)


def script(name):
    path = Path(__file__).parents[2] / "benchmarks" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_study_trains_measures_carries_on_and_is_drawn(tmp_path, capsys, monkeypatch):
    study, tables = script("ellipses"), script("ellipses_tables")
    kept = ["one, ambiguity 0.0, noise 0.0", "several, ambiguity 0.8, noise 0.0"]
    monkeypatch.setattr(study, "CONDITIONS", {name: study.CONDITIONS[name] for name in kept})
    out = tmp_path / "study.json"
    quick = ["--quick", "--out", str(out), "--seeds", "0", "--inputs", "symbols"]
    study.main([*quick, "--variants", "full"])
    first = json.loads(out.read_text())["runs"]
    study.main([*quick, "--variants", "full", "feed-forward"])
    runs = json.loads(out.read_text())["runs"]
    assert list(runs) == ["symbols/full/0", "symbols/feed-forward/0"]
    assert runs["symbols/full/0"] == first["symbols/full/0"]  # not trained again
    found = runs["symbols/full/0"]["results"][kept[1]]
    assert set(found) == {"objects", "columns", "within", "between", "fg_ari", "ari", "steps"}
    assert len(found["steps"]["columns"]) == 2 * study.ITERS + 1
    assert found["steps"]["columns"][study.ITERS] == found["columns"]
    capsys.readouterr()

    values = tables.values({"runs": runs}, "symbols", "full", kept[0], "objects")
    assert values == [runs["symbols/full/0"]["results"][kept[0]]["objects"]]
    assert tables.cell([0.9, 0.8]) == "85.0 ± 7.1"
    assert set(tables.NOISES) == {o["noise"] for o in script("ellipses").CONDITIONS.values()}


def test_a_quick_study_is_not_carried_on_as_the_whole_one(tmp_path, capsys):
    study, out = script("ellipses"), tmp_path / "study.json"
    study.STEPS = {}  # nothing may be trained
    study.save(out, {"sizes": vars(study.QUICK), "runs": {}})
    with pytest.raises(SystemExit):
        study.main(["--out", str(out), "--inputs", "symbols"])
    assert "expected a study of {'pool': 24000" in capsys.readouterr().err.splitlines()[-1]
    recorded = Path(__file__).parents[2] / "docs" / "results" / "ellipses.json"
    assert json.loads(recorded.read_text())["sizes"] == vars(study.Sizes())


def test_the_recorded_study_is_drawn(tmp_path, capsys):
    recorded = Path(__file__).parents[2] / "docs" / "results" / "ellipses.json"
    script("ellipses_tables").main(recorded, tmp_path / "curves.png")
    assert "| symbols, full |" in capsys.readouterr().out
    assert (tmp_path / "curves.png").stat().st_size > 10_000


def test_without_attention_columns_of_symbols_never_hear_of_others():
    study = script("ellipses")
    pool = study.draw_pool(6, 0)
    changed = study.Material(pool.symbols.copy(), pool.pictures, pool.targets)
    changed.symbols[:, :8] = 0
    for variant, hears in (("no attention", False), ("no top-down", True)):
        task = study.build("symbols", variant)
        absent = variant.split()[1].replace("-", "_").replace("attention", "consensus")
        there = dict(zip(Contributions._fields, task.glom.step.fixed_weights.T > 0, strict=True))
        assert not there[absent].any() and there["bottom_up"].all()
        (before, said), (after, _) = (study.look(task, "symbols", m, 2) for m in (pool, changed))
        assert before.shape == (3, 6, 16, 16, 32) and said.shape == (3, 6, 16, 16, 5)
        assert np.allclose(before[0, :, 8:], after[0, :, 8:], atol=1e-5)
        assert np.allclose(before[2, :, 8:], after[2, :, 8:], atol=1e-5) is not hears
