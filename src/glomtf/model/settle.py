"""The only loop over time."""


def settle(step, state, tokens, grid, iters, start=0):
    """Take ``iters`` steps and keep every state on the way.

    Unrolled in Python: gradients through it work on every backend and the schedules, which
    depend on the step's number, cost nothing.

    Args:
        step: ``step(state, tokens, grid=, t=) -> state``, a :class:`glomtf.model.step.Step`.
        state: L arrays (B, N, D).
        tokens: (B, N, D).
        grid: (rows, cols).
        iters: number of steps.
        start: number of the first step. ``settle(a)`` then ``settle(b, start=a)`` is
            ``settle(a + b)``, schedules included.

    Returns:
        The trajectory: iters + 1 states, the given one first.
    """
    trajectory = [tuple(state)]
    for t in range(start, start + iters):
        trajectory.append(step(trajectory[-1], tokens, grid=grid, t=t))
    return trajectory
