"""Scenes painted anew: the layout of given label maps in fresh coats before a fresh background."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from .backgrounds import background
from .coats import woven_coat
from .crowd import BACKGROUNDS
from .draw import rounded
from .paint import colour_table, shade, weave
from .scene import Scene
from .stencil import Coat

Labels = NDArray[np.integer[Any]]


def repaint(parts: Labels, objects: Labels, rng: np.random.Generator) -> Scene:
    """A picture of which these maps are the truth, whatever picture they come from.

    ``parts`` and ``objects`` (S, S): 0 is background in both; numbers need not be consecutive,
    and a part may reach over several objects, which cut it. Each part of each object gets the
    woven paint of the crowd, and the background is one of the crowd's. The scene knows no classes
    (all -1) and no poses (all 0).
    """
    parts, objects, counts = in_order(parts, objects)
    size = len(parts)
    coats: list[Coat] = []
    for count in counts:
        beside = coats[int(rng.integers(len(coats)))] if coats else None
        coats.append(woven_coat(rng, count, beside))
    canvas = _enlarged(parts)
    pixels = colour_table(coats).take(canvas, axis=0)
    placed = np.empty((len(counts), 4), np.float32)  # centre, radius and angle on the canvas
    for i in range(len(counts)):
        y, x = np.nonzero(objects == i + 1)
        radius = max(8.0, (2 * len(x)) ** 0.5)  # of a disc half full
        placed[i] = (2 * x.mean() + 1, 2 * y.mean() + 1, radius, rng.uniform(-np.pi, np.pi))
    weave(pixels, canvas, placed, coats)
    shade(pixels, canvas, placed, coats)
    kind = BACKGROUNDS[int(rng.integers(len(BACKGROUNDS)))]
    behind = background(rng, kind, size, white=0.3)
    bare = (canvas == 0).reshape(size, 2, size, 2).mean(axis=(1, 3), dtype=np.float32)
    picture = pixels.reshape(size, 2, size, 2, 3).mean(axis=(1, 3)) + behind * bare[..., None]
    return unlabelled(rounded(picture), parts, objects)


def unlabelled(image: NDArray[np.uint8], parts: Labels, objects: Labels) -> Scene:
    """A scene of maps in which parts and objects are numbered as `in_order` does: no classes."""
    count = int(objects.max()) + 1
    classes, poses = np.full(count, -1, np.int16), np.zeros((count, 4), np.float32)
    return Scene(image, parts.astype(np.int16), objects.astype(np.int16), classes, poses)


def in_order(parts: Labels, objects: Labels) -> tuple[Labels, Labels, list[int]]:
    """Number objects 1.. and parts 1.. object by object; also how many parts each object has.

    A part that reaches over several objects becomes one of each; background is 0 in both.
    """
    new_parts, new_objects = np.zeros(parts.shape, np.int16), np.zeros(parts.shape, np.int16)
    counts: list[int] = []
    for label in np.unique(objects[objects > 0]):
        inside = objects == label
        values, index = np.unique(parts[inside], return_inverse=True)
        new_parts[inside] = sum(counts) + 1 + index
        counts.append(len(values))
        new_objects[inside] = len(counts)
    return new_parts, new_objects, counts


def _enlarged(labels: Labels) -> NDArray[np.int16]:
    """Labels 0.. at twice the resolution, corners of the pixels rounded off."""
    twice = np.repeat(np.repeat(labels, 2, axis=0), 2, axis=1)
    layers = twice == np.arange(labels.max() + 1)[:, None, None]
    near = ndimage.uniform_filter(layers.astype(np.float32), (0, 3, 3))
    enlarged: NDArray[np.int16] = near.argmax(axis=0).astype(np.int16)
    return enlarged
