"""A block of attention: look at others, then think."""

import keras
from keras import ops

HEADS = 4


class Attend(keras.layers.Layer):
    """One block: (B, N, W), the others (B, M, W) and whom of them to look at to (B, N, W).

    ``heard`` is (B, 1, M) bool.

    References:
        Vaswani et al., "Attention is all you need", 2017, with the norm before each branch.
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

    def call(self, x, others, heard):
        own, seen, between = self.norms
        x = x + self.attention(own(x), seen(others), attention_mask=heard)
        return x + self.out(ops.gelu(self.hidden(between(x)), approximate=True))
