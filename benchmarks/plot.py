"""Draw what `glomtf bench --out bench.json` measured.

python benchmarks/plot.py docs/performance/bench.json docs/performance/bench.png
"""

import json
import sys
from pathlib import Path

import matplotlib.pyplot as plt


def forward(axis, rows):
    """Medians of the forward calls as bars."""
    rows = [r for r in rows if r["part"] == "forward"]
    colours = ["tab:gray" if r["who"] == "glom-pytorch" else "tab:green" for r in rows]
    axis.barh([r["name"] for r in rows], [r["median"] for r in rows], color=colours)
    axis.invert_yaxis()
    axis.set_xlabel("seconds, batch 4, 12 steps")
    axis.set_title("Forward")


def training(axis, rows, key, label):
    """One quantity of the training steps against the batch size."""
    rows = [r for r in rows if r["part"] == "train"]
    for name in dict.fromkeys(r["name"] for r in rows):
        mine = [r for r in rows if r["name"] == name]
        style = "o-" if name.startswith("glomtf") else "s--"
        axis.plot([r["batch"] for r in mine], [r[key] for r in mine], style, label=name)
    axis.set_xlabel("pictures in a batch")
    axis.set_ylabel(label)
    axis.set_ylim(0)
    axis.set_xticks(sorted({r["batch"] for r in rows}))
    axis.set_title("Training step, 12 steps of settling")
    axis.legend(fontsize=7)


def columns(axis, rows):
    """Time per column and step against the number of columns."""
    rows = [r for r in rows if r["part"] == "columns"]
    for local in (True, False):
        mine = [r for r in rows if bool(r["local_consensus_radius"]) is local]
        count = [(r["sizes"]["image_size"] // r["sizes"]["patch_size"]) ** 2 for r in mine]
        per = [1e6 * r["median"] / n / r["iters"] for r, n in zip(mine, count, strict=True)]
        name = f"radius {mine[0]['local_consensus_radius']}" if local else "everywhere"
        axis.plot(count, per, "o-" if local else "s", label=name)
    axis.set_xscale("log")
    axis.set_ylim(0)
    axis.set_xlabel("columns")
    axis.set_ylabel("microseconds per column and step")
    axis.set_title("Consensus near by, two levels")
    axis.legend(fontsize=7)


def main(source, target):
    """Read the JSON, write the picture."""
    rows = json.loads(Path(source).read_text())["rows"]
    figure, axes = plt.subplots(2, 2, figsize=(11, 7.5), layout="constrained")
    forward(axes[0, 0], rows)
    columns(axes[0, 1], rows)
    training(axes[1, 0], rows, "median", "seconds")
    training(axes[1, 1], rows, "grown_mb", "MB above the model at rest, peak")
    figure.savefig(target, dpi=100)


if __name__ == "__main__":
    main(*sys.argv[1:])
