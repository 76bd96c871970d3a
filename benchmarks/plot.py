"""Draw what `glomtf bench --out bench.json` measured: time and memory, and what they grow with.

python benchmarks/plot.py docs/performance/bench.json docs/performance/bench.png
"""

import json
import sys
from pathlib import Path

import matplotlib.pyplot as plt

# Contender: colour and line, the same in every picture.
LOOKS = {
    "glom-pytorch": ("tab:gray", "s--"),
    "glom-pytorch, torch.compile": ("black", "D"),
    "glom-pytorch, checkpoints": ("tab:orange", "s--"),
    "glomtf": ("tab:green", "o-"),
    "glomtf, remat": ("tab:blue", "o-"),
}
QUANTITIES = (("median", "seconds"), ("grown_mb", "MB above the model at rest"))


def words(row):
    """What was kept the same in a row: pictures, levels and steps."""
    batch = f"{row['batch']} picture" + ("s" if row["batch"] != 1 else "")
    return [batch, f"{row['sizes']['levels']} levels", f"{row['iters']} steps"]


def bars(axis, rows):
    """Medians of the forward calls."""
    rows = [r for r in rows if r["part"] == "forward"]
    colours = [LOOKS[r["who"]][0] for r in rows]
    drawn = axis.barh([r["name"] for r in rows], [r["median"] for r in rows], color=colours)
    axis.bar_label(drawn, fmt="%.2g", padding=3)
    axis.invert_yaxis()
    axis.margins(x=0.1)
    axis.set_xlabel("seconds")
    axis.set_title("Forward: " + ", ".join(words(rows[0])))


def lines(axes, rows, title, x, label):
    """Time and memory of every contender against x(row)."""
    for axis, (key, unit) in zip(axes, QUANTITIES, strict=True):
        for name, (colour, style) in LOOKS.items():
            mine = sorted((x(r), r[key]) for r in rows if r["name"] == name)
            if mine:
                axis.plot(*zip(*mine, strict=True), style, color=colour, label=name)
        axis.set_xlabel(label)
        axis.set_xticks(sorted({x(r) for r in rows}))
        axis.set_ylabel(unit)
        axis.set_ylim(0, 1.1 * max(r[key] for r in rows))
        axis.set_title(title)


def columns(axes, rows):
    """Time and memory against the number of columns, with and without a radius."""
    for axis, (key, unit) in zip(axes, QUANTITIES, strict=True):
        for local, style in ((True, "o-"), (False, "^")):
            mine = [r for r in rows if bool(r["local_consensus_radius"]) is local]
            count = [(r["sizes"]["image_size"] // r["sizes"]["patch_size"]) ** 2 for r in mine]
            name = f"radius {mine[0]['local_consensus_radius']}" if local else "all see all"
            axis.plot(count, [r[key] for r in mine], style, color="tab:green", label=name)
        axis.set_xlabel("columns")
        axis.set_ylabel(unit)
        axis.set_xlim(0)
        axis.set_ylim(0, 1.1 * max(r[key] for r in rows))
        axis.set_title("glomtf forward: " + ", ".join(words(rows[0])))
        axis.legend(loc="lower right")


def main(source, target):
    """Read the JSON, write the picture."""
    rows = [r for r in json.loads(Path(source).read_text())["rows"] if "failed" not in r]
    figure, axes = plt.subplot_mosaic(
        [[*"aabc"], [*"defg"], [*"hijk"]], figsize=(18, 12), layout="constrained"
    )

    def part(name, task):
        return [r for r in rows if r["part"] == name and r.get("task") == task]

    def pair(letters):
        return [axes[letter] for letter in letters]

    bars(axes["a"], rows)
    columns(pair("bc"), part("columns", "forward"))
    for letters, name, task, label, x, kept in (
        ("de", "levels", "forward", "levels", lambda r: r["sizes"]["levels"], (0, 2)),
        ("fg", "iterations", "forward", "steps", lambda r: r["iters"], (0, 1)),
        ("hi", "train", "train", "pictures in a batch", lambda r: r["batch"], (1, 2)),
        ("jk", "iterations", "train", "steps", lambda r: r["iters"], (0, 1)),
    ):
        mine = part(name, task)
        what = {"forward": "Forward", "train": "Training step"}[task]
        title = f"{what}: " + ", ".join(words(mine[0])[i] for i in kept)
        lines(pair(letters), mine, title, x, label)
    names = axes["h"].get_legend_handles_labels()
    figure.legend(*names, loc="outside lower center", ncols=len(LOOKS), title="Contenders")
    figure.savefig(target, dpi=80)


if __name__ == "__main__":
    main(*sys.argv[1:])
