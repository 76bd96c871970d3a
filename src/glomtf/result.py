"""What a model sees in one picture, with its figures, its report and its files."""

from __future__ import annotations

import html
import io
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from glomtf.islands import (
    Level,
    ParseTree,
    island_agreements,
    levels_figure,
    render_report,
    settling_gif,
    time_figure,
    vectors_figure,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike


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
