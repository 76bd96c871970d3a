"""The benchmark runs, counts what is really multiplied, and compares what is comparable."""

import json

import keras
import pytest

from glomtf.bench.floor import forward_flops
from glomtf.bench.measure import main
from glomtf.bench.plan import PARTS, SMALL, cases, measured, report, table
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


@pytest.mark.parametrize("case", [c for c in cases(PARTS, 2, small=True) if c["who"] == "glomtf"],
                         ids=lambda c: f"{c['part']}-{c['name']}-{c['batch']}")  # fmt: skip
def test_every_case_of_ours_is_measured(case):
    result = main(case)
    assert len(result["seconds"]) == 2 and min(result["seconds"]) > 0 and result["first"] > 0
    assert result["grown_mb"] >= 0
    assert ("flops" in result) == (not case.get("local_consensus_radius"))


def row(name, median, who="glomtf", **more):
    return {
        "part": "forward", "name": name, "who": who, "dtype": "float32", "batch": 4, "iters": 12,
        "median": median, "first": 1.0, "grown_mb": 10.0, "flops": 1e9,
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
    lines = {line[:42].strip(): line[42:].split() for line in table(rows)}
    assert lines["forward: ours"] == ["2", "1", "10", "4.00", "3.00", "1.0", "25%"]
    assert lines["forward: ours half"] == ["1", "1", "10", "8.00", "3.00", "1.0", "25%"]
    assert lines["forward: broken"] == ["failed:", "a", "reason"]


def test_what_fails_says_so_and_the_rest_goes_on():
    failed = measured({"who": "command", "runs": 1, "command": ["/nowhere/glomtf"]})
    assert "FileNotFoundError" in failed["failed"] and "median" not in failed


def test_the_command_writes_what_it_measured(tmp_path, capsys):
    out = tmp_path / "bench.json"
    assert cli(["bench", "start", "--small", "--runs", "1", "--out", str(out)]) == 0
    written = json.loads(out.read_text())
    assert written["schema"] == "glomtf.bench/1"
    assert written["versions"].keys() >= {"python"}
    names = [r["name"] for r in written["rows"]]
    assert len(names) == 5 and names[-1] == "glomtf --version"
    assert all("failed" not in r for r in written["rows"])
    assert "start: glomtf --version" in capsys.readouterr().out
    assert report([])["rows"] == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["bench", "sideways"], "expected parts out of forward, train, columns, start"),
        (["bench", "--runs", "0"], "expected --runs as a whole number from 1"),
        (["bench", "--out", "results.txt"], "expected --out to name a .json file"),
    ],
)
def test_refuses_in_one_line(arguments, said, capsys):
    assert cli(arguments) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1
