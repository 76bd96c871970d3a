"""Mean and spread over seeds from the JSON files of `glomtf evaluate`, as a Markdown table.

python benchmarks/table.py docs/results/icons-seed*.json
"""

import json
import statistics
import sys
from pathlib import Path

DEPTHS, MEASURES = ("parts", "objects"), ("ari", "fg_ari", "mbo")
TREE = ("nestedness", "parent_accuracy", "edge_f1")


def rows(result):
    """{row: {depth: {measure: value}}} of one file."""
    found = {}
    for who, name in (("model", "GLOM"), ("control", "feed-forward")):
        for level, scores in result.get(who, {"levels": {}})["levels"].items():
            found[f"{name}, level {level}"] = scores
        if "connected" in result.get(who, {}):
            found[f"{name}, connected islands"] = result[who]["connected"]
    return found | result["baselines"]


def trees(result):
    """{row: {measure: value}} of one file's parse trees."""
    found = {}
    for who, name in (("model", "GLOM"), ("control", "feed-forward")):
        if who in result:
            found[name] = result[who]["tree"]
            if "connected" in result[who]:
                found[f"{name}, connected islands"] = result[who]["connected"]["tree"]
    # Files from before baselines had trees lack them.
    return found | {k: v["tree"] for k, v in result["baselines"].items() if "tree" in v}


def cell(values):
    """0.812 ± 0.004, the standard deviation where there are several seeds.

    Of those that had something to judge; others have None.
    """
    values = [value for value in values if value is not None]
    if not values:
        return "-"
    spread = f" ± {statistics.stdev(values):.3f}" if len(set(values)) > 1 else ""
    return f"{statistics.mean(values):.3f}{spread}"


def main(paths):
    """Print the table of these files."""
    results = [json.loads(Path(path).read_text()) for path in paths]
    tables = [rows(result) for result in results]
    heads = [f"{d} {m}" for d in DEPTHS for m in ("ARI", "FG-ARI", "mBO")]
    print("| | " + " | ".join(heads) + " |")
    print("|---|" + "---|" * len(heads))
    for name in tables[0]:
        cells = [cell([t[name][d][m] for t in tables]) for d in DEPTHS for m in MEASURES]
        print(f"| {name} | " + " | ".join(cells) + " |")
    found = [trees(result) for result in results]
    print("\n| tree | nestedness | parent accuracy | edge F1 |\n|---|---|---|---|")
    for name in found[0]:
        cells = [cell([f[name][m] for f in found]) for m in TREE]
        print(f"| {name} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main(sys.argv[1:])
