"""What a Glom is trained to do: Keras models that put an objective on its states."""

import keras
from keras import ops

from glomtf.model.heads import Reconstruct, Summary, WhatAndWhere
from glomtf.model.tokens import patches
from glomtf.objectives import (
    column_cross_entropy,
    column_pose_error,
    common_fate,
    masked_patch_error,
    segment_contrast,
    segment_pairs,
    segment_weights,
    view_contrast,
)


def _flat(maps):
    """(B, rows, cols, ...) to (B, N, ...)."""
    return ops.reshape(maps, (-1, maps.shape[1] * maps.shape[2], *maps.shape[3:]))


class Masks(keras.Model):
    """Islands by masks: agreement within true parts at one level, within objects at another.

    Args:
        glom: the model to train.
        iters: settling steps; 0 trains the feed-forward sweep alone.
        part_level, object_level: levels, 1 = lowest.
        temperature: of the contrast.
        last: on how many of the last states the loss is put.
        pairs: whether objects are learned by ``segment_pairs``, with a scale and a bias that are
            trained along, instead of contrast.
        levels: train the sweep for depths at these levels only, in order; None = all. Where the
            lowest is not level 1, what is seen are states of the level below it, not pictures.
    """

    # An untrained logistic answer costs about one nat, contrast several.
    PAIRS = 4.0
    # Of so many columns per picture, drawn anew for each batch, every pair is judged where whole
    # levels are learned from kept states: all pairs would cost more than the nets.
    JUDGED = 144

    def __init__(
        self, glom, iters, part_level, object_level, temperature=0.1, last=2, pairs=False,
        levels=None, **kwargs,
    ):  # fmt: skip
        super().__init__(**kwargs)
        self.glom, self.iters, self.temperature = glom, iters, temperature
        levels = levels or range(1, glom.levels + 1)
        self.above = levels[0] - 1
        # A variable that tasks of pictures, whose checkpoints may be older, do not have.
        self.seeds = keras.random.SeedGenerator(seed=levels[0]) if self.above else None
        depths = {"parts": part_level, "objects": object_level}
        self.depths = {depth: level for depth, level in depths.items() if level in levels}
        self.last = min(last, iters + 1)
        self.log_scale = self.bias = None
        if pairs and "objects" in self.depths:
            start = keras.initializers.Constant(2.0)  # a scale of 7.4
            self.log_scale = self.add_weight(shape=(), initializer=start, name="log_scale")
            start = keras.initializers.Constant(-1.0)
            self.bias = self.add_weight(shape=(), initializer=start, name="bias")

    def call(self, seen):
        """(B, H, W, C), or (B, N, D) states of a level, to {depth: (last, B, N, D)}."""
        if self.above:
            trajectory = [(None,) * (self.above - 1) + self.glom.sweep_on(seen, self.above)]
        else:
            trajectory = self.glom.settle(seen, self.iters)[-self.last :]
        return {
            depth: ops.stack([state[level - 1] for state in trajectory])
            for depth, level in self.depths.items()
        }

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        total = 0.0
        for depth, states in y_pred.items():
            segments = _flat(y[depth])
            if self.above:
                every = ops.arange(segments.shape[1])
                some = keras.random.shuffle(every, seed=self.seeds)[: self.JUDGED]
                segments, states = ops.take(segments, some, 1), ops.take(states, some, 2)
            weights = segment_weights(segments)
            for i in range(self.last):
                loss = self._loss(depth, states[i], segments)
                total = total + ops.mean(ops.sum(weights * loss, axis=-1))
        return total / self.last

    def _loss(self, depth, states, segments):
        """One value per column, (B, N)."""
        if depth == "objects" and self.bias is not None:
            return self.PAIRS * segment_pairs(states, segments, ops.exp(self.log_scale), self.bias)
        return segment_contrast(states, segments, temperature=self.temperature)


class ClassAndPose(keras.Model):
    """Every column says the class and pose of its object, read from the object level (eGLOM)."""

    def __init__(self, glom, iters, object_level, classes, **kwargs):
        super().__init__(**kwargs)
        self.glom, self.iters, self.object_level = glom, iters, object_level
        self.head = WhatAndWhere(classes, pose=3)

    def call(self, images):
        """(B, H, W, C) to {"classes": (B, N, K) logits, "poses": (B, N, 3)}."""
        wanted = [(self.iters, self.object_level)]
        state = self.glom.settle(images, self.iters, wanted=wanted)[-1]
        logits, poses = self.head(state[self.object_level - 1])
        return {"classes": logits, "poses": poses}

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        classes = _flat(y["classes"])
        what = column_cross_entropy(y_pred["classes"], classes)
        where = column_pose_error(y_pred["poses"], _flat(y["poses"]), classes)
        there = ops.maximum(ops.sum(ops.cast(classes >= 0, "float32")), 1.0)
        return ops.sum(what + 10.0 * where) / there


class CommonFate(keras.Model):
    """Columns that move alike agree at the object level: learned from pairs of frames, no labels.

    Args:
        glom: the model to train, on the first frames.
        iters: settling steps; 0 trains the feed-forward sweep alone.
        object_level: the level, 1 = lowest.
        temperature: of the contrast.
        last: on how many of the last states the loss is put.
    """

    def __init__(self, glom, iters, object_level, temperature=0.1, last=2, **kwargs):
        super().__init__(**kwargs)
        self.glom, self.iters, self.object_level = glom, iters, object_level
        self.temperature, self.last = temperature, min(last, iters + 1)

    def call(self, images):
        """(B, H, W, C) to the object level's last states (last, B, N, D)."""
        trajectory = self.glom.settle(images, self.iters)[-self.last :]
        return ops.stack([state[self.object_level - 1] for state in trajectory])

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        motion = _flat(y["motion"])
        shift, sureness = motion[..., :2], motion[..., 2]
        total = 0.0
        for i in range(self.last):
            loss = common_fate(y_pred[i], shift, sureness, temperature=self.temperature)
            total = total + ops.sum(sureness * loss)
        return total / (self.last * ops.maximum(ops.sum(sureness), 1.0))


class Reconstruction(keras.Model):
    """Patches are hidden, the columns settle, level 1 draws what was hidden.

    Args:
        glom, iters: the model and its settling steps.
        hide: share of the patches replaced by mid-grey.
        seed: of the choice of patches.
    """

    def __init__(self, glom, iters, hide=0.5, seed=0, **kwargs):
        super().__init__(**kwargs)
        self.glom, self.iters, self.hide = glom, iters, hide
        self.head = Reconstruct(glom.patch_size, glom.channels)
        self.random = keras.random.SeedGenerator(seed)

    def call(self, images):
        """(B, H, W, C) to {"patches": (B, N, p * p * C), "hidden": (B, N) bool}."""
        rows, cols = (side // self.glom.patch_size for side in images.shape[1:3])
        noise = keras.random.uniform((ops.shape(images)[0], rows, cols), seed=self.random)
        hidden = noise < self.hide
        cover = ops.repeat(ops.repeat(hidden, self.glom.patch_size, 1), self.glom.patch_size, 2)
        seen = ops.where(cover[..., None], 0.5, images)
        state = self.glom.settle(seen, self.iters)[-1]
        return {"patches": self.head(state[0]), "hidden": ops.reshape(hidden, (-1, rows * cols))}

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        hidden = y_pred["hidden"]
        error = masked_patch_error(y_pred["patches"], patches(x, self.glom.patch_size), hidden)
        return ops.sum(error) / ops.maximum(ops.sum(ops.cast(hidden, "float32")), 1.0)


class Views(keras.Model):
    """Two views of a picture agree and other pictures differ, at the object level: no labels.

    A view is mirrored or not, shifted, enlarged and, if asked, recoloured. What has to be known of
    a picture to find its other view is what it holds, so columns come to say what they belong to.

    Args:
        glom: the model to train.
        iters: settling steps; 0 trains the feed-forward sweep alone.
        object_level: the level, 1 = lowest.
        temperature: of the contrast.
        colour: how much brightness, contrast, saturation and, less so, hue change, 0 to 1;
            0 = not at all.
        seed: of the views.
    """

    def __init__(self, glom, iters, object_level, temperature=0.1, colour=0.0, seed=0, **kwargs):
        super().__init__(**kwargs)
        self.glom, self.iters, self.object_level = glom, iters, object_level
        self.temperature = temperature
        self.head = Summary(glom.dim)
        where = {"fill_mode": "nearest", "data_format": "channels_last"}
        self.changes = [
            keras.layers.RandomFlip("horizontal", seed=seed, data_format="channels_last"),
            keras.layers.RandomTranslation(0.15, 0.15, seed=seed + 1, **where),
            keras.layers.RandomZoom((-0.3, 0.0), seed=seed + 2, **where),
        ]
        if colour:
            half = colour / 2
            self.changes.append(
                keras.layers.RandomColorJitter(
                    (0, 1), brightness_factor=0.7 * colour, contrast_factor=colour,
                    saturation_factor=(0.5 - half, 0.5 + half), hue_factor=colour / 8,
                    seed=seed + 3, data_format="channels_last",
                )
            )  # fmt: skip

    def view(self, images):
        """Each picture changed in its own way."""
        for change in self.changes:
            images = change(images, training=True)
        return images

    def call(self, images):
        """(B, H, W, C) to the vectors of two views of each picture, (2, B, D)."""
        views = ops.concatenate([self.view(images), self.view(images)])
        wanted = [(self.iters, self.object_level)]
        state = self.glom.settle(views, self.iters, wanted=wanted)[-1]
        vectors = self.head(state[self.object_level - 1])
        return ops.reshape(vectors, (2, -1, self.glom.dim))

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        # A picture's one vector is all the columns that the contrast has to average.
        first, second = y_pred[0][:, None], y_pred[1][:, None]
        return ops.mean(view_contrast(first, second, temperature=self.temperature))
