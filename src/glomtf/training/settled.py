"""Settled states of many pictures as one NumPy array: the handshake between model and islands."""

import numpy as np
from keras import ops


def settled(glom, images, iters, batch=25):
    """The last state of each picture.

    Args:
        glom: a channels_last :class:`glomtf.Glom`.
        images: (S, H, W, 3) uint8.
        iters: settling steps; 0 = the feed-forward sweep.
        batch: pictures at a time.

    Returns:
        (S, rows, cols, L, D) float32.
    """
    parts = []
    for start in range(0, len(images), batch):
        pictures = images[start : start + batch].astype("float32") / 255
        state = ops.stack(glom.settle(pictures, iters)[-1], axis=2)
        parts.append(np.asarray(ops.convert_to_numpy(state), "float32"))
    rows, cols = (side // glom.patch_size for side in images.shape[1:3])
    return np.concatenate(parts).reshape(len(images), rows, cols, glom.levels, glom.dim)
