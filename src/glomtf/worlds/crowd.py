"""The crowd: figures that touch, overlap and share their looks, so that no cheap cue suffices."""

from __future__ import annotations

from collections.abc import Sequence

from .arrangements import ARRANGEMENTS
from .figures import Figures

BACKGROUNDS = ("linear", "noise", "stripes", "grain")
UNSEEN_BACKGROUNDS = ("checks", "mosaic")


def crowd(
    image_size: int = 64,
    *,
    objects: tuple[int, int] = (2, 6),
    figures: Sequence[str] = tuple(ARRANGEMENTS),
    backgrounds: Sequence[str] = BACKGROUNDS,
) -> Figures:
    """A hard world of `Figures`: ``objects`` = (fewest, most) in a heap.

    Figures are 24 to 42 pixels across in a picture of 64, nearly all placed to overlap; parts have
    random colours under stripes, checks and shading, some have their colours from the object
    beside them, some nearly those of the part beside them; backgrounds are textured.

    What does not look at the picture's structure fails here. `glomtf evaluate --world crowd` (300
    scenes of 128 pixels, thresholds from others), FG-ARI: true foreground + position 0.50 for
    objects; colour clusters 0.56 and connected flat colour 0.49 for parts.
    """
    return Figures(
        image_size,
        objects=objects,
        clutter=(0, 0),
        crowding=0.95,
        overlap=0.6,
        across=(0.38, 0.66),
        figures=figures,
        backgrounds=backgrounds,
        woven=True,
    )
