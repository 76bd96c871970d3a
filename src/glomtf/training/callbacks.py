"""Watch islands form while a Glom is trained: pictures and scores of a few scenes, per epoch."""

import keras
import numpy as np

from glomtf.islands.overlay import paint_levels
from glomtf.islands.scores import adjusted_rand, foreground_ari
from glomtf.islands.segment import THRESHOLDS, cuts_of, linkage, tune
from glomtf.training.settled import settled
from glomtf.worlds.scene import column_labels

# A quarter of the agreements that a finished run tries: close enough to watch, and quick.
TRIED = THRESHOLDS[::4]
_SIDE, _GAP = 160, 4  # pixels


class IslandLog(keras.callbacks.Callback):
    """Settle the model in training on a few scenes and log how its islands fit the truth.

    For the Keras models of ``glomtf.training.tasks``: they hold the Glom as ``glom`` and its
    settling steps as ``iters``. Each logger gets one dictionary per epoch:

    - ``ari/parts/level 1``, ``fg_ari/objects/level 3``, ...: adjusted Rand index of every level
      against every depth of the truth, over all columns and over the foreground. A level's
      threshold is the one that suits these very scenes best, so the scores flatter a little;
      ``glomtf evaluate`` does not.
    - ``islands/scene 1``, ...: (H, W, 3) uint8, the picture, then the islands of each level from
      low to high.

    Args:
        scenes: a few that are not trained on, of one size: a batch, or a sequence of single ones.
        part_level: levels up to this one are read to suit parts, those above to suit objects.
        loggers: objects with ``log(values, step=epoch)``, epochs counted from 1, such as a
            :class:`glomtf.training.events.EventFile` or a run of Weights & Biases.
        picture: called with each picture before it is logged; None = loggers get the array. For
            Weights & Biases give ``wandb.Image``, as it takes arrays for lists of numbers.
    """

    def __init__(self, scenes, part_level, loggers, *, picture=None):
        super().__init__()
        self.images = np.stack([scene.image for scene in scenes])
        self.parts = np.stack([scene.parts for scene in scenes])
        self.objects = np.stack([scene.objects for scene in scenes])
        self.part_level, self.loggers, self.picture = part_level, tuple(loggers), picture

    def on_epoch_end(self, epoch, logs=None):
        values = self.entry()
        for logger in self.loggers:
            logger.log(values, step=epoch + 1)

    def entry(self):
        """{tag: score or picture} of the model as it is now."""
        glom = self.model.glom
        truth = {
            depth: column_labels(maps, glom.patch_size)
            for depth, maps in (("parts", self.parts), ("objects", self.objects))
        }
        states = settled(glom, self.images, self.model.iters)
        # A training that diverges is for other callbacks to stop: it has no islands.
        if not np.isfinite(states).all():
            return {}
        values, islands = {}, []
        for level in range(1, glom.levels + 1):
            cuts = [cuts_of(linkage(s[..., level - 1, :]), s.shape[:2]) for s in states]
            suits = truth["parts" if level <= self.part_level else "objects"]
            threshold, _ = tune(cuts, suits, TRIED)
            islands.append(np.stack([cut(threshold) for cut in cuts]))
            for depth, maps in truth.items():
                place = f"{depth}/level {level}"
                values[f"ari/{place}"] = float(adjusted_rand(maps, islands[-1]))
                values[f"fg_ari/{place}"] = float(foreground_ari(maps, islands[-1]))
        for number, image in enumerate(self.images):
            panels = paint_levels(image, [one[number] for one in islands], side=_SIDE)
            row = _side_by_side(panels)
            values[f"islands/scene {number + 1}"] = self.picture(row) if self.picture else row
        return values


def _side_by_side(panels):
    """Pictures (H, W, 3) of one size in a row, a little white between them."""
    gap = np.full((len(panels[0]), _GAP, 3), 255, np.uint8)
    return np.concatenate([part for panel in panels for part in (gap, panel)][1:], axis=1)
