"""Parse one picture: settle a Glom on it, read the islands of every level, build the tree."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from glomtf.islands import Level, build_tree, island_agreements, level_agreement, segment
from glomtf.result import Parse, write_files
from glomtf.view import model_and_reading, pixels_of, rested_view, settled_view, view_of
from glomtf.worlds.files import read_picture

if TYPE_CHECKING:
    from glomtf.model.glom import Glom

__all__ = ["Parse", "parse", "write_files"]


def parse(
    picture: str | os.PathLike[str] | np.ndarray,
    model: Glom | str | os.PathLike[str] | None = None,
    *,
    iters: int | None = None,
    tolerance: float | None = None,
    thresholds: Sequence[float] | None = None,
    name: str | None = None,
) -> Parse:
    """Parse a picture of any size into its part-whole hierarchy.

    The picture's long side is scaled to the model's image size; a model that learned its
    locations one by one (``top_down_location="learned"``) gets its exact size. What is missing to
    whole patches repeats the edge, and columns that are mostly such padding are left out.

    Args:
        picture: a path, or (H, W), (H, W, 3) or (H, W, 4) as uint8 or floats in [0, 1].
            Transparency is laid on white.
        model: a :class:`glomtf.Glom`, the name of a preset or the folder of a run;
            None = the preset "icons".
        iters: settling steps, 1 to 1000; None = what the model was trained to be read at.
        tolerance: settle until a step changes the vectors by no more than this share, see
            :meth:`glomtf.Glom.settle_until`; ``iters`` is then the most steps to take, None = 8
            per level. ``tree.steps`` says how many it were. None = always ``iters`` steps.
        thresholds: per level, lowest first, the least agreement (cosine, -1 to 1) within an
            island; None = the model's own.
        name: what the tree calls the picture; None = its path, "" for an array.

    Raises:
        ValueError: in one line: no usable picture, model, number of steps, tolerance or
            thresholds.
    """
    path = isinstance(picture, (str, os.PathLike))
    pixels = read_picture(picture) if path else pixels_of(picture)
    model, reading = model_and_reading(model)
    if thresholds is not None:
        reading = replace(reading, thresholds=_checked(thresholds, model.levels))
    if iters is not None:
        iters = checked_steps(iters)
    view, grid, patch = view_of(pixels, model)
    if tolerance is not None:
        _, iters = rested_view(model, view, _checked_tolerance(tolerance), iters)
    iters = reading.iters if iters is None else iters
    states = settled_view(model, view, iters)[:, : grid[0], : grid[1]]
    labels = np.array([islands_of(state, reading.thresholds) for state in states])
    labels.flags.writeable = False
    shown = name if name is not None else os.fspath(picture) if path else ""
    levels, tree = understood(states[-1], labels[-1], reading, pixels, patch, shown, iters)
    flat = np.ascontiguousarray(states).reshape(len(states), -1, model.levels, model.dim)
    return Parse(pixels, tree, levels, flat, labels, grid, patch)


def islands_of(state, thresholds):
    """Label maps (rows, cols), one per level, of one state (rows, cols, L, D)."""
    levels = np.moveaxis(state, 2, 0)
    return [segment(v, threshold=t) for v, t in zip(levels, thresholds, strict=True)]


def understood(state, labels, reading, pixels, patch, name, steps):
    """(levels, tree) of a state (rows, cols, L, D) after steps, with label maps (L, rows, cols)."""
    vectors = np.moveaxis(state, 2, 0)
    levels = tuple(
        Level(number, one, level_agreement(island_agreements(x, one), one))
        for number, (x, one) in enumerate(zip(vectors, labels, strict=True), start=1)
    )
    first = reading.part_level - 1
    tree = build_tree(
        labels[first:],
        levels=range(first + 1, len(levels) + 1),
        image=(pixels.shape[1], pixels.shape[0]),
        patch=patch,
        vectors=vectors[first:],
        path=name,
        steps=steps,
    )
    return levels, tree


def checked_steps(iters):
    """The number of steps that was asked for, if it is one."""
    from glomtf.model.presets import MAX_ITERS

    whole = isinstance(iters, (int, np.integer)) and not isinstance(iters, bool)
    if not whole or not 1 <= iters <= MAX_ITERS:
        raise ValueError(
            f"expected iters as a whole number from 1 to {MAX_ITERS}, got {iters!r:.60}; "
            "leave it out for the model's own"
        )
    return int(iters)


def _checked_tolerance(tolerance):
    """A change that counts as none, if it is one."""
    real = isinstance(tolerance, (int, float, np.number)) and not isinstance(tolerance, bool)
    if not real or not 0 < tolerance < float("inf"):
        raise ValueError(
            f"expected tolerance as a finite number above 0, got {tolerance!r:.60}; "
            "leave it out for a fixed number of steps"
        )
    return float(tolerance)


def _checked(thresholds, levels):
    """Thresholds as a tuple of floats, one per level; their range is for Reading to check."""
    try:
        numbers = tuple(float(one) for one in thresholds)
    except (TypeError, ValueError):
        numbers = ()
    if len(numbers) != levels:
        raise ValueError(
            f"expected thresholds as {levels} numbers from -1 to 1, lowest level first, got "
            f"{thresholds!r:.60}; leave them out for the model's own"
        )
    return numbers
