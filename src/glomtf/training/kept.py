"""What one level says of every scene of a pool, computed once and learned from many times."""

import numpy as np
from keras import ops

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
        states, targets = [], {depth: [] for depth in depths}
        for images, told in (pool[i] for i in range(len(pool))):
            state = glom.settle(images, 0)[0][level - 1]
            states.append(ops.convert_to_numpy(state).astype("float16"))
            for depth, kept in targets.items():
                kept.append(told[depth])
        self.states = np.concatenate(states)
        self.targets = {depth: np.concatenate(kept) for depth, kept in targets.items()}
        super().__init__(len(self.states), batch_size, steps, **order)

    def __getitem__(self, index):
        chosen = self.chosen(index)
        targets = {depth: kept[chosen] for depth, kept in self.targets.items()}
        return self.states[chosen].astype("float32"), targets
