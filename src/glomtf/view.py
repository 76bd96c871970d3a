"""What a model is shown of a picture: checked pixels, a scaled and padded view, the model."""

from __future__ import annotations

import os
from functools import cache

import numpy as np
from PIL import Image


def pixels_of(picture):
    """Check an array and give it as (H, W, 3) uint8."""
    expected = "expected a picture (H, W), (H, W, 3) or (H, W, 4) as uint8 or floats in [0, 1]"
    array = np.asarray(picture)
    if array.ndim == 2:
        array = array[..., None]
    if array.ndim != 3 or array.shape[2] not in (1, 3, 4) or array.size == 0:
        raise ValueError(f"{expected}, got shape {np.shape(picture)}; check the order of the axes")
    if np.issubdtype(array.dtype, np.floating):
        low, high = float(array.min()), float(array.max())
        if not (low >= 0 and high <= 1):
            raise ValueError(f"{expected}, got values from {low:g} to {high:g}; scale or clean it")
        array = np.rint(array.astype(np.float64) * 255).astype(np.uint8)
    if array.dtype != np.uint8:
        raise ValueError(f"{expected}, got {array.dtype}; convert it")
    if array.shape[2] == 4:
        alpha = array[..., 3:] / 255
        array = np.rint(array[..., :3] * alpha + 255 * (1 - alpha)).astype(np.uint8)
    # A copy: the frozen result must not change when the caller's array does.
    return np.array(np.broadcast_to(array, (*array.shape[:2], 3)))


def model_and_reading(model):
    """The Glom that is meant, by value, preset or run (None = "icons"), and how it is read."""
    from glomtf.model.glom import Glom
    from glomtf.model.presets import load, reading_of

    if model is None:
        model = _icons()
    elif isinstance(model, (str, os.PathLike)):
        model = load(model)
    if not isinstance(model, Glom):
        raise ValueError(f"expected a Glom, a preset or a folder, got {type(model).__name__}")
    if model.channels not in (1, 3):
        raise ValueError(f"expected a Glom of 1 or 3 channels, got {model.channels}; train another")
    return model, reading_of(model)


@cache
def _icons():
    from glomtf.model.presets import load

    return load("icons")


def view_of(pixels, model):
    """What the model is shown: ((1, H', W', C) float32 in [0, 1], (rows, cols), patch).

    The grid leaves out columns that are mostly padding, at the right and the lower side.
    """
    size, side = model.image_size, model.patch_size
    height, width = pixels.shape[:2]
    fixed = model.top_down_location == "learned"
    scale = min(size[0] / height, size[1] / width) if fixed else max(size) / max(height, width)
    sides = tuple(max(1, round(length * scale)) for length in (height, width))
    picture = Image.fromarray(pixels).convert("L" if model.channels == 1 else "RGB")
    # This filter averages when shrinking and, unlike Lanczos, does not ring at hard edges.
    shown = np.asarray(picture.resize(sides[::-1], Image.Resampling.HAMMING), np.float32) / 255
    shown = shown.reshape(*sides, model.channels)
    whole = size if fixed else tuple(-(-length // side) * side for length in sides)
    missing = [(0, full - length) for full, length in zip(whole, sides, strict=True)]
    shown = np.pad(shown, [*missing, (0, 0)], mode="edge")[None]
    # Half a patch of picture is enough to stay.
    grid = tuple(max(1, int(length / side + 0.5)) for length in sides)
    return shown, grid, (side * height / sides[0], side * width / sides[1])


def settled_view(model, view, iters):
    """The states (T + 1, rows, cols, L, D) float32 of one view, padding included."""
    trajectory = model.settle(_laid_out(model, view), iters)
    states = np.stack([np.stack([_numpy(x)[0] for x in s], axis=1) for s in trajectory])
    return _on_grid(states, model, view)


def last_change(states):
    """How much the last step changed the states (T + 1, rows, cols, L, D) of one view."""
    from glomtf.model.settle import change

    before, after = (x.reshape(1, -1, *x.shape[2:]).transpose(2, 0, 1, 3) for x in states[-2:])
    return float(change(before, after)[0])


def rested_view(model, view, tolerance, most, state=None, start=0):
    """One view settled until it is at rest: (state (rows, cols, L, D) float32, steps).

    Args:
        tolerance, most: as ``tolerance`` and ``iters`` of :meth:`glomtf.Glom.settle_until`.
        state: (rows, cols, L, D) to carry on from; None = the model's own.
        start: steps that were taken to get there.
    """
    levels = None if state is None else state.reshape(1, -1, *state.shape[2:])
    end = model.settle_until(_laid_out(model, view), tolerance, most, levels, start)
    return _on_grid(_numpy(end.state), model, view)[0], int(end.steps[0])


def _laid_out(model, view):
    return view.transpose(0, 3, 1, 2) if model.data_format == "channels_first" else view


def _numpy(x):
    from keras import ops

    return np.asarray(ops.convert_to_numpy(x), np.float32)


def _on_grid(states, model, view):
    rows, cols = (side // model.patch_size for side in view.shape[1:3])
    return states.reshape(-1, rows, cols, model.levels, model.dim)
