"""Masked-patch reconstruction from the lowest level."""

from keras import ops


def masked_patch_error(predicted, patches, hidden):
    """Squared error of the patches that the model did not see.

    Hinton's first suggestion for learning (2021, section on the objective): corrupt patches,
    settle, and predict them from the lowest level, so that the levels above need not be pictures.

    Args:
        predicted: (B, N, p * p * C) from level 1.
        patches: (B, N, p * p * C) the true pixels.
        hidden: (B, N) bool, True where the patch was hidden from the model.

    Returns:
        (B, N) float32, mean over the patch; 0 where the patch was seen.
    """
    gap = ops.cast(predicted, "float32") - ops.cast(patches, "float32")
    error = ops.mean(ops.square(gap), axis=-1)
    return ops.where(hidden, error, 0.0)
