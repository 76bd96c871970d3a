"""Pictures that tell less: noise, and columns that nothing is known of."""

import numpy as np


def noisy(images, rng, amount):
    """Gaussian noise of that standard deviation on every channel: (S, H, W, 3) in [0, 1]."""
    return np.clip(images + rng.normal(0, amount, images.shape), 0, 1)


def missing(images, rng, share, patch_size):
    """That share of the columns grey: (S, H, W, 3) in [0, 1]."""
    grid = (len(images), images.shape[1] // patch_size, images.shape[2] // patch_size)
    hidden = rng.random(grid) < share
    cover = hidden.repeat(patch_size, axis=1).repeat(patch_size, axis=2)
    return np.where(cover[..., None], 128 / 255, images)


def on_bytes(change, images, rng, **how):
    """The same of uint8 pictures, which stay that."""
    return (change(images / 255, rng, **how) * 255).round().astype("uint8")
