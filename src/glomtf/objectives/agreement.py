"""Agreement of what is predicted for a level with what its columns agree on, without collapse."""

from keras import ops

from glomtf.objectives.contrast import unit


def consensus_contrast(predicted, consensus, attention, *, temperature=0.1):
    """Contrast of a prediction with the consensus of its column against other columns'.

    For column i with the prediction p_i, bottom-up or top-down, and the consensus s_i, which gets
    no gradient, ::

        loss_i = - log( exp(p_i.s_i / tau) / (exp(p_i.s_i / tau)
                                              + sum_{j != i} g_ij exp(p_i.s_j / tau)) ),
        g_ij = min(1, 1 / (N a_ij)),

    p and s of unit length and a_ij the attention, rows summing to 1. The gate g lets columns that
    i attends to more than evenly count less as its negatives: an island of m columns that attend
    to one another only has g = m / N. A constant state is not a minimum: its attention is even,
    so every gate is open and every column scores log N.

    Args:
        predicted: (B, N, D) bottom-up or top-down contribution to one level.
        consensus: (B, N, D) the attention-weighted mean of that level.
        attention: (B, N, N) the weights of that mean.
        temperature: tau.

    Returns:
        (B, N) float32.

    References:
        Hinton, "How to represent part-whole hierarchies in a neural network", 2021, on training
        bottom-up and top-down predictions to agree with the consensus; van den Oord et al.,
        "Representation learning with contrastive predictive coding", 2018, equation 4. The form
        of the gate is this project's.
    """
    target = ops.stop_gradient(unit(consensus))
    logits = ops.matmul(unit(predicted), ops.transpose(target, (0, 2, 1))) / temperature
    even = 1.0 / predicted.shape[1]
    weights = ops.stop_gradient(ops.cast(attention, "float32"))
    gate = even / ops.maximum(weights, even)
    own = ops.eye(predicted.shape[1], dtype="float32")
    gated = logits + ops.log(ops.maximum(gate, own))  # a column's own consensus is never gated
    return ops.logsumexp(gated, axis=-1) - ops.sum(own * logits, axis=-1)


def consensus_distance(predicted, consensus):
    """1 - cosine of a prediction with the consensus, which gets no gradient.

    It has no negatives: alone it is least for a constant state. Use it beside
    :func:`variance_floor`.

    Args:
        predicted: (B, N, D) bottom-up or top-down contribution to one level.
        consensus: (B, N, D) the attention-weighted mean of that level.

    Returns:
        (B, N) float32, 0 to 2.
    """
    target = ops.stop_gradient(unit(consensus))
    return 1.0 - ops.sum(unit(predicted) * target, axis=-1)


def variance_floor(states, *, floor=1.0):
    """How much each dimension of a level varies too little over the columns of the batch.

        loss_d = max(0, floor - sqrt(var_d + 1e-4)),

    the variance taken over pictures and columns. A constant state scores the most there is,
    floor - 0.01, in every dimension.

    Args:
        states: (B, N, D) one level, for instance RMS-normalised, so that 1 is a natural floor.
        floor: the least standard deviation.

    Returns:
        (D,) float32.

    References:
        Bardes et al., "VICReg", 2022, the variance term.
    """
    variance = ops.var(ops.cast(states, "float32"), axis=(0, 1))
    return ops.relu(floor - ops.sqrt(variance + 1e-4))
