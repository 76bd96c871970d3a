"""One recipe in several worlds, GLOM beside its control and the cheap cues, means over its seeds.

python benchmarks/across_worlds.py docs/results crowd-fine

Reads WORLD-RECIPE-seedN.json, files of `glomtf evaluate`, and prints Markdown: scores by world,
then how far GLOM is ahead of the control of the same seed.
"""

import json
import statistics
import sys
from pathlib import Path

from table import rows, trees

WORLDS = (
    "crowd", "crowd-classes", "crowd-invented", "crowd-counts", "crowd-backgrounds", "figures"
)  # fmt: skip
LEVELS = {"parts": "level 2", "objects": "level 3"}
CUES = {
    "parts": ("connected flat colour", "position + colour"),
    "objects": ("position + colour", "true foreground + position"),
}
READINGS = ("", ", connected islands")


def row_of(depth, net, reading):
    """The row of benchmarks/table.py that holds a net's islands of that depth."""
    return net + (reading or f", {LEVELS[depth]}")


def line(name, cells):
    """A row of a Markdown table."""
    return f"| {name} | " + " | ".join(cells) + " |"


def scores(found):
    """FG-ARI (ARI) by depth and F1 of edges; ``found`` is {world: [result by seed]}."""
    lines = [line("", found), "|" + "---|" * (len(found) + 1)]
    nets = [(net, reading) for reading in READINGS for net in ("GLOM", "feed-forward")]

    def add(name, cells):
        lines.append(line(f"**{name}**" if name.endswith(": GLOM") else name, cells))

    for depth, cues in CUES.items():
        sources = {net + reading: row_of(depth, net, reading) for net, reading in nets}
        for name, row in (sources | {cue: cue for cue in cues}).items():
            cells = []
            for results in found.values():
                one = [rows(result)[row][depth] for result in results]
                fg_ari, ari = (statistics.mean(o[m] for o in one) for m in ("fg_ari", "ari"))
                cells.append(f"{fg_ari:.3f} ({ari:.2f})")
            add(f"{depth}: {name}", cells)
    for net, reading in nets:
        cells = [
            f"{statistics.mean(trees(r)[net + reading]['edge_f1'] for r in results):.3f}"
            for results in found.values()
        ]
        add(f"edge F1: {net}{reading}", cells)
    return lines


def leads(found):
    """GLOM minus the control of its seed: mean and, in brackets, every seed."""
    lines = [line("GLOM minus feed-forward", found), "|" + "---|" * (len(found) + 1)]

    def add(name, get):
        cells = []
        for results in found.values():
            gains = [get(result, "GLOM") - get(result, "feed-forward") for result in results]
            each = ", ".join(f"{gain:+.3f}" for gain in gains)
            cells.append(f"{statistics.mean(gains):+.3f} ({each})")
        lines.append(line(name, cells))

    for depth in LEVELS:
        for reading in READINGS:
            for name, measure in (("FG-ARI", "fg_ari"), ("ARI", "ari")):
                add(
                    f"{depth} {name}{reading}",
                    lambda r, net, d=depth, m=measure, by=reading: rows(r)[row_of(d, net, by)][d][
                        m
                    ],
                )
    for reading in READINGS:
        add(f"edge F1{reading}", lambda r, net, by=reading: trees(r)[net + by]["edge_f1"])
    return lines


def main(folder, recipe):
    """Print both tables."""
    found = {
        world: [
            json.loads(path.read_text())
            for path in sorted(Path(folder).glob(f"{world}-{recipe}-seed*.json"))
        ]
        for world in WORLDS
    }
    missing = [world for world, results in found.items() if not results]
    if missing:
        sys.exit(
            f"expected WORLD-{recipe}-seedN.json in {folder}, got none for {', '.join(missing)}; "
            "write them with glomtf evaluate --json"
        )
    print("\n".join([*scores(found), "", *leads(found)]))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(f"expected FOLDER RECIPE, got {len(sys.argv) - 1} arguments; see the first lines")
    main(*sys.argv[1:])
