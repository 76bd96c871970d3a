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
        look, states, targets = Look(glom, level), [], {depth: [] for depth in depths}
        for images, told in (pool[i] for i in range(len(pool))):
            states.append(look.predict_on_batch(images).astype("float16"))
            for depth, kept in targets.items():
                kept.append(told[depth])
        self.states = np.concatenate(states)
        self.targets = {depth: np.concatenate(kept) for depth, kept in targets.items()}
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
