"""Objects drawn once as maps of their parts, and the coats of paint they are given."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Stencil:
    """An object drawn once, to be placed many times.

    ``map`` (T, T) uint8: 0 is transparent, i the i-th part; the border is 0 all around.
    ``parts`` is the number of parts, ``radius`` half the longer side of the object's bounding
    box (whose centre is the map's centre) and ``area`` its size, in map pixels.
    """

    map: NDArray[np.uint8]
    parts: int
    radius: float
    area: int

    @classmethod
    def centred(cls, index_map: NDArray[np.uint8], side: int) -> Stencil:
        """The stencil of an index map (at least one pixel > 0), centred in ``side`` pixels.

        ``side`` must be at least the longer side of the object plus 2.
        """
        rows = np.flatnonzero(index_map.any(axis=1))
        columns = np.flatnonzero(index_map.any(axis=0))
        cut = index_map[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        height, width = cut.shape
        centred = np.zeros((side, side), np.uint8)
        top, left = (side - height) // 2, (side - width) // 2
        centred[top : top + height, left : left + width] = cut
        return cls(centred, int(cut.max()), max(height, width) / 2, int(np.count_nonzero(cut)))


@dataclass(frozen=True)
class Weave:
    """A pattern of second colours on the parts of one object.

    ``colours`` (P, 3) in 0..255. ``waves`` (P, 2): radians per picture pixel along x and y of the
    unturned object, (0, 0) for an even mixture of both colours. ``phases`` (P,) radians at the
    object's centre. ``crossed`` (P,) bool: checks instead of stripes.
    """

    colours: Floats
    waves: Floats
    phases: Floats
    crossed: NDArray[np.bool_]


@dataclass(frozen=True)
class Coat:
    """How the parts of one object are painted.

    ``colours`` (P, 3) in 0..255. ``slopes`` (P, 2): the relative change of brightness from the
    object's centre to its edge, along x and y. ``ink`` (3,) is the colour of the outline around
    each part, or None for none; ``ink_width`` its width in half pixels, 1 or 2. Outlines belong
    to the part inside which they are drawn. ``weave`` is a pattern under the shading, or None.
    """

    colours: Floats
    slopes: Floats | None = None
    ink: Floats | None = None
    ink_width: int = 1
    weave: Weave | None = None
