"""The part shapes of figures and how each class arranges them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .stencil import Floats, Stencil

STENCIL_SIDE = 100

# One part: shape, centre x and y, half width, half height, angle in degrees. The unit is half
# the object, y points down, later parts lie on top. Every part is large enough to show on a
# grid of 4-pixel patches when the object is 30 pixels across.
Part = tuple[str, float, float, float, float, float]
ARRANGEMENTS: dict[str, tuple[Part, ...]] = {
    "house": (
        ("square", 0.0, 0.4, 0.75, 0.6, 0),
        ("triangle", 0.0, -0.55, 1.0, 0.45, 0),
        ("bar", -0.3, 0.6, 0.22, 0.4, 0),
        ("disc", 0.35, 0.3, 0.26, 0.26, 0),
    ),
    "face": (
        ("disc", 0.0, 0.15, 0.85, 0.85, 0),
        ("disc", -0.35, 0.0, 0.22, 0.22, 0),
        ("disc", 0.35, 0.0, 0.22, 0.22, 0),
        ("half disc", 0.0, 0.5, 0.42, 0.3, 180),
        ("bar", 0.0, -0.75, 0.8, 0.22, 0),
    ),
    "car": (
        ("half disc", 0.0, -0.2, 0.62, 0.45, 0),
        ("bar", 0.0, 0.15, 1.0, 0.3, 0),
        ("disc", -0.5, 0.45, 0.3, 0.3, 0),
        ("disc", 0.5, 0.45, 0.3, 0.3, 0),
    ),
    "tree": (
        ("bar", 0.0, 0.7, 0.2, 0.3, 0),
        ("triangle", 0.0, 0.2, 0.85, 0.4, 0),
        ("triangle", 0.0, -0.25, 0.65, 0.4, 0),
        ("disc", 0.0, -0.72, 0.27, 0.27, 0),
    ),
    "boat": (
        ("half disc", 0.0, 0.65, 1.0, 0.4, 180),
        ("bar", 0.0, -0.2, 0.14, 0.75, 0),
        ("triangle", 0.5, -0.1, 0.4, 0.5, 0),
        ("square", -0.35, -0.7, 0.3, 0.24, 0),
    ),
    "flower": (
        ("bar", 0.0, 0.6, 0.14, 0.45, 0),
        ("ellipse", -0.42, -0.3, 0.4, 0.28, 0),
        ("ellipse", 0.42, -0.3, 0.4, 0.28, 0),
        ("ellipse", 0.0, -0.7, 0.28, 0.36, 0),
        ("ring", 0.0, -0.28, 0.34, 0.34, 0),
    ),
    "fish": (
        ("triangle", 0.72, 0.0, 0.5, 0.32, -90),
        ("half disc", 0.0, -0.45, 0.4, 0.25, 0),
        ("ellipse", -0.15, 0.0, 0.8, 0.5, 0),
        ("disc", -0.5, -0.08, 0.2, 0.2, 0),
    ),
    "snowman": (
        ("disc", 0.0, 0.55, 0.55, 0.45, 0),
        ("disc", 0.0, -0.15, 0.4, 0.36, 0),
        ("square", 0.0, -0.75, 0.3, 0.28, 0),
        ("bar", 0.0, -0.5, 0.55, 0.13, 0),
    ),
    "robot": (
        ("bar", 0.0, 0.2, 1.0, 0.17, 0),
        ("square", 0.0, 0.4, 0.55, 0.5, 0),
        ("square", 0.0, -0.5, 0.42, 0.38, 0),
        ("ring", 0.0, -0.5, 0.27, 0.27, 0),
        ("triangle", 0.0, 0.45, 0.3, 0.26, 0),
    ),
    "key": (
        ("ring", -0.55, 0.0, 0.45, 0.45, 0),
        ("bar", 0.35, 0.0, 0.65, 0.16, 0),
        ("square", 0.75, 0.3, 0.17, 0.2, 0),
        ("square", 0.3, 0.3, 0.17, 0.2, 0),
    ),
}
# Classes for tests of what was never trained on: made of the same part shapes.
UNSEEN: dict[str, tuple[Part, ...]] = {
    "rocket": (
        ("triangle", 0.0, 0.7, 0.6, 0.3, 0),
        ("ellipse", 0.0, 0.1, 0.36, 0.7, 0),
        ("triangle", 0.0, -0.7, 0.36, 0.35, 0),
        ("ring", 0.0, 0.0, 0.24, 0.24, 0),
    ),
    "lamp": (
        ("half disc", 0.0, 0.8, 0.5, 0.22, 0),
        ("bar", 0.0, 0.2, 0.15, 0.5, 0),
        ("triangle", 0.0, -0.45, 0.8, 0.5, 0),
        ("bar", 0.0, -0.12, 0.85, 0.16, 0),
    ),
    "bird": (
        ("half disc", 0.1, 0.25, 0.6, 0.4, 180),
        ("triangle", 0.75, 0.0, 0.3, 0.25, -60),
        ("disc", -0.45, -0.3, 0.34, 0.34, 0),
        ("triangle", -0.9, -0.25, 0.2, 0.22, -90),
        ("ellipse", 0.2, 0.15, 0.36, 0.22, 20),
    ),
    "mushroom": (
        ("square", 0.0, 0.5, 0.32, 0.45, 0),
        ("half disc", 0.0, -0.3, 0.95, 0.5, 0),
        ("disc", -0.4, -0.2, 0.22, 0.22, 0),
        ("disc", 0.3, -0.35, 0.24, 0.24, 0),
    ),
    "train": (
        ("square", 0.5, -0.15, 0.4, 0.55, 0),
        ("bar", -0.3, 0.15, 0.6, 0.32, 0),
        ("bar", -0.6, -0.4, 0.18, 0.28, 0),
        ("disc", -0.45, 0.6, 0.26, 0.26, 0),
        ("disc", 0.4, 0.6, 0.26, 0.26, 0),
    ),
    "cup": (
        ("ring", 0.6, 0.1, 0.36, 0.36, 0),
        ("square", -0.1, 0.1, 0.6, 0.6, 0),
        ("ellipse", -0.1, -0.5, 0.6, 0.2, 0),
        ("bar", -0.1, 0.75, 0.8, 0.15, 0),
    ),
}
# Clutter: single shapes and their height over width, each an object of one part.
SINGLES = {
    "disc": 1.0,
    "ellipse": 0.6,
    "triangle": 0.9,
    "bar": 0.4,
    "square": 1.0,
    "ring": 1.0,
    "half disc": 0.55,
}


def draw_figure(rng: np.random.Generator, parts: tuple[Part, ...], jitter: float) -> Stencil:
    """One drawing of an arrangement, with every part moved, stretched and turned a little."""
    # Twice the stencil's side at first, so that jittered parts still fit.
    grid = (np.arange(2 * STENCIL_SIDE, dtype=np.float32) + 0.5) / (STENCIL_SIDE * 0.4) - 2.5
    index_map = np.zeros((len(grid), len(grid)), np.uint8)
    for number, (shape, x, y, width, height, degrees) in enumerate(parts, start=1):
        x, y = np.array((x, y)) + rng.uniform(-jitter, jitter, 2)
        width, height = np.array((width, height)) * rng.uniform(1 - 2 * jitter, 1 + 2 * jitter, 2)
        angle = np.deg2rad(degrees) + rng.uniform(-jitter, jitter)
        across, down = grid - x, (grid - y)[:, None]
        u = (np.cos(angle) * across + np.sin(angle) * down) / width
        v = (np.cos(angle) * down - np.sin(angle) * across) / height
        index_map[_inside(shape, u, v)] = number
    return Stencil.centred(index_map, 2 * STENCIL_SIDE)


def _inside(shape: str, u: Floats, v: Floats) -> NDArray[np.bool_]:
    """Which points lie in a shape that fills the square -1..1 (u right, v down)."""
    square: NDArray[np.bool_] = (abs(u) <= 1) & (abs(v) <= 1)
    if shape in ("disc", "ellipse"):
        return u * u + v * v <= 1
    if shape == "ring":
        return abs(np.hypot(u, v) - 0.7) <= 0.3
    if shape == "half disc":  # the round side up
        return square & (u * u + ((v - 1) / 2) ** 2 <= 1)
    if shape == "triangle":  # the tip up
        return square & (2 * abs(u) <= 1 + v)
    return square  # "square" and "bar" differ in their proportions only
