"""The ellipse study: train small Gloms to tell class and pose at every column, and measure them.

python benchmarks/ellipses.py --out docs/results/ellipses.json

Runs that the file holds already are left as they are, so a study that was stopped carries on.
"""

import argparse
import json
import platform
import time
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from keras import ops
from record import taken_up, write

from glomtf import Glom
from glomtf.islands import (
    adjusted_rand,
    cosines_within_and_between,
    foreground_ari,
    segment,
    tune_threshold,
)
from glomtf.training.classes import class_accuracy
from glomtf.training.data import column_targets, recolour
from glomtf.training.tasks import ClassAndPose
from glomtf.worlds import Ellipses

# Seeds of scenes, the same parts that recipes' runs use.
VALIDATION, TEST, TRAINING = 1, 7, 1000
PATCH, LEVELS, ITERS, BATCH, RATE = 4, 3, 4, 8, 6e-3
SEVERAL = (2, 4)

GLOM = {
    "dim": 32,
    "levels": LEVELS,
    "data_format": "channels_last",
    "mlp_ratio": 2,
    "top_down_location": "fourier",
    "bottom_up_location": "fourier",
    "location_frequencies": 1,
    "similarity": "cosine",
    "beta": 16.0,
    "consensus_self": True,
    "state_norm": "rms",
    "initial_state": "bottom_up",
}
# Symbols are read as pictures of seven channels, one pixel per column.
INPUTS = {
    "symbols": {"image_size": 16, "patch_size": 1, "channels": 7},
    "pictures": {"image_size": 64, "patch_size": PATCH, "stem": "conv"},
}
# Of previous, bottom-up, top-down, consensus: only the object level attends.
WEIGHTS = np.array([[1, 1, 0.5, 0], [1, 1, 0.5, 0], [1, 1, 0, 1]])
# Settling steps, and factors on these weights.
VARIANTS = {
    "full": (ITERS, (1, 1, 1, 1)),
    "no attention": (ITERS, (1, 1, 1, 0)),
    "no top-down": (ITERS, (1, 1, 0, 1)),
    "feed-forward": (0, (1, 1, 1, 1)),
}
# Training steps that take each of them about the same CPU time.
STEPS = {
    "symbols": {"full": 12000, "no attention": 13600, "no top-down": 16400, "feed-forward": 38000},
    "pictures": {"full": 12000, "no attention": 16500, "no top-down": 13500, "feed-forward": 57000},
}
# Training scenes: as many of each of these.
TRAINED = [
    {"ambiguity": ambiguity, "objects": objects}
    for ambiguity in (0.0, 0.5, 0.8)
    for objects in ((1, 1), SEVERAL)
]
CONDITIONS = {
    f"{many}, ambiguity {ambiguity}, noise {noise}{', unseen' if unseen else ''}": {
        "objects": objects,
        "ambiguity": ambiguity,
        "noise": noise,
        "unseen": unseen,
    }
    for many, objects, ambiguity, noise, unseen in [
        *(("one", (1, 1), a, 0.0, False) for a in (0.0, 0.5, 0.8)),
        *(("one", (1, 1), a, n, False) for a in (0.0, 0.8) for n in (0.05, 0.1, 0.15, 0.2)),
        *(("one", (1, 1), a, 0.0, True) for a in (0.0, 0.8)),
        *(("several", SEVERAL, a, 0.0, False) for a in (0.0, 0.5, 0.8)),
        ("several", SEVERAL, 0.0, 0.1, False),
    ]
}

# Measured at every step.
SETTLING = [
    f"{many}, ambiguity {ambiguity}, noise 0.0"
    for many in ("one", "several")
    for ambiguity in (0.0, 0.8)
]


@dataclass(frozen=True)
class Sizes:
    """How much is drawn: scenes to train on, to test each condition and to fix the threshold."""

    pool: int = 24_000
    test: int = 300
    validation: int = 100
    share: float = 1.0  # of the training steps


QUICK = Sizes(pool=12, test=3, validation=3, share=0.0)


@dataclass(frozen=True)
class Material:
    """Scenes as every input sees them, and what their columns should know."""

    symbols: np.ndarray
    pictures: np.ndarray
    targets: dict


def draw(count, seed, **options):
    """``count`` scenes of one kind as Material."""
    drawn = Ellipses(**options).symbols(count, seed, patch_size=PATCH)
    return Material(drawn.values, drawn.scenes.images, column_targets(drawn.scenes, PATCH))


def draw_pool(count, seed):
    """The training scenes: mixed ambiguity, half of them of several objects, no noise."""
    parts = [draw(count // len(TRAINED), seed, **options) for options in TRAINED]
    targets = {
        name: np.concatenate([part.targets[name] for part in parts]) for name in parts[0].targets
    }
    return Material(
        np.concatenate([part.symbols for part in parts]),
        np.concatenate([part.pictures for part in parts]),
        targets,
    )


class Batches(keras.utils.PyDataset):
    """Random scenes of a pool, pictures recoloured; never turned, as turns are ``unseen``."""

    def __init__(self, pool, kind, steps, seed):
        super().__init__()
        self.pool, self.kind, self.steps, self.seed = pool, kind, steps, seed

    def __len__(self):
        return self.steps

    def __getitem__(self, index):
        rng = np.random.default_rng((self.seed, index))
        chosen = rng.integers(len(self.pool.symbols), size=BATCH)
        seen = getattr(self.pool, self.kind)[chosen]
        targets = {name: self.pool.targets[name][chosen] for name in ("classes", "poses")}
        return recolour(seen, rng) if self.kind == "pictures" else seen, targets


def build(kind, variant):
    """The Keras model that trains a fresh Glom of this variant."""
    iters, factors = VARIANTS[variant]
    glom = Glom(
        **GLOM,
        **INPUTS[kind],
        learn_beta=factors[3] > 0,
        contribution_weights=(WEIGHTS * factors).tolist(),
    )
    glom.step.train_settling(iters > 0)
    for net in glom.step.top_down:
        net.trainable = iters > 0 and factors[2] > 0
    return ClassAndPose(glom, iters, LEVELS, len(Ellipses.classes))


def train(kind, variant, pool, steps, seed):
    """A trained task, and the CPU minutes that its steps took."""
    keras.utils.set_random_seed(seed)
    task = build(kind, variant)
    rate = keras.optimizers.schedules.CosineDecay(
        RATE / 100, steps, alpha=1e-2, warmup_target=RATE, warmup_steps=min(200, steps // 10)
    )
    task.compile(optimizer=keras.optimizers.Adam(rate, global_clipnorm=1.0))
    batches = Batches(pool, kind, steps, seed)
    task(batches[0][0])
    task.optimizer.build(task.trainable_variables)  # else Keras traces the training step twice
    started = time.process_time()
    task.fit(batches, shuffle=False, verbose=0)
    return task, (time.process_time() - started) / 60


def look(task, kind, material, iters):
    """Object-level states (T + 1, S, rows, cols, D) and class logits (T + 1, S, rows, cols, K)."""
    seen = getattr(material, kind)
    states, logits = [], []
    for start in range(0, len(seen), 50):
        batch = seen[start : start + 50].astype("float32")
        batch = batch / 255 if kind == "pictures" else batch
        wanted = [(t, LEVELS) for t in range(iters + 1)]
        tops = [state[-1] for state in task.glom.settle(batch, iters, wanted=wanted)]
        said = [task.head(top)[0] for top in tops]
        states.append(np.stack([ops.convert_to_numpy(top) for top in tops]))
        logits.append(np.stack([ops.convert_to_numpy(one) for one in said]))
    grid = task.glom.grid
    return (
        each.reshape(len(each), len(seen), *grid, -1)
        for each in (np.concatenate(states, axis=1), np.concatenate(logits, axis=1))
    )


def at_one_step(states, logits, targets):
    """Accuracy of objects and columns, cosines within and between objects, at one step."""
    found = class_accuracy(logits, targets["objects"], targets["classes"])
    pairs = zip(states, targets["objects"], strict=True)
    within, between = zip(*(cosines_within_and_between(v, o) for v, o in pairs), strict=True)
    found["within"] = float(np.nanmean(within))
    if not np.isnan(between).all():
        found["between"] = float(np.nanmean(between))
    return found


def measure(task, kind, material, threshold, settling):
    """Scores at the step trained for; with ``settling`` also at every step up to twice as many."""
    times = 2 * task.iters if settling else task.iters
    states, logits = look(task, kind, material, times)
    found = at_one_step(states[task.iters], logits[task.iters], material.targets)
    objects = material.targets["objects"]
    if "between" in found:
        labels = np.stack([segment(v, threshold=threshold) for v in states[task.iters]])
        found["fg_ari"] = foreground_ari(objects, labels)
        found["ari"] = adjusted_rand(objects, labels)
    if settling and times:
        steps = [at_one_step(*one, material.targets) for one in zip(states, logits, strict=True)]
        found["steps"] = {name: [step[name] for step in steps] for name in steps[0]}
    return found


def fix_threshold(task, kind, count):
    """The product's threshold for objects, from validation scenes of several objects."""
    options = {"objects": SEVERAL, "ambiguity": 0.5}
    material = draw(count, VALIDATION, **options)
    states, _ = look(task, kind, material, task.iters)
    return float(tune_threshold(states[task.iters], material.targets["objects"])[0])


def validate(task, kind, count):
    """For people who wait: objects right in validation scenes of every kind trained on, in %."""
    shown = []
    for options in TRAINED:
        material = draw(count, VALIDATION, **options)
        _, logits = look(task, kind, material, task.iters)
        targets = material.targets
        right = class_accuracy(logits[task.iters], targets["objects"], targets["classes"])
        many = "one" if options["objects"] == (1, 1) else "several"
        shown.append(f"{many}/{options['ambiguity']:g} {100 * right['objects']:.0f}")
    return ", ".join(shown)


def rounded(value):
    """Numbers in nested dicts and lists to four digits."""
    if isinstance(value, dict):
        return {name: rounded(each) for name, each in value.items()}
    if isinstance(value, list):
        return [rounded(each) for each in value]
    return round(value, 4) if isinstance(value, float) else value


def save(path, study):
    """The study as JSON, one line per condition."""
    lines = []
    for name, run in study["runs"].items():
        rows = ",\n".join(f"   {json.dumps(k)}: {json.dumps(v)}" for k, v in run["results"].items())
        rest = json.dumps({k: v for k, v in run.items() if k != "results"})[1:-1]
        lines.append(f' {json.dumps(name)}: {{{rest}, "results": {{\n{rows}}}}}')
    head = json.dumps({k: v for k, v in study.items() if k != "runs"})[:-1]
    write(path, f'{head},\n"runs": {{\n' + ",\n".join(lines) + "}}\n")


def main(arguments=None):
    """Train and measure what is missing of the study."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, required=True, help="JSON file, made or added to")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--inputs", nargs="+", choices=INPUTS, default=list(INPUTS))
    parser.add_argument("--variants", nargs="+", choices=VARIANTS, default=list(VARIANTS))
    parser.add_argument("--quick", action="store_true", help="far too small: whether it runs")
    given = parser.parse_args(arguments)
    sizes = QUICK if given.quick else Sizes()
    fresh = {
        "command": "python benchmarks/ellipses.py --out docs/results/ellipses.json",
        "machine": f"{platform.machine()}, Keras {keras.__version__} on {keras.backend.backend()}",
        "sizes": vars(sizes),
        "runs": {},
    }
    study = taken_up(given.out, fresh, parser)
    tests = {}
    for seed in given.seeds:
        pool = None
        for kind in given.inputs:
            for variant in given.variants:
                name = f"{kind}/{variant}/{seed}"
                if name in study["runs"]:
                    continue
                tests = tests or {c: draw(sizes.test, TEST, **o) for c, o in CONDITIONS.items()}
                pool = pool or draw_pool(sizes.pool, TRAINING + seed)
                steps = max(2, round(STEPS[kind][variant] * sizes.share))
                task, minutes = train(kind, variant, pool, steps, seed)
                threshold = fix_threshold(task, kind, sizes.validation)
                results = {
                    c: measure(task, kind, m, threshold, c in SETTLING) for c, m in tests.items()
                }
                study["runs"][name] = rounded(
                    {
                        "steps": steps,
                        "cpu_minutes": minutes,
                        "parameters": task.glom.count_params(),
                        "beta": float(ops.convert_to_numpy(task.glom.step.beta_at(0))[-1]),
                        "threshold": threshold,
                        "results": results,
                    }
                )
                save(given.out, study)
                known = validate(task, kind, sizes.validation)
                print(f"{name}: {steps} steps, {minutes:.1f} CPU minutes, validation {known}",
                      flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
