"""Two views of a picture have the same vector at a level, other pictures have others."""

from keras import ops

from glomtf.objectives.contrast import unit


def view_contrast(first, second, *, temperature=0.1):
    """Contrast of two views of each picture by the mean over the columns of one level.

    With z the means of unit-length columns, scaled to unit length, and j the other view of i,

        loss_i = - log( exp(z_i.z_j / tau) / sum_{k != i} exp(z_i.z_k / tau) )

    over the 2 B views. A constant state is not a minimum: it scores log(2 B - 1).

    Args:
        first: (B, N, D) one level for one view of each picture, B >= 2.
        second: (B, M, D) the same level for another view; it may have other columns.
        temperature: tau.

    Returns:
        (2, B) float32.

    References:
        Chen et al., "A simple framework for contrastive learning of visual representations",
        2020, equation 1; islands from it: Miyato et al., "Artificial Kuramoto oscillatory
        neurons", 2025.
    """
    z = ops.concatenate([unit(ops.mean(unit(view), axis=1)) for view in (first, second)])
    logits = ops.matmul(z, ops.transpose(z)) / temperature
    batch = ops.shape(first)[0]
    number = ops.arange(2 * batch)
    itself = ops.cast(number[:, None] == number, "float32")
    partner = ops.cast(number[:, None] == (number + batch) % (2 * batch), "float32")
    logits = logits - 1e9 * itself
    loss = ops.logsumexp(logits, axis=-1) - ops.sum(partner * logits, axis=-1)
    return ops.reshape(loss, (2, -1))
