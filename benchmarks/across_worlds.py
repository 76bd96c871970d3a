"""One recipe in several worlds, GLOM beside its control and the cheap cues, means over its seeds.

python benchmarks/across_worlds.py docs/results crowd-fine

Reads WORLD-RECIPE-seedN.json, files of `glomtf evaluate`, and prints Markdown: scores by world,
then how far GLOM is ahead of the control of the same seed.
"""

import json
import statistics
import sys
from pathlib import Path

WORLDS = (
    "crowd", "crowd-classes", "crowd-invented", "crowd-counts", "crowd-backgrounds", "figures"
)  # fmt: skip
CUES = {
    "parts": ("connected flat colour", "position + colour"),
    "objects": ("position + colour", "true foreground + position"),
}
LEVELS = {"parts": "2", "objects": "3"}
WHO = {"GLOM": "model", "feed-forward": "control"}


def islands(result, who, depth, connected):
    """Scores of a net's islands at the level meant for that depth."""
    return (
        result[who]["connected"][depth]
        if connected
        else result[who]["levels"][LEVELS[depth]][depth]
    )


def edges(result, who, connected):
    """F1 of the edges of a net's trees."""
    return (result[who]["connected"] if connected else result[who])["tree"]["edge_f1"]


def line(name, cells):
    """A row of a Markdown table."""
    return f"| {name} | " + " | ".join(cells) + " |"


def scores(found):
    """FG-ARI (ARI) by depth and F1 of edges; ``found`` is {world: [result by seed]}."""

    def pair(results, get):
        means = (statistics.mean(get(r)[m] for r in results) for m in ("fg_ari", "ari"))
        return "{:.3f} ({:.2f})".format(*means)

    lines = [line("", found), "|" + "---|" * (len(found) + 1)]
    for depth, cues in CUES.items():
        for connected in (False, True):
            for name, who in WHO.items():
                head = f"{depth}: {name}" + ", connected" * connected
                head = f"**{head}**" if head.endswith(": GLOM") else head
                cells = [
                    pair(results, lambda r, w=who, d=depth, c=connected: islands(r, w, d, c))
                    for results in found.values()
                ]
                lines.append(line(head, cells))
        for cue in cues:
            cells = [
                pair(results, lambda r, c=cue, d=depth: r["baselines"][c][d])
                for results in found.values()
            ]
            lines.append(line(f"{depth}: {cue}", cells))
    for connected in (False, True):
        for name, who in WHO.items():
            head = f"edge F1: {name}" + ", connected" * connected
            head = f"**{head}**" if head.endswith(": GLOM") else head
            cells = [
                f"{statistics.mean(edges(r, who, connected) for r in results):.3f}"
                for results in found.values()
            ]
            lines.append(line(head, cells))
    return lines


def leads(found):
    """GLOM minus the control of its seed: mean and, in brackets, every seed."""
    lines = [line("GLOM minus feed-forward", found), "|" + "---|" * (len(found) + 1)]
    measures = {
        f"{depth} {name}{', connected' * connected}": (
            lambda r, who, d=depth, m=measure, c=connected: islands(r, who, d, c)[m]
        )
        for depth in LEVELS
        for connected in (False, True)
        for name, measure in (("FG-ARI", "fg_ari"), ("ARI", "ari"))
    } | {
        f"edge F1{', connected' * connected}": lambda r, who, c=connected: edges(r, who, c)
        for connected in (False, True)
    }
    for name, get in measures.items():
        cells = []
        for results in found.values():
            gains = [get(r, "model") - get(r, "control") for r in results]
            each = ", ".join(f"{g:+.3f}" for g in gains)
            cells.append(f"{statistics.mean(gains):+.3f} ({each})")
        lines.append(line(name, cells))
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
