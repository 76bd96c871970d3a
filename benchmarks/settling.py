"""Does settling earn its place? GLOM beside its feed-forward control where pictures get harder.

python benchmarks/settling.py --glom runs/fine-0 runs/fine-1 runs/fine-2 \
    --control runs/fine-ff-0 runs/fine-ff-1 runs/fine-ff-2 \
    --out docs/results/settling.json --picture docs/pictures/settling-study.png

Thresholds are those the runs were saved with, for connected islands and other numbers of steps
fixed on clean validation scenes: nothing is tuned on what is reported.

What the file holds of these runs is not measured again. Without --glom and --control nothing is
measured: the table of what it holds is printed.
"""

import argparse
import hashlib
import json
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from degraded import missing, noisy, on_bytes
from record import write

import glomtf
from glomtf.islands.scores import adjusted_rand, edge_f1, foreground_ari
from glomtf.islands.segment import connected_cuts, cuts_of, linkage, tune
from glomtf.model.glom import Glom
from glomtf.model.presets import reading_of
from glomtf.training.data import column_targets
from glomtf.training.scenes import VALIDATION
from glomtf.training.settled import settled
from glomtf.worlds import world_of

SCENES, CHECKED, SEED = 150, 60, 8
NOISE, MISSING = (0.05, 0.1, 0.2), (0.1, 0.25, 0.5)
STEPS = (0, 1, 2, 3, 4, 6, 8, 12, 24)
# Factors on previous, bottom-up, top-down and consensus while reading a net that learned with all.
LESIONS = {
    "all four contributions": (1, 1, 1, 1),
    "no top-down": (1, 1, 0, 1),
    "no consensus": (1, 1, 1, 0),
    "neither": (1, 1, 0, 0),
    "no previous state": (0, 1, 1, 1),
}
DEPTHS = ("parts", "objects")


def conditions(image_size, patch_size):
    """{name: (images, truth by depth)}; the first one is what the runs were trained on."""
    found = {}
    for world in ("crowd", "crowd-classes", "crowd-counts", "crowd-backgrounds"):
        scenes = world_of(world, image_size).scenes(SCENES, SEED)
        found[world] = (scenes.images, column_targets(scenes, patch_size))
    clean, truth = found["crowd"]
    for amount in NOISE:
        hard = on_bytes(noisy, clean, np.random.default_rng(0), amount=amount)
        found[f"noise {amount:g}"] = (hard, truth)
    for share in MISSING:
        how = {"share": share, "patch_size": patch_size}
        hard = on_bytes(missing, clean, np.random.default_rng(0), **how)
        found[f"missing {share:.0%}"] = (hard, truth)
    return found


def cuts(states, connected):
    """A function threshold -> labels per picture."""
    return [connected_cuts(s) if connected else cuts_of(linkage(s), s.shape[:2]) for s in states]


def scores(model, thresholds, images, truth, iters, connected):
    """Scores of both depths and their tree at these thresholds by depth."""
    reading = reading_of(model)
    states = settled(model, images, iters)
    result, labels = {}, {}
    for depth, level in zip(DEPTHS, (reading.part_level, reading.object_level), strict=True):
        found = cuts(states[..., level - 1, :], connected)
        labels[depth] = np.stack([cut(thresholds[depth]) for cut in found])
        result[depth] = {
            "ari": adjusted_rand(truth[depth], labels[depth]),
            "fg_ari": foreground_ari(truth[depth], labels[depth]),
        }
    tree = edge_f1(truth["parts"], truth["objects"], labels["parts"], labels["objects"])
    return result | {"edge_f1": tree}


def tuned(model, known, truth, iters, connected):
    """Thresholds by depth from validation scenes."""
    reading = reading_of(model)
    states = settled(model, known.images, iters)
    levels = zip(DEPTHS, (reading.part_level, reading.object_level), strict=True)
    return {
        depth: float(tune(cuts(states[..., level - 1, :], connected), truth[depth])[0])
        for depth, level in levels
    }


def lesioned(model, factors):
    """The same net with its contributions weighed by these factors."""
    other = Glom.from_config(model.get_config() | {"contribution_schedule": [factors]})
    other.set_weights(model.get_weights())
    other.reading = reading_of(model)
    return other


def unassembled(model):
    """The same net whose assembly says nothing; None where there is none."""
    if not any(model.step.assembly):
        return None
    other = lesioned(model, (1, 1, 1, 1))
    for net in filter(None, other.step.assembly):
        net.out.set_weights([np.zeros_like(values) for values in net.out.get_weights()])
    return other


def digest_of(path):
    """What tells a run from others wherever it lies: its weights and how they are read."""
    model = glomtf.load(path)
    digest = hashlib.sha256(repr(reading_of(model)).encode())
    for values in model.get_weights():
        digest.update(values.tobytes())
    return digest.hexdigest()[:32]


def study(path):
    """Everything that is measured of one run."""
    model = glomtf.load(path)
    reading = reading_of(model)
    size = model.image_size[0]
    hard = conditions(size, model.patch_size)
    known = world_of("crowd", size).scenes(CHECKED, VALIDATION)
    known_truth = column_targets(known, model.patch_size)
    own = {
        depth: reading.thresholds[level - 1]
        for depth, level in zip(DEPTHS, (reading.part_level, reading.object_level), strict=True)
    }
    result = {"conditions": {}, "connected": {}, "steps": {}, "lesions": {}}
    strict = tuned(model, known, known_truth, reading.iters, connected=True)
    for name, (images, truth) in hard.items():
        result["conditions"][name] = scores(model, own, images, truth, reading.iters, False)
        result["connected"][name] = scores(model, strict, images, truth, reading.iters, True)
        print(f"{path}: {name}: {result['conditions'][name]}", flush=True)
    if reading.iters:
        images, truth = hard["crowd"]
        for iters in STEPS:
            here = tuned(model, known, known_truth, iters, connected=False)
            result["steps"][str(iters)] = scores(model, here, images, truth, iters, False)
            print(f"{path}: {iters} steps: {result['steps'][str(iters)]}", flush=True)
        others = {name: lesioned(model, factors) for name, factors in LESIONS.items()}
        others["no assembly"] = unassembled(model)
        for name, other in others.items():
            if other is None:
                continue
            here = tuned(other, known, known_truth, reading.iters, connected=False)
            result["lesions"][name] = scores(other, here, images, truth, reading.iters, False)
            print(f"{path}: {name}: {result['lesions'][name]}", flush=True)
    return result


def values(runs, part, name, depth, measure="fg_ari"):
    """One score of all seeds: (seeds,)."""
    found = [run[part][name] for run in runs]
    return np.array([one[depth][measure] if depth else one["edge_f1"] for one in found])


def table(result):
    """Markdown: what GLOM reaches under every condition and, in brackets, gains on the control."""
    lines = ["| | parts | objects | edge F1 | parts, connected | objects, connected |"]
    lines += ["|---|---|---|---|---|---|"]
    asked = [("conditions", d) for d in (*DEPTHS, None)] + [("connected", d) for d in DEPTHS]
    for name in result["glom"][0]["conditions"]:
        cells = []
        for part, depth in asked:
            glom, control = (values(result[w], part, name, depth) for w in ("glom", "control"))
            gain = glom - control
            spread = f" ± {gain.std(ddof=1):.3f}" if len(gain) > 1 else ""
            cells.append(f"{glom.mean():.3f} ({gain.mean():+.3f}{spread})")
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    for part, head in (("steps", "settling steps"), ("lesions", "while reading")):
        lines += ["", f"| {head} | parts | parts ARI | objects | objects ARI | edge F1 |"]
        lines += ["|---|---|---|---|---|---|"]
        for name in result["glom"][0][part]:
            asked = [(d, m) for d in DEPTHS for m in ("fg_ari", "ari")] + [(None, None)]
            found = [values(result["glom"], part, name, d, m) for d, m in asked]
            cells = [
                f"{v.mean():.3f}" + (f" ± {v.std(ddof=1):.3f}" if len(v) > 1 else "") for v in found
            ]
            lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def draw(result, path):
    """Gains over the control by condition, and scores by number of steps."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4.5), layout="constrained")
    names = list(result["glom"][0]["conditions"])
    place = np.arange(len(names))
    asked = [("conditions", "parts", "parts"), ("conditions", "objects", "objects"),
             ("connected", "parts", "parts, connected"),
             ("connected", "objects", "objects, connected")]  # fmt: skip
    for i, (part, depth, label) in enumerate(asked):
        gains = np.array([
            values(result["glom"], part, name, depth) - values(result["control"], part, name, depth)
            for name in names
        ])  # fmt: skip
        height = place + 0.2 * (i - 1.5)
        left.barh(height, gains.mean(axis=1), 0.2, label=label)
        left.plot(gains, np.repeat(height[:, None], gains.shape[1], 1), ".k", markersize=3)
    left.axvline(0, color="black", linewidth=0.8)
    left.set_yticks(place, names)
    left.invert_yaxis()
    left.set_xlabel("FG-ARI more than the feed-forward control (dots: seeds)")
    left.legend(fontsize=8)
    for depth in DEPTHS:
        steps = [int(k) for k in result["glom"][0]["steps"]]
        for measure, style in (("fg_ari", "o-"), ("ari", "o--")):
            means = [values(result["glom"], "steps", str(k), depth, measure).mean() for k in steps]
            name = {"fg_ari": "FG-ARI", "ari": "ARI"}[measure]
            right.plot(range(len(steps)), means, style, label=f"{depth}, {name}")
    right.set_xticks(range(len(steps)), steps)
    right.set_xlabel("settling steps when reading")
    right.set_ylabel("score on crowd")
    right.legend(fontsize=8)
    figure.savefig(path, dpi=100)


def main():
    """Measure what is not in the file yet, print the table, draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--glom", nargs="+", default=[], help="runs, one per seed")
    parser.add_argument("--control", nargs="+", default=[], help="their controls, in order")
    parser.add_argument("--out", required=True, help="JSON; runs in it are not measured again")
    parser.add_argument("--picture", help="PNG")
    options = parser.parse_args()
    out = Path(options.out)
    if len(options.glom) != len(options.control) or not (options.glom or out.exists()):
        parser.error(
            f"expected as many runs as controls, or none and a file at --out, got "
            f"{len(options.glom)} and {len(options.control)} with --out {out}; name them in pairs"
        )
    result = json.loads(out.read_text()) if out.exists() else {"glom": [], "control": []}
    asked = {
        who: [(digest_of(path), path) for path in paths]
        for who, paths in (("glom", options.glom), ("control", options.control))
        if paths
    }
    for who, runs in asked.items():
        # Results from before they said their run have none.
        if not {one.get("run") for one in result[who]} <= {digest for digest, _ in runs}:
            parser.error(
                f"expected results of the runs of --{who} in {out}, got some of others; name those "
                "as well, choose another --out, or print what it holds without --glom and --control"
            )
    for who, runs in asked.items():
        there = {one["run"]: one for one in result[who]}
        for digest, path in runs:
            if digest not in there:
                there[digest] = {"run": digest, **study(path)}
                result[who].append(there[digest])
                write(out, json.dumps(result, indent=1) + "\n")
        # In the order of the call, whose pairs are compared.
        result[who] = [there[digest] for digest, _ in runs]
    print(table(result))
    if options.picture:
        draw(result, options.picture)


if __name__ == "__main__":
    main()
