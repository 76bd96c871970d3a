"""Which level has to be computed at which step, and for how many pictures and columns."""

from enum import IntEnum


class Width(IntEnum):
    """For how much of the batch a level's state differs, and so has to be computed.

    A state starts as wide as its initial value and grows when it hears of something wider.
    """

    ONCE = 0  # (1, 1, D): one vector for all pictures and columns
    PLACE = 1  # (1, N, D): one per column, the same for all pictures
    IMAGE = 2  # (B, N, D)


def needed(levels, present, wanted):
    """What the wanted states depend on: a level too far from them cannot matter any more.

    Args:
        levels: L.
        present: T tables L x 4, whether (previous, bottom_up, top_down, consensus) have a weight
            at step 1 .. T.
        wanted: pairs (t, level): time 0 .. T, level 1 .. L.

    Returns:
        T + 1 sets: the numbers of the levels that are needed at time t.
    """
    rows = [set() for _ in range(len(present) + 1)]
    for t, level in wanted:
        rows[t].add(level)
    for t in range(len(present), 0, -1):
        for level in rows[t]:
            previous, bottom_up, top_down, consensus = present[t - 1][level - 1]
            if previous or consensus:
                rows[t - 1].add(level)
            if bottom_up and level > 1:
                rows[t - 1].add(level - 1)
            if top_down and level < levels:
                rows[t - 1].add(level + 1)
    return rows


def schedule(widths, present, wanted, placed_up=None, placed_down=True):
    """The least that must be computed, exactly: the light cones of what is wanted.

    Forward, level l hears of the picture only after l steps from the learned initial state.
    Backward, only what is :func:`needed` matters.

    Args:
        widths: L :class:`Width`, of the state at time 0.
        present, wanted: as of :func:`needed`.
        placed_up: L bools, whether a level's bottom-up net is told the location; None = none is.
        placed_down: whether top-down is.

    Returns:
        T + 1 rows of L entries: the width at which the state of time t and level l is computed,
        None where nothing wanted depends on it.
    """
    levels = len(widths)
    placed_up = placed_up or [False] * levels
    rows = [tuple(widths)]
    for table in present:
        rows.append(
            tuple(
                max(
                    _heard(rows[-1], sources, level, placed_up, placed_down),
                    default=Width.ONCE,
                )
                for level, sources in enumerate(table)
            )
        )
    return [
        tuple(width if level in there else None for level, width in enumerate(row, start=1))
        for row, there in zip(rows, needed(levels, present, wanted), strict=True)
    ]


def _heard(state, sources, level, placed_up, placed_down):
    """The widths of what a level's next state is made of."""
    previous, bottom_up, top_down, consensus = sources
    if previous or consensus:  # columns that are all alike agree on what they are
        yield state[level]
    if bottom_up:
        below = state[level - 1] if level else Width.IMAGE
        yield max(below, Width.PLACE) if placed_up[level] else below
    if top_down and level + 1 < len(state):
        yield max(state[level + 1], Width.PLACE) if placed_down else state[level + 1]
