"""`glomtf bench`: time and memory beside glom-pytorch and the machine's peak."""

from __future__ import annotations

import json
from pathlib import Path

from jsonargparse import ArgumentParser, Namespace

from glomtf.cli.refusals import Refused, check_folder, refusing, say, whole


def declare(parser: ArgumentParser) -> None:
    """The arguments and the help of `glomtf bench`."""
    parser.description = """Measure forward calls, training steps and start-up.

Also how calls grow with columns, levels and iterations, and training with pictures and
iterations. Every contender runs in a process of its own. glom-pytorch takes part if it and torch
are installed. Ratios only mean something on a machine that does nothing else meanwhile.

examples:
  glomtf bench --out bench.json
  glomtf bench forward columns
  glomtf bench --small --runs 1"""
    parser.add_argument(
        "parts",
        nargs="*",
        default=[],
        metavar="PART",
        help="forward, train, columns, levels, iterations, start; none: all",
    )
    parser.add_argument("--out", metavar="F.json", help="write all results with versions")
    parser.add_argument("--runs", default="7", metavar="N", help="measured calls, for the median")
    parser.add_argument("--small", action="store_true", help="tiny sizes: see that it runs")


def run(options: Namespace) -> None:
    """Measure, print the table, write the JSON."""
    from glomtf.bench.plan import PARTS, cases, measure
    from glomtf.bench.results import report, table
    from glomtf.parse import write_files

    runs = whole("--runs", options.runs, least=1, most=1000)
    wrong = [part for part in options.parts if part not in PARTS]
    if wrong:
        raise Refused(f"expected parts out of {', '.join(PARTS)}, got {wrong[0]!r}; correct it")
    if options.out is not None:
        out = Path(options.out)
        if out.suffix.lower() != ".json" or out.is_dir():
            raise Refused(f"expected --out to name a .json file, got {options.out!r}; add .json")
        check_folder(out.parent)
    plan = cases(options.parts or PARTS, runs, options.small)
    rows = []
    for number, row in enumerate(measure(plan), start=1):
        rows.append(row)
        said = f"failed: {row['failed']}" if "failed" in row else "done"
        say(f"{number}/{len(plan)} {row['part']}: {row['name']}: {said}")
        if options.out is not None:  # after each, so that an interrupted run is not lost
            text = json.dumps(report(rows), indent=1) + "\n"
            with refusing():
                write_files(out.parent, {out.name: text.encode()})
    say("\n".join(["", *table(rows)]))
