"""Class and pose of its object at every column, the supervision of eGLOM."""

from keras import ops


def column_cross_entropy(logits, classes):
    """Cross entropy of each foreground column with the class of the object it lies on.

    Args:
        logits: (B, N, K).
        classes: (B, N) integers; -1 = no object here.

    Returns:
        (B, N) float32, 0 where there is no object.

    References:
        Culp, Sabour, Hinton, "Testing GLOM's ability to infer wholes from ambiguous parts", 2022.
    """
    logits = ops.cast(logits, "float32")
    chosen = ops.one_hot(ops.maximum(classes, 0), logits.shape[-1], dtype="float32")
    loss = ops.logsumexp(logits, axis=-1) - ops.sum(chosen * logits, axis=-1)
    return ops.where(classes >= 0, loss, 0.0)


def column_pose_error(predicted, poses, classes):
    """Squared error of each foreground column's idea of its object's pose.

    Args:
        predicted: (B, N, P).
        poses: (B, N, P), for instance where the object's centre is in the picture, and the
            object's scale: the same at all its columns, if they are to be an island.
        classes: (B, N) integers; -1 = no object here.

    Returns:
        (B, N) float32, mean over P, 0 where there is no object.
    """
    gap = ops.cast(predicted, "float32") - ops.cast(poses, "float32")
    error = ops.mean(ops.square(gap), axis=-1)
    return ops.where(classes >= 0, error, 0.0)
