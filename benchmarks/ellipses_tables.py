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
INPUTS = ("symbols", "pictures")
LINES = {0.0: "-", 0.8: "--"}
AMBIGUITIES, NOISES = (0.0, 0.5, 0.8), (0.0, 0.05, 0.1, 0.15, 0.2)


def condition(many, ambiguity=0.0, noise=0.0, unseen=False):
    """The key of a condition."""
    return f"{many}, ambiguity {ambiguity}, noise {noise}{', unseen' if unseen else ''}"


def runs(study, kind, variant):
    """The runs of all seeds."""
    return [run for name, run in study["runs"].items() if name.startswith(f"{kind}/{variant}/")]


def values(study, kind, variant, key, measure, step=None):
    """One number per seed, at the step trained for or, where there are steps, at a given one."""
    found = [run["results"][key] for run in runs(study, kind, variant)]
    if step is None:
        return [one[measure] for one in found]
    return [one["steps"][measure][step] for one in found if "steps" in one]


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
    for kind in INPUTS:
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
    print("Before settling, columns and objects right, at ambiguity 0 and 0.8, %\n")
    keys = [
        (condition(many, a), measure, 0)
        for many in ("one", "several")
        for measure in ("columns", "objects")
        for a in (0.0, 0.8)
    ]
    table(study, [f"{measure}, {key}" for key, measure, _ in keys], keys)
    print("Several: cosine within, between, FG-ARI, ARI, at ambiguity 0 and 0.8\n")
    measures = ("within", "between", "fg_ari", "ari")
    keys = [(condition("several", a), m) for a in (0.0, 0.8) for m in measures]
    table(study, [f"{m}, {k}" for k, m in keys], keys, percent=False)
    print("Objects right, noise, %\n")
    keys = [condition("one", a, n) for a in (0.0, 0.8) for n in NOISES]
    table(study, keys, [(k, "objects") for k in keys])
    print("Objects right, unseen transforms and several with noise, %\n")
    keys = [condition("one", a, unseen=True) for a in (0.0, 0.8)]
    keys += [condition("several", noise=0.1)]
    table(study, keys, [(k, "objects") for k in keys])
    print("Training: steps, CPU minutes, parameters\n")
    for kind in INPUTS:
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
    """A row per input: accuracy over noise, and accuracy and cosines over settling steps."""
    kinds = [kind for kind in INPUTS if runs(study, kind, "full")]
    picture, rows = plt.subplots(
        len(kinds), 3, figsize=(13, 4 * len(kinds)), layout="constrained", squeeze=False
    )
    steps = list(range(2 * ITERS + 1))
    for kind, (noisy, settling, alike) in zip(kinds, rows, strict=True):
        for ambiguity, line in LINES.items():
            keys = [condition("one", ambiguity, noise) for noise in NOISES]
            for variant in VARIANTS:
                if runs(study, kind, variant):
                    series = [values(study, kind, variant, key, "objects") for key in keys]
                    curve(noisy, NOISES, series, color=COLOURS[variant], linestyle=line,
                          label=f"{variant}, ambiguity {ambiguity:g}")  # fmt: skip
            for many, colour in (("one", "tab:green"), ("several", "tab:purple")):
                key = condition(many, ambiguity)
                series = [values(study, kind, "full", key, "columns", t) for t in steps]
                curve(settling, steps, series, color=colour, linestyle=line,
                      label=f"{many}, ambiguity {ambiguity:g}")  # fmt: skip
            for measure, colour in (("within", "tab:green"), ("between", "tab:red")):
                key = condition("several", ambiguity)
                series = [values(study, kind, "full", key, measure, t) for t in steps]
                curve(alike, steps, series, color=colour, linestyle=line,
                      label=f"{measure} objects, ambiguity {ambiguity:g}")  # fmt: skip
        noisy.set(xlabel="noise (half objects, radians)", ylabel="share of objects right")
        noisy.set_title(f"{kind}: one object, noise never trained")
        settling.set(xlabel="settling step", ylabel="share of columns right")
        settling.set_title(f"{kind}, full: what columns say")
        alike.set(xlabel="settling step", ylabel="mean cosine at the object level")
        alike.set_title(f"{kind}, full: several objects")
        for axis in (settling, alike):
            axis.axvline(ITERS, color="black", linewidth=0.5)  # steps in training
        for axis in (noisy, settling, alike):
            axis.set_ylim(0, 1.02)
            axis.legend(fontsize=7, loc="lower left" if axis is alike else "best")
    picture.savefig(target, dpi=100)


def main(source, target):
    """Print the tables, draw the figure."""
    study = json.loads(Path(source).read_text())
    tables(study)
    figure(study, target)


if __name__ == "__main__":
    main(*sys.argv[1:])
