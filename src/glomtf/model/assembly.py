"""What a column's whole gains by hearing of islands: what shapes they have and where they lie."""

import math

import keras
import numpy as np
from keras import ops

from glomtf.model.attend import HEADS, Attend

ISLANDS = 32  # at most so many are heard of
CELLS = 8  # an island's shape is told by CELLS x CELLS numbers
OCTAVES = (0.5, 1.0, 2.0, 4.0)  # of the Fourier features of an island's middle


@keras.saving.register_keras_serializable("glomtf")
class ShapeAssembly(keras.layers.Layer):
    """What the islands of the level below add to a whole that a column's own vector predicts.

    (B, N, D) to (B, N, D), to be added to what :class:`glomtf.model.nets.ColumnNet` says; zero at
    first, so that it can join nets that are trained. In the paper a part's vector alone predicts
    its whole, and columns that predict alike agree. Where many kinds of wholes share their parts (a
    disc is an eye, a wheel, a head), a part alone cannot know; the shapes and places of the others
    tell. A column need not pack the shape of its island into its own vector: where those lie that
    agree with it *is* the shape.

    1. *Islands.* Columns i and j are of one island as far as ``m_ij = sigmoid(sharpness * (cosine
       - limit))``, both learned. Of every second column in either direction those speak for an
       island, one after the other, that most columns not yet spoken for agree with.
    2. *Shapes.* Each tells its middle, its spread (root mean square distance from the middle), its
       number of columns, and its mask, cut out to twice its spread, in CELLS x CELLS cells.
    3. *Wholes.* ``blocks`` blocks of attention among the islands.
    4. Every column takes what its islands say, weighed by ``m``.

    Args:
        dim: D.
        blocks: blocks of attention among the islands, at least 1.
        spacing: from one column to the next in the units of
            :func:`glomtf.model.tokens.coordinates`.

    References:
        Hinton, "How to represent part-whole hierarchies in a neural network", 2021, sections 1 and
        2: islands of identical vectors are the nodes of the parse tree.
    """

    def __init__(self, dim, blocks, spacing, **kwargs):
        super().__init__(autocast=False, **kwargs)  # places stay float32 in half precision
        self.dim, self.spacing = dim, spacing
        self.width = -(-dim // HEADS) * HEADS  # inside, W: D, or a little more for whole heads

        def dense(units, name, **how):
            return keras.layers.Dense(units, dtype=self.dtype_policy, name=name, **how)

        self.bend = dense(2 * self.width, "bend")
        self.tell = dense(self.width, "tell")
        self.enter = dense(self.width, "enter")
        self.blocks = [
            Attend(self.width, dtype=self.dtype_policy, name=f"block_{i + 1}")
            for i in range(blocks)
        ]
        self.norm = keras.layers.RMSNormalization(dtype=self.dtype_policy, name="norm")
        self.out = dense(dim, "out", kernel_initializer="zeros")

    def build(self, input_shape=None):
        def scalar(name, value):
            start = keras.initializers.Constant(value)
            return self.add_weight(shape=(), initializer=start, name=name, autocast=False)

        self.log_sharpness = scalar("log_sharpness", math.log(12.0))
        self.limit = scalar("limit", 0.6)
        wide = (None, None, self.width)
        self.bend.build((None, None, 4 + 4 * len(OCTAVES) + CELLS**2))
        self.tell.build((None, None, 2 * self.width))
        self.enter.build((None, None, self.dim))
        for layer in (*self.blocks, self.norm, self.out):
            layer.build(wide)

    def place(self, location):
        """Where the columns lie: (rows, cols, 2) of the location code (rows, cols, ...)."""
        return ops.convert_to_tensor(location[..., :2])

    def together(self, one, other):
        """How far columns are of one island: unit (B, M, D), (B, N, D) to (B, M, N) in 0..1."""
        agreement = ops.matmul(one, ops.transpose(other, (0, 2, 1)))
        return ops.sigmoid(ops.exp(self.log_sharpness) * (agreement - self.limit))

    def speakers(self, unit):
        """Who speaks for an island, of C columns: (B, C, D) to choices (B, M, C) and (B, M).

        Each row of the first is one column's; the second says for how many of the C columns it is
        the first to speak. No gradient passes.
        """
        same = ops.stop_gradient(self.together(unit, unit))
        left = ops.ones_like(same[:, 0])
        chosen, gains = [], []
        for _ in range(min(ISLANDS, unit.shape[1])):
            # Who agrees with most of those left; among equals one who is left itself.
            votes = ops.einsum("bij,bj->bi", same, left) * (left + 1e-3)
            chosen.append(ops.argmax(votes, axis=-1))
            own = ops.take_along_axis(same, chosen[-1][:, None, None], axis=1)[:, 0]
            gains.append(ops.sum(own * left, axis=-1))
            left = left * (1.0 - own)
        choices = ops.one_hot(ops.stack(chosen, axis=1), unit.shape[1], dtype=unit.dtype)
        return choices, ops.stack(gains, axis=1)

    def shapes(self, mask, where):
        """Middle, spread, size and cut-out of soft masks: (B, M, N), (rows, cols, 2) to features.

        (B, M, 4 + 4 * octaves + CELLS ** 2) float32.
        """
        rows, cols = where.shape[:2]
        flat = ops.reshape(where, (rows * cols, 2))
        size = ops.sum(mask, axis=-1, keepdims=True) + 1e-3
        middle = ops.matmul(mask, flat) / size
        square = ops.matmul(mask, flat * flat) / size - middle * middle
        spread = ops.sqrt(
            ops.maximum(ops.mean(square, axis=-1, keepdims=True), 0.0) + (0.15 * self.spacing) ** 2
        )
        centres = (np.arange(CELLS) + 0.5) / CELLS * 4 - 2  # in spreads
        centres = ops.convert_to_tensor(centres[:, None], "float32")

        def cells(line, axis):
            """How much each line of columns (n,) gives to each cell: (B, M, CELLS, n)."""
            at = middle[..., axis : axis + 1, None] + spread[..., None] * centres
            blur = spread[..., None] * (2 / CELLS) + self.spacing / 2
            near = ops.exp(-ops.square((line - at) / blur))
            return near / (ops.sum(near, axis=-1, keepdims=True) + 1e-3)

        image = ops.reshape(mask, (-1, mask.shape[1], rows, cols))
        down, right = cells(where[:, 0, 0], 0), cells(where[0, :, 1], 1)
        image = ops.matmul(ops.matmul(down, image), ops.transpose(right, (0, 1, 3, 2)))
        image = ops.reshape(image, (-1, mask.shape[1], CELLS**2))
        angles = ops.concatenate([middle * (math.pi * octave) for octave in OCTAVES], axis=-1)
        told = [middle, ops.log(spread), ops.log(size * self.spacing**2), 2.0 * image - 1.0]
        return ops.concatenate([*told, ops.sin(angles), ops.cos(angles)], axis=-1)

    def call(self, x, there):
        """(B, N, D) and what :meth:`place` says of the N columns to (B, N, D).

        Of x, N may be 1 where columns do not differ; the place spreads it.
        """
        rows, cols = there.shape[:2]
        x = ops.broadcast_to(x, (ops.shape(x)[0], rows * cols, self.dim))
        unit = ops.cast(x, "float32")
        unit = unit * ops.rsqrt(ops.sum(unit * unit, axis=-1, keepdims=True) + 1e-6)
        some = np.arange(rows * cols).reshape(rows, cols)[::2, ::2].ravel()
        choices, gains = self.speakers(ops.take(unit, some, axis=1))

        def chosen(vectors):
            return ops.matmul(ops.cast(choices, vectors.dtype), ops.take(vectors, some, axis=1))

        mask = self.together(chosen(unit), unit)
        told = ops.cast(self.shapes(mask, there), self.compute_dtype)
        said = self.tell(ops.gelu(self.bend(told), approximate=True)) + self.enter(chosen(x))
        # Who speaks for nobody new is not heard; the first is, whoever he speaks for.
        heard = (gains >= ops.minimum(gains[:, :1], 0.5))[:, None, :]
        for block in self.blocks:
            said = block(said, said, heard)
        said = ops.cast(self.out(self.norm(said)), "float32")
        shared = ops.matmul(ops.transpose(mask, (0, 2, 1)), said)
        shared = shared / (ops.sum(mask, axis=1)[..., None] + 0.1)
        return ops.cast(shared, self.compute_dtype)
