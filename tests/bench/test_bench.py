"""The benchmark runs, counts what is really multiplied, and compares what is comparable."""

import json

import keras
import pytest

from glomtf.bench import plan
from glomtf.bench.floor import call_bytes, floor_seconds, forward_flops
from glomtf.bench.measure import main
from glomtf.bench.plan import PARTS, SMALL, cases, measure, measured
from glomtf.bench.results import floors, report, table
from glomtf.cli import main as cli
from glomtf.model.glom import Glom

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="the benchmark measures TensorFlow"
)


def products(graph):
    """Operations of all matrix products of a TensorFlow graph: 2 m n k of each."""
    total = 0
    for op in graph.get_operations():
        if op.type in ("MatMul", "BatchMatMulV2"):
            left, out = op.inputs[0].shape, op.outputs[0].shape
            inner = left[-2] if op.type == "MatMul" and op.get_attr("transpose_a") else left[-1]
            total += 2 * inner * out.num_elements()
    return total


@pytest.mark.parametrize("wanted", [None, [1], [3], [2, 3]])
@pytest.mark.parametrize("iters", [1, 2, 5, 9])
@pytest.mark.parametrize("batch", [1, 3])
def test_the_floor_is_what_the_graph_multiplies(wanted, iters, batch):
    import tensorflow as tf

    model = Glom(**SMALL)
    images = tf.zeros((batch, 3, 28, 28))
    call = {"iters": iters, "levels_wanted": wanted}
    graph = tf.function(lambda x: model(x, **call)).get_concrete_function(images).graph
    assert forward_flops(model, batch, **call) == products(graph) > 0


def test_bytes_of_a_case_counted_by_hand():
    """Three grey pictures of four columns, vectors of two, two levels, two steps.

    A net has 2 x 4 + 4 + 4 x 2 + 2 = 22 weights. Before: 48 pixels, 10 of the stem, level 1's
    net, and 24 numbers that it gives. Step 1 uses two nets and the 8 numbers of the locations; it
    reads 2 + 2 of the state and 24 of the bottom-up input, and writes 24 and, as level 2 has not
    heard of the pictures, 2. Step 2 reads 24 + 2 + 24 and writes 24 + 24.
    """
    model = Glom(dim=2, levels=2, image_size=4, patch_size=2, mlp_ratio=2, channels=1)
    once, weights, states = 48 + 10, 22 + 2 * (2 * 22 + 8), 24 + (4 + 24 + 26) + (50 + 48)
    assert call_bytes(model, 3, 2) == 4 * (once + weights + states) == 1440
    assert call_bytes(model, 3, 2, train=True) == 4 * (once + 3 * weights + 2.5 * states)
    half = Glom(dim=2, levels=2, image_size=4, patch_size=2, mlp_ratio=2, channels=1,
                dtype="mixed_bfloat16")  # fmt: skip
    assert call_bytes(half, 3, 2) == 1440 / 2
    # For the top alone, step 2 makes no level 1: no top-down, no locations, 24 + 24 less.
    assert call_bytes(model, 3, 2, [2]) == 4 * (once + weights - 30 + states - 48)


def test_the_slower_of_products_and_memory_sets_the_floor():
    assert floor_seconds(100, 10, 50, 10) == (2, "products")
    assert floor_seconds(100, 30, 50, 10) == (3, "memory")


def known(case):
    return json.dumps(plan.question(case), sort_keys=True)


# What two parts ask for comes once.
OURS = {known(c): c for c in cases(PARTS, 2, small=True) if c["who"] in ("glomtf", "peak")}


@pytest.mark.parametrize("case", OURS.values(), ids=lambda c: f"{c['part']}-{c['name']}")
def test_every_case_of_ours_is_measured(case):
    result = main(case)
    assert len(result["seconds"]) == 2 and min(result["seconds"]) > 0 and result["first"] > 0
    assert result["grown_mb"] >= 0
    counted = case["who"] == "glomtf" and not case.get("local_consensus_radius")
    assert (result.keys() >= {"flops", "bytes"}) == counted
    assert counted or case.get("local_consensus_radius") or result.keys() & {"flops", "bytes"}


def test_what_two_parts_ask_for_is_measured_once(monkeypatch):
    asked = []

    def fake(case):
        asked.append(case)
        return case | {"median": len(asked)}

    monkeypatch.setattr(plan, "measured", fake)
    every = cases(PARTS, 5, small=True)
    rows = list(measure(every))
    assert [(r["part"], r["name"]) for r in rows] == [(c["part"], c["name"]) for c in every]
    assert len(every) > len(asked) == len(set(map(known, every)))
    ours = [r for r in rows if r["who"] == "glomtf" and r.get("task") == "forward"]
    (middle,) = (r for r in ours if r["part"] == "levels" and r["sizes"] == SMALL)
    (whole,) = (r for r in ours if r["part"] == "forward" and r["name"] == "glomtf, float32")
    assert middle | {"part": 0, "name": 0} == whole | {"part": 0, "name": 0}
    trained = [r for r in rows if r.get("task") == "train" and (r["iters"], r["batch"]) == (4, 2)]
    both = {name: [r["median"] for r in trained if r["name"] == name] for name in
            ("glomtf", "glomtf, remat")}  # fmt: skip
    assert all(len(m) == 2 and len(set(m)) == 1 for m in both.values())
    assert both["glomtf"] != both["glomtf, remat"]


def row(name, median, who="glomtf", **more):
    return {
        "part": "forward", "name": name, "who": who, "dtype": "float32", "batch": 4, "iters": 12,
        "median": median, "first": 1.0, "grown_mb": 10.0, "flops": 1e9, "bytes": 1e8,
    } | more  # fmt: skip


def test_ratios_are_to_the_same_type_compiled_and_to_float32_eager():
    rows = [
        row("peak", 0.5, "peak", part="peak", dtype="float32"),
        row("peak", 0.25, "peak", part="peak", dtype="bfloat16"),
        row("eager", 8.0, "glom-pytorch"),
        row("compiled", 6.0, "glom-pytorch", compile=True),
        row("compiled half", 3.0, "glom-pytorch", compile=True, dtype="bfloat16"),
        row("other batch", 99.0, "glom-pytorch", batch=1),
        row("ours", 2.0),
        row("ours half", 1.0, dtype="mixed_bfloat16"),
        row("broken", 1.0) | {"failed": "a reason"},
    ]
    lines = {line[:48].strip(): line[48:].split() for line in table(rows)}
    assert lines["forward: ours"] == ["2", "1", "10", "4.00", "3.00", "1.0", "25%"]
    assert lines["forward: ours half"] == ["1", "1", "10", "8.00", "3.00", "1.0", "25%"]
    assert lines["forward: broken"] == ["failed:", "a", "reason"]


def test_a_type_whose_peak_could_not_be_measured_has_no_share_of_it():
    peak = row("peak", 0.5, "peak", part="peak") | {"failed": "Killed"}
    assert table([peak, row("ours", 2.0)])[2].split() == ["forward:", "ours", "2", "1", "10", "1.0"]


def test_rows_have_the_floor_of_their_type_where_both_peaks_were_measured():
    rows = [
        row("peak", 0.5, "peak", part="peak"),
        row("peak", 0.25, "peak", part="peak", dtype="bfloat16"),
        row("ours half", 2.0, dtype="mixed_bfloat16"),
        row("ours, much to read", 2.0, bytes=1e9),
    ]
    assert floors(rows) == [{}] * 4
    memory = row("memory", 0.1, "peak", part="peak")
    del memory["flops"]
    rows.append(memory)
    assert floors(rows)[2:4] == [
        {"floor_seconds": 0.25, "floor_by": "products"},
        {"floor_seconds": 1.0, "floor_by": "memory"},
    ]
    assert report(rows)["rows"][3]["floor_by"] == "memory"
    assert [line.split()[-2:] for line in table(rows)[3:5]] == [
        ["0.25", "products"],
        ["1", "memory"],
    ]


def test_rows_are_compared_within_levels_iterations_and_task():
    rows = [
        row("eager", 8.0, "glom-pytorch", part="levels", sizes={"levels": 3}),
        row("eager", 9.0, "glom-pytorch", part="levels", sizes={"levels": 7}),
        row("ours", 1.0, part="levels", sizes={"levels": 7}),
        row("eager", 5.0, "glom-pytorch", part="iterations", task="forward"),
        row("eager", 6.0, "glom-pytorch", part="iterations", task="train"),
        row("ours", 1.0, part="iterations", task="train"),
    ]
    lines = {line[:48].strip(): line[48:].split() for line in table(
        [*rows, row("peak", 0.5, "peak", part="peak")])}  # fmt: skip
    assert lines["levels: ours, 7"][3] == "9.00"
    assert lines["iterations: ours, train 12"][3] == "6.00"


def test_ours_is_measured_on_the_backend_that_the_results_name(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    asked = []

    def run(command, **how):
        asked.append(how["env"]["KERAS_BACKEND"])
        raise KeyboardInterrupt

    monkeypatch.setattr(plan.subprocess, "run", run)
    with pytest.raises(KeyboardInterrupt):
        measured({"who": "glomtf"})
    assert asked == ["tensorflow"]


def test_what_fails_says_so_and_the_rest_goes_on():
    failed = measured({"who": "command", "runs": 1, "command": ["/nowhere/glomtf"]})
    assert "FileNotFoundError" in failed["failed"] and "median" not in failed


def test_the_command_writes_what_it_measured(tmp_path, monkeypatch, capsys):
    def some(*asked):
        every = cases(*asked)
        assert len(every) == 6
        return [every[0], every[-1]]  # each takes a fresh process or two

    monkeypatch.setattr(plan, "cases", some)
    out = tmp_path / "bench.json"
    assert cli(["bench", "start", "--small", "--runs", "1", "--out", str(out)]) == 0
    written = json.loads(out.read_text())
    assert written["schema"] == "glomtf.bench/1"
    assert written["versions"].keys() >= {"python"}
    names = [r["name"] for r in written["rows"]]
    assert names == ["matrix product, float32", "glomtf --version"]
    assert all("failed" not in r for r in written["rows"])
    assert "start: glomtf --version" in capsys.readouterr().out
    assert report([])["rows"] == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["bench", "sideways"],
            "expected parts out of forward, train, columns, levels, iterations, start",
        ),
        (["bench", "--runs", "0"], "expected --runs as a whole number from 1"),
        (["bench", "--out", "results.txt"], "expected --out to name a .json file"),
    ],
)
def test_refuses_in_one_line(arguments, said, capsys):
    assert cli(arguments) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1
