"""Draws islands per level and settling step on crowds, failures too: python docs/draw_crowd.py

Which scenes: of 60 test scenes those that rank tenth best, in the middle and tenth worst by FG-ARI,
parts and objects together. Nothing is picked by eye.
"""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import glomtf
from glomtf.islands.overlay import canvas, paint
from glomtf.islands.scores import foreground_ari
from glomtf.islands.segment import segment
from glomtf.islands.timeline import timeline
from glomtf.model.presets import reading_of
from glomtf.training.data import column_targets
from glomtf.worlds import world_of

PICTURES = Path(__file__).parent / "pictures"
SCENES, SEED = 60, 9
RANKS = {"tenth best": 9, "in the middle": 30, "tenth worst": 50}


def islands(model, states):
    """Label maps [level] of one state (N, L, D), parts first."""
    reading = reading_of(model)
    maps = np.asarray(states).reshape(*model.grid, *states.shape[1:])
    return [
        segment(maps[:, :, level - 1], threshold=reading.thresholds[level - 1])
        for level in (reading.part_level, reading.object_level)
    ]


def main(world="crowd"):
    """Three scenes, each two rows (objects over parts): the truth, then every step."""
    model = glomtf.load("figures")
    reading = reading_of(model)
    scenes = world_of(world, model.image_size[0]).scenes(SCENES, SEED)
    truth = column_targets(scenes, model.patch_size)
    parses = [glomtf.parse(image, model) for image in scenes.images]
    scores = [
        foreground_ari(truth["parts"][i], each.levels[reading.part_level - 1].labels)
        + foreground_ari(truth["objects"][i], each.levels[reading.object_level - 1].labels)
        for i, each in enumerate(parses)
    ]
    order = np.argsort(scores)[::-1]
    steps = range(reading.iters + 1)
    figure, axes = plt.subplots(
        2 * len(RANKS), 2 + len(steps), figsize=(1.3 * (2 + len(steps)), 2.75 * len(RANKS)),
        layout="constrained",
    )  # fmt: skip
    for axis in axes.flat:
        axis.set_axis_off()
    for k, (name, rank) in enumerate(RANKS.items()):
        i = int(order[rank])
        pixels = canvas(scenes.images[i], 256)
        rows = axes[2 * k], axes[2 * k + 1]
        rows[1][0].imshow(pixels)
        rows[0][0].text(0.5, 0.5, f"{name}\nof {SCENES}", ha="center", va="center")
        # The truth stands last in time, so that an island has the colour of what it comes near.
        found = [islands(model, parses[i].states[t]) for t in steps]
        maps, colours = timeline([*found, [truth["parts"][i], truth["objects"][i]]])
        for column, shown in enumerate([maps[-1], *maps[:-1]], start=1):
            for row, depth, one, palette in zip(
                rows[::-1], ("parts", "objects"), shown, colours, strict=True
            ):
                row[column].imshow(paint(pixels, one, palette))
                score = foreground_ari(truth[depth][i], one)
                title = f"true {depth}" if column == 1 else f"step {column - 2}: {score:.2f}"
                row[column].set_title(title, fontsize=8)
    figure.savefig(PICTURES / "crowd-steps.png", dpi=90)


if __name__ == "__main__":
    main()
