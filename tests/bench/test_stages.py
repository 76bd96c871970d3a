"""The benchmark of training steps: turns are fair, and operations are those of the products."""

import importlib.util
from pathlib import Path

import keras
import numpy as np
import pytest

from glomtf.training.recipes import SMALL, Recipe, Stage

pytestmark = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="measures XLA")
SCRIPT = Path(__file__).parents[2] / "benchmarks" / "stages.py"


@pytest.fixture(scope="module")
def bench():
    spec = importlib.util.spec_from_file_location("stages_benchmark", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_calls_take_turns_and_the_first_of_each_stands_alone(bench):
    made = []
    calls = [lambda name=name: made.append(name) for name in "ab"]
    rows = bench.taking_turns(calls, rounds=2)
    assert made == list("ababab")
    assert len(rows) == 2
    assert all(first > 0 and later > 0 for first, later in rows)


def test_the_products_of_a_step_are_counted_forwards_and_backwards(bench):
    class Task(keras.Model):
        def __init__(self):
            super().__init__()
            self.net = keras.layers.Dense(32, use_bias=False)

        def call(self, x):
            return self.net(x)

    task = Task()
    task.compile(optimizer="sgd", loss="mse")
    batch = np.ones((64, 16), "float32"), np.ones((64, 32), "float32")
    task.train_on_batch(*batch)
    products = 2 * (2 * 64 * 16 * 32)  # the output, and the kernel's gradient
    assert products <= bench.operations(task, batch) < 1.3 * products


def test_a_stage_is_a_line_of_eight_figures(bench):
    recipe = Recipe(
        "masks", 8, 0, (Stage(0, 1, 2, levels=(3,), batch_size=3),),
        SMALL | {"dim": 8, "mlp_ratio": 1}, batch_size=2,
    )  # fmt: skip
    line = bench.stage_row(recipe, recipe.stages[0], rounds=1, flops_per_second=1e9)
    what, *figures = (cell.strip() for cell in line.strip("|").split("|"))
    assert what == "the sweep, levels (3,)"
    assert len([float(figure) for figure in figures]) == 7
