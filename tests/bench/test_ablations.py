"""The ablation study in its smallest form: what must be equal is, it carries on and is drawn."""

import importlib.util
import json
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from glomtf.model.step import Contributions
from glomtf.training.settled import settled

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="the study was made with TensorFlow"
)
ROOT = Path(__file__).parents[2]


@pytest.fixture
def study(monkeypatch):
    """The script with few scenes, narrow columns and trainings of one step."""
    spec = importlib.util.spec_from_file_location("ablations", ROOT / "benchmarks/ablations.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.SCENES, module.CHECKED, module.BATCH = 2, 2, 2
    module.POOL = {"crowd": 4, "moving": 4}
    module.SEE = module.SETTLE = module.SEE_ON = module.SCRATCH = 1
    module.STEPS = (0, 2)
    small = {"dim": 8, "mlp_ratio": 1, "patch_size": 16, "stem": "linear"}
    module.BASE = replace(module.BASE, glom=module.BASE.glom | small)
    return module


def images(study):
    return study.drawn("crowd", study.SCENES, study.TEST, study.BASE.glom["patch_size"])[0]


def test_the_study_runs_carries_on_and_is_drawn(study, tmp_path, monkeypatch, capsys):
    control = "feed-forward, equal minutes"
    study.ROWS = {"base": study.Row(iters=2), control: study.Row(iters=0)}
    out, picture = tmp_path / "a.json", tmp_path / "a.png"
    call = [f"--out={out}", f"--work={tmp_path / 'work'}", f"--picture={picture}", "--seeds", "0"]
    study.main([*call, "--rows", "base"])
    first = json.loads(out.read_text())["results"]
    assert list(first) == ["base/0"]
    base = first["base/0"]
    # Read after as many steps as trained for, the base is the base.
    for part in ("parts", "objects", "edge_f1", "thresholds"):
        assert base["steps"]["2"][part] == base[part]
    kept = (tmp_path / "work" / "base-0.npz").read_bytes()
    study.main(call)
    results = json.loads(out.read_text())["results"]
    assert results["base/0"] == base  # not measured again
    assert (tmp_path / "work" / "base-0.npz").read_bytes() == kept  # nor learned to see again
    assert results[f"{control}/0"]["cpu_minutes"][0] == base["cpu_minutes"][0]
    assert f"| {control} | 1 | 0 |" in capsys.readouterr().out
    assert picture.stat().st_size > 10_000
    monkeypatch.setattr(study, "study", None)
    study.main(call)
    assert json.loads(out.read_text())["results"] == results


def test_rows_of_one_first_stage_start_from_the_same_sweep(study, tmp_path):
    swept = {}
    for name in ("base", "no top-down", "consensus everywhere", "4 levels, one above objects"):
        row = study.ROWS[name]
        glom = study.build(row, 0)
        study.first_stage(row, glom, 0, tmp_path)
        swept[name] = settled(glom, images(study), 0)[..., :3, :]
    assert [path.name for path in tmp_path.iterdir()] == ["base-0.npz"]
    for states in swept.values():
        np.testing.assert_array_equal(states, swept["base"])
    untrained = settled(study.build(study.ROWS["base"], 0), images(study), 0)
    assert np.abs(untrained - swept["base"]).max() > 1e-4


def test_rows_leave_out_what_their_names_say(study):
    found = {
        "no previous state": "previous",
        "no bottom-up while settling": "bottom_up",
        "no top-down": "top_down",
        "no consensus": "consensus",
    }
    for name, gone in found.items():
        step = study.build(study.ROWS[name], 0).step
        for t in (0, 9):
            there = dict(zip(Contributions._fields, step.present_at(t).T, strict=True))
            assert not there.pop(gone).any()
            assert all(levels[:2].all() for levels in there.values())
            np.testing.assert_allclose(np.asarray(step.weights_at(t)).sum(axis=-1), 1, rtol=1e-5)
    weights = np.asarray(
        study.build(study.ROWS["equal weights, not learned"], 0).step.weights_at(0)
    )
    np.testing.assert_allclose(weights, [[1 / 4] * 4] * 2 + [[1 / 3, 1 / 3, 0, 1 / 3]], rtol=1e-6)


def test_rows_are_the_base_where_they_must_be(study):
    base = study.build(study.ROWS["base"], 0)
    swept = settled(base, images(study), 0)
    reached = settled(base, images(study), 2)
    assert np.abs(reached - swept).max() > 0.01

    def after(glom, row="base"):
        other = study.build(replace(study.ROWS[row], glom=study.ROWS[row].glom | glom), 0)
        other.step.set_weights(base.step.get_weights())
        other.stem.set_weights(base.stem.get_weights())
        return settled(other, images(study), 2)

    # Without top-down and consensus the sweep is at rest.
    np.testing.assert_allclose(after(study.without(1, 1, 0, 0)), swept, atol=1e-4)
    # Vectors have length √D, so that a dot product is D cosines.
    dot = {"similarity": "dot", "beta": 16 / 8, "learn_beta": False}
    fixed = study.build(replace(study.ROWS["base"], glom=dot), 0)
    for layer, like in zip(study.seeing(fixed), study.seeing(base), strict=True):
        layer.set_weights(like.get_weights())
    for net, like in zip(fixed.step.top_down, base.step.top_down, strict=True):
        net.set_weights(like.get_weights())
    np.testing.assert_allclose(settled(fixed, images(study), 2), reached, atol=1e-4)
    # All 16 columns as neighbours are all columns; eight are not.
    everywhere = after({}, "consensus everywhere")
    np.testing.assert_allclose(
        after({"neighbours": 16}, "consensus everywhere"), everywhere, atol=1e-6
    )
    assert np.abs(after({"neighbours": 2}, "consensus everywhere") - everywhere).max() > 1e-3


def test_scores_are_summed_up_seed_by_seed(study):
    def one(parts, objects, edges):
        depths = {"parts": parts, "objects": objects}
        return {d: {"fg_ari": v, "ari": v / 2} for d, v in depths.items() if v is not None} | (
            {} if edges is None else {"edge_f1": edges}
        )

    results = {
        "base/0": one(0.5, 0.4, 0.2),
        "base/1": one(0.7, 0.2, 0.1),
        "no top-down/0": one(0.4, 0.5, 0.3),
        "no top-down/1": one(0.9, 0.2, 0.1),
        "no top-down/2": one(0.1, 0.1, 0.1),  # no base to compare with
        "class and pose/1": one(None, 0.3, None),
    }
    assert study.gains(results, "no top-down", "parts", "fg_ari") == pytest.approx(
        {0: -0.1, 1: 0.2}
    )
    assert study.gains(results, "no top-down", None, "edge_f1") == pytest.approx({0: 0.1, 1: 0.0})
    assert study.gains(results, "class and pose", "objects", "fg_ari") == pytest.approx({1: 0.1})
    assert study.values(results, "class and pose", "parts", "ari") == {}
    assert study.cell([0.1, 0.3], "+.3f") == "+0.200 ± 0.141"
    assert study.cell([]) == "-"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--rows", "no bananas"], "invalid choice: 'no bananas'"),
        (["--seeds", "0", "-1"], "expected --seeds from 0 to 4294967295, got -1"),
        (["--picture", "nowhere/a.png"], "expected a folder for nowhere/a.png"),
        (["--out", "other.json"], "expected a study of this script in other.json"),
        (["--out", "longer.json"], "expected a study of {'see': 1,"),
    ],
)
def test_bad_arguments_get_one_line(study, tmp_path, monkeypatch, capsys, arguments, told):
    monkeypatch.chdir(tmp_path)
    Path("other.json").write_text("[]")
    Path("longer.json").write_text(json.dumps({"sizes": study.sizes() | {"see": 2}}))
    with pytest.raises(SystemExit) as stop:
        study.main(["--out=a.json", "--work=w", *arguments])
    assert stop.value.code == 2
    assert told in capsys.readouterr().err.splitlines()[-1]
    assert not Path("w").exists()


def test_the_recorded_study_is_drawn(study, tmp_path):
    recorded = json.loads((ROOT / "docs/results/ablations.json").read_text())["results"]
    study.STEPS = (4,)
    lines = study.table(recorded).splitlines()
    base = next(line for line in lines if line.startswith("| base |"))
    # Read after the steps it was trained for, it is the base.
    read = next(line for line in lines if line.startswith("| 4 |"))
    assert read.split("|")[5:] == base.split("|")[5:]
    # Against its control it is as much ahead as the control is behind.
    control, ahead = (
        next(line for line in table if line.startswith(start))
        for table, start in ((lines, "| feed-forward, equal"), (lines[::-1], "| base |"))
    )
    assert control.split("|")[8].split()[0] == "+0.011"
    assert ahead.split("|")[8].split()[0] == "-0.011"
    study.draw(recorded, tmp_path / "a.png")
    assert (tmp_path / "a.png").stat().st_size > 10_000


def test_a_first_stage_with_assembly_hands_it_on(study, tmp_path, monkeypatch):
    row = study.ROWS["that and assembly"]
    row = replace(row, glom=row.glom | {"assembly": (0, 0, 1)})
    monkeypatch.setitem(study.ROWS, "that and assembly", row)
    first, second = study.build(row, 0), study.build(row, 1)
    for glom in (first, second):
        study.first_stage(row, glom, 0, tmp_path)
    seen = [settled(glom, images(study), 0) for glom in (first, second)]
    np.testing.assert_array_equal(*seen)
    said = [np.asarray(glom.step.assembly[2].out.kernel) for glom in (first, second)]
    np.testing.assert_array_equal(*said)
    assert np.abs(said[0]).max() > 0  # zero before it learned


def test_few_scenes_are_all_that_is_learned_from_and_are_compared_with_their_twin(study):
    for name, twin in study.TWINS.items():
        settles, control = study.ROWS[name], study.ROWS[twin]
        assert replace(settles, iters=0, see_on=control.see_on) == control
        assert settles.first in (name, "base")
    images, targets = study.drawn("crowd", study.SCENES, study.TEST, 16)
    few = study.Batches(images, targets, 3, 0, scenes=1)
    sizes = [np.bincount(one.ravel()).tolist() for i in range(3) for one in few[i][1]["parts"]]
    assert sizes == [np.bincount(targets["parts"][0].ravel()).tolist()] * 6  # turned at most
    scores = {d: {"fg_ari": v, "ari": v} for d, v in (("parts", 0.5), ("objects", 0.4))}
    less = {d: {"fg_ari": v, "ari": v} for d, v in (("parts", 0.3), ("objects", 0.5))}
    results = {
        f"{name}/0": {**each, "edge_f1": 0.2, "iters": 4, "cpu_minutes": [1.0, 1.0]}
        for name, each in (("250 scenes", scores), ("250 scenes, feed-forward", less))
    }
    head, _, line = study.table(results).splitlines()
    assert head.startswith("| against feed-forward |")
    assert "+0.200 (+0.200) | -0.100 (-0.100) | +0.000 |" in line


def test_degraded_rows_learn_from_and_are_judged_on_pictures_that_tell_less(
    study, tmp_path, monkeypatch
):
    study.ROWS = study.degraded("white", lambda images, rng: np.ones_like(images))
    learned, judged = [], []
    measure, real = study.measure, study.Batches.__getitem__

    def watched(self, index):
        images, targets = real(self, index)
        learned.append(images)
        return images, targets

    def measured(row, glom, iters, known, test):
        judged.extend((known, test))
        return measure(row, glom, iters, known, test)

    monkeypatch.setattr(study.Batches, "__getitem__", watched)
    monkeypatch.setattr(study, "measure", measured)
    study.study("white", 0, tmp_path)
    assert all((images == 1).all() for images in learned)
    assert len(learned) >= 2  # of both stages
    assert all((images == 255).all() for images, _ in judged)
    clean, truth = study.drawn("crowd", study.SCENES, study.TEST, 16)
    np.testing.assert_array_equal(judged[1][1]["parts"], truth["parts"])
    assert (clean < 255).any()  # the scenes that other rows share are as they were


def test_coarse_and_fine_columns_learn_on_their_own_grid_for_as_long_as_their_twin(
    study, tmp_path, monkeypatch
):
    steps = []
    real = study.fit

    def fit(row, glom, iters, count, rate, seed):
        steps.append((glom.grid, iters, count))
        return real(row, glom, iters, 1, rate, seed)

    monkeypatch.setattr(study, "fit", fit)
    monkeypatch.setattr(study, "SEE", 5)
    study.ROWS = study.grid(32, 2, 7)
    name, control = study.ROWS
    assert (name, control) == (
        "2 x 2 columns of 32 pixels", "2 x 2 columns of 32 pixels, feed-forward"
    )  # fmt: skip
    for row in study.ROWS:
        study.study(row, 0, tmp_path)
    assert steps == [((2, 2), 0, 5), ((2, 2), 4, 1), ((2, 2), 0, 7)]
    true = study.drawn("crowd", 2, study.TEST, 32)[1]["parts"]
    assert np.shape(true) == (2, 2, 2)
