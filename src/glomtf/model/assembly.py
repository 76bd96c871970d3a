"""What a column's whole gains by looking around: which columns of the level below belong to it."""

import keras
from keras import ops

HEADS = 4


@keras.saving.register_keras_serializable("glomtf")
class AssemblyNet(keras.layers.Layer):
    """What all columns of the level below add to a whole that a column's own vector predicts.

    (B, N, D) to (B, N, D), to be added to what :class:`glomtf.model.nets.ColumnNet` says; zero at
    first, so that it can join nets that are trained. In the paper a part's vector alone predicts
    its whole, and columns that predict alike agree. Where many kinds of wholes share their parts (a
    disc is an eye, a wheel, a head), a part alone cannot know; its neighbours' poses tell. Here
    squares of 2 x 2 columns become tokens, ``blocks`` blocks of attention let tokens hear of one
    another, and every column looks at all tokens. Attention is over a quarter of the columns, so it
    costs little.

    Args:
        dim: D.
        blocks: blocks of attention among the tokens, at least 1.
        location_dim: width of the location code, without which the tokens had no order.

    References:
        Vaswani et al., "Attention is all you need", 2017, with the norm before each branch.
    """

    def __init__(self, dim, blocks, location_dim, **kwargs):
        super().__init__(**kwargs)
        self.dim, self.location_dim = dim, location_dim
        self.width = -(-dim // HEADS) * HEADS  # inside, W: D, or a little more for whole heads

        def dense(units, name):
            return keras.layers.Dense(units, dtype=self.dtype_policy, name=name)

        self.enter = dense(self.width, "enter")
        self.where = dense(self.width, "where")
        self.bend = dense(self.width, "bend")
        self.merge = keras.layers.Conv2D(
            self.width, 2, 2, "same", data_format="channels_last", dtype=self.dtype_policy,
            name="merge",
        )  # fmt: skip
        self.blocks = [
            Attend(self.width, dtype=self.dtype_policy, name=f"block_{i + 1}")
            for i in range(blocks)
        ]
        self.look = Attend(self.width, dtype=self.dtype_policy, name="look")
        self.norm = keras.layers.RMSNormalization(dtype=self.dtype_policy, name="norm")
        self.out = keras.layers.Dense(
            dim, kernel_initializer="zeros", dtype=self.dtype_policy, name="out"
        )

    def build(self, input_shape=None):
        wide = (None, None, self.width)
        self.enter.build((None, None, self.dim))
        self.where.build((None, None, self.location_dim))
        self.bend.build(wide)
        self.merge.build((None, None, None, self.width))
        for layer in (*self.blocks, self.look, self.norm, self.out):
            layer.build(wide)

    def place(self, location):
        """What the net hears of the location: (rows, cols, location_dim) to (rows, cols, W)."""
        return self.where(ops.cast(location, self.compute_dtype))

    def call(self, x, there):
        """(B, N, D) and what :meth:`place` says of the N columns to (B, N, D).

        Of x, B and N may be 1 where pictures or columns do not differ; the place spreads N.
        """
        rows, cols, width = there.shape
        seen = self.enter(x) + ops.reshape(there, (rows * cols, width))
        seen = seen + self.bend(ops.gelu(seen, approximate=True))
        tokens = self.merge(ops.reshape(seen, (-1, rows, cols, width)))
        tokens = ops.reshape(tokens, (-1, -(-rows // 2) * -(-cols // 2), width))
        for block in self.blocks:
            tokens = block(tokens, tokens)
        return self.out(self.norm(self.look(seen, tokens)))


class Attend(keras.layers.Layer):
    """One block: look at others by attention, then think. (B, N, W), (B, M, W) to (B, N, W).

    ``heard`` (B, 1, M) bool says whom to look at; None = everybody.
    """

    def __init__(self, width, **kwargs):
        super().__init__(**kwargs)
        self.width = width
        policy = self.dtype_policy
        self.norms = [
            keras.layers.RMSNormalization(dtype=policy, name=name)
            for name in ("norm_own", "norm_others", "norm_between")
        ]
        # Heads of one number would meet a fault of Keras 3.15, whose EinsumDense then adds the bias
        # along the wrong axis.
        self.attention = keras.layers.MultiHeadAttention(
            HEADS, max(2, width // HEADS), dtype=policy, name="attention"
        )
        self.hidden = keras.layers.Dense(2 * width, dtype=policy, name="hidden")
        self.out = keras.layers.Dense(width, dtype=policy, name="out", kernel_initializer="zeros")

    def build(self, input_shape=None):
        wide = (None, None, self.width)
        for layer in (*self.norms, self.hidden):
            layer.build(wide)
        self.attention.build(wide, wide)
        self.out.build((None, None, 2 * self.width))

    def call(self, x, others, heard=None):
        own, seen, between = self.norms
        x = x + self.attention(own(x), seen(others), attention_mask=heard)
        return x + self.out(ops.gelu(self.hidden(between(x)), approximate=True))
