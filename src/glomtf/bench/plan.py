"""What is measured beside what, each in a fresh process."""

import json
import os
import statistics
import subprocess
import sys
from importlib.util import find_spec

SEED = {"dim": 512, "levels": 5, "image_size": 224, "patch_size": 14}
SMALL = {"dim": 32, "levels": 3, "image_size": 28, "patch_size": 7}
PARTS = ("forward", "train", "columns", "levels", "iterations", "start")


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
            "task": "product", "dtype": dtype, "side": side,
        })  # fmt: skip
    every.append({
        "part": "peak", "name": "memory, sum in place", "who": "peak", "runs": runs,
        "task": "memory", "dtype": "float32", "side": 4 * side,
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
    few = {"dtype": "float32", "runs": min(runs, 3)}
    for count in (2, 3, 4) if small else (3, 5, 7):
        for who in ("glom-pytorch", "glomtf"):
            add("levels", who, who, task="forward", sizes=sizes | {"levels": count}, **few)
    for steps in (2, 4, 8) if small else (6, 12, 24):
        how = few | {"iters": steps}
        for who in ("glom-pytorch", "glomtf"):
            add("iterations", who, who, task="forward", **how)
        how |= {"task": "train", "batch": 2}
        add("iterations", "glom-pytorch", "glom-pytorch", **how)
        add("iterations", "glomtf", "glomtf", **how)
        add("iterations", "glom-pytorch, checkpoints", "glom-pytorch", checkpoint=True, **how)
        add("iterations", "glomtf, remat", "glomtf", remat=True, **how)
    for name, code in (
        ("import keras", ["-c", "import keras"]),
        ("import keras and glomtf.Glom", ["-c", "import keras, glomtf; glomtf.Glom"]),
        ("glomtf --version", ["-m", "glomtf.cli", "--version"]),
    ):
        command = [sys.executable, *code]
        add("start", name, "command", command=command, runs=min(runs, 3))
    return every


def measure(plan):
    """The cases with their results, one by one; what two parts ask for is measured once."""
    known = {}
    for case in plan:
        key = json.dumps(question(case), sort_keys=True)
        if key not in known:
            known[key] = measured(case)
        yield known[key] | {"part": case["part"], "name": case["name"]}


def question(case):
    """What of a case decides what is measured."""
    return {k: v for k, v in case.items() if k not in ("part", "name", "runs")}


def measured(case):
    """The case with its results, or with "failed": the last line of what its process said."""
    # Ours is measured on the backend that the results name.
    env = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "KERAS_BACKEND": "tensorflow"}
    command = [sys.executable, "-m", "glomtf.bench.measure", json.dumps(case)]
    done = subprocess.run(command, capture_output=True, text=True, env=env)
    if done.returncode:
        return case | {"failed": (done.stderr.strip().splitlines() or ["no word"])[-1]}
    result = json.loads(done.stdout.strip().splitlines()[-1])
    result["median"] = statistics.median(result["seconds"])
    return case | result
