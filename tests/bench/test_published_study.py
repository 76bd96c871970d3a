"""The study of published pictures in its smallest form, and its readings against plain NumPy."""

import importlib.util
import json
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from glomtf.training.recipes import RECIPES, Stage
from glomtf.worlds import WORLDS

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "published.py"


@pytest.fixture(scope="module")
def study():
    spec = importlib.util.spec_from_file_location("published_study", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_study_runs_carries_on_and_says_what_it_saw(study, tmp_path, monkeypatch, capsys):
    recipe = replace(
        RECIPES["tetrominoes"],
        worlds={"tetrominoes-36": 4},
        stages=(Stage(iters=0, epochs=1, steps=1, learning_rate=1e-3),),
        glom=RECIPES["tetrominoes"].glom | {"dim": 8, "patch_size": 4},
        batch_size=4,
    )
    monkeypatch.setattr(study, "RECIPES", {"tetrominoes": recipe})
    monkeypatch.setattr(study, "SCENES", 2)
    monkeypatch.setattr(study, "ATTENTION", {"patch_size": 4, "dim": 8, "heads": 2})
    monkeypatch.setattr(study, "ATTENTION_EPOCHS", {"tetrominoes": 1})
    monkeypatch.setattr(study, "SLOT_EPOCHS", {"tetrominoes": 1})
    monkeypatch.setattr("glomtf.training.scenes.VALIDATION_SCENES", 4)
    out = tmp_path / "p.json"
    call = ["published.py", f"--out={out}", f"--work={tmp_path}", "--recipes=tetrominoes"]
    monkeypatch.setattr(sys, "argv", [*call, "--seeds", "0"])
    study.main()
    result = json.loads(out.read_text())["tetrominoes"]
    assert set(result["nets"]) == {"GLOM", "attention", "slots"}
    assert set(result["baselines"]) == {
        "position", "colour", "position + colour", "true foreground + position", "untrained Glom",
    }  # fmt: skip
    for (one,) in result["nets"].values():
        assert one["seed"] == 0
        for scores in one["scores"].values():
            assert -0.5 <= scores["fg_ari"] <= 1 and 0 <= scores["mbo"] <= 1
    glom = result["nets"]["GLOM"][0]["scores"]
    assert glom["level 3"] == glom["16 steps"]  # the recipe's own reading
    assert "| GLOM, level 3 |" in capsys.readouterr().out
    monkeypatch.setattr(study, "studied", None)  # a second call learns nothing again
    study.main()
    assert json.loads(out.read_text())["tetrominoes"] == result


def test_what_is_measured_outlives_a_full_disk(study, tmp_path, monkeypatch):
    def cut(self, text):
        with self.open("wb") as file:
            file.write(text[: len(text) // 2])
        raise OSError("no space left on device")

    monkeypatch.setattr(study, "SCENES", 1)
    monkeypatch.setattr(study, "baselines", lambda *_: {})
    monkeypatch.setattr(study, "table", str)
    monkeypatch.setattr(study, "studied", lambda asked, name, seed, *_: {"seed": seed})
    out = tmp_path / "p.json"
    call = ["published.py", f"--out={out}", f"--work={tmp_path}", "--recipes=tetrominoes"]
    monkeypatch.setattr(sys, "argv", [*call, "--nets=GLOM", "--seeds", "0"])
    study.main()
    kept = out.read_text()
    monkeypatch.setattr(sys, "argv", [*call, "--nets=GLOM", "--seeds", "0", "1"])
    with monkeypatch.context() as patch, pytest.raises(OSError, match="no space"):
        patch.setattr(Path, "write_bytes", cut)
        study.main()
    assert out.read_text() == kept


def test_minutes_of_a_run_that_was_carried_on_say_so(study, tmp_path, monkeypatch):
    monkeypatch.setattr(study, "train", lambda *_, **how: how["resume"])
    scores = {"level 3": {"fg_ari": 0.5, "mbo": 0.5}}
    monkeypatch.setattr(study, "glom_scores", lambda *_: scores)
    whole = study.studied("tetrominoes", "GLOM", 0, tmp_path, None)
    assert "carried_on" not in whole
    (tmp_path / "tetrominoes-0").mkdir()
    (tmp_path / "tetrominoes-0" / "recipe.json").write_text("{}")
    carried_on = study.studied("tetrominoes", "GLOM", 0, tmp_path, None)
    assert carried_on["carried_on"]
    for one, said in ((whole, "| 0.0 |"), (carried_on, "| at least 0.0 |")):
        rows = {"nets": {"GLOM": [one]}, "baselines": {}}
        assert study.table({"tetrominoes": rows}).strip().endswith(said)


class MeanColour:
    """States that are the mean colour of each column's patch, whatever the number of steps."""

    patch_size, dim, levels, channels, data_format = 4, 3, 1, 3, "channels_last"

    def settle(self, images, iters):
        shape = (len(images), images.shape[1] // 4, 4, images.shape[2] // 4, 4, 3)
        return [[images.reshape(shape).mean(axis=(2, 4)).reshape(len(images), -1, 3)]]


def test_finer_states_are_those_of_the_patches_around_them(study):
    images = np.random.default_rng(0).integers(256, size=(2, 12, 8, 3)).astype(np.uint8)
    states = study.finer_states(MeanColour(), images, 1, 1, times=2)
    assert states.shape == (2, 6, 4, 3)
    wide = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge") / 255
    for row in range(6):
        for col in range(4):
            around = wide[:, 2 * row : 2 * row + 4, 2 * col : 2 * col + 4].mean(axis=(1, 2))
            np.testing.assert_allclose(states[:, row, col], around, rtol=1e-5)


def test_labels_are_scored_at_the_pixels_of_objects(study):
    scenes = WORLDS["tetrominoes"]().scenes(5, seed=3)
    perfect = study.pixel_scores(scenes, scenes.objects + 1, 1)
    assert perfect["fg_ari"] == pytest.approx(1) and perfect["mbo"] == pytest.approx(1)
    assert study.pixel_scores(scenes, np.ones((5, 7, 7), int), 5)["fg_ari"] == pytest.approx(0)


def test_colour_finds_pieces_in_other_colours_and_position_does_not(study):
    objects = np.zeros((1, 20, 20), np.int16)
    objects[:, 5:10], objects[:, 10:15] = 1, 2
    palette = np.array([(0, 0, 0), (255, 0, 0), (0, 0, 255)], np.uint8)
    scenes = SimpleNamespace(
        images=palette[objects], objects=objects, parts=objects, classes=np.array([[-1, 0, 0]]),
        poses=np.zeros((1, 3, 4)),
    )  # fmt: skip
    recipe = RECIPES["tetrominoes"]
    recipe = replace(recipe, glom=recipe.glom | {"image_size": 20, "patch_size": 5})
    found = study.baselines(scenes, recipe, 3)
    assert found["colour"] == {"fg_ari": 1, "mbo": 1}
    assert found["position"]["fg_ari"] < 1
    assert found["true foreground + position"]["mbo"] == pytest.approx(1 / 3)  # halves of both


def test_slots_that_are_alike_share_every_patch_and_get_its_mean(study):
    net = study.SlotAttention(8, 4, 3, dim=8)
    images = np.random.default_rng(0).random((2, 8, 8, 3), "float32")
    net(images)
    net.middle.assign(np.linspace(-1, 1, 8))
    net.log_spread.assign(np.full(8, -np.inf))  # all start in the middle
    told, heard, _, thought = net.norms
    x = np.asarray(net.see(2 * images - 1)).reshape(2, 4, 8) + np.asarray(net.seen_at(net.places))
    got = np.asarray(net.value(heard(net.tell(told(x))))).mean(axis=1)
    expected = np.tile(np.linspace(-1, 1, 8, dtype="float32"), (2, 1))
    for _ in range(3):
        expected, _ = net.gate(got, [expected])
        more = net.think(np.tile(np.asarray(thought(expected))[:, None], (1, 3, 1)))[:, 0]
        expected = np.asarray(expected) + np.asarray(more)
    found = np.asarray(net.slots(images))
    assert found.shape == (2, 3, 8)
    for slot in range(3):
        np.testing.assert_allclose(found[:, slot], expected, rtol=1e-4, atol=1e-5)


def test_each_slot_draws_its_share_of_the_pixels_of_its_patches(study):
    net = study.SlotAttention(4, 2, 2, dim=8)
    net(np.zeros((1, 4, 4, 3), "float32"))
    drawn = np.random.default_rng(0).normal(size=(1, 2, 4, 16)).astype("float32")
    net.draw = lambda x: drawn
    found = net(np.zeros((1, 4, 4, 3), "float32"))
    for y in range(4):
        for x in range(4):
            patch, inside = 2 * (y // 2) + x // 2, 4 * (2 * (y % 2) + x % 2)
            one = drawn[0, :, patch, inside : inside + 4]
            share = np.exp(one[:, 3]) / np.exp(one[:, 3]).sum()
            np.testing.assert_allclose(found["share"][0, y, x], share, rtol=1e-5)
            np.testing.assert_allclose(found["picture"][0, y, x], share @ one[:, :3], rtol=1e-4)
    labels = net.labels(np.zeros((1, 4, 4, 3), np.uint8))
    np.testing.assert_array_equal(labels, np.asarray(found["share"]).argmax(axis=-1) + 1)
