"""The baseline of slot attention: slots compete for patches and draw the picture between them."""

import keras
import numpy as np
from keras import ops

from glomtf.model.tokens import coordinates, fourier_features


class SlotAttention(keras.Model):
    """An autoencoder whose bottleneck are a few slots, each drawing its share of every pixel.

    Convolutions, told where they are, give one vector per patch. Slots drawn from one learned
    Gaussian ask three times for what they explain: a softmax over the slots shares every patch
    among them, a gated unit takes the mean of what a slot got. Each slot then draws all patches and
    says how much of each pixel is its own; the loss is the squared error of the sum.

    Source: Locatello et al., "Object-centric learning with slot attention", 2020. There the
    convolutions keep every pixel and those of the decoder as well, and training takes 500,000
    steps; here the first has a stride of a patch and a small net draws each patch by itself, which
    takes about a tenth of the multiplications.

    Args:
        image_size, patch_size: pixels.
        count: slots, the background's included.
        dim: width of slots and nets.
        iters: how often slots ask.
        seed: of the slots' first values.
    """

    def __init__(self, image_size, patch_size, count, dim=64, iters=3, seed=0, **kwargs):
        super().__init__(**kwargs)
        self.side, self.patch_size, self.count = image_size // patch_size, patch_size, count
        self.dim, self.iters = dim, iters
        self.random = keras.random.SeedGenerator(seed)
        self.places = fourier_features(coordinates((self.side, self.side), self.side), 4)

        def mlp(hidden, units):
            layers = [keras.layers.Dense(hidden, activation="relu"), keras.layers.Dense(units)]
            return keras.Sequential(layers)

        def conv(size, stride=1):
            return keras.layers.Conv2D(dim, size, stride, "same", activation="relu",
                                       data_format="channels_last")  # fmt: skip

        self.see = keras.Sequential([conv(5, patch_size), conv(3), conv(3), conv(3)])
        self.seen_at, self.drawn_at = keras.layers.Dense(dim), keras.layers.Dense(dim)
        self.tell = mlp(dim, dim)
        self.norms = [keras.layers.LayerNormalization() for _ in range(4)]
        self.key, self.value, self.query = (
            keras.layers.Dense(dim, use_bias=False) for _ in range(3)
        )
        self.gate, self.think = keras.layers.GRUCell(dim), mlp(2 * dim, dim)
        self.draw = keras.Sequential([
            keras.layers.Dense(dim, activation="relu"), mlp(dim, 4 * patch_size**2)
        ])  # fmt: skip
        self.middle = self.add_weight(shape=(dim,), initializer="glorot_uniform", name="middle")
        self.log_spread = self.add_weight(shape=(dim,), initializer="zeros", name="log_spread")

    def slots(self, images):
        """(B, H, W, 3) to (B, K, D)."""
        told, heard, asked, thought = self.norms
        x = self.see(2.0 * images - 1.0)
        x = ops.reshape(x, (-1, self.side**2, self.dim)) + self.seen_at(self.places)
        x = heard(self.tell(told(x)))
        keys, values = self.key(x), self.value(x)
        noise = keras.random.normal((ops.shape(images)[0], self.count, self.dim), seed=self.random)
        slots = self.middle + ops.exp(self.log_spread) * noise
        for _ in range(self.iters):
            fit = ops.einsum("bnd,bkd->bnk", keys, self.query(asked(slots))) / self.dim**0.5
            share = ops.softmax(fit, axis=-1) + 1e-8
            share = share / ops.sum(share, axis=1, keepdims=True)
            got = ops.einsum("bnk,bnd->bkd", share, values)
            flat = (-1, self.dim)
            new, _ = self.gate(ops.reshape(got, flat), [ops.reshape(slots, flat)])
            slots = ops.reshape(new, (-1, self.count, self.dim))
            slots = slots + self.think(thought(slots))
        return slots

    def call(self, images):
        """(B, H, W, 3) in [0, 1] to the picture drawn and each slot's share (B, H, W, K)."""
        at = self.drawn_at(self.places)
        drawn = self.draw(self.slots(images)[:, :, None] + at)  # (B, K, N, p * p * 4)
        side, patch = self.side, self.patch_size
        drawn = ops.reshape(drawn, (-1, self.count, side, side, patch, patch, 4))
        drawn = ops.transpose(drawn, (0, 2, 4, 3, 5, 1, 6))
        drawn = ops.reshape(drawn, (-1, side * patch, side * patch, self.count, 4))
        share = ops.softmax(drawn[..., 3], axis=-1)
        return {"picture": ops.sum(share[..., None] * drawn[..., :3], axis=-2), "share": share}

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return ops.mean(ops.square(y_pred["picture"] - x))

    def labels(self, images, batch=25):
        """(S, H, W, 3) uint8 to the slot that draws most of each pixel, 1..K (S, H, W)."""
        parts = [
            ops.argmax(self(images[i : i + batch].astype("float32") / 255)["share"], axis=-1)
            for i in range(0, len(images), batch)
        ]
        return np.concatenate([ops.convert_to_numpy(one) for one in parts]) + 1
