"""Heads on a level's state: patches of the picture, class and pose."""

import keras


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
