"""A run's folder: what lies in it is whole or refused, and which recipes it is taken up with."""

import json

import h5py
import pytest

from glomtf.training import folder

WEIGHTS, EPOCH = "latest.weights.h5", "training_metadata.json"


def test_runs_begun_before_recipes_had_all_entries_can_be_resumed(tmp_path):
    rest = {"worlds": {}, "labels": "true", "repaints": 0, "recolour": 0.0, "read_iters": None}
    rest |= {"pairs": False, "optimizer": "adam"}
    stage = {"iters": 0, "epochs": 1, "steps": 1, "learning_rate": 1e-3}
    rest |= {"stages": [stage | {"levels": None, "batch_size": None, "noise": 0.0}]}
    wanted = {"name": "", "seed": 0, "icons": "", "recipe": {"task": "masks", **rest}}
    older = wanted | {"recipe": {"task": "masks", "stages": [stage]}}
    (tmp_path / folder.CONFIG).write_text(json.dumps(older))
    assert folder.begin(tmp_path, wanted, resume=True) == {"stages_done": 0, "minutes": 0.0}
    for entry in (
        {"worlds": {"crowd": 9}},
        {"labels": "found"},
        {"repaints": 1},
        {"recolour": 0.1},
        {"pairs": True},
        {"optimizer": "muon"},
        {"stages": [stage | {"levels": [3], "batch_size": None}]},
        {"stages": [stage | {"levels": None, "batch_size": 64}]},
        {"stages": [stage | {"noise": 0.1}]},
    ):
        other = wanted | {"recipe": wanted["recipe"] | entry}
        with pytest.raises(ValueError, match="expected the recipe"):
            folder.begin(tmp_path, other, resume=True)


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
    folder.begin(tmp_path, {"seed": 0}, resume=False)
    (tmp_path / folder.STATE).write_text(cut)
    with pytest.raises(ValueError, match=r"progress\.json .* damaged .* remove it to carry on"):
        folder.begin(tmp_path, {"seed": 0}, resume=True)
    (tmp_path / folder.CONFIG).write_text(cut)
    with pytest.raises(ValueError, match=r"recipe\.json .* damaged .* another --out"):
        folder.begin(tmp_path, {"seed": 0}, resume=True)


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


def test_epochs_learned_again_have_one_row(tmp_path):
    folder.forget_from(tmp_path, 0)  # nothing there yet
    history = tmp_path / folder.HISTORY
    history.write_bytes(b"epoch,loss\r\n0,3.0\r\n1,2.0\r\n2,1.5\r\n1")
    folder.forget_from(tmp_path, 2)
    assert history.read_bytes() == b"epoch,loss\r\n0,3.0\r\n1,2.0\r\n"
