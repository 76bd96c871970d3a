"""Heads on a level's state: patches of the picture, class and pose, the picture in one vector."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("glomtf")
class Reconstruct(keras.layers.Layer):
    """Draws each column's patch from its vector: (B, N, D) to (B, N, p * p * C)."""

    def __init__(self, patch_size, channels=3, **kwargs):
        super().__init__(**kwargs)
        self.patch_size, self.channels = patch_size, channels
        self.draw = keras.layers.Dense(
            patch_size**2 * channels, dtype=self.dtype_policy, name="draw"
        )

    def build(self, input_shape):
        self.draw.build(input_shape)

    def call(self, x):
        return self.draw(x)


@keras.saving.register_keras_serializable("glomtf")
class WhatAndWhere(keras.layers.Layer):
    """Class logits and pose of each column's object: (B, N, D) to (B, N, K) and (B, N, P)."""

    def __init__(self, classes, pose, **kwargs):
        super().__init__(**kwargs)
        self.classes, self.pose = classes, pose
        self.what = keras.layers.Dense(classes, dtype=self.dtype_policy, name="what")
        self.where = keras.layers.Dense(pose, dtype=self.dtype_policy, name="where")

    def build(self, input_shape):
        self.what.build(input_shape)
        self.where.build(input_shape)

    def call(self, x):
        return self.what(x), self.where(x)


@keras.saving.register_keras_serializable("glomtf")
class Summary(keras.layers.Layer):
    """The picture in one vector, for contrast between views: (B, N, D) to (B, D).

    The largest value of each feature over the columns, of vectors scaled to unit length, then a
    small net. A maximum keeps what a single object says; a mean would blend all of them.

    Source: Miyato et al., "Artificial Kuramoto oscillatory neurons", 2025 (the head on their
    models of objects), with unit length as this project's.
    """

    def __init__(self, dim, **kwargs):
        super().__init__(**kwargs)
        self.dim = dim
        self.hidden = keras.layers.Dense(
            4 * dim, activation="relu", dtype=self.dtype_policy, name="hidden"
        )
        self.out = keras.layers.Dense(dim, dtype=self.dtype_policy, name="out")

    def build(self, input_shape):
        self.hidden.build((None, self.dim))
        self.out.build((None, 4 * self.dim))

    def call(self, x):
        unit = ops.normalize(x, axis=-1)
        return self.out(self.hidden(ops.max(unit, axis=1)))
