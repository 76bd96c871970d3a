"""What is measured beside what, each in a fresh process, and the table of the results."""

import json
import os
import platform
import statistics
import subprocess
import sys
from importlib.util import find_spec

SEED = {"dim": 512, "levels": 5, "image_size": 224, "patch_size": 14}
SMALL = {"dim": 32, "levels": 3, "image_size": 28, "patch_size": 7}
PARTS = ("forward", "train", "columns", "start")
SCHEMA = "glomtf.bench/1"


def cases(parts, runs, small=False):
    """The cases to measure, in order: dicts that :mod:`glomtf.bench.measure` understands.

    Args:
        parts: some of :data:`PARTS`.
        runs: measured calls per case, after the first.
        small: sizes of seconds, to see that everything runs.
    """
    sizes, iters, batch = (SMALL, 4, 2) if small else (SEED, 12, 4)
    peer = find_spec("torch") is not None and find_spec("glom_pytorch") is not None
    side = 256 if small else 2048
    every = []

    def add(part, name, who, **more):
        if part in parts and (who != "glom-pytorch" or peer):
            base = {"part": part, "name": name, "who": who, "runs": runs}
            every.append(base | {"sizes": sizes, "iters": iters, "batch": batch} | more)

    for dtype in ("float32", "bfloat16"):
        every.append({
            "part": "peak", "name": f"matrix product, {dtype}", "who": "peak", "runs": runs,
            "dtype": dtype, "side": side,
        })  # fmt: skip
    for dtype, keras_dtype in (("float32", "float32"), ("bfloat16", "mixed_bfloat16")):
        how = {"task": "forward", "dtype": dtype}
        add("forward", f"glom-pytorch, {dtype}", "glom-pytorch", **how)
        add("forward", f"glomtf, {dtype}", "glomtf", **how | {"dtype": keras_dtype})
        add("forward", f"glom-pytorch, torch.compile, {dtype}", "glom-pytorch", compile=True, **how)
        add(
            "forward", f"glomtf, top level only, {dtype}", "glomtf",
            levels_wanted=[sizes["levels"]], **how | {"dtype": keras_dtype},
        )  # fmt: skip
    for count in (1, 2) if small else (1, 2, 4):
        how = {"task": "train", "dtype": "float32", "batch": count, "runs": runs}
        if count != 2:
            how["runs"] = min(runs, 3)  # these are for the memory
        add("train", "glom-pytorch", "glom-pytorch", **how)
        add("train", "glomtf", "glomtf", **how)
        add("train", "glom-pytorch, checkpoints", "glom-pytorch", checkpoint=True, **how)
        add("train", "glomtf, remat", "glomtf", remat=True, **how)
        if count == 2:
            add("train", "glom-pytorch, torch.compile", "glom-pytorch", compile=True, **how)
    grids = ((4, 1), (12, 1), (12, 0)) if small else ((16, 3), (64, 3), (112, 3), (64, 0))
    for grid, radius in grids:
        patch = 4
        add(
            "columns", f"{grid * grid} columns, radius {radius or 'none'}", "glomtf",
            sizes=sizes | {"levels": 2, "image_size": grid * patch, "patch_size": patch},
            task="forward", dtype="float32", iters=3, batch=1, local_consensus_radius=radius,
        )  # fmt: skip
    for name, code in (
        ("import keras", ["-c", "import keras"]),
        ("import keras and glomtf.Glom", ["-c", "import keras, glomtf; glomtf.Glom"]),
        ("glomtf --version", ["-m", "glomtf.cli", "--version"]),
    ):
        command = [sys.executable, *code]
        add("start", name, "command", command=command, runs=min(runs, 3))
    return every


def measured(case):
    """The case with its results, or with "failed": the last line of what its process said."""
    env = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, "-m", "glomtf.bench.measure", json.dumps(case)]
    done = subprocess.run(command, capture_output=True, text=True, env=env)
    if done.returncode:
        return case | {"failed": (done.stderr.strip().splitlines() or ["no word"])[-1]}
    result = json.loads(done.stdout.strip().splitlines()[-1])
    result["median"] = statistics.median(result["seconds"])
    return case | result


def report(rows):
    """Everything that was measured, as one JSON-ready dict."""
    versions = {"python": platform.python_version()}
    for row in rows:
        versions |= row.get("versions", {})
    machine = {"processor": platform.processor() or platform.machine(), "cores": os.cpu_count()}
    return {"schema": SCHEMA, "machine": machine, "versions": versions, "rows": rows}


def table(rows):
    """The results as lines of text: medians, ratios to the peer, share of the machine's peak."""
    good = [row for row in rows if "failed" not in row]
    peaks = {r["dtype"]: r["flops"] / r["median"] for r in good if r["part"] == "peak"}
    head = f"{'':42}{'median s':>9}{'first s':>9}{'grown MB':>9}{'x eager':>9}{'x comp.':>9}"
    lines = [head + f"{'GFLOP':>9}{'of peak':>9}"]
    for row in rows:
        name = f"{row['part']}: {row['name']}"
        if row["part"] == "train":
            name += f", batch {row['batch']}"
        if "failed" in row:
            lines.append(f"{name[:42]:42}failed: {row['failed'][:70]}")
            continue
        cells = [f"{row['median']:9.4g}{row['first']:9.3g}{row['grown_mb']:9.0f}"]
        for compiled in (False, True):
            peer = _peer(good, row, compiled)
            cells.append(f"{peer['median'] / row['median']:9.2f}" if peer else " " * 9)
        if "flops" in row:
            rate = row["flops"] / row["median"]
            dtype = row["dtype"].removeprefix("mixed_")
            cells.append(f"{row['flops'] / 1e9:9.1f}{rate / peaks[dtype]:9.0%}")
        lines.append(f"{name[:42]:42}" + "".join(cells))
    return lines


def _peer(rows, row, compiled):
    """What a row is compared with: eager float32, or compiled in the same type; None if none."""
    dtype = row.get("dtype", "").removeprefix("mixed_") if compiled else "float32"
    for other in rows:
        alike = all(other.get(k) == row.get(k) for k in ("part", "batch", "iters"))
        plain = other["who"] == "glom-pytorch" and not other.get("checkpoint")
        if alike and plain and bool(other.get("compile")) is compiled and other["dtype"] == dtype:
            return other
    return None
