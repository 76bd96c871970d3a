"""A run's folder while it is trained: what it was started with, how far it is, taking it up."""

import json
import os
import shutil
from dataclasses import asdict
from errno import ENOENT
from pathlib import Path

import h5py

from glomtf.training.recipes import Recipe, Stage

CONFIG, STATE, HISTORY = "recipe.json", "progress.json", "history.csv"


def begin(out, started):
    """Make a run's folder with what it was started with; its progress.

    Raises:
        ValueError: the folder holds a run already.
    """
    if (out / CONFIG).exists():
        raise ValueError(
            f"expected a new folder for the run, got {out} with a run in it; "
            "add --resume to carry it on or choose another --out"
        )
    out.mkdir(parents=True, exist_ok=True)
    keep(out / CONFIG, started)
    return {"stages_done": 0, "minutes": 0.0}


def recipe_of(out, recipe, seed, name):
    """The :class:`Recipe` that a run is carried on with: the one it was started with.

    The definition behind a name may have changed since; a recipe without a name may not.

    Raises:
        ValueError: no run, a damaged one, another name, seed or nameless recipe than it has.
    """
    before = _started(out)
    for key, value in (("name", name), ("seed", seed)):
        _check_same(out, key, before.get(key) == value)
    # Runs from before recipes had these entries.
    later = {
        "worlds": {}, "labels": "true", "repaints": 0, "recolour": 0.0, "read_iters": None,
        "pairs": False, "optimizer": "adam",
    }  # fmt: skip
    of_stages = {"levels": None, "batch_size": None, "noise": 0.0}
    found = later | before.get("recipe", {})
    found["stages"] = [of_stages | stage for stage in found.get("stages", [])]
    if found == json.loads(json.dumps(asdict(recipe))):
        return recipe
    _check_same(out, "recipe", name)
    stages = [stage | {"levels": stage["levels"] and tuple(stage["levels"])}
              for stage in found["stages"]]  # fmt: skip
    try:
        return Recipe(**found | {"stages": tuple(Stage(**stage) for stage in stages)})
    except TypeError as error:
        raise ValueError(
            f"expected a recipe of this version in {out / CONFIG}, got another ({error}); "
            "carry the run on with the version that began it"
        ) from None


def taken_up(out, icons, digest):
    """The progress of a run whose icons, a path and their digest, are still the same.

    Raises:
        ValueError: other icons, or a damaged file.
    """
    before = _started(out)
    # Runs began with the path alone, which may have moved: its last part has to do then.
    same = before["icon_set"] == digest if "icon_set" in before else (
        not digest or Path(before.get("icons", "")).name == Path(icons).name
    )  # fmt: skip
    _check_same(out, "icons", same)
    if not (out / STATE).exists():
        return {"stages_done": 0, "minutes": 0.0}
    return _kept(out / STATE, "remove it to carry on from the checkpoints; minutes are lost then")


def _started(out):
    if not (out / CONFIG).exists():
        raise ValueError(
            f"expected a run to resume, got {out} without {CONFIG}; leave --resume out"
        )
    return _kept(out / CONFIG, "start anew with another --out")


def _check_same(out, what, same):
    if not same:
        raise ValueError(
            f"expected the {what} that {out} was started with, got another; give the same "
            "arguments or a new --out"
        )


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
        except OSError as error:
            # HDF5 gives damaged files no number. What cannot be read for now is not damaged.
            if error.errno not in (None, ENOENT):
                raise
            continue
        except (ValueError, KeyError, TypeError):
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
