"""Islands by masks: columns of one segment agree, columns of different segments do not."""

from keras import ops

from glomtf.objectives.contrast import pair_contrast


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


def segment_weights(segments):
    """Weights that let small segments count: (B, N) integers to (B, N), each row summing to 1.

    A column of a segment with n columns weighs n ** -0.5 before scaling: halfway between every
    column counting alike and every segment counting alike.
    """
    same = ops.cast(segments[:, :, None] == segments[:, None, :], "float32")
    weights = ops.rsqrt(ops.sum(same, axis=-1))
    return weights / ops.sum(weights, axis=-1, keepdims=True)
