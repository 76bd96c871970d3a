"""Carry out a recipe: stages of Keras ``fit`` with checkpoints, then thresholds from validation."""

import shutil
import sys
import time
from dataclasses import asdict
from pathlib import Path

import keras

from glomtf.islands.segment import tune_threshold
from glomtf.model.backend import jit_compile
from glomtf.model.glom import Glom
from glomtf.model.presets import Reading, save_run
from glomtf.training.callbacks import IslandLog
from glomtf.training.data import ScenePool, column_targets
from glomtf.training.events import EventFile
from glomtf.training.folder import (
    HISTORY,
    STATE,
    begin,
    first_epoch_of,
    forget_from,
    keep,
    recipe_of,
    taken_up,
)
from glomtf.training.kept import KeptStates
from glomtf.training.memory import freed_memory_kept
from glomtf.training.optimizers import optimizer
from glomtf.training.scenes import class_count, training_scenes, validation_scenes
from glomtf.training.settled import settled
from glomtf.training.tasks import ClassAndPose, CommonFate, Masks, Reconstruction, Views
from glomtf.worlds.icons import Icons

# How many validation scenes are watched for TensorBoard. So few take below 2 % of an epoch.
WATCHED = 6
EVENTS = "tensorboard"


def make_task(recipe, glom, iters, seed, levels=None):
    """The Keras model that trains ``glom``, or some of its levels, for ``iters`` steps."""
    if recipe.task == "masks":
        return Masks(
            glom, iters, recipe.part_level, recipe.object_level, recipe.temperature,
            pairs=recipe.pairs, levels=levels,
        )  # fmt: skip
    if recipe.task == "class_pose":
        return ClassAndPose(glom, iters, recipe.object_level, class_count(recipe))
    if recipe.task == "common_fate":
        return CommonFate(glom, iters, recipe.object_level, temperature=recipe.temperature)
    if recipe.task == "views":
        return Views(glom, iters, recipe.object_level, recipe.temperature, recipe.recolour, seed)
    return Reconstruction(glom, iters, seed=seed)


def train(recipe, out, *, icons=None, seed=0, resume=False, name="", verbose=1):
    """Train a Glom and leave a run's folder that :func:`glomtf.load` reads.

    Args:
        recipe: a :class:`Recipe`.
        out: the run's folder: ``recipe.json``, ``history.csv``, ``tensorboard`` with the islands
            and scores of a few scenes per epoch, at the end ``model.json`` and
            ``model.weights.h5``; while it runs also checkpoints, one per epoch.
        icons: folder or archive of SVG icons, where the recipe needs one.
        seed: of the weights, the scenes and their order.
        resume: carry on a run that was killed, from its last whole epoch.
        name: the recipe's name, for the record; a run of that name is resumed with the recipe as
            it was when the run was started.
        verbose: of Keras ``fit``; 1 draws a progress bar.

    Returns:
        The trained :class:`Glom` with its ``reading``.

    Raises:
        ValueError: no usable icons where they are needed, a Glom that cannot take the scenes, a
            folder that holds a run already, nothing to resume, another recipe, seed or set of
            icons than the run was started with, or a loss that is no longer finite.
    """
    out = Path(out)
    if resume:
        given, recipe = recipe, recipe_of(out, recipe, seed, name)
        if recipe is not given:
            _tell(verbose, f"the recipe {name} has changed; carrying on with that of the run")
    if recipe.icons and icons is None:
        raise ValueError(
            "expected --data with a folder or archive of SVG icons, which this recipe trains on, "
            "got none"
        )
    keras.utils.set_random_seed(seed)
    glom = Glom(**recipe.glom, data_format="channels_last")
    height, width = glom.image_size
    if glom.channels != 3 or height != width:
        raise ValueError(
            "expected a recipe's Glom to take square pictures of 3 channels, as the worlds' are, "
            f"got {height} x {width} pixels of {glom.channels}; change the recipe's glom"
        )
    # Refuses what it cannot read before anything is written.
    digest = Icons(icons).digest if recipe.icons else None
    if recipe.task == "class_pose":
        class_count(recipe)
    started = {"name": name, "seed": seed, "icon_set": digest, "recipe": asdict(recipe)}
    progress = taken_up(out, icons, digest) if resume else begin(out, started)
    finding = ", finding their parts and objects" if recipe.labels == "found" else ""
    _tell(verbose, f"drawing {recipe.icons + sum(recipe.generated().values()):,} scenes{finding}")
    scenes = training_scenes(recipe, icons, seed, height)
    held_out = validation_scenes(recipe, icons, height)
    epoch = 0
    for number, stage in enumerate(recipe.stages):
        if number >= progress["stages_done"]:
            _tell(verbose, f"stage {number + 1} of {len(recipe.stages)}")
            spent = _minutes_kept(out, progress)
            _fit(recipe, stage, number, epoch, glom, scenes, held_out, out, seed, spent, verbose)
            glom.save_weights(out / f"stage-{number + 1}.weights.h5")
            progress["stages_done"] = number + 1
            spent()
        elif number + 1 == progress["stages_done"]:
            glom.load_weights(out / f"stage-{number + 1}.weights.h5")
        epoch += stage.epochs
    _tell(verbose, "fixing the thresholds on validation scenes")
    glom.reading = fix_thresholds(recipe, glom, held_out)
    details = started | {"minutes": round(progress["minutes"], 1), "keras": keras.__version__}
    save_run(glom, out, glom.reading, details)
    for number in range(len(recipe.stages)):
        shutil.rmtree(out / f"checkpoint-{number + 1}", ignore_errors=True)
    return glom


def fix_thresholds(recipe, glom, scenes):
    """The :class:`Reading` whose thresholds segment validation scenes best.

    The part level and those below it are judged by true parts, the ones above by true objects.
    """
    iters = recipe.stages[-1].iters if recipe.read_iters is None else recipe.read_iters
    images, truth = [], []
    for part in scenes:
        images.append(part.images)
        truth.append(column_targets(part, glom.patch_size))
    states = [settled(glom, each, iters) for each in images]
    thresholds = []
    for level in range(1, glom.levels + 1):
        depth = "parts" if level <= recipe.part_level else "objects"
        vectors = [s[..., level - 1, :] for s in states]
        best, _ = tune_threshold(
            [v for group in vectors for v in group], [t for group in truth for t in group[depth]]
        )
        thresholds.append(round(float(best), 4))
    return Reading(iters, tuple(thresholds), recipe.part_level, recipe.object_level)


def _minutes_kept(out, progress):
    """A function that adds the minutes since now to those of before and keeps the progress."""
    before, started = progress["minutes"], time.monotonic()

    def spent():
        progress["minutes"] = before + (time.monotonic() - started) / 60
        keep(out / STATE, progress)

    return spent


def _tell(verbose, text):
    """A line on stderr beside Keras' progress bar, before work that takes a minute or more."""
    if verbose:
        print(f"glomtf: {text}", file=sys.stderr, flush=True)


def choose_what_learns(glom, stage):
    """Settling's own weights where the stage settles, bottom-up nets of its levels."""
    step, levels = glom.step, stage.levels or range(1, glom.levels + 1)
    glom.stem.trainable = levels[0] == 1
    for level, nets in enumerate(zip(step.bottom_up, step.assembly, strict=True), start=1):
        for net in filter(None, nets):
            net.trainable = level in levels
    step.train_settling(stage.iters > 0)


def _pools(recipe, stage, task, glom, scenes, held_out, seed, start, verbose):
    """What a stage learns from and is watched on: pictures, or the states of one level."""
    batch, count = stage.batch_size or recipe.batch_size, sum(len(part) for part in held_out)
    size = min(batch, count)
    learned = {"seed": seed, "start_epoch": start}
    # The task "views" changes its pictures itself.
    changed = {"augment": recipe.task != "views", "noise": stage.noise}
    shown = (
        (scenes, batch, stage.steps, changed, learned),
        (held_out, size, count // size, {"augment": False}, {"shuffle": False}),
    )
    above = stage.levels[0] - 1 if stage.levels else 0
    if not above:
        return [
            ScenePool(part, glom.patch_size, each, steps, **changed, **order)
            for part, each, steps, changed, order in shown
        ]
    _tell(verbose, f"looking at every scene once, to learn from level {above} on")
    pools = []
    for part, each, steps, changed, order in shown:
        scenes_there = sum(len(some) for some in part)
        at_once = min(recipe.batch_size, scenes_there)
        looks = scenes_there // at_once
        once = ScenePool(part, glom.patch_size, at_once, looks, seed, **changed)
        each = min(each, looks * at_once)  # few scenes to be watched on need not fill a batch
        steps = min(steps, looks * at_once // each)
        pools.append(KeptStates(glom, above, once, task.depths, each, steps, **order))
    return pools


def _fit(recipe, stage, number, first_epoch, glom, scenes, held_out, out, seed, spent, verbose):
    """One stage; its epochs are numbered on from ``first_epoch``, ``spent`` is told of each."""
    checkpoint = out / f"checkpoint-{number + 1}"
    start = first_epoch_of(checkpoint, first_epoch)
    forget_from(out, start)
    # A resumed run draws views and hidden patches of its own, not again those it began with.
    task = make_task(recipe, glom, stage.iters, seed + start - first_epoch, stage.levels)
    choose_what_learns(glom, stage)
    # Unrolled settling takes longer to compile than it gains, layers that make views know no XLA.
    alike = stage.epochs * stage.steps if recipe.task == "masks" and not stage.iters else 0
    task.compile(optimizer=optimizer(recipe.optimizer, stage), jit_compile=jit_compile(alike))
    pool, check = _pools(recipe, stage, task, glom, scenes, held_out, seed, start, verbose)
    watched = [one for part in held_out for one in list(part)[: max(1, WATCHED // len(held_out))]]
    task(pool[0][0][:1])  # makes every weight before a checkpoint is read into them
    task.optimizer.build(task.trainable_variables)  # else Keras traces the training step twice
    try:
        with freed_memory_kept():
            task.fit(
                pool,
                shuffle=False,  # the pool has an order of its own for every epoch
                validation_data=check,
                epochs=first_epoch + stage.epochs,
                initial_epoch=first_epoch,
                verbose=verbose,
                callbacks=[
                    # The row first: an epoch whose checkpoint is there has its row, too.
                    keras.callbacks.CSVLogger(out / HISTORY, append=True),
                    keras.callbacks.BackupAndRestore(
                        checkpoint, double_checkpoint=True, delete_checkpoint=False
                    ),
                    # After the checkpoint: these minutes a resumed run does not spend again.
                    keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: spent()),
                    keras.callbacks.TerminateOnNaN(raise_error=True),
                    IslandLog(watched, recipe.part_level, [EventFile(out / EVENTS)]),
                ],
            )
    except RuntimeError as error:
        if "NaN or Inf loss" not in str(error):  # what TerminateOnNaN says
            raise
        raise ValueError(
            f"expected a finite loss, got NaN or infinity in stage {number + 1}; start a new run "
            "with another seed or a lower learning_rate"
        ) from error
