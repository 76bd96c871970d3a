"""Settle one view step by step, until it is still."""

from __future__ import annotations

import numpy as np


def until_still(model, view, state, start, still, most):
    """Settle from a state until a step moves it by ``still`` at most: (state, steps)."""
    for step in range(most):
        state, moved = moved_by(model, view, state, start + step)
        if moved <= still:
            break
    return state, step + 1


def moved_by(model, view, state, step):
    """The state one step later, and by how much (1 - cosine, mean over columns and levels)."""
    after = settle_view(model, view, 1, state, step)
    lengths = np.linalg.norm(state, axis=-1) * np.linalg.norm(after, axis=-1)
    cosines = (state * after).sum(axis=-1) / np.maximum(lengths, 1e-12)
    return after, float(1 - cosines.mean())


def settle_view(model, view, iters, state=None, start=0):
    """The last state (N, L, D) float32 of one view (1, H, W, C)."""
    from keras import ops

    if model.data_format == "channels_first":
        view = view.transpose(0, 3, 1, 2)
    levels = None if state is None else state[None]
    last = model.settle(view, iters, levels, start)[-1]
    return np.stack([np.asarray(ops.convert_to_numpy(x), np.float32)[0] for x in last], axis=1)


def on_grid(state, model, view):
    """A state (N, L, D) as (rows, cols, L, D), padding included."""
    rows, cols = (side // model.patch_size for side in view.shape[1:3])
    return state.reshape(rows, cols, *state.shape[1:])
