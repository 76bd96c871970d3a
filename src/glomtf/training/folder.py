"""A run's folder while it is trained: what it was started with, how far it is, taking it up."""

import json
import os
import shutil

import h5py

CONFIG, STATE, HISTORY = "recipe.json", "progress.json", "history.csv"


def begin(out, wanted, resume):
    """Start or take up a run's folder; its progress.

    Raises:
        ValueError: a run where none should be, none where one should, or other arguments.
    """
    config = out / CONFIG
    if not resume:
        if config.exists():
            raise ValueError(
                f"expected a new folder for the run, got {out} with a run in it; "
                "add --resume to carry it on or choose another --out"
            )
        out.mkdir(parents=True, exist_ok=True)
        keep(config, wanted)
        return {"stages_done": 0, "minutes": 0.0}
    if not config.exists():
        raise ValueError(
            f"expected a run to resume, got {out} without {CONFIG}; leave --resume out"
        )
    before = _kept(config, "start anew with another --out")
    # Runs from before recipes had these entries.
    later = {
        "worlds": {}, "labels": "true", "repaints": 0, "recolour": 0.0, "read_iters": None,
        "pairs": False, "optimizer": "adam",
    }  # fmt: skip
    before["recipe"] = later | before.get("recipe", {})
    of_stages = {"levels": None, "batch_size": None, "noise": 0.0}
    before["recipe"]["stages"] = [of_stages | s for s in before["recipe"].get("stages", [])]
    for key, value in wanted.items():
        if before.get(key) != value:
            raise ValueError(
                f"expected the {key} that {out} was started with, got another; give the same "
                "arguments or a new --out"
            )
    progress = out / STATE
    if not progress.exists():
        return {"stages_done": 0, "minutes": 0.0}
    return _kept(progress, "remove it to carry on from the checkpoints; minutes are lost then")


def keep(path, content):
    """Write a JSON file, whole or not at all."""
    _write(path, (json.dumps(content, indent=1) + "\n").encode())


def _write(path, content):
    new = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        new.write_bytes(content)
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


def _kept(path, remedy):
    """What :func:`keep` wrote; refuses a file that was cut, with the way out of it."""
    try:
        content = json.loads(path.read_text())
        if isinstance(content, dict):
            return content
    except ValueError:
        pass
    raise ValueError(f"expected {path} as training writes it, got a damaged file; {remedy}")


def first_epoch_of(checkpoint, first):
    """The epoch that Keras' ``BackupAndRestore`` will carry on with, ``first`` without a backup.

    It keeps the state before the last one as well, but takes it only if it cannot read weights, not
    if their epoch was cut. So that is done here; where neither is whole the stage starts anew.
    """
    weights, epoch = checkpoint / "latest.weights.h5", checkpoint / "training_metadata.json"
    for ending in ("", ".bkp"):
        found = [path.with_name(path.name + ending) for path in (weights, epoch)]
        try:
            start = json.loads(found[1].read_text())["epoch"]
            h5py.File(found[0]).close()
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if ending:
            for path, whole in zip((weights, epoch), found, strict=True):
                shutil.copy(whole, path)
        return start
    shutil.rmtree(checkpoint, ignore_errors=True)
    return first


def forget_from(out, epoch):
    """Drop the rows of epochs that will be learned again from the history of losses."""
    path = out / HISTORY
    lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
    known = [
        line for line in lines[1:] if line.endswith(b"\n") and int(line.partition(b",")[0]) < epoch
    ]
    if len(known) < len(lines) - 1:
        _write(path, b"".join([lines[0], *known]))
