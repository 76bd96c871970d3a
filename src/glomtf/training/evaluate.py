"""Score a model's islands against the truth, level by depth, with the baselines beside it."""

import json
import math
import random
from functools import cache, partial

import numpy as np
from keras import ops

from glomtf.islands import baselines
from glomtf.islands.scores import (
    adjusted_rand,
    edge_f1,
    foreground_ari,
    mean_best_overlap,
    nestedness,
    parent_accuracy,
)
from glomtf.islands.segment import connected_cuts, cut_k, cuts_of, linkage, tune
from glomtf.model.glom import Glom
from glomtf.model.presets import reading_of
from glomtf.training.data import column_targets
from glomtf.training.settled import settled, shown

DEPTHS = ("parts", "objects")


def scores(truth, labels):
    """ARI with background, foreground ARI and mBO of (S, rows, cols) label maps."""
    return {
        "ari": adjusted_rand(truth, labels),
        "fg_ari": foreground_ari(truth, labels),
        "mbo": mean_best_overlap(truth, labels),
    }


def score_model(model, scenes):
    """Every level against every depth of the truth, and the tree.

    Args:
        model: a Glom; its ``reading`` says how its states are read.
        scenes: a batch the model has never seen.

    Returns:
        {"levels": {level: {depth: {"ari", "fg_ari", "mbo", "fg_ari_oracle_k"}}}, "tree":
        {"nestedness", "parent_accuracy", "edge_f1"}}. Only ``fg_ari_oracle_k`` is told how many
        segments there are, to compare with papers.
    """
    truth, reading = column_targets(scenes, model.patch_size), reading_of(model)
    states = settled(model, scenes.images, reading.iters)
    grid = states.shape[1:3]
    levels, labels = {}, []
    for level, threshold in enumerate(reading.thresholds, start=1):
        merges = [linkage(s[..., level - 1, :]) for s in states]  # once, cut three times
        labels.append(np.stack([cuts_of(m, grid)(threshold) for m in merges]))
        levels[str(level)] = {}
        for depth in DEPTHS:
            oracle = np.stack(
                [
                    cut_k(m, len(np.unique(t))).reshape(grid)
                    for m, t in zip(merges, truth[depth], strict=True)
                ]
            )
            levels[str(level)][depth] = scores(truth[depth], labels[-1]) | {
                "fg_ari_oracle_k": foreground_ari(truth[depth], oracle)
            }
    parts, objects = labels[reading.part_level - 1], labels[reading.object_level - 1]
    return {"levels": levels, "tree": tree_scores(truth, parts, objects)}


def tree_scores(truth, parts, objects):
    """What a pair of (S, rows, cols) label maps is worth as a parse tree."""
    return {
        "nestedness": nestedness(parts, objects),
        "parent_accuracy": parent_accuracy(truth["parts"], truth["objects"], parts, objects),
        "edge_f1": edge_f1(truth["parts"], truth["objects"], parts, objects),
    }


def score_connected(model, validation, test):
    """Parts and objects at their levels when islands must be connected, neighbour by neighbour.

    The islands the paper draws: see :func:`glomtf.islands.segment.connected_cuts`. Thresholds are
    fixed on the validation scenes.

    Returns:
        {"parts": {"ari", "fg_ari", "mbo"}, "objects": likewise, "tree": as in ``score_model``}.
    """
    reading = reading_of(model)
    known, truth = (column_targets(each, model.patch_size) for each in (validation, test))
    seen, used = (settled(model, each.images, reading.iters) for each in (validation, test))
    labels = {}
    for depth, level in zip(DEPTHS, (reading.part_level, reading.object_level), strict=True):
        tried, cuts = (
            [connected_cuts(s[..., level - 1, :]) for s in each] for each in (seen, used)
        )
        threshold, _ = tune(tried, known[depth])
        labels[depth] = np.stack([cut(threshold) for cut in cuts])
    return two_depths(truth, labels)


def two_depths(truth, labels):
    """Scores of parts, of objects and of their tree, for label maps by depth."""
    result = {depth: scores(truth[depth], labels[depth]) for depth in DEPTHS}
    return result | {"tree": tree_scores(truth, labels["parts"], labels["objects"])}


def score_baselines(model, validation, test):
    """What a level has to beat, every threshold fixed on the validation scenes.

    Pictures alone (colour, position + colour, flat areas, raw patches), vectors that never
    learned to agree (the model's own tokens, an untrained Glom), and two oracles that are told
    the true count: position alone, and position within the true foreground.

    Returns:
        {name: {depth: {"ari", "fg_ari", "mbo"}, "tree": as in ``score_model``}}.
    """
    known = column_targets(validation, model.patch_size)
    truth = column_targets(test, model.patch_size)
    grid = truth["parts"].shape[1:]
    fresh = untrained(model)
    reading = reading_of(model)

    def vectors(get, images):
        return [cuts_of(linkage(v), grid) for v in get(images)]

    def pictures(method, images):
        return [method(image, grid) for image in images]

    sources = {
        "colour clusters": partial(pictures, baselines.colour_clusters),
        "position + colour": partial(pictures, baselines.position_colour_clusters),
        "connected flat colour": partial(pictures, baselines.flat_components),
        "raw patches": partial(pictures, baselines.raw_patches),
        "tokens": partial(vectors, partial(tokens_of, model)),
        "untrained Glom": partial(
            vectors, lambda images: settled(fresh, images, reading.iters)[..., -1, :]
        ),
    }
    result = {}
    for name, cuts in sources.items():
        tried = [cache(cut) for cut in cuts(validation.images)]  # both depths try the same
        used = cuts(test.images)
        labels = {}
        for depth in DEPTHS:
            threshold, _ = tune(tried, known[depth])
            labels[depth] = np.stack([cut(threshold) for cut in used])
        result[name] = two_depths(truth, labels)
    oracles = {
        "position, true count": lambda t: baselines.position_clusters(grid, len(np.unique(t))),
        "true foreground + position": baselines.true_foreground_clusters,
    }
    for name, method in oracles.items():
        labels = {depth: np.stack([method(t) for t in truth[depth]]) for depth in DEPTHS}
        result[name] = two_depths(truth, labels)
    return result


def tokens_of(model, images):
    """The stem's view of the pictures before any level: (S, rows, cols, D) float32."""
    out = []
    for start in range(0, len(images), 25):
        tokens, grid = model.tokens(shown(model, images[start : start + 25]))
        out.append(ops.convert_to_numpy(tokens).reshape(-1, *grid, model.dim))
    return np.concatenate(out)


def untrained(model, seed=0):
    """The same Glom with fresh weights; the process draws on as if this had not been called."""
    # Python's generator alone seeds what Keras' initializers draw.
    before = random.getstate()
    try:
        random.seed(seed)
        return Glom.from_config(model.get_config())
    finally:
        random.setstate(before)


def to_json(result):
    """The result as JSON text; a score of which there was nothing to judge, nan, is null."""

    def plain(value):
        if isinstance(value, dict):
            return {name: plain(each) for name, each in value.items()}
        return None if isinstance(value, float) and math.isnan(value) else value

    return json.dumps(plain(result), indent=1, allow_nan=False) + "\n"


def table(result):
    """The score matrix as text, for the terminal: one row per level or baseline."""
    head = f"{'':28}" + "".join(
        f"{d + ' ' + s:>16}" for d in DEPTHS for s in ("ARI", "FG-ARI", "mBO")
    )
    lines = [head]

    def row(name, by_depth):
        values = [by_depth[d][s] for d in DEPTHS for s in ("ari", "fg_ari", "mbo")]
        lines.append(f"{name:28}" + "".join(f"{v:16.3f}" for v in values))

    trees = {}
    for who, name in (("model", ""), ("control", "feed-forward, ")):
        if who in result:
            for level, by_depth in result[who]["levels"].items():
                row(f"{name}level {level}", by_depth)
            trees[f"{name}tree"] = result[who]["tree"]
            if "connected" in result[who]:
                row(f"{name}connected islands", result[who]["connected"])
                trees[f"{name}connected tree"] = result[who]["connected"]["tree"]
    for name, by_depth in result["baselines"].items():
        row(name, by_depth)
        trees[f"{name}, tree"] = by_depth["tree"]
    for name, tree in trees.items():
        lines.append(f"{name}: " + ", ".join(f"{k} {v:.3f}" for k, v in tree.items()))
    return "\n".join(lines)
