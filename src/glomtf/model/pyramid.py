"""A stem that also looks at coarser grids, so that a token knows what lies around it."""

import math

import keras
from keras import ops

from glomtf.model.backend import compiled


@keras.saving.register_keras_serializable("glomtf")
class PyramidStem(keras.layers.Layer):
    """A small residual CNN that goes down to a quarter of the grid and comes back.

    (B, H, W, C) to (B, rows, cols, dim).

    Halving 3 x 3 convolutions reach the grid (``patch_size`` must be a power of two), one more
    convolution looks at the finest of them where there are several. From the grid it goes on to
    grids of half and of a quarter as many rows and columns, a residual pair of convolutions on
    each, and back by bilinear enlargement, each grid adding to the finer one. A quarter and a
    sixteenth of the columns make a wide view cheap. No normalisation over space.

    Args:
        dim: D.
        patch_size: pixels per column, a power of two.
        normed: whether the residual pairs see each place's vector at length sqrt(width). Without,
            a long training lets the vectors grow without bound and the pairs learn ever less.
    """

    def __init__(self, dim, patch_size, normed=False, **kwargs):
        super().__init__(**kwargs)
        if patch_size & (patch_size - 1):
            raise ValueError(
                "The pyramid stem halves the picture: expected a patch_size that is a power of "
                f"two. Received: patch_size={patch_size}; use stem='linear' or your own layer."
            )
        self.dim, self.patch_size, self.normed = dim, patch_size, normed

    def build(self, input_shape):
        def conv(filters, name, strides=1, size=3):
            return keras.layers.Conv2D(
                filters, size, strides, "same", dtype=self.dtype_policy, name=name,
                kernel_initializer="he_normal", data_format="channels_last",
            )  # fmt: skip

        halvings = int(math.log2(self.patch_size))
        fine = [max(16, self.dim >> (halvings - 1 - i)) for i in range(halvings - 1)]
        wide = self.dim * 3 // 2
        self.down = [conv(w, f"down_{i + 1}", 2) for i, w in enumerate(fine)]
        self.look = conv(fine[0], "look") if fine else None
        self.reach = conv(self.dim, "reach", 2 if halvings else 1)
        self.halve, self.quarter = conv(wide, "halve", 2), conv(wide, "quarter", 2)
        self.back = [conv(wide, "from_quarter", size=1), conv(self.dim, "from_half", size=1)]
        self.pairs = {
            name: (conv(width, f"{name}_a"), conv(width, f"{name}_b"))
            for name, width in (
                ("before", self.dim), ("half", wide), ("fourth", wide), ("after", self.dim),
            )
        }  # fmt: skip
        self.enlarge = keras.layers.UpSampling2D(
            2, "channels_last", "bilinear", dtype=self.dtype_policy
        )
        shape = tuple(input_shape)
        for number, layer in enumerate(self.down):
            layer.build(shape)
            shape = layer.compute_output_shape(shape)
            if number == 0:
                self.look.build(shape)
        self.reach.build(shape)
        at_grid, coarse = (None, None, None, self.dim), (None, None, None, wide)
        self.halve.build(at_grid)
        for layer in (self.quarter, *self.back):
            layer.build(coarse)
        for name, pair in self.pairs.items():
            for layer in pair:
                layer.build(coarse if name in ("half", "fourth") else at_grid)

    def _refine(self, x, name):
        first, second = self.pairs[name]
        seen = ops.rms_normalization(x, epsilon=1e-6) if self.normed else x
        return x + second(_gelu(first(seen)))

    def _add(self, fine, coarse, layer):
        """The coarser grid's view at the places of the finer one, whose sides may be odd."""
        rows, cols = fine.shape[1:3]
        return fine + self.enlarge(layer(coarse))[:, :rows, :cols]

    @compiled
    def call(self, images):
        x = images - 0.5
        for number, layer in enumerate(self.down):
            x = _gelu(layer(x))
            if number == 0:
                x = x + _gelu(self.look(x))
        x = self._refine(_gelu(self.reach(x)), "before")
        half = self._refine(_gelu(self.halve(x)), "half")
        fourth = self._refine(_gelu(self.quarter(half)), "fourth")
        half = self._add(half, fourth, self.back[0])
        return self._refine(self._add(x, half, self.back[1]), "after")


def _gelu(x):
    return ops.gelu(x, approximate=True)
