"""Contrast of pairs of columns: what belongs together agrees more than what does not."""

from keras import ops


def unit(x):
    """Unit length along the last axis in float32 (zero vectors stay zero)."""
    x = ops.cast(x, "float32")
    return x * ops.rsqrt(ops.sum(x * x, axis=-1, keepdims=True) + 1e-12)


def pair_contrast(states, affinity, *, temperature=0.1, counted=None, others=None):
    """Contrast of the columns of a picture with graded partners, one value per column.

    For column i, with c the cosine of two columns' vectors and w the affinity,

        loss_i = - sum_{j != i} w_ij log( exp(c_ij / tau) / Z_i ) / sum_{j != i} w_ij,
        Z_i = sum_{k != i} q_k exp(c_ik / tau) + sum_m exp(c_im / tau),

    k running over the picture's own columns and m over those of ``others``. A constant state is
    not a minimum: it scores log(N - 1 + M) where q is 1.

    Args:
        states: (B, N, D) one level.
        affinity: (B, N, N) or (N, N), >= 0; its diagonal is ignored.
        temperature: tau.
        counted: (B, N) q in 0..1, how much each column counts as somebody else's alternative;
            None = 1 everywhere.
        others: (B, M, D) columns of other pictures, further alternatives; None = none.

    Returns:
        (B, N) float32; 0 for a column without partners.

    References:
        Khosla et al., "Supervised contrastive learning", 2020, equation 2, with weights.
    """
    x = unit(states)
    logits = ops.matmul(x, ops.transpose(x, (0, 2, 1))) / temperature
    itself = ops.eye(states.shape[1], dtype="float32")
    allowed = logits - 1e9 * itself
    if counted is not None:
        weights = ops.cast(counted, "float32")[:, None, :]
        allowed = allowed + ops.log(ops.maximum(weights, 1e-9))
    if others is not None:
        away = ops.matmul(x, ops.transpose(unit(others), (0, 2, 1))) / temperature
        allowed = ops.concatenate([allowed, away], axis=-1)
    total = ops.logsumexp(allowed, axis=-1)
    same = ops.cast(affinity, "float32") * (1.0 - itself)
    partners = ops.sum(same, axis=-1)
    mean_positive = ops.sum(same * logits, axis=-1) / ops.where(partners > 0, partners, 1.0)
    return ops.where(partners > 0, total - mean_positive, 0.0)
