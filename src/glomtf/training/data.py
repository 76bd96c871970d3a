"""A pool of scenes, drawn once; each epoch has its own order, turns, colours and noise."""

import keras
import numpy as np

from glomtf.objectives import estimate_motion
from glomtf.worlds.scene import Scenes, column_labels


def column_targets(scenes: Scenes, patch_size: int) -> dict[str, np.ndarray]:
    """What the columns should know: label maps of S scenes at column resolution.

    Returns:
        ``parts`` and ``objects`` (S, rows, cols) int32, 0 = background; ``classes``
        (S, rows, cols) int32, -1 = background; ``poses`` (S, rows, cols, 3) float32: right and
        down from the picture's middle to the object's centre in half pictures, and the object's
        scale. All columns of an object are told the same, so that they can be an island.
    """
    parts = column_labels(scenes.parts, patch_size).astype("int32")
    objects = column_labels(scenes.objects, patch_size).astype("int32")
    scene = np.arange(len(objects))[:, None, None]
    classes = scenes.classes[scene, objects].astype("int32")
    x, y, scale = np.moveaxis(scenes.poses[scene, objects, :3], -1, 0)
    half = scenes.images.shape[1] / 2
    poses = np.stack([x / half - 1, y / half - 1, scale], axis=-1)
    poses[classes < 0] = 0
    return {"parts": parts, "objects": objects, "classes": classes, "poses": poses.astype("f4")}


def motion_targets(scenes, patch_size):
    """How each column moves until the next frame, as far as the two frames tell.

    Returns:
        ``motion`` (S, rows, cols, 3) float32: right and down in pixels, and sureness in 0..1,
        which is 0 everywhere for scenes without a next frame.
    """
    count, height, width, _ = scenes.images.shape
    motion = np.zeros((count, height // patch_size, width // patch_size, 3), "float32")
    if scenes.later is not None:
        for i in range(0, count, 100):  # some 40 MB at a time
            part = slice(i, i + 100)
            shift, sureness = estimate_motion(scenes.images[part], scenes.later[part], patch_size)
            motion[part, ..., :2], motion[part, ..., 2] = shift, sureness
    return {"motion": motion}


def turn(images, targets, k, mirror):
    """Mirror (or not) and turn square pictures and targets by k quarters, poses and motion too."""
    images = images[:, :, ::-1] if mirror else images
    images = np.rot90(images, k, axes=(1, 2))
    turned = {}
    for name, value in targets.items():
        value = value[:, :, ::-1] if mirror else value
        value = np.rot90(value, k, axes=(1, 2))
        if name in ("poses", "motion"):
            right, down, rest = np.moveaxis(value, -1, 0)
            right = -right if mirror else right
            for _ in range(k):  # a quarter against the clock: right -> up
                right, down = down, -right
            value = np.stack([right, down, rest], axis=-1)
        turned[name] = value
    return images, turned


def recolour(images, rng):
    """Change the colours of uint8 pictures, the same way all over a picture: float32 in [0, 1].

    Channels change places, brightness and contrast change a little, some become negatives: the
    ground truth does not depend on any of it.
    """
    count = len(images)
    order = rng.permuted(np.tile(np.arange(3), (count, 1)), axis=1)
    x = np.take_along_axis(images, order[:, None, None, :], axis=3).astype("float32") / 255
    negative = rng.random(count) < 0.15
    x[negative] = 1 - x[negative]
    gain = rng.uniform(0.75, 1.1, (count, 1, 1, 1))
    offset = rng.uniform(-0.05, 0.15, (count, 1, 1, 1))
    return np.clip(x * gain + offset, 0, 1, dtype="float32", casting="unsafe")


def add_noise(images, rng, largest):
    """Gaussian noise on about half of the pictures: (B, H, W, 3) float32 in [0, 1] to same.

    Its standard deviation is drawn for each of them, between 0 and ``largest``.
    """
    strength = rng.uniform(0, largest, len(images)) * (rng.random(len(images)) < 0.5)
    noise = rng.standard_normal(images.shape, "float32")
    noisy = images + strength.astype("float32")[:, None, None, None] * noise
    return np.clip(noisy, 0, 1)


class Batches(keras.utils.PyDataset):
    """Which of ``count`` things make up each batch: the same in every run with the same seed.

    Also after a resume: batch i of epoch e depends on the seed alone.

    Args:
        count: how many there are.
        batch_size: B.
        steps: batches per epoch; at most what there is.
        seed: of the order.
        start_epoch: number of the first epoch this object will serve.
        shuffle: whether every epoch has its own order.
    """

    def __init__(self, count, batch_size, steps, seed=0, start_epoch=0, shuffle=True):
        super().__init__()
        if steps * batch_size > count:
            raise ValueError(
                "A pool holds at least one epoch of scenes: expected "
                f"{steps} x {batch_size} = {steps * batch_size} or more. Received: {count}"
            )
        self.count, self.batch_size, self.steps = count, batch_size, steps
        self.seed, self.epoch, self.shuffle = seed, start_epoch, shuffle
        self._shuffle()

    def __len__(self):
        return self.steps

    def on_epoch_end(self):
        self.epoch += 1
        self._shuffle()

    def _shuffle(self):
        order = np.arange(self.count)
        if self.shuffle:
            order = np.random.default_rng((self.seed, self.epoch)).permutation(order)
        self.order = order[: self.steps * self.batch_size]

    def chosen(self, index):
        """The numbers of what is in batch ``index`` of this epoch: (B,)."""
        return self.order[index * self.batch_size : (index + 1) * self.batch_size]


class ScenePool(Batches):
    """Batches from scenes kept in memory: (images (B, H, W, 3) float32, targets by name).

    Batch i of epoch e is the same in every run with the same seed, also after a resume.

    Args:
        scenes: one or several batches of scenes of one size, square. Where some come with their
            next frames, the targets name their ``motion``, too.
        patch_size: pixels per column.
        batch_size: B.
        steps: batches per epoch; at most what the pool holds.
        seed: of order and augmentation.
        start_epoch: number of the first epoch this object will serve.
        shuffle: whether every epoch has its own order.
        augment: whether to turn and recolour.
        noise: largest standard deviation of the noise on half of the pictures; white is 1.
    """

    def __init__(
        self, scenes, patch_size, batch_size, steps, seed=0, start_epoch=0, shuffle=True,
        augment=True, noise=0.0,
    ):  # fmt: skip
        images = np.concatenate([part.images for part in scenes])
        super().__init__(len(images), batch_size, steps, seed, start_epoch, shuffle)
        self.images, self.augment, self.noise = images, augment, noise
        each = [column_targets(part, patch_size) for part in scenes]
        if any(part.later is not None for part in scenes):
            each = [
                targets | motion_targets(part, patch_size)
                for targets, part in zip(each, scenes, strict=True)
            ]
        self.targets = {k: np.concatenate([t[k] for t in each]) for k in each[0]}

    def __getitem__(self, index):
        chosen = self.chosen(index)
        images = self.images[chosen]
        targets = {name: value[chosen] for name, value in self.targets.items()}
        rng = np.random.default_rng((self.seed, self.epoch, index))
        if self.augment:
            # A batch shares one turn: NumPy turns a view for free, and the next batch turns anew.
            images, targets = turn(images, targets, int(rng.integers(4)), bool(rng.integers(2)))
            images = recolour(images, rng)
        else:
            images = images.astype("float32") / 255
        if self.noise:
            images = add_noise(images, rng, self.noise)
        return images, {k: np.ascontiguousarray(v) for k, v in targets.items()}
