"""Parse one picture: settle a Glom on it, read the islands of every level, build the tree."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from glomtf.islands import (
    Level,
    ParseTree,
    build_tree,
    island_agreements,
    level_agreement,
    levels_figure,
    render_report,
    segment,
)
from glomtf.worlds.files import read_picture

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from glomtf.model.glom import Glom


@dataclass(frozen=True, eq=False)
class Parse:
    """What a model sees in one picture.

    Attributes:
        image: (H, W, 3) uint8, the picture as it was given.
        tree: the islands of the part level and of the levels above it, nested.
        levels: labels and agreement of every level of the model, lowest first.
        states: (T + 1, N, L, D) float32, the initial state and every settling step;
            N = rows * cols in reading order.
        labels: (T + 1, L, rows, cols) int32, the islands of these states, 0 = background; the
            last step's are those of ``levels``. Each step numbers its islands afresh;
            ``glomtf.islands.follow`` finds those that carry on.
        grid: (rows, cols).
        patch: height and width of one column in pixels of ``image``; the grid starts at its top
            left corner and may reach past its right and lower sides.
    """

    image: np.ndarray
    tree: ParseTree
    levels: tuple[Level, ...]
    states: np.ndarray
    labels: np.ndarray
    grid: tuple[int, int]
    patch: tuple[float, float]

    def plot(self) -> Figure:
        """A matplotlib figure of the picture and the islands of every level, with agreements."""
        last = self.states[-1].reshape(*self.grid, len(self.levels), -1)
        return levels_figure(
            self.image,
            [one.labels for one in self.levels],
            [one.level for one in self.levels],
            [one.agreement for one in self.levels],
            self.patch,
            islands=[island_agreements(last[:, :, one.level - 1], one.labels) for one in self.levels],
        )

    def save(self, folder: str | os.PathLike[str]) -> None:
        """Write levels.png, report.html and tree.json ("glomtf.parse/1") into a folder.

        The folder is made if needed; older files of these names are replaced. Raises OSError if
        that cannot be done; no half-written file is left then.
        """
        drawing = io.BytesIO()
        self.plot().savefig(drawing, format="png")
        report = render_report(
            self.tree, self.image, self.patch, states=self.states, maps=self.labels
        )
        files = {"levels.png": drawing.getvalue(), "report.html": report.encode()}
        write_files(folder, files | {"tree.json": self.tree.to_json().encode()})


def parse(
    picture: str | os.PathLike[str] | np.ndarray,
    model: Glom | str | os.PathLike[str] | None = None,
    *,
    iters: int | None = None,
    thresholds: Sequence[float] | None = None,
    name: str | None = None,
) -> Parse:
    """Parse a picture of any size into its part-whole hierarchy.

    The picture's long side is scaled to the model's image size; a model that learned its
    locations one by one (``top_down_location="learned"``) gets its exact size. What is missing to
    whole patches repeats the edge, and columns that are mostly such padding are left out.

    Args:
        picture: a path, or (H, W), (H, W, 3) or (H, W, 4) as uint8 or floats in [0, 1].
            Transparency is laid on white.
        model: a :class:`glomtf.Glom`, the name of a preset or the folder of a run;
            None = the preset "icons".
        iters: settling steps, 1 to 1000; None = what the model was trained to be read at.
        thresholds: per level, lowest first, the least agreement (cosine, -1 to 1) within an
            island; None = the model's own.
        name: what the tree calls the picture; None = its path, "" for an array.

    Raises:
        ValueError: in one line: no usable picture, model, number of steps or thresholds.
    """
    path = isinstance(picture, (str, os.PathLike))
    pixels = read_picture(picture) if path else pixels_of(picture)
    model, reading = model_and_reading(model)
    if thresholds is not None:
        reading = replace(reading, thresholds=_checked(thresholds, model.levels))
    if iters is None:
        iters = reading.iters
    else:
        _check_steps(iters)
    views, grid, patch = view_of(pixels, model)
    states = _settled(model, views, iters)[:, : grid[0], : grid[1]]
    labels = np.array([islands_of(state, reading.thresholds) for state in states])
    labels.flags.writeable = False
    # (L, rows, cols, D) of the last step.
    last = np.moveaxis(states[-1], 2, 0)
    levels = tuple(
        Level(number, one, level_agreement(island_agreements(vectors, one), one))
        for number, (vectors, one) in enumerate(zip(last, labels[-1], strict=True), start=1)
    )
    first = reading.part_level - 1
    tree = build_tree(
        labels[-1, first:],
        levels=range(first + 1, model.levels + 1),
        image=(pixels.shape[1], pixels.shape[0]),
        patch=patch,
        vectors=last[first:],
        path=name if name is not None else os.fspath(picture) if path else "",
    )
    flat = np.ascontiguousarray(states).reshape(len(states), -1, model.levels, model.dim)
    return Parse(pixels, tree, levels, flat, labels, grid, patch)


def islands_of(state, thresholds):
    """Label maps (rows, cols), one per level, of one state (rows, cols, L, D)."""
    levels = np.moveaxis(state, 2, 0)
    return [segment(v, threshold=t) for v, t in zip(levels, thresholds, strict=True)]


def write_files(folder: str | os.PathLike[str], files: dict[str, bytes]) -> None:
    """Write files into a folder, each complete or not at all; the last one comes last."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".new-", dir=folder) as new:
        for name, content in files.items():
            Path(new, name).write_bytes(content)
        for name in files:
            Path(new, name).replace(folder / name)


def pixels_of(picture):
    """Check an array and give it as (H, W, 3) uint8."""
    expected = "expected a picture (H, W), (H, W, 3) or (H, W, 4) as uint8 or floats in [0, 1]"
    array = np.asarray(picture)
    if array.ndim == 2:
        array = array[..., None]
    if array.ndim != 3 or array.shape[2] not in (1, 3, 4) or array.size == 0:
        raise ValueError(f"{expected}, got shape {np.shape(picture)}; check the order of the axes")
    if np.issubdtype(array.dtype, np.floating):
        low, high = float(array.min()), float(array.max())
        if not (low >= 0 and high <= 1):
            raise ValueError(f"{expected}, got values from {low:g} to {high:g}; scale or clean it")
        array = np.rint(array.astype(np.float64) * 255).astype(np.uint8)
    if array.dtype != np.uint8:
        raise ValueError(f"{expected}, got {array.dtype}; convert it")
    if array.shape[2] == 4:
        alpha = array[..., 3:] / 255
        array = np.rint(array[..., :3] * alpha + 255 * (1 - alpha)).astype(np.uint8)
    # A copy: the frozen result must not change when the caller's array does.
    return np.array(np.broadcast_to(array, (*array.shape[:2], 3)))


def model_and_reading(model):
    from glomtf.model.glom import Glom
    from glomtf.model.presets import load, reading_of

    if model is None:
        model = _icons()
    elif isinstance(model, (str, os.PathLike)):
        model = load(model)
    if not isinstance(model, Glom):
        raise ValueError(f"expected a Glom, a preset or a folder, got {type(model).__name__}")
    if model.channels not in (1, 3):
        raise ValueError(f"expected a Glom of 1 or 3 channels, got {model.channels}; train another")
    return model, reading_of(model)


@cache
def _icons():
    from glomtf.model.presets import load

    return load("icons")


def view_of(pixels, model):
    """What the model is shown: ((1, H', W', C) float32 in [0, 1], (rows, cols), patch).

    The grid leaves out columns that are mostly padding, at the right and the lower side.
    """
    size, side = model.image_size, model.patch_size
    height, width = pixels.shape[:2]
    fixed = model.top_down_location == "learned"
    scale = min(size[0] / height, size[1] / width) if fixed else max(size) / max(height, width)
    sides = tuple(max(1, round(length * scale)) for length in (height, width))
    picture = Image.fromarray(pixels).convert("L" if model.channels == 1 else "RGB")
    # This filter averages when shrinking and, unlike Lanczos, does not ring at hard edges.
    shown = np.asarray(picture.resize(sides[::-1], Image.Resampling.HAMMING), np.float32) / 255
    shown = shown.reshape(*sides, model.channels)
    whole = size if fixed else tuple(-(-length // side) * side for length in sides)
    missing = [(0, full - length) for full, length in zip(whole, sides, strict=True)]
    shown = np.pad(shown, [*missing, (0, 0)], mode="edge")[None]
    # Half a patch of picture is enough to stay.
    grid = tuple(max(1, int(length / side + 0.5)) for length in sides)
    return shown, grid, (side * height / sides[0], side * width / sides[1])


def _check_steps(iters):
    from glomtf.model.presets import MAX_ITERS

    whole = isinstance(iters, (int, np.integer)) and not isinstance(iters, bool)
    if not whole or not 1 <= iters <= MAX_ITERS:
        raise ValueError(
            f"expected iters as a whole number from 1 to {MAX_ITERS}, got {iters!r:.60}; "
            "leave it out for the model's own"
        )


def _checked(thresholds, levels):
    """Thresholds as a tuple of floats, one per level; their range is for Reading to check."""
    try:
        numbers = tuple(float(one) for one in thresholds)
    except (TypeError, ValueError):
        numbers = ()
    if len(numbers) != levels:
        raise ValueError(
            f"expected thresholds as {levels} numbers from -1 to 1, lowest level first, got "
            f"{thresholds!r:.60}; leave them out for the model's own"
        )
    return numbers


def _settled(model, views, iters):
    """The states (T + 1, rows, cols, L, D) float32 of one view, padding included."""
    from keras import ops

    rows, cols = (side // model.patch_size for side in views.shape[1:3])
    if model.data_format == "channels_first":
        views = views.transpose(0, 3, 1, 2)
    trajectory = model.settle(views, iters)
    states = [np.stack([ops.convert_to_numpy(x)[0] for x in s], axis=1) for s in trajectory]
    shape = (len(states), rows, cols, model.levels, model.dim)
    return np.asarray(states, np.float32).reshape(shape)
