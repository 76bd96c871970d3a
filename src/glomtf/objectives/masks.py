"""Islands by masks: columns of one segment agree, columns of different segments do not."""

from keras import ops

from glomtf.objectives.contrast import pair_contrast, unit


def segment_contrast(states, segments, *, temperature=0.1):
    """Supervised contrast of the columns of a picture, one value per column.

    For column i with the set P(i) of the other columns of its segment,

        loss_i = - mean_{j in P(i)} log( exp(c_ij / tau) / sum_{k != i} exp(c_ik / tau) ),

    c the cosine of two columns' vectors. Class-agnostic: the numbers of the segments only say
    which columns belong together, and pictures are never compared with each other. The
    background is a segment like any other. A constant state is not a minimum: it scores
    log(N - 1) for every column.

    Args:
        states: (B, N, D) one level.
        segments: (B, N) integers.
        temperature: tau.

    Returns:
        (B, N) float32; 0 for a column that is alone in its segment.

    References:
        Khosla et al., "Supervised contrastive learning", 2020, equation 2 ("out").
    """
    same = segments[:, :, None] == segments[:, None, :]
    return pair_contrast(states, same, temperature=temperature)


def segment_pairs(states, segments, scale, bias):
    """Do two columns belong together? A logistic answer for every pair, one loss per column.

    For column i with the set P(i) of the other columns of its segment and Q(i) of those outside,

        z_ij = scale * c_ij + bias,
        loss_i = 1/2 mean_{j in P(i)} log(1 + exp(-z_ij)) + 1/2 mean_{k in Q(i)} log(1 + exp(z_ik)),

    c the cosine of two columns' vectors; in the second mean, k weighs (columns of its segment) **
    -1/2, as in :func:`segment_weights`. Each pair is judged by itself: where contrast only asks
    that partners be nearer than others, one angle for the whole world parts them here, as the
    reading of islands with one threshold does. A constant state scores log 2 at best.

    Args:
        states: (B, N, D) one level.
        segments: (B, N) integers.
        scale, bias: scalars, usually trained along.

    Returns:
        (B, N) float32; a half is 0 for a column that is alone in its segment, or in the only one.

    References:
        Zhai et al., "Sigmoid loss for language image pre-training", 2023, equation 1, with halves
        balanced.
    """
    x = unit(states)
    z = scale * ops.matmul(x, ops.transpose(x, (0, 2, 1))) + bias
    same = ops.cast(segments[:, :, None] == segments[:, None, :], "float32")
    partners = same * (1.0 - ops.eye(states.shape[1], dtype="float32"))
    others = (1.0 - same) * ops.rsqrt(ops.sum(same, axis=-1))[:, None, :]

    def mean(loss, weights):
        total = ops.sum(weights, axis=-1)
        return ops.sum(weights * loss, axis=-1) / ops.where(total > 0, total, 1.0)

    return 0.5 * mean(ops.softplus(-z), partners) + 0.5 * mean(ops.softplus(z), others)


def segment_weights(segments):
    """Weights that let small segments count: (B, N) integers to (B, N), each row summing to 1.

    A column of a segment with n columns weighs n ** -0.5 before scaling: halfway between every
    column counting alike and every segment counting alike.
    """
    same = ops.cast(segments[:, :, None] == segments[:, None, :], "float32")
    weights = ops.rsqrt(ops.sum(same, axis=-1))
    return weights / ops.sum(weights, axis=-1, keepdims=True)
