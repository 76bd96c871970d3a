"""The islands and scores that a training shows per epoch, and the file TensorBoard reads."""

import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from glomtf.islands import adjusted_rand, foreground_ari, segment, tune_threshold
from glomtf.islands.overlay import paint_levels
from glomtf.model.glom import Glom
from glomtf.training.callbacks import TRIED, IslandLog
from glomtf.training.events import EventFile
from glomtf.training.settled import settled
from glomtf.training.tasks import Masks
from glomtf.worlds.figures import Figures
from glomtf.worlds.scene import column_labels

LEVELS, ITERS = 3, 1
SMALL = {
    "dim": 8, "levels": LEVELS, "image_size": 64, "patch_size": 8, "stem": "conv",
    "top_down_location": "fourier", "initial_state": "bottom_up", "data_format": "channels_last",
}  # fmt: skip


class Notes:
    """A logger that remembers."""

    def __init__(self):
        self.entries = {}

    def log(self, values, step):
        self.entries[step] = values


@pytest.fixture(scope="module")
def scenes():
    return list(Figures().scenes(3, 5))


@pytest.fixture
def task():
    import keras

    keras.utils.set_random_seed(0)
    return Masks(Glom(**SMALL), ITERS, 2, 3, temperature=0.1)


def watch(task, scenes, *loggers, **more):
    log = IslandLog(scenes, 2, loggers, **more)
    log.set_model(task)
    return log


def test_every_epoch_is_logged_to_every_logger(task, scenes):
    one, other = Notes(), Notes()
    log = watch(task, scenes, one, other)
    log.on_epoch_end(0)
    log.on_epoch_end(4)
    assert list(one.entries) == list(other.entries) == [1, 5]
    assert one.entries[1] is other.entries[1]
    places = [f"{depth}/level {n}" for depth in ("parts", "objects") for n in (1, 2, 3)]
    expected = {f"{score}/{place}" for score in ("ari", "fg_ari") for place in places}
    assert set(one.entries[1]) == expected | {f"islands/scene {n}" for n in (1, 2, 3)}


def test_scores_and_pictures_are_those_of_the_threshold_that_suits_each_level(task, scenes):
    values = watch(task, scenes).entry()
    states = settled(task.glom, np.stack([scene.image for scene in scenes]), ITERS)
    truth = {
        depth: column_labels(np.stack([getattr(scene, depth) for scene in scenes]), 8)
        for depth in ("parts", "objects")
    }
    chosen = []
    for level, own in enumerate(("parts", "parts", "objects"), start=1):
        vectors = states[..., level - 1, :]
        best, _ = tune_threshold(vectors, truth[own], TRIED)
        chosen.append(np.stack([segment(one, threshold=best) for one in vectors]))
        for depth, maps in truth.items():
            assert values[f"ari/{depth}/level {level}"] == adjusted_rand(maps, chosen[-1])
            assert values[f"fg_ari/{depth}/level {level}"] == foreground_ari(maps, chosen[-1])
    for number, scene in enumerate(scenes):
        panels = paint_levels(scene.image, [maps[number] for maps in chosen], side=160)
        row = values[f"islands/scene {number + 1}"]
        high, wide, _ = panels[0].shape
        assert row.shape == (high, 4 * wide + 3 * 4, 3) and row.dtype == np.uint8
        for i, panel in enumerate(panels):
            np.testing.assert_array_equal(row[:, i * (wide + 4) :][:, :wide], panel)


def test_pictures_are_wrapped_as_the_logger_wants_them(task, scenes):
    values = watch(task, scenes, picture=Image.fromarray).entry()
    assert isinstance(values["islands/scene 1"], Image.Image)
    assert isinstance(values["ari/parts/level 1"], float)


def test_a_training_that_diverged_has_no_islands(task, scenes):
    weights = task.glom.get_weights()
    task.glom.set_weights([np.full_like(one, np.nan) for one in weights])
    notes = Notes()
    watch(task, scenes, notes).on_epoch_end(0)
    assert notes.entries == {1: {}}


def read_back(folder):
    """{(step, tag): (page, number or picture)} of the event files in a folder."""
    found = {}
    for file in sorted(folder.iterdir()):
        for event in tf.compat.v1.train.summary_iterator(str(file)):
            for value in event.summary.value:
                content = tf.make_ndarray(value.tensor)
                page = value.metadata.plugin_data.plugin_name
                found[event.step, value.tag] = page, content
    return found


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_event_file_holds_numbers_and_pictures_as_tensorboard_reads_them(tmp_path):
    picture = np.random.default_rng(0).integers(0, 255, (3, 5, 3), np.uint8)
    log = EventFile(tmp_path / "new" / "events")
    assert not (tmp_path / "new").exists()
    log.log({"ari/parts": 0.25, "islands": picture}, step=1)
    log.log({"ari/parts": np.float32(0.5)}, step=7)
    found = read_back(tmp_path / "new" / "events")
    assert set(found) == {(1, "ari/parts"), (1, "islands"), (7, "ari/parts")}
    assert (
        found[1, "ari/parts"] == ("scalars", np.float32(0.25)) and found[7, "ari/parts"][1] == 0.5
    )
    page, (width, height, png) = found[1, "islands"]
    assert (page, width, height) == ("images", b"5", b"3")
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(png))), picture)
