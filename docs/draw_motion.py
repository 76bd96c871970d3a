"""Draws training without labels, and what comes of it: python docs/draw_motion.py

Above: the first scenes of `moving` of a seed that nothing uses, what two frames tell of their
parts and objects, and the same layouts in new paint. Below: of 60 test stills of `crowd` those
that rank tenth best, in the middle and tenth worst by FG-ARI, parts and objects together. Nothing
is picked by eye.
"""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import glomtf
from glomtf.islands.overlay import canvas, paint
from glomtf.islands.scores import foreground_ari
from glomtf.islands.timeline import timeline
from glomtf.model.presets import reading_of
from glomtf.training.data import column_targets
from glomtf.training.found import found
from glomtf.worlds.named import world_of

PICTURES = Path(__file__).parent / "pictures"
SCENES, SEED, SIDE, REPAINTS = 60, 9, 256, 2
LEARNED, LEARNED_SEED = 2, 77
RANKS = {"tenth best": 9, "in the middle": 30, "tenth worst": 50}


def panels(row, shown):
    """One panel per title: an RGB picture (H, W, 3) as it is, or (picture, map, colours)."""
    for axis, (title, what) in zip(row, shown.items(), strict=True):
        axis.imshow(paint(*what) if isinstance(what, tuple) else what)
        axis.set_title(title, fontsize=8)


def painted(image, *parses):
    """(picture, map, colours) for every map of every parse: parts in shades of their objects.

    An island has the colour of what it comes near in the last parse.
    """
    pixels = canvas(image, SIDE)
    maps, colours = timeline(parses)
    return [[(pixels, *pair) for pair in zip(each, colours, strict=True)] for each in maps]


def draw_learned(rows, side):
    """Two frames, what is found in them, and the layout as it is painted anew."""
    scenes = world_of("moving", side).scenes(LEARNED, LEARNED_SEED)
    labelled = found(scenes, repaints=REPAINTS)
    for i, row in enumerate(rows):
        [[parts, objects]] = painted(scenes.images[i], [labelled.parts[i], labelled.objects[i]])
        shown = {
            "a frame": canvas(scenes.images[i], SIDE),
            "the next frame": canvas(scenes.later[i], SIDE),
            "objects, found": objects,
            "parts, found": parts,
        }
        for k in range(1, REPAINTS + 1):
            shown[f"new paint {k}"] = canvas(labelled.images[k * LEARNED + i], SIDE)
        panels(row, shown)


def draw_stills(rows, model):
    """A still that no net saw, the truth and the model's islands, with FG-ARI."""
    reading = reading_of(model)
    scenes = world_of("crowd", model.image_size[0]).scenes(SCENES, SEED)
    truth = column_targets(scenes, model.patch_size)
    levels = {"parts": reading.part_level - 1, "objects": reading.object_level - 1}
    maps, scores = [], []
    for i, image in enumerate(scenes.images):
        parsed = glomtf.parse(image, model)
        maps.append({depth: parsed.levels[level].labels for depth, level in levels.items()})
        scores.append({depth: foreground_ari(truth[depth][i], maps[i][depth]) for depth in levels})
    order = np.argsort([sum(each.values()) for each in scores])[::-1]
    for row, (name, rank) in zip(rows, RANKS.items(), strict=True):
        i = int(order[rank])
        (parts, objects), true = painted(
            scenes.images[i], list(maps[i].values()), [truth[depth][i] for depth in levels]
        )
        panels(
            row,
            {
                f"a still, {name} of {SCENES}": canvas(scenes.images[i], SIDE),
                "true objects": true[1],
                "true parts": true[0],
                f"level {reading.object_level}: {scores[i]['objects']:.2f}": objects,
                f"level {reading.part_level}: {scores[i]['parts']:.2f}": parts,
            },
        )


def main():
    """Draw ``pictures/motion.png``."""
    rows = LEARNED + len(RANKS)
    figure, axes = plt.subplots(
        rows, 4 + REPAINTS, figsize=(9.6, 1.75 * rows), layout="constrained"
    )
    for axis in axes.flat:
        axis.set_axis_off()
    model = glomtf.load("figures-motion")
    draw_learned(axes[:LEARNED], model.image_size[0])
    draw_stills(axes[LEARNED:, :5], model)
    figure.savefig(PICTURES / "motion.png", dpi=90)


if __name__ == "__main__":
    main()
