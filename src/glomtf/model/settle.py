"""The only loop over time."""

from typing import NamedTuple

import numpy as np
from keras import ops

from glomtf.model.backend import concrete
from glomtf.model.schedule import needed


class Settled(NamedTuple):
    """Where pictures came to rest: state (B, N, L, D), and steps (B,), how many each took."""

    state: object
    steps: np.ndarray


def settle(step, state, still, grid, iters, start=0, wanted=None):
    """Take ``iters`` steps and compute no more than what is wanted of them.

    Unrolled in Python: gradients through it work on every backend, the schedules, which depend on
    the step's number, cost nothing, and a change of ``iters`` compiles nothing anew, because each
    step is compiled by itself.

    Args:
        step: a :class:`glomtf.model.step.Step`.
        state: L arrays (B, N, D); B and N are 1 where pictures or columns do not differ.
        still: what does not move meanwhile, a :class:`glomtf.model.step.Still`.
        grid: (rows, cols).
        iters: number of steps.
        start: number of the first step. ``settle(a)`` then ``settle(b, start=a)`` is
            ``settle(a + b)``, schedules included.
        wanted: pairs (t, level), t = 0 .. iters, level 1 = lowest; None = everything.

    Returns:
        The trajectory: iters + 1 states, the given one first, each L arrays like ``state``; None
        where an array is not wanted.
    """
    numbers = range(1, step.levels + 1)
    if wanted is None:
        wanted = [(t, level) for t in range(iters + 1) for level in numbers]
    wanted = set(wanted)
    rows = needed(step.levels, [step.present_at(start + t) for t in range(iters)], wanted)
    state = tuple(x if n in rows[0] else None for n, x in zip(numbers, state, strict=True))
    trajectory = []
    for t in range(iters + 1):
        trajectory.append(
            tuple(
                x if (t, level) in wanted else None for level, x in zip(numbers, state, strict=True)
            )
        )
        if t < iters:
            state = step.advance(
                state, still, grid=grid, t=min(start + t, step.steady()),
                levels=tuple(sorted(rows[t + 1])),
            )  # fmt: skip
    return trajectory


def settle_until(step, state, still, grid, iters, tolerance, start=0, least=1):
    """Step until each picture is at rest; those that are leave the computation.

    A picture is at rest when the last step changed it by no more than ``tolerance``, see
    :func:`change`. Every picture takes at least as many steps as the schedules need to end.

    Finished pictures leave when they are half of those computed or more, so that few shapes are
    compiled; what a picture gets is always the state at which it came to rest, whatever else is
    in the batch.

    Args:
        step, state, still, grid, start: as of :func:`settle`.
        iters: the most steps to take, at least 1.
        tolerance: of the change.
        least: the fewest steps to take.

    Returns:
        (rested, steps): for each picture L arrays (N, D), and (B,) the number of its steps.
    """
    least = max(least, step.steady() - start + 1)
    there = np.arange(still.seen.shape[0])  # the pictures that are computed
    steps = np.zeros(len(there), int)  # 0 = not at rest
    rested = [None] * len(there)
    for t in range(iters):
        ended = [(1, level) for level in range(1, step.levels + 1)]
        before, state = state, settle(step, state, still, grid, 1, start + t, ended)[-1]
        stop = np.full(len(there), t + 1 == iters)
        if t + 1 >= least:
            stop = stop | (change(before, state) <= tolerance)
        for i in np.flatnonzero(stop & (steps[there] == 0)):
            steps[there[i]] = t + 1
            rested[there[i]] = tuple(x[i if len(x) > 1 else 0] for x in state)
        left = np.flatnonzero(steps[there] == 0)
        if not len(left):
            break
        if 2 * len(left) <= len(there):
            state = tuple(ops.take(x, left, axis=0) if len(x) > 1 else x for x in state)
            still = still._replace(seen=ops.take(still.seen, left, axis=0))
            there = there[left]
    return rested, steps


def change(before, after):
    """How much a step changed each picture: (B,), or (1,) where pictures do not differ.

    The root mean square, over columns and levels, of how far a vector moved as a share of its new
    length. Where all lengths are the same this is sqrt(2 (1 - mean cosine)).

    Args:
        before, after: L arrays (B, N, D), B and N 1 where nothing differs.
    """
    squares = []
    for old, new in zip(before, after, strict=True):
        old, new = ops.cast(old, "float32"), ops.cast(new, "float32")
        moved = ops.sum((new - old) ** 2, axis=-1) / (ops.sum(new**2, axis=-1) + 1e-12)
        squares.append(ops.mean(moved, axis=1))
    mean = sum(squares) / len(squares)
    values = concrete(mean)
    if values is None:
        raise ValueError(
            "When a picture is at rest is only known outside of compiled functions: expected to "
            "run eagerly. Received: a traced state; take a fixed number of steps there"
        )
    return np.sqrt(values)
