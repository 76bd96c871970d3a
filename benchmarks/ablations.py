"""What of the training matters: one thing changed at a time, three seeds, one table.

python benchmarks/ablations.py --out docs/results/ablations.json --work runs/ablations \
    --picture docs/pictures/ablations.png

Learn to see with the feed-forward sweep, then learn to settle, as the recipe `crowd` does in a
small part of its time. Rows that change settling alone start from one and the same first stage
per seed. Every result is written at once; a study that was stopped carries on.
"""

import argparse
import json
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from pathlib import Path

import keras
import matplotlib.pyplot as plt
import numpy as np
from degraded import missing, noisy, on_bytes
from record import taken_up, write

from glomtf.islands.scores import adjusted_rand, edge_f1, foreground_ari
from glomtf.islands.segment import cuts_of, linkage, tune
from glomtf.model.glom import Glom
from glomtf.training.data import column_targets, motion_targets, recolour, turn
from glomtf.training.optimizers import optimizer
from glomtf.training.recipes import CROWD, SMALL, Recipe, Stage
from glomtf.training.run import make_task
from glomtf.training.scenes import TRAINING, VALIDATION
from glomtf.training.settled import settled
from glomtf.worlds import WORLDS

# The Glom of the study: columns that see only what is theirs, no assembly.
BASE = Recipe("masks", figures=0, icons=0, stages=(), glom=SMALL | {"stem": "pyramid"})
TEST = 9  # a seed of scenes that nothing else uses
POOL = {"crowd": 8_000, "moving": 2_000}  # training scenes of each world
SCENES, CHECKED = 120, 60  # to test on, and to fix thresholds on
SEE, SETTLE, ITERS, BATCH = 1600, 200, 4, 8
# As many steps as take the CPU minutes of the base's second stage, and of both its stages; then
# as many as take those of the second stage on columns of 8 and of 2 pixels.
SEE_ON, SCRATCH, COARSE_ON, FINE_ON = 540, 830, 415, 890
SEE_RATE, SETTLE_RATE = 2e-3, 1e-3
STEPS = (0, 1, 2, 4, 8, 16)  # when reading the base
DEPTHS = ("parts", "objects")
SHOWN = 0.1  # the picture's reach; what is larger is written
# What is compared: name, depth and score.
MEASURES = (
    ("parts, FG-ARI", "parts", "fg_ari"),
    ("parts, ARI", "parts", "ari"),
    ("objects, FG-ARI", "objects", "fg_ari"),
    ("objects, ARI", "objects", "ari"),
    ("edges, F1", None, "edge_f1"),
)


@dataclass(frozen=True)
class Row:
    """One training: what differs from the base.

    Args:
        glom: arguments of ``Glom`` that differ.
        iters: settling steps trained for and read at; 0 sweeps on instead of settling.
        first: name of its first stage, which rows may share; None = settling from scratch.
        task, world: what is learned, from which scenes.
        levels: where (parts, objects) are meant to be islands.
        depths: those that its objective asks for.
        pairs: whether objects are learned pair by pair instead of by contrast.
        optimizer, see_rate: what trains both stages, and its rate in the first.
        scenes: how many of the pool it learns from; None = all.
        see_on: steps of the sweep, instead of settling, for the minutes of its twin's settling.
        degrade: (images, rng) to pictures that tell less, in training and in tests.
    """

    glom: dict = field(default_factory=dict)
    iters: int = ITERS
    first: str | None = "base"
    task: str = "masks"
    world: str = "crowd"
    levels: tuple = (2, 3)
    depths: tuple = DEPTHS
    pairs: bool = False
    optimizer: str = "adam"
    see_rate: float = SEE_RATE
    scenes: int | None = None
    see_on: int | None = None
    degrade: Callable | None = None


def without(*factors):
    """Factors on previous, bottom-up, top-down and consensus at every step."""
    return {"contribution_schedule": [factors]}


def own(name, **changes):
    """A row whose first stage is its own."""
    return {name: Row(first=name, **changes)}


def few(scenes):
    """Little to learn from: with settling, and without it."""
    name = f"{scenes:,} scenes"
    return own(name, scenes=scenes) | {
        f"{name}, feed-forward": Row(first=name, iters=0, scenes=scenes)
    }


def grid(pixels, columns, see_on):
    """Coarser or finer columns: with settling, and without it."""
    name = f"{columns} x {columns} columns of {pixels} pixels"
    glom = {"patch_size": pixels}
    return own(name, glom=glom) | {
        f"{name}, feed-forward": Row(glom, iters=0, first=name, see_on=see_on)
    }


def degraded(name, change, **how):
    """Pictures that tell less, in training and in tests: with settling, and without it."""
    row = Row(first=name, degrade=partial(change, **how))
    return {name: row, f"{name}, feed-forward": replace(row, iters=0)}


CONDITIONS = (
    few(250)
    | few(1_000)
    | grid(8, 8, COARSE_ON)
    | grid(2, 32, FINE_ON)
    | degraded("noise of 0.1", noisy, amount=0.1)
    | degraded("half of the columns missing", missing, share=0.5, patch_size=SMALL["patch_size"])
)
ROWS = {
    "base": Row(),
    "feed-forward, equal minutes": Row(iters=0),
    "no previous state": Row(without(0, 1, 1, 1)),
    "no bottom-up while settling": Row(without(1, 0, 1, 1)),
    "no top-down": Row(without(1, 1, 0, 1)),
    "no consensus": Row(without(1, 1, 1, 0) | {"learn_beta": False}),
    "equal weights, not learned": Row(
        {"contribution_weights": None, "learn_contribution_weights": False}
    ),
    "top-down without location": Row({"top_down_location": None}),
    "beta 1, not learned": Row({"beta": 1.0, "learn_beta": False}),
    "beta 16, not learned": Row({"learn_beta": False}),
    "beta rising from a quarter": Row({"beta_schedule": [0.25, 0.5, 0.75, 1.0]}),
    "dot product, beta 1/√D": Row({"similarity": "dot", "beta": None}),
    "consensus everywhere": Row({"local_consensus_radius": 0.0}),
    "consensus within 1.5": Row({"local_consensus_radius": 1.5}),
    "8 most similar neighbours": Row({"neighbours": 8}),
    "trained for 2 iterations": Row(iters=2),
    "trained for 8 iterations": Row(iters=8),
    "4 levels, one above objects": Row(
        {"levels": 4, "local_consensus_radius": (1.5, 3.0, 0.0, 0.0)}
    ),
    "settling from scratch": Row(first=None),
    **own("bottom-up without location", glom={"bottom_up_location": None}),
    **own("state not normalised", glom={"state_norm": None}),
    **own(
        "2 levels, parts at the lowest",
        glom={"levels": 2, "local_consensus_radius": (3.0, 0.0)},
        levels=(1, 2),
    ),
    **own("common fate (moving)", task="common_fate", world="moving", depths=("objects",)),
    **own("class and pose", task="class_pose", depths=("objects",)),
    "masked reconstruction, from scratch": Row(first=None, task="reconstruction"),
    **own("state normalised by layer", glom={"state_norm": "layer"}),
    **own("stem normed", glom={"stem": "normed_pyramid"}),
    **own("by Muon", optimizer="muon", see_rate=4e-3),
    **own("objects pair by pair", pairs=True),
    **own("that and assembly", glom={"assembly": (0, 0, 4)}, pairs=True),
    **own(
        "the recipe crowd at 64 pixels",
        glom=CROWD.glom | {"image_size": SMALL["image_size"]},
        pairs=True,
        optimizer="muon",
        see_rate=4e-3,
    ),
    **CONDITIONS,
}
# What settles, and the same without settling.
TWINS = {"base": "feed-forward, equal minutes"} | {
    name: f"{name}, feed-forward" for name, row in CONDITIONS.items() if row.iters
}


@lru_cache(maxsize=4)  # validation, test and one seed of both training worlds
def drawn(world, count, seed, patch):
    """Pictures (S, H, W, 3) uint8 and what columns of ``patch`` pixels should know, by name."""
    scenes = WORLDS[world]().scenes(count, seed)
    targets = column_targets(scenes, patch)
    if scenes.later is not None:
        targets |= motion_targets(scenes, patch)
    return scenes.images, targets


class Batches(keras.utils.PyDataset):
    """Random scenes, turned and recoloured: the same for all rows of a seed and stage."""

    def __init__(self, images, targets, steps, seed, scenes=None, degrade=None):
        super().__init__()
        self.images, self.targets, self.steps, self.seed = images[:scenes], targets, steps, seed
        self.degrade = degrade

    def __len__(self):
        return self.steps

    def __getitem__(self, index):
        rng = np.random.default_rng((self.seed, self.steps, index))
        chosen = rng.integers(len(self.images), size=BATCH)
        targets = {name: value[chosen] for name, value in self.targets.items()}
        images, targets = turn(
            self.images[chosen], targets, int(rng.integers(4)), bool(rng.integers(2))
        )
        images = recolour(images, rng)
        if self.degrade:
            images = self.degrade(images, rng).astype("float32")
        return images, {k: np.ascontiguousarray(v) for k, v in targets.items()}


def build(row, seed):
    """A fresh Glom of this row."""
    keras.utils.set_random_seed(seed)
    return Glom(**BASE.glom | row.glom, data_format="channels_last")


def fit(row, glom, iters, steps, rate, seed):
    """Train; the CPU minutes it took."""
    recipe = replace(BASE, task=row.task, worlds={row.world: 1}, object_level=row.levels[1],
                     part_level=row.levels[0], pairs=row.pairs)  # fmt: skip
    task = make_task(recipe, glom, iters, seed)
    glom.step.train_settling(iters > 0)
    _, rises, falls, _ = glom.step.present_at(0).any(axis=0)
    for level, net in enumerate(glom.step.top_down, start=1):
        # The objective hears of no level below the parts' if nothing rises.
        net.trainable = iters > 0 and falls and (rises or level >= row.levels[0])
    stage = Stage(iters, epochs=1, steps=steps, learning_rate=rate)
    task.compile(optimizer=optimizer(row.optimizer, stage))
    pool = drawn(row.world, POOL[row.world], TRAINING + seed, glom.patch_size)
    batches = Batches(*pool, steps, seed, row.scenes, row.degrade)
    task(batches[0][0][:1])
    task.optimizer.build(task.trainable_variables)  # else Keras traces the training step twice
    started = time.process_time()
    task.fit(batches, shuffle=False, verbose=0,
             callbacks=[keras.callbacks.TerminateOnNaN(raise_error=True)])  # fmt: skip
    return (time.process_time() - started) / 60


def seeing(glom):
    """The layers that the feed-forward sweep uses."""
    return [glom.stem, *glom.step.bottom_up, *filter(None, glom.step.assembly)]


def first_stage(row, glom, seed, work):
    """Give a Glom what its first stage learned, which is trained once per seed; CPU minutes."""
    path = work / f"{row.first}-{seed}.npz"
    if not path.exists():
        first = ROWS[row.first]
        learner = build(first, seed)
        minutes = fit(first, learner, 0, SEE, first.see_rate, seed)
        weights = [w for layer in seeing(learner) for w in layer.get_weights()]
        new = path.with_suffix(".new.npz")
        np.savez(new, *weights, minutes=minutes)
        new.replace(path)
    with np.load(path) as kept:
        weights = [kept[f"arr_{i}"] for i in range(len(kept.files) - 1)]
        minutes = float(kept["minutes"])
    for layer in seeing(glom):
        count = len(layer.get_weights())
        if weights:  # a level above those that learned to see starts as it is
            layer.set_weights(weights[:count])
        del weights[:count]
    return minutes


def train(row, seed, work):
    """A trained Glom, and the CPU minutes of its stages."""
    glom = build(row, seed)
    if row.first is None:
        return glom, [0.0, fit(row, glom, row.iters, SCRATCH, row.see_rate, seed)]
    seen = first_stage(row, glom, seed, work)
    steps = SETTLE if row.iters else row.see_on or SEE_ON
    return glom, [seen, fit(row, glom, row.iters, steps, SETTLE_RATE, seed)]


def measure(row, glom, iters, known, test):
    """Scores on test scenes at thresholds that suit validation scenes best."""
    before, after = (settled(glom, images, iters) for images, _ in (known, test))
    result, labels = {"thresholds": {}}, {}
    for depth, level in zip(DEPTHS, row.levels, strict=True):
        if depth not in row.depths:
            continue
        cuts = [[cuts_of(linkage(v), v.shape[:2]) for v in states[..., level - 1, :]]
                for states in (before, after)]  # fmt: skip
        threshold = float(tune(cuts[0], known[1][depth])[0])
        labels[depth] = np.stack([cut(threshold) for cut in cuts[1]])
        truth = test[1][depth]
        result["thresholds"][depth] = threshold
        result[depth] = {
            "fg_ari": foreground_ari(truth, labels[depth]),
            "ari": adjusted_rand(truth, labels[depth]),
        }
    if len(labels) == 2:
        result["edge_f1"] = edge_f1(*(test[1][d] for d in DEPTHS), *labels.values())
    return result


def judged(row, count, seed, patch):
    """Crowded scenes to be judged on, which tell less where those of training do."""
    images, targets = drawn("crowd", count, seed, patch)
    if row.degrade:
        images = on_bytes(row.degrade, images, np.random.default_rng(seed))
    return images, targets


def study(name, seed, work):
    """Train one row with one seed and measure it."""
    row = ROWS[name]
    glom, minutes = train(row, seed, work)
    known, test = (
        judged(row, count, scenes_seed, glom.patch_size)
        for count, scenes_seed in ((CHECKED, VALIDATION), (SCENES, TEST))
    )
    result = {"iters": row.iters, "cpu_minutes": minutes}
    result |= measure(row, glom, row.iters, known, test)
    last = max(row.iters - 1, 0)
    result["beta"] = np.asarray(glom.step.beta_at(last)).tolist()
    result["weights"] = np.asarray(glom.step.weights_at(last)).tolist()
    if name == "base":
        result["steps"] = {str(t): measure(row, glom, t, known, test) for t in STEPS}
    return rounded(result)


def rounded(value):
    """Numbers in nested dicts and lists to four digits."""
    if isinstance(value, dict):
        return {name: rounded(each) for name, each in value.items()}
    if isinstance(value, list):
        return [rounded(each) for each in value]
    return round(value, 4) if isinstance(value, float) else value


def save(path, study):
    """The study as JSON, one line per result."""
    rows = ",\n".join(f" {json.dumps(k)}: {json.dumps(v)}" for k, v in study["results"].items())
    head = json.dumps({k: v for k, v in study.items() if k != "results"}, ensure_ascii=False)[:-1]
    write(path, f'{head},\n"results": {{\n{rows}}}}}\n')


def of_row(results, name):
    """{seed: result} of one row."""
    found = {tuple(key.rsplit("/", 1)): one for key, one in results.items()}
    return {int(seed): one for (row, seed), one in found.items() if row == name}


def values(results, name, depth, measure, steps=None):
    """{seed: score} of one row; with ``steps`` of the base read after so many."""
    found = {}
    for seed, one in of_row(results, name).items():
        scores = one["steps"][steps] if steps else one
        scores = scores.get(depth, {}) if depth else scores
        if measure in scores:
            found[seed] = scores[measure]
    return found


def gains(results, name, depth, measure, steps=None, base="base"):
    """{seed: score more than the base's with that seed}."""
    base = values(results, base, depth, measure)
    return {
        seed: value - base[seed]
        for seed, value in values(results, name, depth, measure, steps).items()
        if seed in base
    }


def cell(numbers, form=".3f"):
    """Mean and, over several seeds, standard deviation."""
    if not numbers:
        return "-"
    numbers = np.array(list(numbers))
    spread = f" ± {numbers.std(ddof=1):.3f}" if len(numbers) > 1 else ""
    return f"{numbers.mean():{form}}{spread}"


def cells_of(found):
    """Table cells of {name in MEASURES: cell}: plain ARI without its spread behind FG-ARI."""
    plain = {depth: found[f"{depth}, ARI"].partition(" ")[0] for depth in DEPTHS}
    cells = [
        found[f"{depth}, FG-ARI"] + (f" ({value})" if value != "-" else "")
        for depth, value in plain.items()
    ]
    return [*cells, found["edges, F1"]]


def table(results):
    """Markdown: what every row reaches, and how much more that is than another, seed by seed."""
    heads = ["parts", "objects", "edge F1", "parts +", "objects +", "edge F1 +"]
    lines = []
    # Rows as (name, number of steps when reading, what they are compared with).
    for head, rows in (
        (
            "row | seeds | iterations | CPU min",
            [(name, None, "base") for name in ROWS if name not in CONDITIONS],
        ),
        (
            "base read after | seeds | iterations | CPU min",
            [("base", str(t), "base") for t in STEPS],
        ),
        (
            "against feed-forward | seeds | iterations | CPU min",
            [(name, None, twin) for name, twin in TWINS.items()],
        ),
    ):
        rows = [row for row in rows if of_row(results, row[0])]
        if rows:
            lines += ["", f"| {head} | " + " | ".join(heads) + " |", "|---" * 10 + "|"]
        for name, steps, other in rows:
            here = list(of_row(results, name).values())
            minutes = np.mean([sum(one["cpu_minutes"]) for one in here])
            cells = [steps or name, f"{len(here)}", str(here[0]["iters"]), f"{minutes:.1f}"]
            for of, form in ((values, ".3f"), (partial(gains, base=other), "+.3f")):
                found = {m: cell(of(results, name, *where, steps=steps).values(), form)
                         for m, *where in MEASURES}  # fmt: skip
                cells += cells_of(found)
            lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines[1:])


def draw(results, path):
    """Differences to the base, a bar per row and a dot per seed; numbers where a bar leaves."""
    found = {
        name: {title: list(gains(results, name, *where).values()) for title, *where in MEASURES}
        for name in ROWS
        if name != "base" and name not in CONDITIONS
    }
    found = {name: by_title for name, by_title in found.items() if any(by_title.values())}
    size = (14, 1.5 + 0.27 * len(found))
    figure, axes = plt.subplots(1, len(MEASURES), figsize=size, sharey=True, layout="constrained")
    for axis, (title, *_) in zip(axes, MEASURES, strict=True):
        for place, by_title in enumerate(found.values()):
            more = by_title[title]
            if more:
                mean = np.mean(more)
                axis.barh(place, mean, color="tab:green" if mean > 0 else "tab:orange")
                axis.plot(more, [place] * len(more), ".k", markersize=4)
                if abs(mean) > SHOWN:
                    side = "left" if mean < 0 else "right"  # where no dot of this row is
                    axis.text(0, place, f" {mean:+.2f} ", ha=side, va="center")
        axis.set_xlim(-SHOWN, SHOWN)
        axis.set_xticks((-SHOWN, 0, SHOWN))
        axis.axvline(0, color="black", linewidth=0.8)
        axis.set_title(title)
    axes[len(axes) // 2].set_xlabel("more than the base of the same seed (dots: seeds, bars: mean)")
    axes[0].set_yticks(range(len(found)), found)
    axes[0].set_ylim(len(found) - 0.4, -0.6)
    figure.savefig(path, dpi=100)
    plt.close(figure)


def sizes():
    """What two parts of a study must have in common."""
    return {"see": SEE, "settle": SETTLE, "see_on": SEE_ON, "scratch": SCRATCH, "batch": BATCH,
            "pool": POOL, "scenes": SCENES, "checked": CHECKED, "test_seed": TEST}  # fmt: skip


def fresh():
    """A study that holds no results yet."""
    return {
        "command": "python benchmarks/ablations.py --out docs/results/ablations.json "
        "--work runs/ablations",
        "machine": f"{platform.machine()}, Keras {keras.__version__} on {keras.backend.backend()}",
        "sizes": sizes(),
        "results": {},
    }


def main(arguments=None):
    """Train and measure what is missing of the study, print the table, draw."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, required=True, help="JSON file, made or added to")
    parser.add_argument("--work", type=Path, required=True, help="folder for first stages")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--rows", nargs="+", choices=ROWS, default=list(ROWS), metavar="NAME",
                        help="of: " + "; ".join(ROWS))  # fmt: skip
    parser.add_argument("--picture", type=Path, help="PNG")
    given = parser.parse_args(arguments)
    for seed in given.seeds:
        if not 0 <= seed < 2**32:
            parser.error(f"expected --seeds from 0 to {2**32 - 1}, got {seed}")
    for file in filter(None, (given.out, given.picture)):
        if not file.absolute().parent.is_dir():
            parser.error(f"expected a folder for {file}, got none at {file.parent}; make it first")
    study_of = taken_up(given.out, fresh(), parser)
    given.work.mkdir(parents=True, exist_ok=True)
    results = study_of["results"]
    # What shares its first stage comes first, for all seeds: a part of the study is worth most so.
    wanted = [
        (name, seed)
        for shared in (True, False)
        for seed in given.seeds
        for name in given.rows
        if (ROWS[name].first == "base") is shared and f"{name}/{seed}" not in results
    ]
    for number, (name, seed) in enumerate(wanted, start=1):
        one = study(name, seed, given.work)
        results[f"{name}/{seed}"] = one
        save(given.out, study_of)
        scores = {depth: one[depth]["fg_ari"] for depth in DEPTHS if depth in one}
        print(f"{number} of {len(wanted)}: {name}, seed {seed}: {scores}, "
              f"CPU minutes {one['cpu_minutes']}", flush=True)  # fmt: skip
    print(table(results))
    if given.picture:
        draw(results, given.picture)


if __name__ == "__main__":
    main()
