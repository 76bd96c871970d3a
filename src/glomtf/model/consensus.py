"""Agreement of columns at one level: attention without queries, keys and values."""

import functools

import numpy as np
from keras import ops

# glom-pytorch gives a column's similarity to itself this value (not -inf), so with
# consensus_self=False a column still counts a little in its own mean.
SELF_SIMILARITY = -5e-4

# Added to the score of a column out of sight: exp() of it is exactly 0 in float32.
LOWEST = -1e9


@functools.lru_cache(maxsize=64)
def neighbourhood(grid, radius):
    """Which columns see which: (N, N) bool, True within ``radius`` columns (Euclidean).

    Args:
        grid: (rows, cols).
        radius: in columns; 0 means everywhere.

    Returns:
        None where everything sees everything, so that no mask has to be applied.
    """
    if not radius:
        return None
    rows, cols = grid
    y, x = np.divmod(np.arange(rows * cols), cols)
    squared = (y[:, None] - y) ** 2 + (x[:, None] - x) ** 2
    return squared <= radius**2


def normalise(x, axis=-1):
    """Unit length along ``axis`` in float32 (zero vectors stay zero)."""
    x = ops.cast(x, "float32")
    return x * ops.rsqrt(ops.maximum(ops.sum(x * x, axis=axis, keepdims=True), 1e-24))


def similarities(x, similarity, beta=1.0):
    """beta times the similarity of every pair: (B, N, D) to (B, N, N), row = the one who looks.

    ``"mixed"`` is x(i) . x(j)/|x(j)|, glom-pytorch's; ``"cosine"`` and ``"dot"`` say themselves.
    """
    looks = seen = ops.cast(x, "float32")
    if similarity == "cosine":
        looks = seen = normalise(x)
    elif similarity == "mixed":
        seen = normalise(x)
    # beta scales N x D numbers here; after the product it would be N x N.
    return ops.matmul(looks * beta, ops.transpose(seen, (0, 2, 1)))


def weigh(scores, own=None, hidden=None, top_k=None):
    """Scores to attention: (..., N, M) to the same, rows sum to 1.

    Args:
        scores: who looks x who is seen.
        own: (N, M) bool, True where a column sees itself and is not to count as such.
        hidden: added to the scores: 0 or :data:`LOWEST`.
        top_k: keep only the k best of each row (ties all stay).
    """
    if own is not None:
        scores = ops.where(own, ops.cast(SELF_SIMILARITY, scores.dtype), scores)
    if hidden is not None:
        # An array beside a tensor that learns is more than PyTorch takes.
        scores = scores + ops.convert_to_tensor(hidden)
    if top_k is not None and top_k < scores.shape[-1]:
        least = ops.top_k(scores, top_k)[0][..., -1:]
        scores = ops.where(scores >= ops.stop_gradient(least), scores, LOWEST)
    return ops.softmax(scores, axis=-1)


def attention(x, *, beta, similarity, attend_self=True, allowed=None, top_k=None):
    """Who listens to whom: (B, N, D) to (B, N, N), rows sum to 1.

    a_ij = softmax_j(beta * similarity(x_i, x_j)) over the allowed columns (Hinton 2021,
    the attention-weighted average of the same level at nearby columns).

    Args:
        x: (B, N, D) the states of one level.
        beta: inverse temperature, a number or a scalar tensor.
        similarity: "mixed", "cosine" or "dot", see :func:`similarities`.
        attend_self: False gives a column's own entry the score -5e-4 as glom-pytorch does.
        allowed: (N, N) bool or None, see :func:`neighbourhood`.
        top_k: keep only the k most similar allowed columns of each row (ties all stay).
    """
    scores = similarities(x, similarity, beta)
    if x.shape[1] == 1:  # Keras warns about a softmax over one entry
        return ops.ones_like(scores)
    own = None if attend_self else np.eye(x.shape[1], dtype=bool)
    hidden = None if allowed is None else np.where(allowed, 0.0, LOWEST).astype("float32")
    return weigh(scores, own, hidden, top_k)


def consensus(x, **how):
    """The attention-weighted mean of the columns: (B, N, D) to (B, N, D); see :func:`attention`."""
    return ops.matmul(ops.cast(attention(x, **how), x.dtype), x)
