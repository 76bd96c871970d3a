"""Draw the agreement of each island as a bar in its colour, and the legend that explains it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from glomtf.islands.colours import HUES, Colours, shade

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LINE = 0.145
"""Inches from one line to the next."""

_PER_COLUMN, _COLUMNS = 12, 2
_SIZE, _INK, _FAINT, _TRACK = 7, "0.1", "0.4", "0.92"
_BACKGROUND = "0.66"

# Inches from the left of a column of bars: where the number ends and where the bar begins, and how
# much room is kept at its right for the value.
_NUMBER, _START, _VALUE = 0.17, 0.23, 0.33


def lines_needed(islands: int) -> int:
    """Lines of ``draw_bars`` for so many islands, the note on left-out ones included."""
    fit = _PER_COLUMN * _COLUMNS
    columns = 1 if islands <= _PER_COLUMN else _COLUMNS
    return -(-min(islands, fit) // columns) + (islands > fit)


def draw_bars(
    ax: "Axes", labels: NDArray[np.int64], agreements: Mapping[int, float], colours: Colours
) -> None:
    """Fill axes that ``inches`` made with a bar per island, in the order of their numbers.

    A full bar is agreement 1, none is 0 or less. Of more islands than fit, the largest are shown.
    """
    islands, columns = np.unique(labels[labels > 0], return_counts=True)
    width = ax.get_xlim()[1]
    largest = np.argsort(-columns, kind="stable")[: _PER_COLUMN * _COLUMNS]
    shown = sorted(islands[largest].tolist())
    across = 1 if len(shown) <= _PER_COLUMN else _COLUMNS
    down = -(-len(shown) // across)
    room = width / across
    for i, island in enumerate(shown):
        left, y = i // down * room, (i % down + 0.5) * LINE
        length = room - _START - _VALUE
        filled = length * float(np.clip(agreements[island], 0.0, 1.0))
        start, thick = left + _START, 0.5 * LINE
        ax.barh(y, length, thick, start, color=_TRACK, lw=0)
        ax.barh(y, filled, thick, start, color=np.array(colours[island]) / 255, lw=0)
        _write(ax, left + _NUMBER, y, str(island), ha="right", color=_INK)
        _write(ax, start + length + 0.05, y, f"{agreements[island]:.2f}")
    if len(shown) < len(islands):
        smaller = len(islands) - len(shown)
        _write(ax, _START, (down + 0.5) * LINE, f"and {smaller} smaller")
    if not shown:
        _write(ax, 0.0, 0.5 * LINE, "all background")


def draw_legend(ax: "Axes", bars: bool) -> None:
    """Fill axes that ``inches`` made with what colours, numbers and, if any, bars stand for."""
    swatch, text = 0.27, 0.36
    for i in range(3):
        colour = np.array(shade(HUES[0], i, 3)) / 255
        ax.barh(0.5 * LINE, swatch / 3, 0.62 * LINE, i * swatch / 3, color=colour, lw=0)
    _write(ax, text, 0.5 * LINE, "an object has one hue, its parts are shades")
    ax.barh(1.5 * LINE, swatch, 0.62 * LINE, 0.0, color=_BACKGROUND, lw=0)
    _write(ax, text, 1.5 * LINE, "background")
    _write(ax, swatch / 2, 2.5 * LINE, "7", ha="center", color=_INK)
    _write(ax, text, 2.5 * LINE, "number of an island at its level")
    if bars:
        ax.barh(3.5 * LINE, swatch, 0.5 * LINE, 0.0, color=_TRACK, lw=0)
        ax.barh(3.5 * LINE, 0.8 * swatch, 0.5 * LINE, 0.0, color=np.array(HUES[0]) / 255, lw=0)
        _write(ax, text, 3.5 * LINE, "its agreement: mean cosine, 0 to 1")


def inches(ax: "Axes", width: float, height: float) -> None:
    """Make axes a blank sheet measured in inches from its upper left corner."""
    ax.set_xlim(0.0, width)
    ax.set_ylim(height, 0.0)
    ax.set_axis_off()


def _write(
    ax: "Axes", x: float, y: float, text: str, ha: str = "left", color: str = _FAINT
) -> None:
    ax.text(x, y, text, fontsize=_SIZE, ha=ha, va="center_baseline", color=color)
