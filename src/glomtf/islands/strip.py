"""Lay out a figure of small pictures: levels from top to bottom, settling steps from left to right.

Everything is placed in inches, so that pictures line up whatever their number.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from glomtf.islands.overlay import Pixels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_STEPS = 13

_INK, _FAINT = "0.1", "0.4"
_MARGIN, _GAP = 0.15, 0.06
_HEAD, _LABEL, _NAME, _CAPTION, _FOOT = 0.36, 0.22, 0.62, 0.17, 0.3
_LEAST_WIDTH = 6.4


def shown_steps(count: int) -> list[int]:
    """Which of ``count`` states to draw: all, or ``MOST_STEPS`` of them from first to last."""
    return np.unique(np.linspace(0, count - 1, min(count, MOST_STEPS)).round().astype(int)).tolist()


def strip_figure(
    picture: Pixels,
    panels: Sequence[Sequence[Pixels]],
    levels: Sequence[int],
    steps: Sequence[int],
    title: str,
    note: str,
    captions: Sequence[Sequence[str]] | None = None,
) -> "Figure":
    """The picture beside a grid of panels, the top level on top.

    picture: (H, W, 3) uint8; panels: [step][level], level 1 first, all of the picture's shape;
    levels, steps: their numbers; captions: words below each panel, in the same order; title, note:
    a line above and one below. The figure is not shown, saved or registered anywhere.
    """
    from matplotlib.figure import Figure

    side = float(np.clip(10.5 / len(steps), 0.85, 1.6))
    high, wide = picture.shape[:2]
    tall, broad = side * high / max(high, wide), side * wide / max(high, wide)
    # Very long pictures get white around them rather than a panel that is a mere line.
    tall, broad = max(tall, 0.4 * side), max(broad, 0.4 * side)
    below = _CAPTION if captions is not None else 0.0
    row = tall + below + _GAP
    left = _MARGIN + broad + _NAME
    width = max(left + len(steps) * (broad + _GAP) - _GAP + _MARGIN, _LEAST_WIDTH)
    height = _HEAD + _LABEL + len(levels) * row + _FOOT
    figure = Figure(figsize=(width, height), dpi=150, facecolor="white")

    def words(
        x: float, y: float, text: str, size: float = 7.5, ha: str = "left", color: str = _FAINT
    ) -> None:
        figure.text(x / width, 1 - y / height, text, fontsize=size, ha=ha, va="center", color=color)

    def show(pixels: Pixels, x: float, y: float) -> None:
        ax = figure.add_axes((x / width, 1 - (y + tall) / height, broad / width, tall / height))
        ax.imshow(pixels, interpolation="antialiased")
        ax.set_axis_off()

    words(_MARGIN, _HEAD / 2 + 0.02, title, 10, color=_INK)
    words(_MARGIN, height - _FOOT / 2 - 0.02, note)
    top = _HEAD + _LABEL
    # The picture stands beside level 1, which is the level that sees it.
    lowest = top + (len(levels) - 1) * row
    show(picture, _MARGIN, lowest)
    words(_MARGIN + broad / 2, lowest - _LABEL / 2, "picture", ha="center")
    for i, number in enumerate(reversed(levels)):
        middle = top + i * row + tall / 2
        words(left - 0.08, middle, f"level {number}", 8, ha="right", color=_INK)
    for i, step in enumerate(steps):
        x = left + i * (broad + _GAP)
        words(x + broad / 2, top - _LABEL / 2, f"step {step}" if i == 0 else f"{step}", ha="center")
        for j in range(len(levels)):
            y = top + (len(levels) - 1 - j) * row
            show(panels[i][j], x, y)
            if captions is not None:
                words(x + broad / 2, y + tall + _CAPTION / 2, captions[i][j], 6.5, ha="center")
    return figure
