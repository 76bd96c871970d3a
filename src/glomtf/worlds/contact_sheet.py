"""A contact sheet: each scene's picture beside its part map and its object map."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .scene import Scenes

# Okabe and Ito's colours, told apart with any colour vision; then the same, lighter and darker.
_BASE = np.array(
    [
        (230, 159, 0),
        (86, 180, 233),
        (0, 158, 115),
        (240, 228, 66),
        (0, 114, 178),
        (213, 94, 0),
        (204, 121, 167),
    ]
)
_PALETTE = np.concatenate([_BASE, (_BASE + 255) // 2, _BASE * 3 // 5]).astype(np.uint8)
_BEHIND = (48, 48, 48)
_GAP = 4


def contact_sheet(scenes: Scenes, columns: int = 4, zoom: int = 2) -> NDArray[np.uint8]:
    """Picture, part map and object map of each scene, ``columns`` scenes side by side.

    Pixels are enlarged ``zoom`` times; the background is dark grey in the maps, neighbouring
    labels have colours that differ for the colour-blind. Returns (H, W, 3) uint8.
    """
    rows = -(-len(scenes) // columns)
    height, width = scenes.parts.shape[1:]
    cell_height, cell_width = height * zoom + _GAP, 3 * width * zoom + 2 * _GAP
    sheet = np.full((rows * cell_height + _GAP, columns * cell_width + _GAP, 3), 255, np.uint8)
    for number, scene in enumerate(scenes):
        top = number // columns * cell_height + _GAP
        left = number % columns * cell_width + _GAP
        strip = np.concatenate([scene.image, _paint(scene.parts), _paint(scene.objects)], axis=1)
        strip = strip.repeat(zoom, axis=0).repeat(zoom, axis=1)
        sheet[top : top + height * zoom, left : left + 3 * width * zoom] = strip
    return sheet


def _paint(labels: NDArray[np.int16]) -> NDArray[np.uint8]:
    painted = _PALETTE[(labels - 1) % len(_PALETTE)]
    painted[labels == 0] = _BEHIND
    return painted
