"""Images to tokens and back, where a column is, and the stems that look at the picture."""

import math

import keras
import numpy as np
from keras import ops

from glomtf.model.backend import compiled


def patches(images, patch_size):
    """Cut pictures into flat patches.

    Args:
        images: (B, H, W, C); H and W are multiples of ``patch_size``.
        patch_size: side of a patch in pixels.

    Returns:
        (B, N, patch_size * patch_size * C), N = H/p * W/p columns in reading order; inside a
        patch the order is (row, column, channel), glom-pytorch's ``(p1 p2 c)``.
    """
    height, width, channels = images.shape[1:]
    rows, cols = height // patch_size, width // patch_size
    x = ops.reshape(images, (-1, rows, patch_size, cols, patch_size, channels))
    x = ops.transpose(x, (0, 1, 3, 2, 4, 5))
    return ops.reshape(x, (-1, rows * cols, patch_size * patch_size * channels))


def unpatch(tokens, grid, patch_size):
    """The inverse of :func:`patches`: (B, N, p * p * C) to (B, rows * p, cols * p, C)."""
    rows, cols = grid
    channels = tokens.shape[-1] // patch_size**2
    x = ops.reshape(tokens, (-1, rows, cols, patch_size, patch_size, channels))
    x = ops.transpose(x, (0, 1, 3, 2, 4, 5))
    return ops.reshape(x, (-1, rows * patch_size, cols * patch_size, channels))


def coordinates(grid, extent):
    """Where the columns' centres lie: (N, 2) float32, (y, x), (0, 0) in the grid's middle.

    One unit is half of ``extent`` columns, so a square grid of ``extent`` x ``extent`` columns
    spans [-1, 1] and other grids keep the same distance from one column to the next.
    """
    rows, cols = grid
    y, x = np.meshgrid(np.arange(rows), np.arange(cols), indexing="ij")
    centred = np.stack([y - (rows - 1) / 2, x - (cols - 1) / 2], axis=-1)
    return (centred.reshape(-1, 2) * 2 / extent).astype("float32")


def fourier_features(points, frequencies):
    """Fourier features of locations: (N, 2) to (N, 2 + 4 * frequencies).

    The points themselves, then sine and cosine of pi * 2^k * point for k = 0 .. frequencies - 1:
    the location code that lets a small net be a neural field, generating the part from its whole's
    vector and the place (Hinton 2021, the section on neural fields).
    """
    octaves = math.pi * 2.0 ** np.arange(frequencies)
    angles = (points[:, None, :] * octaves[None, :, None]).reshape(len(points), -1)
    return np.concatenate([points, np.sin(angles), np.cos(angles)], axis=-1).astype("float32")


def torch_linear(fan_in):
    """Kernel and bias initialisers of a linear map, U(-1/sqrt(fan_in), 1/sqrt(fan_in))."""
    limit = fan_in**-0.5
    return {
        "kernel_initializer": keras.initializers.RandomUniform(-limit, limit),
        "bias_initializer": keras.initializers.RandomUniform(-limit, limit),
    }


@keras.saving.register_keras_serializable("glomtf")
class LinearStem(keras.layers.Layer):
    """One linear map of each patch: (B, H, W, C) to (B, rows, cols, dim)."""

    def __init__(self, dim, patch_size, **kwargs):
        super().__init__(**kwargs)
        self.dim, self.patch_size = dim, patch_size

    def build(self, input_shape):
        fan_in = self.patch_size**2 * input_shape[-1]
        self.linear = keras.layers.Dense(
            self.dim, dtype=self.dtype_policy, name="linear", **torch_linear(fan_in)
        )
        self.linear.build((None, fan_in))

    def call(self, images):
        rows, cols = (side // self.patch_size for side in images.shape[1:3])
        tokens = self.linear(patches(images, self.patch_size))
        return ops.reshape(tokens, (-1, rows, cols, self.dim))


@keras.saving.register_keras_serializable("glomtf")
class ConvStem(keras.layers.Layer):
    """A small residual CNN with a window wider than its stride.

    (B, H, W, C) to a grid of dim.

    Halving 3 x 3 convolutions reach the grid (``patch_size`` must be a power of two), then
    ``depth`` residual pairs of 3 x 3 convolutions look at the neighbourhood. No normalisation
    over space, so a column's token does not depend on the size of the picture.
    """

    def __init__(self, dim, patch_size, depth=2, **kwargs):
        super().__init__(**kwargs)
        if patch_size & (patch_size - 1):
            raise ValueError(
                "The conv stem halves the picture: expected a patch_size that is a power of two. "
                f"Received: patch_size={patch_size}; use stem='linear' or your own layer."
            )
        self.dim, self.patch_size, self.depth = dim, patch_size, depth

    def build(self, input_shape):
        def conv(filters, name, strides=1):
            return keras.layers.Conv2D(
                filters, 3, strides, "same", dtype=self.dtype_policy, name=name,
                kernel_initializer="he_normal", data_format="channels_last",
            )  # fmt: skip

        halvings = int(math.log2(self.patch_size))
        widths = [max(16, self.dim >> (halvings - 1 - i)) for i in range(halvings - 1)] + [self.dim]
        self.down = [conv(w, f"down_{i + 1}", 2 if halvings else 1) for i, w in enumerate(widths)]
        self.first = [conv(self.dim, f"residual_{i + 1}_a") for i in range(self.depth)]
        self.second = [conv(self.dim, f"residual_{i + 1}_b") for i in range(self.depth)]
        shape = tuple(input_shape)
        for layer in self.down:
            layer.build(shape)
            shape = layer.compute_output_shape(shape)
        for layer in [*self.first, *self.second]:
            layer.build(shape)

    @compiled
    def call(self, images):
        x = images - 0.5
        for layer in self.down:
            x = ops.gelu(layer(x), approximate=True)
        for first, second in zip(self.first, self.second, strict=True):
            x = x + second(ops.gelu(first(x), approximate=True))
        return x
