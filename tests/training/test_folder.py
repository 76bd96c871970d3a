"""A run's folder: what lies in it is whole or refused, and which recipes it is taken up with."""

import json
from dataclasses import asdict, replace
from errno import EAGAIN

import h5py
import pytest

from glomtf.training import folder
from glomtf.training.recipes import Recipe, Stage

WEIGHTS, EPOCH = "latest.weights.h5", "training_metadata.json"


RECIPE = Recipe("masks", 16, 0, (Stage(0, 1, 1, levels=(1, 2)),), {"dim": 8, "assembly": (0, 1)})


def started(recipe=RECIPE, **more):
    return {"name": "", "seed": 0, "icon_set": None, "recipe": asdict(recipe)} | more


def test_a_run_with_a_name_is_carried_on_with_its_own_recipe(tmp_path):
    folder.begin(tmp_path, started(name="some"))
    assert folder.recipe_of(tmp_path, RECIPE, 0, "some") is RECIPE
    changed = replace(RECIPE, batch_size=3, glom=RECIPE.glom | {"dim": 16})
    found = folder.recipe_of(tmp_path, changed, 0, "some")
    assert replace(found, glom=RECIPE.glom) == RECIPE
    assert found.glom == {"dim": 8, "assembly": [0, 1]}
    for seed, name, word in ((1, "some", "seed"), (0, "other", "name"), (0, "", "name")):
        with pytest.raises(ValueError, match=f"expected the {word}"):
            folder.recipe_of(tmp_path, RECIPE, seed, name)


def test_a_recipe_of_another_version_is_refused(tmp_path):
    folder.begin(tmp_path, started() | {"name": "some", "recipe": asdict(RECIPE) | {"new": 1}})
    with pytest.raises(ValueError, match=r"expected a recipe of this version .*'new'"):
        folder.recipe_of(tmp_path, RECIPE, 0, "some")


def test_runs_begun_before_recipes_had_all_entries_can_be_resumed(tmp_path):
    recipe = replace(RECIPE, stages=(Stage(0, 1, 1),))
    older = started(recipe)
    for name in ("worlds", "labels", "repaints", "recolour", "read_iters", "pairs", "optimizer"):
        del older["recipe"][name]
    for name in ("levels", "batch_size", "noise"):
        del older["recipe"]["stages"][0][name]
    folder.begin(tmp_path, older)
    assert folder.recipe_of(tmp_path, recipe, 0, "") is recipe
    (stage,) = recipe.stages
    for entry in (
        {"worlds": {"crowd": 9}},
        {"labels": "found", "figures": 0, "worlds": {"moving": 16}},
        {"repaints": 1},
        {"recolour": 0.1},
        {"pairs": True},
        {"optimizer": "muon"},
        {"stages": (replace(stage, levels=(3,)),)},
        {"stages": (replace(stage, batch_size=8),)},
        {"stages": (replace(stage, noise=0.1),)},
    ):
        with pytest.raises(ValueError, match="expected the recipe"):
            folder.recipe_of(tmp_path, replace(recipe, **entry), 0, "")


def test_icons_are_known_by_their_contents(tmp_path):
    folder.begin(tmp_path, started(icon_set="abc"))
    assert folder.taken_up(tmp_path, "moved/icons.tgz", "abc")["stages_done"] == 0
    with pytest.raises(ValueError, match="expected the icons"):
        folder.taken_up(tmp_path, "icons.tgz", "abd")


def test_runs_begun_with_a_path_of_icons_know_its_last_part(tmp_path):
    older = started(icons="some/icons.tgz")
    del older["icon_set"]
    folder.begin(tmp_path, older)
    assert folder.taken_up(tmp_path, "/data/icons.tgz", "abc")["stages_done"] == 0
    with pytest.raises(ValueError, match="expected the icons"):
        folder.taken_up(tmp_path, "some/others.tgz", "abc")


def test_files_are_written_whole_or_not_at_all(tmp_path, monkeypatch):
    state = tmp_path / folder.STATE
    folder.keep(state, {"stages_done": 1})
    replaced = type(state).replace

    def full(self, target):
        raise OSError("no space left on device")

    monkeypatch.setattr(type(state), "replace", full)
    with pytest.raises(OSError, match="no space"):
        folder.keep(state, {"stages_done": 2})
    monkeypatch.setattr(type(state), "replace", replaced)
    assert [path.name for path in tmp_path.iterdir()] == [folder.STATE]
    assert json.loads(state.read_text()) == {"stages_done": 1}


@pytest.mark.parametrize("cut", ["", '{"stages_done": 1, "min', "[]"])
def test_a_cut_file_is_refused_with_the_way_out(tmp_path, cut):
    folder.begin(tmp_path, started())
    (tmp_path / folder.STATE).write_text(cut)
    with pytest.raises(ValueError, match=r"progress\.json .* damaged .* remove it to carry on"):
        folder.taken_up(tmp_path, None, None)
    (tmp_path / folder.CONFIG).write_text(cut)
    with pytest.raises(ValueError, match=r"recipe\.json .* damaged .* another --out"):
        folder.recipe_of(tmp_path, RECIPE, 0, "")


def backup(checkpoint, ending, epoch):
    """The files of Keras' BackupAndRestore after so many epochs."""
    with h5py.File(checkpoint / (WEIGHTS + ending), "w") as file:
        file["after"] = epoch
    (checkpoint / (EPOCH + ending)).write_text(json.dumps({"epoch": epoch, "batch": 0}))


@pytest.mark.parametrize(
    ("cut", "start"),
    [
        ((), 7),
        ((EPOCH,), 6),
        ((WEIGHTS,), 6),
        ((EPOCH + ".bkp",), 7),
        ((EPOCH, EPOCH + ".bkp"), 5),
        ((WEIGHTS, WEIGHTS + ".bkp"), 5),
    ],
)
def test_a_stage_starts_from_the_last_whole_backup(tmp_path, cut, start):
    checkpoint = tmp_path / "checkpoint-1"
    checkpoint.mkdir()
    backup(checkpoint, ".bkp", 6)
    backup(checkpoint, "", 7)
    for name in cut:
        path = checkpoint / name
        path.write_bytes(path.read_bytes()[: 700 if name.startswith(WEIGHTS) else 5])
    assert folder.first_epoch_of(checkpoint, 5) == start
    if start == 5:
        assert not checkpoint.exists()
    else:
        assert json.loads((checkpoint / EPOCH).read_text())["epoch"] == start
        with h5py.File(checkpoint / WEIGHTS) as file:
            assert file["after"][()] == start
    assert folder.first_epoch_of(tmp_path / "none", 5) == 5


def test_a_backup_that_may_not_be_read_is_left_alone(tmp_path, monkeypatch):
    backup(tmp_path, "", 7)

    def locked(path):
        raise BlockingIOError(EAGAIN, "locked")

    monkeypatch.setattr(folder.h5py, "File", locked)
    with pytest.raises(BlockingIOError):
        folder.first_epoch_of(tmp_path, 5)
    assert (tmp_path / WEIGHTS).exists()


def test_epochs_learned_again_have_one_row(tmp_path):
    folder.forget_from(tmp_path, 0)  # nothing there yet
    history = tmp_path / folder.HISTORY
    history.write_bytes(b"epoch,loss\r\n0,3.0\r\n1,2.0\r\n2,1.5\r\n1")
    folder.forget_from(tmp_path, 2)
    assert history.read_bytes() == b"epoch,loss\r\n0,3.0\r\n1,2.0\r\n"
