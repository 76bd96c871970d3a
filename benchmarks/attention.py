"""The baseline of iterated self-attention: one transformer block, used again and again."""

import keras
from keras import ops

from glomtf.model.tokens import LinearStem, coordinates, fourier_features


class IteratedAttention(keras.Model):
    """A transformer block whose weights are shared by all its steps, read like a Glom of one level.

    Patches are mapped linearly, told where they are, and pass T times through the same block:
    x + attention(norm(x)), then x + mlp(norm(x)).

    Source: "ItrSA" in Miyato et al., "Artificial Kuramoto oscillatory neurons", 2025; there 128
    wide, 8 heads, T = 8, patches of 4 pixels.

    Args:
        image_size, patch_size: pixels.
        dim: width.
        heads: of the attention.
    """

    levels, channels, data_format = 1, 3, "channels_last"

    def __init__(self, image_size, patch_size, dim=128, heads=8, **kwargs):
        super().__init__(**kwargs)
        self.dim, self.patch_size = dim, patch_size
        grid = (image_size // patch_size,) * 2
        self.stem = LinearStem(dim, patch_size)
        self.place = keras.layers.Dense(dim, use_bias=False)
        self.places = fourier_features(coordinates(grid, grid[0]), 4)
        self.first, self.second = (
            keras.layers.LayerNormalization(),
            keras.layers.LayerNormalization(),
        )
        self.attention = keras.layers.MultiHeadAttention(heads, dim // heads)
        self.wide = keras.layers.Dense(2 * dim, activation="gelu")
        self.narrow = keras.layers.Dense(dim)
        tokens = (None, len(self.places), dim)
        self.stem.build((None, image_size, image_size, 3))
        self.place.build(self.places.shape)
        self.attention.build(tokens, tokens)
        for layer in (self.first, self.second, self.wide):
            layer.build(tokens)
        self.narrow.build((*tokens[:2], 2 * dim))
        self.built = True

    def settle(self, images, iters, wanted=None):
        """(B, H, W, C) to the states after 0, 1, ... ``iters`` steps, each [(B, N, D)]."""
        tokens = self.stem(2.0 * ops.convert_to_tensor(images) - 1.0)
        x = ops.reshape(tokens, (-1, len(self.places), self.dim)) + self.place(self.places)
        states = [[x]]
        for _ in range(iters):
            seen = self.first(x)
            x = x + self.attention(seen, seen)
            x = x + self.narrow(self.wide(self.second(x)))
            states.append([x])
        return states
