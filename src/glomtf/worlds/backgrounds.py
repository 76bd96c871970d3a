"""Backgrounds of scenes: flat, gradients, smooth noise, stripes and checks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

KINDS = ("flat", "linear", "radial", "noise", "stripes", "checks")


def background(rng: np.random.Generator, kind: str, size: int, white: float) -> Floats:
    """A background (size, size, 3) in 0..255 of one of `KINDS`.

    ``white`` is the probability that a flat one is white.
    """
    if kind == "flat":
        colour = np.full(3, 255.0) if rng.random() < white else colours(rng, 1)[0]
        return np.broadcast_to(colour.astype(np.float32), (size, size, 3))
    first, second = colours(rng, 2)
    # How different the two colours are varies from a hint to everything.
    second = first + (second - first) * rng.uniform(0.15, 1.0)
    if kind == "noise":
        cells = int(rng.integers(3, 10))
        along = _interpolation(size, cells)
        blend = np.clip(along @ rng.random((cells, cells)).astype(np.float32) @ along.T, 0, 1)
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


def _interpolation(size: int, cells: int) -> Floats:
    """The matrix (size, cells) that reads ``cells`` values at ``size`` points, smoothly between."""
    position = np.linspace(0, cells - 1, size, dtype=np.float32)[:, None]
    gap = np.minimum(np.abs(position - np.arange(cells, dtype=np.float32)), 1)
    return (1 - gap * gap * (3 - 2 * gap)).astype(np.float32)
