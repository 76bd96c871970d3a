"""The only loop over time."""

from glomtf.model.schedule import Width, schedule


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
    rows = schedule(
        [width_of(x) for x in state],
        [step.present_at(start + t) for t in range(iters)],
        wanted,
        placed_up=step.bottom_up_location is not None,
        placed_down=step.top_down_location is not None,
    )
    state = tuple(x if width is not None else None for x, width in zip(state, rows[0], strict=True))
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
                levels=tuple(n for n in numbers if rows[t + 1][n - 1] is not None),
            )  # fmt: skip
    return trajectory


def width_of(x):
    """The :class:`Width` of a state (B, N, D), from its shape."""
    batch, columns = x.shape[:2]
    if batch != 1:
        return Width.IMAGE
    return Width.PLACE if columns != 1 else Width.ONCE
