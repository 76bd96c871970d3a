"""Tetrominoes and multi-dSprites as the object-centric field scores them, no labels.

python benchmarks/published.py --work runs/published --out docs/results/published.json

Every net is trained on single still pictures, without any label, for about the same CPU time: GLOM
and self-attention on two views of each, slot attention to draw it. Scored by the protocol of Miyato
et al., "Artificial Kuramoto oscillatory neurons", 2025: average linkage of the last states with a
fixed count of clusters (slots are clusters), labels enlarged to pixels, FG-ARI over the pixels of
objects and mean best overlap of objects. What the file holds already is not trained or measured
again, so a study that was stopped carries on. The minutes of a GLOM that was carried on are those
since then, which its entry and the table say.
"""

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
from attention import IteratedAttention
from record import write
from scipy.spatial.distance import cdist
from slots import SlotAttention

from glomtf.islands.baselines import patch_colours, true_foreground_clusters
from glomtf.islands.scores import foreground_ari, mean_best_overlap
from glomtf.islands.segment import cut_k, merge, segment_k
from glomtf.model.glom import Glom
from glomtf.training.data import ScenePool, column_targets
from glomtf.training.optimizers import optimizer
from glomtf.training.recipes import RECIPES
from glomtf.training.run import train
from glomtf.training.scenes import training_scenes
from glomtf.training.settled import settled
from glomtf.training.tasks import Views
from glomtf.worlds import WORLDS

SCENES, SEED = 300, 7
# Clusters that every picture is cut into, the background's included.
COUNTS = {"tetrominoes": 4, "dsprites": 7}
FINER = 2  # columns per column and side when pictures are read shifted
MOST = 40  # columns a side that are read so; clustering takes minutes beyond
# Of the baseline: as published, but for its width and steps, which are Glom's, as it would see too
# few pictures otherwise. Epochs that come to about the minutes of the recipe's Glom, on sprites of
# half its training.
ATTENTION = {"patch_size": 4, "dim": 64, "heads": 8}
ATTENTION_STEPS = 4
ATTENTION_EPOCHS = {"tetrominoes": 8, "dsprites": 3}
# Likewise; its slots are the clusters.
SLOT_EPOCHS = {"tetrominoes": 10, "dsprites": 7}
SLOT_RATE = 1e-3
NETS = ("GLOM", "attention", "slots")
STEPS = (0, 1, 2, 4, 8, 16, 32)  # at which GLOM is read


def enlarged(labels, patch_size):
    """Labels of columns (S, rows, cols) at the pixels of their patches."""
    return labels.repeat(patch_size, axis=1).repeat(patch_size, axis=2)


def finer_states(net, images, iters, level, times=FINER):
    """States (S, times * rows, times * cols, D) of one level, pictures being shown shifted.

    Shifts are by less than a column. Each state stands for the pixels in the middle of the patch
    that it saw; the picture's edges are repeated.
    """
    patch = net.patch_size
    step = patch // times
    wide = np.pad(images, ((0, 0), (patch, patch), (patch, patch), (0, 0)), mode="edge")
    height, width = images.shape[1:3]
    found = None
    for row in range(times):
        for col in range(times):
            y, x = (patch + i * step + (step - patch) // 2 for i in (row, col))
            seen = settled(net, wide[:, y : y + height, x : x + width], iters)[..., level - 1, :]
            if found is None:
                sizes = (len(images), seen.shape[1] * times, seen.shape[2] * times, net.dim)
                found = np.empty(sizes, "float32")
            found[:, row::times, col::times] = seen
    return found


def pixel_scores(scenes, labels, patch_size):
    """FG-ARI over the pixels of objects and mBO of objects, of labels at columns."""
    at_pixels = enlarged(labels, patch_size)
    return {
        "fg_ari": foreground_ari(scenes.objects, at_pixels),
        "mbo": mean_best_overlap(scenes.objects, at_pixels),
    }


def clustered(states, count):
    """(S, rows, cols, D) to labels 1..count (S, rows, cols)."""
    return np.stack([segment_k(one, count) for one in states])


def baselines(scenes, recipe, count):
    """Scores of what is read off the pictures, of an oracle and of a Glom that learned nothing.

    All but the oracle, which knows every picture's foreground and count, make ``count`` clusters.
    """
    patch_size = recipe.glom["patch_size"]
    grid = (scenes.images.shape[1] // patch_size,) * 2
    place = np.stack(np.meshgrid(*(np.arange(side) / side for side in grid), indexing="ij"), -1)
    colours = np.stack([patch_colours(image, grid) for image in scenes.images])
    places = np.broadcast_to(place, (*colours.shape[:3], 2))
    found = {}
    for name, vectors in {
        "position": places,
        "colour": colours,
        "position + colour": np.concatenate([colours, 0.5 * places], axis=-1),
    }.items():
        flat = vectors.reshape(len(vectors), -1, vectors.shape[-1])
        labels = [cut_k(merge(cdist(each, each)), count).reshape(grid) for each in flat]
        found[name] = pixel_scores(scenes, np.stack(labels), patch_size)
    truth = column_targets(scenes, patch_size)["objects"]
    oracle = np.stack([true_foreground_clusters(one) for one in truth])
    found["true foreground + position"] = pixel_scores(scenes, oracle, patch_size)
    keras.utils.set_random_seed(0)
    fresh = Glom(**recipe.glom, data_format="channels_last")
    states = settled(fresh, scenes.images, recipe.read_iters)[..., recipe.object_level - 1, :]
    found["untrained Glom"] = pixel_scores(scenes, clustered(states, count), patch_size)
    return found


def learn_attention(recipe, epochs, seed):
    """An IteratedAttention trained on the recipe's pictures and views."""
    keras.utils.set_random_seed(seed)
    stage = replace(recipe.stages[0], epochs=epochs)
    net = IteratedAttention(recipe.glom["image_size"], **ATTENTION)
    scenes = training_scenes(recipe, None, seed, recipe.glom["image_size"])
    pool = ScenePool(scenes, net.patch_size, recipe.batch_size, stage.steps, seed, augment=False)
    task = Views(net, ATTENTION_STEPS, 1, recipe.temperature, recipe.recolour, seed)
    task.compile(optimizer=optimizer("adam", stage))
    task(pool[0][0][:1])
    task.optimizer.build(task.trainable_variables)  # else Keras traces the training step twice
    task.fit(pool, epochs=epochs, verbose=2)
    return net


def learn_slots(recipe, count, epochs, seed):
    """A SlotAttention trained to draw the recipe's pictures, on patches as large as its columns."""
    keras.utils.set_random_seed(seed)
    stage = replace(recipe.stages[0], epochs=epochs, learning_rate=SLOT_RATE)
    patch_size = recipe.glom["patch_size"]
    net = SlotAttention(recipe.glom["image_size"], patch_size, count, seed=seed)
    scenes = training_scenes(recipe, None, seed, recipe.glom["image_size"])
    pool = ScenePool(scenes, patch_size, recipe.batch_size, stage.steps, seed, augment=False)
    net.compile(optimizer=optimizer("adam", stage))
    net(pool[0][0][:1])
    net.optimizer.build(net.trainable_variables)  # else Keras traces the training step twice
    net.fit(pool, epochs=epochs, verbose=2)
    return net


def glom_scores(glom, recipe, scenes, count):
    """Scores of every level after settling, and of the object level after more and fewer steps."""
    states = settled(glom, scenes.images, recipe.read_iters)
    found = {
        f"level {level + 1}": pixel_scores(
            scenes, clustered(states[..., level, :], count), glom.patch_size
        )
        for level in range(glom.levels)
    }
    for steps in STEPS:
        states = settled(glom, scenes.images, steps)[..., recipe.object_level - 1, :]
        labels = clustered(states, count)
        found[f"{steps} steps"] = pixel_scores(scenes, labels, glom.patch_size)
    if FINER * max(glom.grid) <= MOST:
        finer = finer_states(glom, scenes.images, recipe.read_iters, recipe.object_level)
        labels = clustered(finer, count)
        found["finer"] = pixel_scores(scenes, labels, glom.patch_size // FINER)
    return found


def attention_scores(net, scenes, count):
    """Scores after the trained steps, twice as many, and read at twice the columns per side."""
    found = {}
    for steps in (ATTENTION_STEPS, 2 * ATTENTION_STEPS):
        labels = clustered(settled(net, scenes.images, steps)[..., 0, :], count)
        found[f"{steps} steps"] = pixel_scores(scenes, labels, net.patch_size)
    labels = clustered(finer_states(net, scenes.images, ATTENTION_STEPS, 1), count)
    return found | {"finer": pixel_scores(scenes, labels, net.patch_size // FINER)}


def studied(asked, name, seed, work, scenes):
    """One net, trained and measured: its seed, the CPU minutes of its training, its scores.

    A GLOM that was stopped is carried on: its minutes are those since then.
    """
    recipe, started = RECIPES[asked], time.process_time()
    run = work / f"{asked}-{seed}"
    carried_on = name == "GLOM" and (run / "recipe.json").exists()
    if name == "GLOM":
        net = train(recipe, run, seed=seed, resume=carried_on, verbose=2)
    elif name == "attention":
        net = learn_attention(recipe, ATTENTION_EPOCHS[asked], seed)
    else:
        net = learn_slots(recipe, COUNTS[asked], SLOT_EPOCHS[asked], seed)
    minutes = (time.process_time() - started) / 60
    if name == "GLOM":
        scores = glom_scores(net, recipe, scenes, COUNTS[asked])
    elif name == "slots":
        scores = {"slots": pixel_scores(scenes, net.labels(scenes.images), 1)}
    else:
        scores = attention_scores(net, scenes, COUNTS[asked])
    said = {"carried_on": True} if carried_on else {}
    return {"seed": seed, "minutes": round(minutes, 2), **said, "scores": scores}


def table(result):
    """Markdown: FG-ARI and mBO in %, mean and spread of the seeds."""
    lines = []
    for asked, rows in result.items():
        lines += [f"| {asked} | FG-ARI | mBO | CPU minutes |", "|---|---|---|---|"]
        for name, seeds in rows["nets"].items():
            minutes = f"{np.mean([one['minutes'] for one in seeds]):.1f}"
            if any(one.get("carried_on") for one in seeds):
                minutes = f"at least {minutes}"
            for reading in seeds[0]["scores"]:
                cells = []
                for key in ("fg_ari", "mbo"):
                    found = np.array([100 * one["scores"][reading][key] for one in seeds])
                    spread = f" ± {found.std(ddof=1):.1f}" if len(found) > 1 else ""
                    cells.append(f"{found.mean():.1f}{spread}")
                lines.append(f"| {name}, {reading} | {' | '.join(cells)} | {minutes} |")
        for name, one in rows["baselines"].items():
            lines.append(f"| {name} | {100 * one['fg_ari']:.1f} | {100 * one['mbo']:.1f} | |")
        lines.append("")
    return "\n".join(lines)


def main():
    """Train and measure what is not in the file yet, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", required=True, type=Path, help="JSON")
    parser.add_argument("--work", required=True, type=Path, help="folder of the runs")
    parser.add_argument("--recipes", nargs="+", choices=list(COUNTS), default=list(COUNTS))
    parser.add_argument("--nets", nargs="+", choices=list(NETS), default=list(NETS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    options = parser.parse_args()
    result = json.loads(options.out.read_text()) if options.out.exists() else {}
    for asked in options.recipes:
        (world,) = RECIPES[asked].worlds
        scenes = WORLDS[world]().scenes(SCENES, SEED)
        rows = result.setdefault(asked, {"nets": {}})
        if "baselines" not in rows:
            rows["baselines"] = baselines(scenes, RECIPES[asked], COUNTS[asked])
        for seed in options.seeds:
            for name in options.nets:
                there = rows["nets"].setdefault(name, [])
                if any(one["seed"] == seed for one in there):
                    continue
                there.append(studied(asked, name, seed, options.work, scenes))
                print(f"{asked}, {name}: {there[-1]}", flush=True)
                write(options.out, json.dumps(result, indent=1) + "\n")
    print(table({asked: result[asked] for asked in options.recipes}))


if __name__ == "__main__":
    main()
