"""Trained models on disk: the presets in the package, saving a run, loading either."""

import inspect
import json
import math
import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import h5py
import numpy as np

from glomtf.model.checks import STEMS
from glomtf.model.glom import Glom

SCHEMA = "glomtf.model/1"
PRESETS = Path(__file__).parent / "weights"
DESCRIPTION, WEIGHTS = "model.json", "model.weights.h5"

# What load accepts of a stranger's model.json: columns bound the attention matrices, iters the
# graph. The sizes of the nets are bounded by the weights that came with them.
MAX_BYTES, MAX_ITERS, MAX_COLUMNS = 1_000_000, 1_000, 10_000
MAX_VALUES = {
    "levels": 64, "image_size": 8192, "patch_size": 1024, "location_frequencies": 64,
    "assembly": 16,
}  # fmt: skip

_DEFAULTS = {
    name: parameter.default
    for name, parameter in inspect.signature(Glom.__init__).parameters.items()
    if parameter.default is not inspect.Parameter.empty
}
_WORDS = ("top_down_location", "bottom_up_location", "state_norm")
_LISTS = ("image_size", "local_consensus_radius", "assembly")


@dataclass(frozen=True)
class Reading:
    """How the states of a trained model are read as islands.

    Attributes:
        iters: settling steps, 0 (the feed-forward sweep alone) to 1000.
        thresholds: per level, lowest first, the least agreement (cosine) within an island.
        part_level: the level (1 = lowest) whose islands are parts.
        object_level: the level whose islands are objects, not below ``part_level``.

    Raises:
        ValueError: a value out of range.
    """

    iters: int
    thresholds: tuple[float, ...]
    part_level: int
    object_level: int

    def __post_init__(self):
        levels = len(self.thresholds)
        for name, least, most in (
            ("iters", 0, MAX_ITERS),
            ("part_level", 1, levels),
            ("object_level", self.part_level, levels),
        ):
            value = getattr(self, name)
            if not _is_number(value, int) or not least <= value <= most:
                raise ValueError(
                    f"expected {name} as a whole number from {least} to {most}, got {value!r}"
                )
        for threshold in self.thresholds:
            if not _is_number(threshold) or not -1 <= threshold <= 1:
                raise ValueError(f"expected thresholds from -1 to 1, got {threshold!r}")

    @classmethod
    def default(cls, levels):
        """The reading of a model that was saved without one: 2 L steps, thresholds 0.5."""
        return cls(2 * levels, (0.5,) * levels, max(1, levels - 1), levels)


def available():
    """Names of the presets that came with the package, sorted."""
    return tuple(sorted(path.parent.name for path in PRESETS.glob(f"*/{DESCRIPTION}")))


def save_run(model, folder, reading, details):
    """Write a trained Glom as ``model.json`` and ``model.weights.h5``.

    Args:
        model: a :class:`Glom` whose stem is named, not a layer of the user's.
        folder: made if it does not exist; an older save in it is replaced.
        reading: a :class:`Reading` with one threshold per level of the model.
        details: plain JSON for people to read: recipe, command, minutes, versions.

    Raises:
        ValueError: the model has a stem of its own, or the reading another number of levels.
        OSError: the folder cannot be written. The older save is then still whole.
    """
    config = model.get_config()
    glom = {name: config[name] for name in _DEFAULTS}
    if not isinstance(glom["stem"], str):
        raise ValueError(
            f"expected a Glom with a stem of ours ({', '.join(STEMS)}), got "
            f"{type(model.stem).__name__}; "
            "save a model with a stem of your own with model.save('model.keras'), which does not "
            "keep its reading"
        )
    if len(reading.thresholds) != model.levels:
        raise ValueError(
            f"expected a reading with {model.levels} thresholds, one per level, "
            f"got {len(reading.thresholds)}"
        )
    content = {"schema": SCHEMA, "glom": glom, "reading": asdict(reading), "details": details}
    # NumPy's numbers and arrays become Python's own.
    text = json.dumps(content, indent=1, allow_nan=False, default=lambda value: value.tolist())
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    # Keras asks for this ending. Both files are whole before either takes its name.
    new_weights = folder / f".{os.getpid()}.weights.h5"
    new_description = folder / f".{os.getpid()}.json"
    try:
        model.save_weights(new_weights, overwrite=True)
        _pack(new_weights)
        new_description.write_text(text + "\n", encoding="utf-8")
        new_weights.replace(folder / WEIGHTS)
        new_description.replace(folder / DESCRIPTION)
    finally:
        new_weights.unlink(missing_ok=True)
        new_description.unlink(missing_ok=True)


def _pack(path):
    """Rewrite Keras' weights in the layout of HDF5 1.8: a twentieth smaller, read the same."""
    with h5py.File(path) as file:
        held = _held(file)
    with h5py.File(path, "w", libver="v108") as file:
        _fill(file, held)


def _held(item):
    """(attributes, {name: what it holds in turn, or its array})."""
    if isinstance(item, h5py.Group):
        return dict(item.attrs), {name: _held(each) for name, each in item.items()}
    return dict(item.attrs), item[()]


def _fill(group, held):
    attributes, items = held
    group.attrs.update(attributes)
    for name, item in items.items():
        if isinstance(item[1], dict):
            _fill(group.create_group(name), item)
        else:
            # Of arrays Keras notes what HDF5 has no word for: that bytes are bfloat16.
            group.create_dataset(name, data=item[1]).attrs.update(item[0])


def load(name_or_folder):
    """A trained Glom with its ``reading``, from a preset's name or a folder of ``save_run``.

    Text that is a preset's name means the preset; a folder of that name is ``./name`` or a path.
    Nothing in the files is executed: the description is plain JSON, the weights are HDF5 arrays.

    Raises:
        ValueError: no such preset or folder, or files that ``save_run`` did not write.
    """
    folder = Path(name_or_folder)
    if isinstance(name_or_folder, str) and name_or_folder in available():
        folder = PRESETS / name_or_folder
    description, weights = folder / DESCRIPTION, folder / WEIGHTS
    for path in (description, weights):
        if not path.is_file():
            raise ValueError(
                f"expected a preset ({', '.join(available()) or 'none installed'}) or a folder "
                f"with {DESCRIPTION} and {WEIGHTS}, got {str(name_or_folder)!r} without "
                f"{path.name}; check the name or the path"
            )
    try:
        arguments, reading = _described(description)
        _check_size(arguments, weights.stat().st_size)
        model = Glom(**arguments)
        if len(reading.thresholds) != model.levels:
            raise ValueError(f"expected {model.levels} thresholds, got {len(reading.thresholds)}")
    # Glom's checks compare and divide: values of a wrong kind end in one of these.
    except (ValueError, TypeError, ArithmeticError, OSError) as error:
        raise _refusal(description, error) from error
    try:
        _check_arrays(weights)
        model.load_weights(weights)
        if not all(np.isfinite(values).all() for values in model.get_weights()):
            raise ValueError("expected finite weights, got NaN or infinity")
    # The HDF5 reader raises whatever a damaged file leads it to.
    except Exception as error:
        raise _refusal(weights, error) from error
    model.reading = reading
    return model


def reading_of(model):
    """The model's own :class:`Reading`, or the default for its number of levels."""
    return getattr(model, "reading", None) or Reading.default(model.levels)


def _described(path):
    """(Glom's arguments, Reading) of a ``model.json``; ValueError for anything else."""
    if path.stat().st_size > MAX_BYTES:
        raise ValueError(f"expected at most {MAX_BYTES} bytes, got {path.stat().st_size}")

    def refuse(constant):
        raise ValueError(f"expected finite numbers, got {constant}")

    try:
        content = json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse)
    except RecursionError as error:
        raise ValueError("expected a few nested values, got thousands") from error
    keys = ("schema", "glom", "reading", "details")
    _check_keys("the file", content, keys, required=keys)
    if content["schema"] != SCHEMA:
        raise ValueError(f"expected schema {SCHEMA!r}, got {str(content['schema'])[:40]!r}")
    glom, reading = content["glom"], content["reading"]
    # An argument that a later version adds is missing in older files: its default holds.
    _check_keys("glom", glom, _DEFAULTS, required=())
    for name, value in glom.items():
        if not _fits(name, value):
            raise ValueError(f"expected glom.{name} like {_DEFAULTS[name]!r}, got {value!r:.60}")
    names = [field.name for field in fields(Reading)]
    _check_keys("reading", reading, names, required=names)
    if not isinstance(reading["thresholds"], list):
        raise ValueError(f"expected a list of thresholds, got {reading['thresholds']!r:.60}")
    return glom, Reading(**reading | {"thresholds": tuple(reading["thresholds"])})


def _check_keys(where, content, known, required):
    if not isinstance(content, dict):
        raise ValueError(f"expected {where} to be an object, got {type(content).__name__}")
    if unknown := sorted(set(content) - set(known)):
        raise ValueError(f"expected no {unknown[0]!r:.60} in {where}; only {', '.join(known)}")
    if missing := sorted(set(required) - set(content)):
        raise ValueError(f"expected {missing[0]!r} in {where}, got none")


def _fits(name, value):
    """Whether a JSON value is of the kind that this argument of Glom takes."""
    default = _DEFAULTS[name]
    if isinstance(default, bool):
        return isinstance(value, bool)
    if isinstance(default, str) or name in _WORDS:
        return value is None or isinstance(value, str)
    if isinstance(default, int) and name not in _LISTS:
        return _is_number(value, int)
    rows = value if isinstance(value, list) else [value]
    numbers = [entry for row in rows for entry in (row if isinstance(row, list) else [row])]
    return all(entry is None or _is_number(entry) for entry in numbers)


def _check_size(arguments, weight_bytes):
    """Refuse, before anything is allocated, a model far larger than the weights it came with."""
    given = _DEFAULTS | arguments
    for name, most in MAX_VALUES.items():
        if np.max(given[name]) > most:
            raise ValueError(f"expected glom.{name} of at most {most}, got {given[name]}")
    dim, patch = given["dim"], given["patch_size"]
    rows, cols = (side // patch for side in np.broadcast_to(given["image_size"], 2).tolist())
    if rows * cols > MAX_COLUMNS:
        raise ValueError(f"expected at most {MAX_COLUMNS} columns, got {rows} x {cols}")
    # Two matrices per net, eight per block of an assembly, the patch or the stem's first 3 x 3
    # convolution to dim or at least 16 values, the location table.
    blocks = np.broadcast_to(given["assembly"], given["levels"])
    nets = 2 * given["levels"] - 1
    least = 2 * nets * dim**2 * given["mlp_ratio"] + 8 * blocks.sum().item() * dim**2
    first = dim * patch**2 if given["stem"] == "linear" else min(dim, 16) * 9
    least += first * given["channels"]
    least += dim * rows * cols * (given["top_down_location"] == "learned")
    if 4 * least > weight_bytes:
        raise ValueError(
            f"expected {WEIGHTS} of at least {4 * least} bytes for these sizes, got {weight_bytes}"
        )


def _check_arrays(path):
    """Refuse, before anything is allocated, compressed arrays: a few bytes can hold gigabytes."""
    sizes = []
    with h5py.File(path) as file:
        file.visititems(lambda _, item: sizes.append(getattr(item, "nbytes", 0)))
    if sum(sizes) > path.stat().st_size:
        raise ValueError(
            f"expected arrays of at most the file's {path.stat().st_size} bytes, got {sum(sizes)}"
        )


def _is_number(value, kinds=(int, float)):
    return isinstance(value, kinds) and not isinstance(value, bool) and math.isfinite(value)


def _refusal(path, error):
    reason = " ".join(str(error).split())[:200] or type(error).__name__
    return ValueError(
        f"expected {path} as glomtf's training writes it; {reason}; train or download it again"
    )
