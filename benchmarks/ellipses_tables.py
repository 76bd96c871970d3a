"""The ellipse study's tables, as Markdown, and its figure, from the JSON of benchmarks/ellipses.py.

python benchmarks/ellipses_tables.py docs/results/ellipses.json docs/pictures/ellipses.png
"""

import json
import statistics
import sys
from pathlib import Path

import matplotlib.pyplot as plt

ITERS = 4
VARIANTS = ("full", "no attention", "no top-down", "feed-forward")
COLOURS = dict(zip(VARIANTS, ("tab:green", "tab:red", "tab:blue", "tab:gray"), strict=True))
LINES = {"symbols": "-", "pictures": "--"}
AMBIGUITIES, NOISES = (0.0, 0.5, 0.8), (0.0, 0.05, 0.1, 0.15, 0.2)


def condition(many, ambiguity=0.0, noise=0.0, unseen=False):
    """The key of a condition."""
    return f"{many}, ambiguity {ambiguity}, noise {noise}{', unseen' if unseen else ''}"


def runs(study, kind, variant):
    """The runs of all seeds."""
    return [run for name, run in study["runs"].items() if name.startswith(f"{kind}/{variant}/")]


def values(study, kind, variant, key, measure, step=None):
    """One number per seed, at the step trained for or at a given one."""
    found = [run["results"][key] for run in runs(study, kind, variant)]
    return [one[measure] if step is None else one["steps"][measure][step] for one in found]


def cell(numbers, percent=True):
    """97.1 ± 0.4 or 0.971 ± 0.004."""
    if not numbers:
        return ""
    scale, digits = (100, 1) if percent else (1, 2)
    spread = f" ± {scale * statistics.stdev(numbers):.{digits}f}" if len(numbers) > 1 else ""
    return f"{scale * statistics.mean(numbers):.{digits}f}{spread}"


def table(study, heads, columns, percent=True):
    """Rows of inputs and variants, one column per (condition, measure[, step])."""
    print("| | " + " | ".join(heads) + " |")
    print("|---|" + "---|" * len(heads))
    for kind in LINES:
        for variant in VARIANTS:
            cells = [cell(values(study, kind, variant, *column), percent) for column in columns]
            if any(cells):
                print(f"| {kind}, {variant} | " + " | ".join(cells) + " |")
    print()


def tables(study):
    """Everything that the page shows in tables."""
    for many in ("one", "several"):
        print(f"Objects right, {many}, %\n")
        keys = [condition(many, a) for a in AMBIGUITIES]
        table(study, [f"ambiguity {a:g}" for a in AMBIGUITIES], [(k, "objects") for k in keys])
    print("Columns right, %\n")
    keys = [condition(many, a) for many in ("one", "several") for a in AMBIGUITIES]
    table(study, keys, [(k, "columns") for k in keys])
    print("Several: cosine within, between, FG-ARI, ARI, at ambiguity 0 and 0.8\n")
    measures = ("within", "between", "fg_ari", "ari")
    keys = [(condition("several", a), m) for a in (0.0, 0.8) for m in measures]
    table(study, [f"{m}, {k}" for k, m in keys], keys, percent=False)
    print("Objects right, noise, %\n")
    keys = [condition("one", a, n) for a in (0.0, 0.8) for n in NOISES]
    table(study, keys, [(k, "objects") for k in keys])
    print("Objects right, unseen transforms and several with noise, %\n")
    keys = [condition("one", a, unseen=True) for a in AMBIGUITIES]
    keys += [condition("several", unseen=True), condition("several", noise=0.1)]
    table(study, keys, [(k, "objects") for k in keys])
    print("Training: steps, CPU minutes, parameters\n")
    for kind in LINES:
        for variant in VARIANTS:
            for run in runs(study, kind, variant)[:1]:
                minutes = [r["cpu_minutes"] for r in runs(study, kind, variant)]
                print(f"{kind}, {variant}: {run['steps']}, {cell(minutes, False)}, "
                      f"{run['parameters']}, beta {run['beta']}")  # fmt: skip


def curve(axis, xs, series, **style):
    """Means of the seeds with a bar of their spread."""
    means = [statistics.mean(numbers) for numbers in series]
    spread = [statistics.stdev(n) if len(n) > 1 else 0.0 for n in series]
    axis.errorbar(xs, means, spread, capsize=2, marker="o", markersize=3, **style)


def figure(study, target):
    """Accuracy over noise, accuracy and cosines over settling steps."""
    picture, axes = plt.subplots(1, 3, figsize=(13, 4), layout="constrained")
    shown = [(k, v) for k in LINES for v in VARIANTS if runs(study, k, v)]
    for kind, variant in shown:
        keys = [condition("one", 0.0, n) for n in NOISES]
        curve(axes[0], NOISES, [values(study, kind, variant, k, "objects") for k in keys],
              color=COLOURS[variant], linestyle=LINES[kind], label=f"{kind}, {variant}")  # fmt: skip
    axes[0].set(xlabel="noise (half objects, radians)", ylabel="objects right", ylim=(0, 1))
    axes[0].set_title("One object, ambiguity 0")
    axes[0].legend(fontsize=7, loc="lower left")
    steps = list(range(2 * ITERS + 1))
    for kind in LINES:
        if not runs(study, kind, "full"):
            continue
        for (many, ambiguity), colour in zip(
            [("one", 0.0), ("one", 0.8), ("several", 0.0), ("several", 0.8)],
            ("tab:green", "tab:olive", "tab:purple", "tab:pink"), strict=True,
        ):  # fmt: skip
            key = condition(many, ambiguity)
            curve(axes[1], steps, [values(study, kind, "full", key, "objects", t) for t in steps],
                  color=colour, linestyle=LINES[kind],
                  label=f"{kind}, {many}, ambiguity {ambiguity:g}")  # fmt: skip
        for measure, colour in (("within", "tab:green"), ("between", "tab:red")):
            key = condition("several")
            curve(axes[2], steps, [values(study, kind, "full", key, measure, t) for t in steps],
                  color=colour, linestyle=LINES[kind], label=f"{kind}, {measure} objects")  # fmt: skip
    axes[1].set(xlabel="settling step", ylabel="objects right", ylim=(0, 1))
    axes[1].set_title("Settling (full)")
    axes[2].set(xlabel="settling step", ylabel="mean cosine, object level", ylim=(-0.2, 1.02))
    axes[2].set_title("Several objects, ambiguity 0 (full)")
    for axis in axes[1:]:
        axis.axvline(ITERS, color="black", linewidth=0.5)
        axis.legend(fontsize=7)
    picture.savefig(target, dpi=100)


def main(source, target):
    """Print the tables, draw the figure."""
    study = json.loads(Path(source).read_text())
    tables(study)
    figure(study, target)


if __name__ == "__main__":
    main(*sys.argv[1:])
