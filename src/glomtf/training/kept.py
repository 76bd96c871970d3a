"""What one level says of every scene of a pool, computed once and learned from many times."""

import keras
import numpy as np

from glomtf.training.data import Batches


class KeptStates(Batches):
    """Batches of one level's states: (states (B, N, D) float32, targets by name).

    Every scene is shown to the net once, by the sweep, as ``pool`` gives it; the states are kept
    in half precision, the targets as they are.

    Args:
        glom: a channels_last :class:`glomtf.Glom`.
        level: whose states, 1 = lowest.
        pool: a :class:`glomtf.training.data.ScenePool`, whose batches of its present epoch are
            taken in order.
        depths: names of the targets to keep.
        batch_size: B.
        steps: batches per epoch; at most what was kept.
        seed, start_epoch, shuffle: as of :class:`glomtf.training.data.Batches`.
    """

    def __init__(self, glom, level, pool, depths, batch_size, steps, **order):
        look, count = Look(glom, level), len(pool) * pool.batch_size
        # Filled in place: gathered and then joined, they would take twice the gigabytes.
        columns = glom.compute_output_shape(pool.images.shape)[1]
        self.states = np.empty((count, columns, glom.dim), "float16")
        self.targets = {
            depth: np.empty((count, *pool.targets[depth].shape[1:]), pool.targets[depth].dtype)
            for depth in depths
        }
        for i in range(len(pool)):
            images, told = pool[i]
            here = slice(i * pool.batch_size, (i + 1) * pool.batch_size)
            self.states[here] = look.predict_on_batch(images)
            for depth, kept in self.targets.items():
                kept[here] = told[depth]
        super().__init__(len(self.states), batch_size, steps, **order)

    def __getitem__(self, index):
        chosen = self.chosen(index)
        targets = {depth: kept[chosen] for depth, kept in self.targets.items()}
        return self.states[chosen].astype("float32"), targets


class Look(keras.Model):
    """What one level says after the sweep, as one graph, without the levels above it."""

    def __init__(self, glom, level):
        super().__init__()
        self.glom, self.level = glom, level

    def call(self, images):
        return self.glom.settle(images, 0, wanted=[(0, self.level)])[0][self.level - 1]
