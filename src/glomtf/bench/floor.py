"""What a Glom's settling needs at least: operations, bytes moved, and so seconds."""

from itertools import pairwise

from glomtf.model.schedule import Width, schedule


def forward_flops(model, batch, iters, levels_wanted=None):
    """Floating-point operations of ``model(img, iters, levels_wanted=levels_wanted)``.

    Counts matrix products alone, two operations per multiply-add, of what the schedule leaves,
    from a learned initial state, with consensus over all columns. Activations, softmax and the
    mixing come on top: they are not counted because no form of Glom can do without them.

    Args:
        model: a :class:`glomtf.Glom` without radius and assembly whose top-down is not told by
            "fourier".
        batch: B.
        iters: T.
        levels_wanted: numbers of the levels wanted at the end; None = all.
    """
    columns = model.grid[0] * model.grid[1]
    rows_of = _rows_of(model, batch)
    net = 4 * model.dim * model.step.bottom_up[0].hidden.units  # of one column: two products
    patch = model.patch_size**2 * model.channels
    total = batch * columns * (2 * patch * model.dim + net)  # the tokens, level 1's bottom-up
    for before, after in pairwise(_widths(model, iters, levels_wanted)):
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


def call_bytes(model, batch, iters, levels_wanted=None, train=False):
    """Bytes that the same call, or a training step on it, moves to and from memory.

    Counts, in the type that is computed with, of what the schedule leaves:

    - the pictures, the stem's weights and level 1's net, read once, and its output, written once;
    - at each step the weights of every net that is used and the learned locations, read once. It
      takes for granted that all nets together are larger than the caches: what was read at one
      step is then gone at the next. A model that fits the caches needs less;
    - at each step every array of the state that is asked for, and level 1's bottom-up
      contribution, read once however many ask for it, and every new one, written once.

    Hidden layers, similarities and attention are not counted: worked through a few columns at a
    time they need not leave the caches. In training, weights count three times (read again on the
    way back, and a gradient as large as they are written), states two and a half times (what was
    read and written once is read again, and so are their gradients, which are also written).

    Args:
        model, batch, iters, levels_wanted: as of :func:`forward_flops`.
        train: the step on the way back, too.
    """
    columns = model.grid[0] * model.grid[1]
    rows_of = _rows_of(model, batch)
    patch = model.patch_size**2 * model.channels
    hidden = model.step.bottom_up[0].hidden.units
    net = 2 * model.dim * hidden + hidden + model.dim
    place = columns * model.dim if model.top_down_location == "learned" else 0
    once = batch * columns * patch + (patch + 1) * model.dim
    weights, vectors = net, batch * columns
    for before, after in pairwise(_widths(model, iters, levels_wanted)):
        made = [level for level, width in enumerate(after) if width is not None]
        up, down = [x for x in made if x > 0], [x for x in made if x + 1 < model.levels]
        weights += net * (len(up) + len(down)) + (place if down else 0)
        vectors += sum(rows_of[width] for width in (*before, *after) if width is not None)
        vectors += batch * columns if 0 in made else 0
    states = vectors * model.dim
    numbers = once + (3 * weights + 5 * states // 2 if train else weights + states)
    return numbers * (2 if "bfloat16" in model.compute_dtype else 4)


def floor_seconds(flops, moved, flops_per_second, bytes_per_second):
    """The least a call can take, and what sets it: (seconds, "products" or "memory").

    Arithmetic and transfers are taken to overlap fully, so that the slower of both decides.

    Args:
        flops, moved: operations, and bytes, of the call.
        flops_per_second, bytes_per_second: what the machine reaches at best.
    """
    products, memory = flops / flops_per_second, moved / bytes_per_second
    return max((products, "products"), (memory, "memory"))


def _rows_of(model, batch):
    """How many vectors a state of each width is."""
    columns = model.grid[0] * model.grid[1]
    return {Width.ONCE: 1, Width.PLACE: columns, Width.IMAGE: batch * columns}


def _widths(model, iters, levels_wanted):
    """The schedule of a call from the learned initial state: T + 1 rows of L widths or None."""
    numbers = levels_wanted or range(1, model.levels + 1)
    return schedule(
        [Width.ONCE] * model.levels,
        [model.step.present_at(t) for t in range(iters)],
        [(iters, level) for level in numbers],
    )
