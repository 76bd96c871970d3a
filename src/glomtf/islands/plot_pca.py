"""Draw the vectors of every level and step as colours: principal components as RGB."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from glomtf.islands.overlay import canvas, extent, magnify
from glomtf.islands.pca import pca_rgb
from glomtf.islands.strip import shown_steps, strip_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SIDE = 240


def vectors_figure(
    image: ArrayLike,
    states: ArrayLike,
    grid: tuple[int, int],
    levels: Sequence[int],
    patch: tuple[float, float] | None = None,
) -> "Figure":
    """A figure of ``pca_rgb``: a row per level, the top level on top, a column per settling step.

    Like colours are like vectors, in every panel; the note says how much of the variance the three
    components explain. Of many steps, some are left out evenly.

    Args:
        image: (H, W, C), uint8 or in [0, 1].
        states: (T + 1, N, L, D), the initial state and every settling step.
        grid: (rows, cols) with rows * cols = N.
        levels: the levels' numbers.
        patch: height and width of one column in pixels if the grid does not just cover the picture.

    Raises:
        ValueError: states of another shape, or with NaN or infinity.
    """
    if np.ndim(states) == 4 and np.shape(states)[2] != len(levels):
        raise ValueError(f"states: expected {len(levels)} levels, got {np.shape(states)[2]}")
    maps, shares = pca_rgb(states, grid)
    steps = shown_steps(len(maps))
    picture = canvas(image, side=_SIDE)
    size = (picture.shape[0], picture.shape[1])
    reach = extent(image, grid, patch)
    pixels = np.rint(maps * 255).astype(np.uint8)
    panels = [[magnify(one, size, reach) for one in pixels[t]] for t in steps]
    each = " + ".join(f"{share:.0%}" for share in shares)
    return strip_figure(
        picture,
        panels,
        levels,
        steps,
        title="Vectors while settling",
        note="Like colours are like vectors. Red, green and blue: three principal components, one "
        f"basis for all panels; they explain {shares.sum():.0%} of the variance ({each}).",
    )
