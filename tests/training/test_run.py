"""A run: its files, and that a killed one resumes as if nothing had happened."""

import json
from dataclasses import replace
from itertools import count
from types import SimpleNamespace

import keras
import numpy as np
import pytest

import glomtf
from glomtf.model import backend
from glomtf.training import run, scenes
from glomtf.training.recipes import RECIPES, SMALL, Recipe, Stage
from glomtf.worlds import WORLDS, world_of

TINY = SMALL | {"dim": 8, "mlp_ratio": 1, "image_size": 32}
MASKS = Recipe("masks", 16, 0, (Stage(0, 2, 4), Stage(2, 2, 4)), TINY, batch_size=4)


@pytest.fixture(autouse=True)
def few_scenes(monkeypatch):
    monkeypatch.setattr(scenes, "VALIDATION_SCENES", 8)


def unclosed(test):
    """A process that is killed does not close its files either."""
    for ignored in ("::pytest.PytestUnraisableExceptionWarning", ":unclosed file:ResourceWarning"):
        test = pytest.mark.filterwarnings(f"ignore{ignored}")(test)
    return test


@unclosed
def test_a_killed_run_resumes_as_if_nothing_had_happened(tmp_path, monkeypatch):
    whole = run.train(MASKS, tmp_path / "whole", seed=3, verbose=0)

    save, epochs = keras.callbacks.BackupAndRestore.on_epoch_end, []

    def killed_in_the_third_epoch(self, epoch, logs=None):
        save(self, epoch, logs)
        epochs.append(epoch)
        if len(epochs) == 3:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(keras.callbacks.BackupAndRestore, "on_epoch_end", killed_in_the_third_epoch)
        with pytest.raises(KeyboardInterrupt):
            run.train(MASKS, tmp_path / "killed", seed=3, verbose=0)
    assert not (tmp_path / "killed" / "model.json").exists()
    resumed = run.train(MASKS, tmp_path / "killed", seed=3, verbose=0, resume=True)

    # Sums in parallel differ in the last bits and Adam's first steps enlarge them, so the runs
    # are compared by their losses, which another order of scenes or a lost optimiser would move.
    whole_run, resumed_run = (
        np.loadtxt(tmp_path / name / "history.csv", delimiter=",", skiprows=1)
        for name in ("whole", "killed")
    )
    np.testing.assert_array_equal(resumed_run[:, 0], [0, 1, 2, 3])
    np.testing.assert_allclose(resumed_run, whole_run, rtol=5e-5)
    assert resumed.reading.iters == whole.reading.iters == 2

    files = {path.name for path in (tmp_path / "whole").iterdir()}
    expected = {"recipe.json", "history.csv", "tensorboard", "model.json", "model.weights.h5"}
    assert expected <= files
    assert json.loads((tmp_path / "whole" / "recipe.json").read_text())["seed"] == 3
    loaded = glomtf.load(tmp_path / "whole")
    picture = np.random.default_rng(0).random((1, 32, 32, 3), "float32")
    states = [keras.ops.convert_to_numpy(glom(picture, iters=2)) for glom in (loaded, whole)]
    np.testing.assert_array_equal(*states)
    assert loaded.reading == whole.reading

    with pytest.raises(ValueError, match="--resume"):
        run.train(MASKS, tmp_path / "whole", seed=3, verbose=0)
    with pytest.raises(ValueError, match="expected the seed"):
        run.train(MASKS, tmp_path / "whole", seed=4, verbose=0, resume=True)
    with pytest.raises(ValueError, match="leave --resume out"):
        run.train(MASKS, tmp_path / "nothing", verbose=0, resume=True)


@pytest.fixture
def killed(tmp_path, monkeypatch):
    """A run that was killed after the second of four epochs; a look at its clock takes a minute."""
    minutes = count(0, 60)
    monkeypatch.setattr(run, "time", SimpleNamespace(monotonic=lambda: next(minutes)))
    log, epochs = run.IslandLog.on_epoch_end, []

    def on_epoch_end(self, epoch, logs=None):
        log(self, epoch, logs)
        epochs.append(epoch)
        if len(epochs) == 2:
            raise KeyboardInterrupt

    small = TINY | {"patch_size": 8}
    recipe = replace(MASKS, stages=(Stage(0, 4, 1),), glom=small)
    with monkeypatch.context() as patch:
        patch.setattr(run.IslandLog, "on_epoch_end", on_epoch_end)
        with pytest.raises(KeyboardInterrupt):
            run.train(recipe, tmp_path / "run", verbose=0)
    return recipe, tmp_path / "run"


@unclosed
def test_a_backup_whose_epoch_was_cut_is_left_for_the_one_before(killed):
    recipe, out = killed
    (out / "checkpoint-1" / "training_metadata.json").write_text("")
    run.train(recipe, out, verbose=0, resume=True)
    history = np.loadtxt(out / "history.csv", delimiter=",", skiprows=1)
    np.testing.assert_array_equal(history[:, 0], [0, 1, 2, 3])


@unclosed
def test_minutes_before_a_run_was_killed_count(killed):
    recipe, out = killed
    assert json.loads((out / "progress.json").read_text()) == {"stages_done": 0, "minutes": 2}
    run.train(recipe, out, verbose=0, resume=True)
    assert json.loads((out / "progress.json").read_text()) == {"stages_done": 1, "minutes": 5}
    assert json.loads((out / "model.json").read_text())["details"]["minutes"] == 5


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="others choose themselves")
def test_long_sweeps_are_compiled_by_xla_and_learn_the_same(tmp_path, monkeypatch):
    chosen, compile_task = [], keras.Model.compile
    traced, train_step = [], keras.Model.train_step

    def seen(self, **how):
        chosen.append(how["jit_compile"])
        compile_task(self, **how)

    def once(self, data):
        traced.append(self)
        return train_step(self, data)

    monkeypatch.setattr(keras.Model, "compile", seen)
    monkeypatch.setattr(keras.Model, "train_step", once)
    sweep, settling = Stage(0, 1, 4), Stage(2, 1, 4)
    losses = []
    for worth, stages in ((5, (sweep,)), (4, (sweep, settling))):
        monkeypatch.setattr(backend, "WORTH_XLA", worth)
        out = tmp_path / str(worth)
        run.train(replace(MASKS, stages=stages), out, seed=3, verbose=0)
        losses.append(np.loadtxt(out / "history.csv", delimiter=",", skiprows=1, max_rows=1)[1:])
    assert chosen == ["auto", True, "auto"]
    assert len(traced) == 3  # a stage's step is traced once, though all its weights are new
    np.testing.assert_allclose(*losses, rtol=1e-3)


@pytest.mark.parametrize(
    "task", ["masks", "pairs", "class_pose", "reconstruction", "common_fate", "views"]
)
def test_every_task_learns_its_pool_by_heart(task):
    """Some steps on the same eight pictures must bring the loss well down."""
    world = "moving" if task == "common_fate" else "figures"
    scenes = world_of(world, 32).scenes(8, 5)
    pairs, net = task == "pairs", TINY | {"dim": 16}
    task, net = ("masks", net | {"assembly": (0, 0, 1)}) if pairs else (task, net)
    recipe = Recipe(task, 0, 0, (), net, batch_size=8, worlds={world: 8}, pairs=pairs)
    keras.utils.set_random_seed(0)
    glom = glomtf.Glom(**recipe.glom, data_format="channels_last")
    # What is asked of the object level alone takes a step more to reach every weight.
    model = run.make_task(recipe, glom, 2 if task == "masks" else 3, seed=0)
    # Views are never quite the same: smaller steps, and more of them.
    rate, epochs = (3e-3, 60) if task == "views" else (1e-2, 30)
    model.compile(optimizer=keras.optimizers.Adam(rate))
    pool = run.ScenePool([scenes], 4, 8, 1, shuffle=False, augment=False)
    model(pool[0][0][:1])
    model.optimizer.build(model.trainable_variables)  # else Keras traces the training step twice
    losses = model.fit(pool, epochs=epochs, verbose=0).history["loss"]
    if pairs:
        bias, scale = (keras.ops.convert_to_numpy(v) for v in (model.bias, model.log_scale))
        assert bias != -1 and scale != 2
    # Contrast cannot fall below the partners' log; of pairs only parts are learned by contrast.
    floor = {"masks": 2.0 if pairs else 4.0}.get(task, 0.0)
    assert losses[-1] - floor < 0.75 * (losses[0] - floor)


def test_a_stage_of_some_levels_leaves_the_others_as_they_are(tmp_path):
    net = TINY | {"assembly": (0, 0, 1), "image_size": 64}  # islands of more than a column
    stages = (Stage(0, 1, 4, levels=(1, 2)), Stage(0, 3, 2, levels=(3,), batch_size=8))
    recipe = Recipe("masks", 16, 0, stages, net, batch_size=4, pairs=True)
    assert recipe.summary().endswith(
        ": 4 steps of the feed-forward sweep for level 1 and 2, then "
        "6 steps of the feed-forward sweep for level 3"
    )
    keras.utils.set_random_seed(0)
    glom = glomtf.Glom(**net, data_format="channels_last")
    weights = [{v.path: np.asarray(v) for v in glom.weights}]
    glom = run.train(recipe, tmp_path / "run", verbose=0)
    for number in (1, 2):
        glom.load_weights(tmp_path / "run" / f"stage-{number}.weights.h5")
        weights.append({v.path: np.asarray(v) for v in glom.weights})

    def moved(one, other):
        return {p for p, v in one.items() if not np.array_equal(v, other[p])}

    top = {p for p in weights[0] if "bottom_up_3" in p or "assembly_3" in p}
    low = {p for p in weights[0] if any(n in p for n in ("stem", "bottom_up_1", "bottom_up_2"))}
    assert moved(*weights[:2]) == low
    assert moved(*weights[1:]) == top
    # A stage that settles afterwards trains everything again.
    run.choose_what_learns(glom, Stage(1, 1, 1))
    assert len(glom.trainable_variables) == len(glom.weights)


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"task": "mask"}, "expected task as one of masks, .*, got 'mask'"),
        ({"labels": "Found"}, "expected labels as one of true, found, got 'Found'"),
        ({"optimizer": "sgd"}, "expected optimizer as one of adam, muon, got 'sgd'"),
        ({"labels": "found"}, "'moving' alone, .* got 8 figures$"),
        ({"task": "common_fate", "worlds": {"moving": 8}}, "got 8 figures . 8 moving$"),
        ({"stages": (Stage(2, 1, 1, levels=(3,)),)}, "stage 1, of some levels, .* 2 iterations"),
        ({"stages": (Stage(0, 1, 1), Stage(0, 1, 1, levels=(1,)))}, "stage 2, .* levels .1,."),
        ({"stages": (Stage(0, 1, 1, levels=(3,)),), "task": "views"}, "of task 'views'"),
        ({"stages": (Stage(0, 1, 3),)}, "there are, 8, got 3 steps of 3;"),
        ({"stages": (Stage(0, 1, 1, levels=(3,), batch_size=7),)}, "there are, 6, got 1 steps"),
    ],
)
def test_a_recipe_that_cannot_be_trained_is_refused(wrong, expected):
    with pytest.raises(ValueError, match=expected):
        Recipe(**{"task": "masks", "figures": 8, "icons": 0, "stages": (), "batch_size": 3} | wrong)


def test_few_scenes_to_be_watched_on_need_not_fill_a_batch(tmp_path, monkeypatch):
    monkeypatch.setattr(scenes, "VALIDATION_SCENES", 5)
    monkeypatch.setattr(keras.Model, "fit", lambda *_, **__: None)  # the scenes alone matter
    net = TINY | {"assembly": (0, 0, 1), "patch_size": 8}
    # Two looks at two of the five, of which a batch is three.
    stage = Stage(0, 1, 1, levels=(3,), batch_size=3)
    run.train(Recipe("masks", 4, 0, (stage,), net, batch_size=2), tmp_path / "some", verbose=0)
    # One look at all five, fewer than a batch.
    stage = replace(stage, batch_size=6)
    run.train(Recipe("masks", 6, 0, (stage,), net, batch_size=6), tmp_path / "few", verbose=0)


@unclosed
def test_a_loss_that_is_no_longer_finite_ends_the_run_in_one_line(tmp_path):
    recipe = Recipe(
        "masks", 4, 0, (Stage(0, 1, 2, learning_rate=float("inf")),), TINY | {"patch_size": 8},
        batch_size=2,
    )  # fmt: skip
    with pytest.raises(ValueError, match=r"expected a finite loss, .* in stage 1; start a new run"):
        run.train(recipe, tmp_path / "run", verbose=0)


@pytest.mark.parametrize("task", ["masks", "views"])
def test_pictures_learned_from_get_noise_and_are_turned_unless_the_task_makes_views(
    task, tmp_path, monkeypatch
):
    asked = []

    class Enough(Exception):
        pass

    class Pool(run.ScenePool):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            asked.append((self.augment, self.noise))
            if len(asked) == 2:  # training, then validation; what is learned does not matter
                raise Enough

    monkeypatch.setattr(run, "ScenePool", Pool)
    recipe = Recipe(task, 8, 0, (Stage(0, 1, 1, noise=0.1),), TINY, batch_size=8)
    with pytest.raises(Enough):
        run.train(recipe, tmp_path / "run", verbose=0)
    assert asked == [(task == "masks", 0.1), (False, 0)]


def test_recipes_are_whole():
    for name, recipe in RECIPES.items():
        assert glomtf.Glom(**recipe.glom).levels >= recipe.object_level > recipe.part_level
        for stage in recipe.stages:
            pool = recipe.icons + sum(recipe.generated().values())
            batch = stage.batch_size or recipe.batch_size
            assert stage.steps * batch <= pool * (1 + recipe.repaints), name
        assert set(recipe.worlds) <= set(WORLDS)


def test_a_run_is_carried_on_with_its_own_recipe_and_the_same_icons(tmp_path, monkeypatch):
    drawn = []

    class Enough(Exception):
        pass

    def training_scenes(recipe, icons, seed, size):
        drawn.append((recipe.icons, str(icons)))
        raise Enough

    monkeypatch.setattr(run, "training_scenes", training_scenes)
    drawing = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h{}v8z"/></svg>'
    )
    for folder, width in (("icons", 7), ("moved", 7), ("others", 6)):
        (tmp_path / folder).mkdir()
        for number in range(9):
            (tmp_path / folder / f"{number}.svg").write_text(drawing.format(width))

    def train(icons, recipe, **how):
        run.train(recipe, tmp_path / "run", icons=tmp_path / icons, name="some", verbose=0, **how)

    recipe = Recipe("masks", 0, 8, (Stage(0, 1, 1),), TINY, batch_size=8)
    with pytest.raises(Enough):
        train("icons", recipe)
    with pytest.raises(Enough):
        train("moved", replace(recipe, icons=9), resume=True)
    assert drawn == [(8, str(tmp_path / "icons")), (8, str(tmp_path / "moved"))]
    with pytest.raises(ValueError, match="expected the icons"):
        train("others", recipe, resume=True)


def test_icons_recipes_ask_for_icons(tmp_path):
    with pytest.raises(ValueError, match="--data"):
        run.train(RECIPES["icons"], tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("glom", [{"channels": 1}, {"image_size": (32, 64)}, {"image_size": 33}])
def test_a_glom_that_cannot_take_the_scenes_is_refused_before_anything_is_written(glom, tmp_path):
    with pytest.raises(ValueError, match=r"expected a recipe's Glom|patch_size"):
        run.train(Recipe("masks", 16, 0, (Stage(0, 1, 1),), TINY | glom), tmp_path / "run")
    assert not (tmp_path / "run").exists()
