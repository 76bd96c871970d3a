"""How many operations a Glom's settling needs at least: multiplications and additions."""

from itertools import pairwise

from glomtf.model.schedule import Width, schedule


def forward_flops(model, batch, iters, levels_wanted=None):
    """Floating-point operations of ``model(img, iters, levels_wanted=levels_wanted)``.

    Counts matrix products alone, two operations per multiply-add, of what the schedule leaves,
    from a learned initial state, with consensus over all columns. Activations, softmax and the
    mixing come on top: they are not counted because no form of Glom can do without them.

    Args:
        model: a :class:`glomtf.Glom` without radius whose top-down is not told by "fourier".
        batch: B.
        iters: T.
        levels_wanted: numbers of the levels wanted at the end; None = all.
    """
    columns = model.grid[0] * model.grid[1]
    rows_of = {Width.ONCE: 1, Width.PLACE: columns, Width.IMAGE: batch * columns}
    net = 4 * model.dim * model.step.bottom_up[0].hidden.units  # of one column: two products
    patch = model.patch_size**2 * model.channels
    total = batch * columns * (2 * patch * model.dim + net)  # the tokens, level 1's bottom-up
    numbers = levels_wanted or range(1, model.levels + 1)
    rows = schedule(
        [Width.ONCE] * model.levels,
        [model.step.present_at(t) for t in range(iters)],
        [(iters, level) for level in numbers],
    )
    for before, after in pairwise(rows):
        for level, width in enumerate(after):
            if width is None:
                continue
            if level > 0:
                total += rows_of[before[level - 1]] * net
            if level + 1 < model.levels:
                total += rows_of[max(before[level + 1], Width.PLACE)] * net
            if before[level] is not Width.ONCE:  # columns that are all alike need none
                total += 4 * rows_of[before[level]] * columns * model.dim
    return total
