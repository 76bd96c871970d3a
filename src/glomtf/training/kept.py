"""What one level says of every scene of a pool, computed once and learned from many times."""

import keras
import numpy as np
from keras import ops


class KeptStates(keras.utils.PyDataset):
    """Batches of one level's states: (states (B, N, D) float32, targets by name).

    Every scene is shown to the net once, by the sweep, as ``pool`` gives it; the states are kept
    in half precision, the targets as they are. Batch i of epoch e is the same in every run with
    the same seed, also after a resume.

    Args:
        glom: a channels_last :class:`glomtf.Glom`.
        level: whose states, 1 = lowest.
        pool: a :class:`glomtf.training.data.ScenePool`, whose batches of its present epoch are
            taken in order.
        depths: names of the targets to keep.
        batch_size: B.
        steps: batches per epoch; at most what was kept.
        seed: of the order.
        start_epoch: number of the first epoch this object will serve.
    """

    def __init__(self, glom, level, pool, depths, batch_size, steps, seed=0, start_epoch=0):
        super().__init__()
        states, self.targets = [], {depth: [] for depth in depths}
        for images, targets in (pool[i] for i in range(len(pool))):
            state = glom.settle(images, 0)[0][level - 1]
            states.append(ops.convert_to_numpy(state).astype("float16"))
            for depth, kept in self.targets.items():
                kept.append(targets[depth])
        self.states = np.concatenate(states)
        self.targets = {depth: np.concatenate(kept) for depth, kept in self.targets.items()}
        if steps * batch_size > len(self.states):
            raise ValueError(
                "An epoch shows a kept scene once at most: expected "
                f"{steps} x {batch_size} = {steps * batch_size} or more. "
                f"Received: {len(self.states)}"
            )
        self.batch_size, self.steps = batch_size, steps
        self.seed, self.epoch = seed, start_epoch
        self._shuffle()

    def __len__(self):
        return self.steps

    def on_epoch_end(self):
        self.epoch += 1
        self._shuffle()

    def _shuffle(self):
        self.order = np.random.default_rng((self.seed, self.epoch)).permutation(len(self.states))

    def __getitem__(self, index):
        chosen = np.sort(self.order[index * self.batch_size : (index + 1) * self.batch_size])
        targets = {depth: kept[chosen] for depth, kept in self.targets.items()}
        return self.states[chosen].astype("float32"), targets
