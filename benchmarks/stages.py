"""What a training step of each stage of a recipe takes, plain and by XLA, and what a look takes.

python benchmarks/stages.py --recipe crowd

Both forms of a stage take turns on the same random pictures (or states), so that what else the
machine does meets both alike. Floor: the floating-point operations of the stage's graph, forwards
and backwards, as TensorFlow counts them, at the speed of a product of two 2048 x 2048 matrices.
"""

import argparse
import time

import keras
import numpy as np
import tensorflow as tf

from glomtf.model.glom import Glom
from glomtf.training.kept import Look
from glomtf.training.optimizers import optimizer
from glomtf.training.recipes import RECIPES
from glomtf.training.run import choose_what_learns, make_task


def seconds(run):
    """How long a call takes."""
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def taking_turns(calls, rounds):
    """The first call of each and the median of the others, in seconds."""
    first = [seconds(call) for call in calls]
    later = [[seconds(call) for call in calls] for _ in range(rounds)]
    return list(zip(first, np.median(later, axis=0), strict=True))


def peak():
    """Floating-point operations per second of a large product, the best of ten."""
    side = 2048
    a = tf.random.normal((side, side))
    return 2 * side**3 / min(seconds(lambda: (a @ a).numpy()) for _ in range(10))


def operations(task, batch):
    """Floating-point operations of one training step."""
    step = tf.function(lambda: task.train_step(batch), autograph=False).get_concrete_function()
    options = tf.compat.v1.profiler.ProfileOptionBuilder.float_operation()
    options["output"] = "none"
    return tf.compat.v1.profiler.profile(step.graph, options=options).total_float_ops


def batch_of(recipe, stage, task, glom, rng):
    """Random pictures or states, and segments of the sizes that scenes have."""
    count, (rows, cols) = stage.batch_size or recipe.batch_size, glom.grid
    seen = (count, rows * cols, glom.dim) if task.above else (count, *glom.image_size, 3)
    coarse = rng.integers(1, 9, (count, -(-rows // 6), -(-cols // 6)))
    segments = coarse.repeat(6, axis=1).repeat(6, axis=2)[:, :rows, :cols]
    return rng.random(seen, "float32"), {depth: segments for depth in task.depths}


def stage_row(recipe, stage, rounds, flops_per_second):
    """A line of the table: one stage, plain and by XLA."""
    calls, counted = [], None
    for xla in (False, True):
        keras.utils.set_random_seed(0)
        glom = Glom(**recipe.glom, data_format="channels_last")
        task = make_task(recipe, glom, stage.iters, 0, stage.levels)
        choose_what_learns(glom, stage)
        task.compile(optimizer=optimizer(recipe.optimizer, stage), jit_compile=xla)
        batch = batch_of(recipe, stage, task, glom, np.random.default_rng(0))
        task(batch[0][:1])
        task.optimizer.build(task.trainable_variables)
        counted = counted or operations(task, batch)
        calls.append(lambda task=task, batch=batch: task.train_on_batch(*batch))
    (first, plain), (first_xla, by_xla) = taking_turns(calls, rounds)
    floor = counted / flops_per_second
    what = f"{stage.iters} iterations" if stage.iters else "the sweep"
    what += f", levels {stage.levels}" if stage.levels else ""
    return (
        f"| {what} | {1000 * plain:.0f} | {1000 * by_xla:.0f} | {by_xla / plain:.2f} "
        f"| {first:.0f} | {first_xla:.0f} | {counted / 1e9:.1f} | {1000 * floor:.0f} |"
    )


def main():
    """Print the table of stages, and what a look at a batch takes eagerly and as one graph."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipe", default="crowd", choices=[*RECIPES])
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    recipe, fastest = RECIPES[options.recipe], peak()
    if recipe.task != "masks":
        parser.error("expected a recipe whose task is masks")
    print(f"Peak {fastest / 1e9:.0f} GFLOP/s. ms per step:\n")
    print("| stage | plain | XLA | ratio | first, s | first by XLA, s | GFLOP | floor |")
    print("|---|---|---|---|---|---|---|---|")
    for stage in recipe.stages:
        print(stage_row(recipe, stage, options.rounds, fastest), flush=True)
    glom = Glom(**recipe.glom, data_format="channels_last")
    shape = (recipe.batch_size, *glom.image_size, 3)
    images = np.random.default_rng(0).random(shape, "float32")
    look = Look(glom, recipe.part_level)
    eager, graph = taking_turns(
        [
            lambda: keras.ops.convert_to_numpy(glom.settle(images, 0)[0][recipe.part_level - 1]),
            lambda: look.predict_on_batch(images),
        ],
        options.rounds,
    )
    print(
        f"\nA look at {len(images)} pictures: eager, all levels {1000 * eager[1]:.0f} ms, "
        f"one graph up to level {recipe.part_level} {1000 * graph[1]:.0f} ms"
    )


if __name__ == "__main__":
    main()
