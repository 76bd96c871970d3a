"""Figures of no class: the part shapes put together at random, no two alike."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from .arrangements import SINGLES, Part, draw_figure
from .stencil import Stencil

SHOWN = 0.04  # the least of a figure's area that each of its parts must show


def invented_figure(rng: np.random.Generator) -> Stencil:
    """A random figure of three to five parts, in one piece.

    The first part is large. Each further one sits on a part that is there already or sticks out
    from behind or before it. Two thirds of the figures are alike on the left and on the right, up
    to the shapes of their parts.
    """
    while True:
        stencil = draw_figure(rng, _arrangement(rng), 0.0)
        areas = np.bincount(stencil.map.ravel(), minlength=stencil.parts + 1)[1:]
        pieces = ndimage.label(stencil.map)[1]
        if pieces == 1 and len(areas) >= 3 and (areas >= SHOWN * stencil.area).all():
            return stencil


def _arrangement(rng: np.random.Generator) -> tuple[Part, ...]:
    """Part shapes within the unit of arrangements, from back to front."""
    even = bool(rng.random() < 2 / 3)
    parts = [_shape(rng, 0.0, 0.0, rng.uniform(0.45, 0.8), even)]
    wanted = int(rng.integers(3, 6))
    while len(parts) < wanted:
        at = int(rng.integers(len(parts)))
        _, x, y, width, height, degrees = parts[at]
        inside = bool(rng.random() < 0.4)
        # In the axes of the part it belongs to, whose border is about 1 away.
        way = rng.uniform(0, 2 * np.pi)
        far = rng.uniform(0.0, 0.5) if inside else rng.uniform(0.8, 1.15)
        u, v, turn = far * np.cos(way) * width, far * np.sin(way) * height, np.deg2rad(degrees)
        x += float(np.cos(turn) * u - np.sin(turn) * v)
        y += float(np.sin(turn) * u + np.cos(turn) * v)
        size = max(width, height) * (rng.uniform(0.3, 0.6) if inside else rng.uniform(0.4, 1.0))
        size = float(np.clip(size, 0.2, 0.8))
        # What sticks out may do so from behind.
        place = len(parts) if inside or rng.random() < 0.5 else at
        paired = even and abs(x) > 0.2 and len(parts) < wanted - 1
        part = _shape(rng, x if paired or not even else 0.0, y, size, even and not paired)
        parts.insert(place, part)
        if paired:
            shape, x, y, width, height, degrees = part
            parts.insert(place, (shape, -x, y, width, height, -degrees))
    return tuple(parts)


def _shape(rng: np.random.Generator, x: float, y: float, size: float, upright: bool) -> Part:
    """A part of a random shape whose longer half is ``size``."""
    shape = str(rng.choice(list(SINGLES)))
    flat = 1.0 if shape in ("disc", "ring") else rng.uniform(0.3, 1.0)
    width, height = (size, size * flat) if rng.random() < 0.5 else (size * flat, size)
    degrees = 0.0 if upright or rng.random() < 0.5 else float(rng.uniform(-180, 180))
    return shape, x, y, float(width), float(height), degrees
