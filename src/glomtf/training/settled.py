"""Settled states of many pictures as one NumPy array: the handshake between model and islands."""

import numpy as np
from keras import ops
from PIL import Image


def shown(glom, images):
    """Pictures (S, H, W, 3) uint8 as the Glom takes them: in its ``data_format``, in [0, 1].

    A Glom of one channel is shown the grey that ``glomtf.parse`` would show it.

    Raises:
        ValueError: a Glom of neither 1 nor 3 channels.
    """
    if glom.channels not in (1, 3):
        raise ValueError(f"expected a Glom of 1 or 3 channels, got {glom.channels}; train another")
    if glom.channels == 1:
        images = np.stack([Image.fromarray(image).convert("L") for image in images])[..., None]
    pictures = images.astype("float32") / 255
    return pictures.transpose(0, 3, 1, 2) if glom.data_format == "channels_first" else pictures


def settled(glom, images, iters, batch=25):
    """The last state of each picture.

    Args:
        glom: a :class:`glomtf.Glom`.
        images: (S, H, W, 3) uint8.
        iters: settling steps; 0 = the feed-forward sweep.
        batch: pictures at a time.

    Returns:
        (S, rows, cols, L, D) float32.
    """
    parts = []
    for start in range(0, len(images), batch):
        pictures = shown(glom, images[start : start + batch])
        state = ops.stack(glom.settle(pictures, iters)[-1], axis=2)
        parts.append(np.asarray(ops.convert_to_numpy(state), "float32"))
    rows, cols = (side // glom.patch_size for side in images.shape[1:3])
    return np.concatenate(parts).reshape(len(images), rows, cols, glom.levels, glom.dim)
