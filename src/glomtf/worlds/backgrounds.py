"""Backgrounds of scenes: flat, gradients, noise smooth and rough, stripes, checks and mosaics."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

KINDS = ("flat", "linear", "radial", "noise", "stripes", "checks")
ROUGH = ("grain", "mosaic")  # further kinds, for scenes in which colour tells little


def background(rng: np.random.Generator, kind: str, size: int, white: float) -> Floats:
    """A background (size, size, 3) in 0..255 of one of `KINDS` or `ROUGH`.

    ``white`` is the probability that a flat one is white.
    """
    if kind == "flat":
        colour = np.full(3, 255.0) if rng.random() < white else colours(rng, 1)[0]
        return np.broadcast_to(colour.astype(np.float32), (size, size, 3))
    first, second = colours(rng, 2)
    # How different the two colours are varies from a hint to everything.
    second = first + (second - first) * rng.uniform(0.15, 1.0)
    if kind == "mosaic":
        blend = _mosaic(rng, size)
    elif kind == "noise":
        blend = _noise(rng, size, int(rng.integers(3, 10)))
    elif kind == "grain":
        coarse, fine = _noise(rng, size, int(rng.integers(3, 10))), _noise(rng, size, size // 3)
        blend = 0.5 * (coarse + fine)
    else:
        angle, (x0, y0) = rng.uniform(0, np.pi), rng.uniform(0, 1, 2)
        grid = np.linspace(0, 1, size, dtype=np.float32)
        across, down = grid - np.float32(x0), (grid - np.float32(y0))[:, None]
        u = np.float32(np.cos(angle)) * across + np.float32(np.sin(angle)) * down
        if kind == "linear":
            blend = np.clip(u + 0.5, 0, 1)
        elif kind == "radial":
            blend = np.minimum(np.hypot(across, down), 1)
        else:
            waves = np.float32(2 * np.pi * rng.uniform(2.5, 8))
            wave = np.sin(u * waves)
            if kind == "checks":
                v = np.float32(np.cos(angle)) * down - np.float32(np.sin(angle)) * across
                wave = wave * np.sin(v * waves)
            # A steep wave has edges about a pixel wide, a shallow one is soft.
            blend = np.clip(wave * np.float32(rng.uniform(0.5, 6)) + 0.5, 0, 1)
    return (first + blend[:, :, None] * (second - first)).astype(np.float32)


def colours(rng: np.random.Generator, count: int) -> Floats:
    """Random colours (count, 3) in 0..255: any lightness, from grey to vivid."""
    vivid = rng.random((count, 3))
    grey = rng.random((count, 1))
    return (255 * (grey + (vivid - grey) * rng.uniform(0.2, 1.0, (count, 1)))).astype(np.float32)


def clash(rim: Floats, behind: Floats, distance: float = 36.0) -> float:
    """The share of rim colours (n, 3) hard to tell from the mean of a background (H, W, 3)."""
    if not len(rim):
        return 0.0
    gap = rim - behind.mean(axis=(0, 1))
    return float(np.mean(np.einsum("nc,nc->n", gap, gap) < distance**2))


def _noise(rng: np.random.Generator, size: int, cells: int) -> Floats:
    """Random values (size, size) in 0..1, smooth between ``cells`` by ``cells`` points."""
    along = _interpolation(size, cells)
    return np.clip(along @ rng.random((cells, cells)).astype(np.float32) @ along.T, 0, 1)


def _mosaic(rng: np.random.Generator, size: int) -> Floats:
    """Tiles around random points, each of one value in 0..1, (size, size)."""
    points = rng.uniform(0, size, (int(rng.integers(12, 30)), 2)).astype(np.float32)
    grid = np.arange(size, dtype=np.float32) + 0.5
    across = (grid - points[:, :1]) ** 2
    down = (grid - points[:, 1:]) ** 2
    nearest = (across[:, None, :] + down[:, :, None]).argmin(axis=0)
    return rng.random(len(points), np.float32)[nearest]


def _interpolation(size: int, cells: int) -> Floats:
    """The matrix (size, cells) that reads ``cells`` values at ``size`` points, smoothly between."""
    position = np.linspace(0, cells - 1, size, dtype=np.float32)[:, None]
    gap = np.minimum(np.abs(position - np.arange(cells, dtype=np.float32)), 1)
    return (1 - gap * gap * (3 - 2 * gap)).astype(np.float32)
