"""Draws what settling does to tetrominoes and sprites: python docs/draw_published.py RUN RUN

The runs are those of the recipes `tetrominoes` and `dsprites`. Which scenes: of 60 those that rank
tenth best, in the middle and tenth worst by FG-ARI after settling. Nothing is picked by eye.
"""

import argparse
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import glomtf
from glomtf.islands.colours import island_colours
from glomtf.islands.overlay import canvas, paint
from glomtf.islands.scores import foreground_ari
from glomtf.islands.segment import background_of, in_reading_order, segment, segment_k
from glomtf.model.presets import reading_of
from glomtf.training.settled import settled
from glomtf.worlds import WORLDS

PICTURES = Path(__file__).parent / "pictures"
SCENES, SEED, SIDE = 60, 9, 256
RANKS = {"tenth best": 9, "in the middle": 30, "tenth worst": 50}
COUNTS = {"tetrominoes-36": 4, "dsprites": 7}
EARLY = (0, 2)  # steps shown before those of the model


def clusters(vectors, count):
    """``count`` clusters of the columns, the one along the border shown as background."""
    labels = segment_k(vectors, count)
    return in_reading_order(np.where(labels == background_of(labels), 0, labels))


def draw_world(axes, world, run):
    """Three rows: picture, truth, clusters of the object level by steps, the model's islands."""
    model = glomtf.load(run)
    reading = reading_of(model)
    scenes = WORLDS[world]().scenes(SCENES, SEED)
    level = reading.object_level - 1
    shown_steps = (*EARLY, reading.iters)
    states = [settled(model, scenes.images, steps)[..., level, :] for steps in shown_steps]
    maps = [[clusters(one, COUNTS[world]) for one in each] for each in states]
    own = [segment(one, threshold=reading.thresholds[level]) for one in states[-1]]

    def score(i, labels):
        patch = model.patch_size
        return foreground_ari(scenes.objects[i], labels.repeat(patch, 0).repeat(patch, 1))

    order = np.argsort([score(i, labels) for i, labels in enumerate(maps[-1])])[::-1]
    for row, (name, rank) in zip(axes, RANKS.items(), strict=True):
        i = int(order[rank])
        pixels = canvas(scenes.images[i], SIDE)
        row[0].imshow(pixels)
        row[0].set_title(f"{name} of {SCENES}", fontsize=8)
        shown = {"true objects": scenes.objects[i]}
        for steps, found in zip(shown_steps, maps, strict=True):
            title = f"{steps} steps, {COUNTS[world]} clusters: {score(i, found[i]):.2f}"
            shown[title] = found[i]
        shown[f"by its own rule: {score(i, own[i]):.2f}"] = own[i]
        for axis, (title, labels) in zip(row[1:], shown.items(), strict=True):
            axis.imshow(paint(pixels, labels, island_colours([labels])[0]))
            axis.set_title(title, fontsize=8)


def main():
    """Both worlds, one below the other."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs=len(COUNTS), help="of " + ", ".join(COUNTS))
    options = parser.parse_args()
    rows = len(RANKS) * len(COUNTS)
    figure, axes = plt.subplots(rows, 6, figsize=(11, 1.95 * rows), layout="constrained")
    for axis in axes.flat:
        axis.set_axis_off()
    for k, (world, run) in enumerate(zip(COUNTS, options.runs, strict=True)):
        draw_world(axes[k * len(RANKS) : (k + 1) * len(RANKS)], world, run)
    figure.savefig(PICTURES / "published.png", dpi=80)


if __name__ == "__main__":
    main()
