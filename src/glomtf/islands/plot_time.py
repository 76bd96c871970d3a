"""Draw how the islands of a picture form: a strip of settling steps for every level."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from glomtf.islands.overlay import canvas, extent, paint
from glomtf.islands.strip import shown_steps, strip_figure
from glomtf.islands.timeline import timeline

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SIDE = 240


def time_figure(
    image: ArrayLike,
    labels: Sequence[Sequence[ArrayLike]],
    levels: Sequence[int],
    patch: tuple[float, float] | None = None,
) -> "Figure":
    """A figure with a row per level, the top level on top, and a column per settling step.

    Islands are tinted and outlined over the picture; one that carries on keeps its colour, and the
    last step has the colours of ``levels_figure``. Below each panel stands the number of islands.
    Of many steps, some are left out evenly.

    Args:
        image: (H, W, C), uint8 or in [0, 1].
        labels: T + 1 steps, each with one (rows, cols) map per level, low to high.
        levels: the levels' numbers.
        patch: height and width of one column in pixels if the grid does not just cover the picture.

    Raises:
        ValueError: no step, or not as many maps in each step as levels.
    """
    if any(len(one) != len(levels) for one in labels):
        raise ValueError(
            f"labels: expected {len(levels)} maps per step, one per level, got "
            f"{sorted({len(one) for one in labels})}"
        )
    # Islands are followed through every step, also through those that are not drawn.
    maps, colours = timeline(labels)
    steps = shown_steps(len(maps))
    picture = canvas(image, side=_SIDE)
    reach = extent(image, maps[0][0].shape, patch)
    panels = [
        [paint(picture, grid, one, reach) for grid, one in zip(maps[t], colours, strict=True)]
        for t in steps
    ]
    counts = [[str(len(np.unique(grid[grid > 0]))) for grid in maps[t]] for t in steps]
    return strip_figure(
        picture,
        panels,
        levels,
        steps,
        title="Islands while settling",
        note="An island that carries on keeps its colour. Below: number of islands.",
        captions=counts,
    )
