"""Painting placed objects: their parts' colours, woven patterns, shading and outlines.

The first three work on the canvas, at twice the picture's resolution: ``pixels`` (2S, 2S, 3) are
changed in place, ``parts`` and ``objects`` (2S, 2S) are its labels, and ``placed`` (n, 4) holds x,
y and radius (canvas pixels) and the angle of the n objects, in the order of their ``coats``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .stencil import Coat, Floats

Labels = NDArray[np.int16]


def colour_table(coats: list[Coat]) -> Floats:
    """Colours by part label; the background's is black, so that it adds nothing."""
    return np.concatenate([np.zeros((1, 3), np.float32), *(coat.colours for coat in coats)])


def weave(pixels: Floats, parts: Labels, placed: Floats, coats: list[Coat]) -> None:
    """Blend in the second colours, in stripes or checks that turn with their object."""
    if all(coat.weave is None for coat in coats):
        return
    # Change of colour, the wave along x and y and its phase, whether crossed and the crossing's.
    rows = [np.zeros((1, 8), np.float32)]
    for (x, y, _, angle), coat in zip(placed, coats, strict=True):
        table = np.zeros((len(coat.colours), 8), np.float32)
        if coat.weave is not None:
            table[:, :3] = coat.weave.colours - coat.colours
            cosine, sine = np.cos(angle), np.sin(angle)
            across, down = coat.weave.waves.T / 2
            table[:, 3] = cosine * across - sine * down
            table[:, 4] = sine * across + cosine * down
            table[:, 5] = coat.weave.phases - table[:, 3] * x - table[:, 4] * y
            table[:, 6] = coat.weave.crossed
            table[:, 7] = table[:, 4] * x - table[:, 3] * y
        rows.append(table)
    inside = np.flatnonzero(parts)
    here = np.concatenate(rows).take(parts.ravel()[inside], axis=0)
    down, across = np.divmod(inside.astype(np.float32), np.float32(parts.shape[1]))
    wave = np.sin(here[:, 3] * across + here[:, 4] * down + here[:, 5])
    crossed = np.flatnonzero(here[:, 6])
    other = here[crossed]
    wave[crossed] *= np.sin(
        other[:, 3] * down[crossed] - other[:, 4] * across[crossed] + other[:, 7]
    )
    # Steep enough for edges that show, soft enough not to flicker at half a pixel.
    blend = np.clip(1.5 * wave + 0.5, 0, 1)
    pixels.reshape(-1, 3)[inside] += here[:, :3] * blend[:, None]


def shade(pixels: Floats, parts: Labels, placed: Floats, coats: list[Coat]) -> None:
    """Change the brightness along the slopes of each part."""
    if all(coat.slopes is None for coat in coats):
        return
    rows = [np.zeros((1, 3), np.float32)]  # x slope, y slope, offset per part
    for (x, y, radius, _), coat in zip(placed, coats, strict=True):
        table = np.zeros((len(coat.colours), 3), np.float32)
        if coat.slopes is not None:
            table[:, :2] = coat.slopes / radius
            table[:, 2] = -(table[:, 0] * x + table[:, 1] * y)
        rows.append(table)
    x_slope, y_slope, offset = np.concatenate(rows).T
    along = np.arange(parts.shape[0], dtype=np.float32)
    light = x_slope.take(parts) * along
    light += y_slope.take(parts) * along[:, None]
    light += offset.take(parts)
    pixels *= (1 + light)[:, :, None]


def outline(pixels: Floats, parts: Labels, objects: Labels, coats: list[Coat]) -> None:
    """Draw the ink around the parts of the objects that have some."""
    for width in (1, 2):
        inked = [coat.ink is not None and coat.ink_width == width for coat in coats]
        if any(inked):
            edge = _edge(parts, width) & np.array([False, *inked])[objects]
            inks = np.array([(0, 0, 0) if coat.ink is None else coat.ink for coat in coats])
            pixels[edge] = inks[objects[edge] - 1]


def _edge(parts: Labels, width: int) -> NDArray[np.bool_]:
    """Where another label is at most ``width`` canvas pixels away."""
    edge = np.zeros(parts.shape, bool)
    for _ in range(width):
        wider = edge.copy()
        across = (parts[:, 1:] != parts[:, :-1]) | edge[:, 1:] | edge[:, :-1]
        down = (parts[1:] != parts[:-1]) | edge[1:] | edge[:-1]
        wider[:, 1:] |= across
        wider[:, :-1] |= across
        wider[1:] |= down
        wider[:-1] |= down
        edge = wider
    return edge
