"""Mean and spread over seeds from the JSON files of `glomtf evaluate`, as a Markdown table.

python benchmarks/table.py docs/results/icons-seed*.json
"""

import json
import statistics
import sys
from pathlib import Path

DEPTHS, MEASURES = ("parts", "objects"), ("ari", "fg_ari", "mbo")


def rows(result):
    """{row: {depth: {measure: value}}} of one file."""
    found = {}
    for who, name in (("model", "GLOM"), ("control", "feed-forward")):
        for level, scores in result.get(who, {"levels": {}})["levels"].items():
            found[f"{name}, level {level}"] = scores
    return found | result["baselines"]


def cell(values):
    """0.812 ± 0.004, the standard deviation where there are several seeds."""
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
    for who, name in (("model", "GLOM"), ("control", "feed-forward")):
        if who in results[0]:
            trees = [result[who]["tree"] for result in results]
            print(
                f"\n{name} tree: "
                + ", ".join(f"{k} {cell([t[k] for t in trees])}" for k in trees[0])
            )


if __name__ == "__main__":
    main(sys.argv[1:])
