"""Parse one picture: settle a Glom on it, read the islands of every level, build the tree."""

from __future__ import annotations

import html
import io
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from glomtf.islands import (
    Level,
    ParseTree,
    build_tree,
    island_agreements,
    level_agreement,
    levels_figure,
    render_report,
    segment,
    settling_gif,
    time_figure,
    vectors_figure,
)
from glomtf.view import model_and_reading, pixels_of, settled_view, view_of
from glomtf.worlds.files import read_picture

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike

    from glomtf.model.glom import Glom


@dataclass(frozen=True, eq=False)
class Parse:
    """What a model sees in one picture. In a notebook it shows itself as the island explorer.

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
            self._numbers(),
            [one.agreement for one in self.levels],
            self.patch,
            islands=[island_agreements(last[:, :, i], x.labels) for i, x in enumerate(self.levels)],
        )

    def plot_settling(self) -> Figure:
        """A matplotlib figure of the islands at every level and settling step."""
        return time_figure(self.image, self.labels, self._numbers(), self.patch)

    def plot_vectors(self) -> Figure:
        """A matplotlib figure of the vectors at every level and step, as colours by PCA."""
        return vectors_figure(self.image, self.states, self.grid, self._numbers(), self.patch)

    def animate(self) -> bytes:
        """An animated GIF of the islands while they settle."""
        return settling_gif(self.image, self.labels, self._numbers(), self.patch)

    def report(
        self,
        *,
        truth: Mapping[str, ArrayLike] | None = None,
        scores: Mapping[str, float] | None = None,
    ) -> str:
        """The island explorer: one HTML page that loads nothing else.

        Args:
            truth: true (rows, cols) label maps by name, from low to high, where they are known.
            scores: numbers by name, shown beside the truth.

        Raises:
            ValueError: truth of another shape or type.
        """
        return render_report(
            self.tree,
            self.image,
            self.patch,
            states=self.states,
            maps=self.labels,
            truth=truth,
            scores=scores,
        )

    def save(self, folder: str | os.PathLike[str], *, settling: bool = False) -> None:
        """Write levels.png, report.html and tree.json ("glomtf.parse/1") into a folder.

        With ``settling`` also what happens over time: settling.png, settling.gif and vectors.png.
        The folder is made if needed; older files of these names are replaced. Raises OSError if
        that cannot be done; no half-written file is left then.
        """
        files = {"levels.png": _png(self.plot()), "report.html": self.report().encode()}
        if settling:
            files["settling.png"] = _png(self.plot_settling())
            files["settling.gif"] = self.animate()
            files["vectors.png"] = _png(self.plot_vectors())
        write_files(folder, files | {"tree.json": self.tree.to_json().encode()})

    def _numbers(self) -> list[int]:
        return [one.level for one in self.levels]

    def _repr_html_(self) -> str:
        """The explorer in a frame of its own, for notebooks."""
        page = html.escape(self.report(), quote=True)
        style = "width: 100%; height: 900px; border: 0"
        return f'<iframe sandbox="allow-scripts" style="{style}" srcdoc="{page}"></iframe>'


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
    states = settled_view(model, views, iters)[:, : grid[0], : grid[1]]
    labels = np.array([islands_of(state, reading.thresholds) for state in states])
    labels.flags.writeable = False
    shown = name if name is not None else os.fspath(picture) if path else ""
    levels, tree = understood(states[-1], labels[-1], reading, pixels, patch, shown)
    flat = np.ascontiguousarray(states).reshape(len(states), -1, model.levels, model.dim)
    return Parse(pixels, tree, levels, flat, labels, grid, patch)


def islands_of(state, thresholds):
    """Label maps (rows, cols), one per level, of one state (rows, cols, L, D)."""
    levels = np.moveaxis(state, 2, 0)
    return [segment(v, threshold=t) for v, t in zip(levels, thresholds, strict=True)]


def understood(state, labels, reading, pixels, patch, name):
    """(levels, tree) of one state (rows, cols, L, D) with label maps (L, rows, cols)."""
    vectors = np.moveaxis(state, 2, 0)
    levels = tuple(
        Level(number, one, level_agreement(island_agreements(x, one), one))
        for number, (x, one) in enumerate(zip(vectors, labels, strict=True), start=1)
    )
    first = reading.part_level - 1
    tree = build_tree(
        labels[first:],
        levels=range(first + 1, len(levels) + 1),
        image=(pixels.shape[1], pixels.shape[0]),
        patch=patch,
        vectors=vectors[first:],
        path=name,
    )
    return levels, tree


def _png(figure):
    drawing = io.BytesIO()
    figure.savefig(drawing, format="png")
    return drawing.getvalue()


def write_files(folder: str | os.PathLike[str], files: dict[str, bytes]) -> None:
    """Write files into a folder, each complete or not at all; the last one comes last."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".new-", dir=folder) as new:
        for name, content in files.items():
            Path(new, name).write_bytes(content)
        for name in files:
            Path(new, name).replace(folder / name)


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
