"""Compiled underneath: one graph per shape for good, fresh weights, no model kept alive."""

import gc
import weakref

import keras
import numpy as np
import pytest

from glomtf.model.glom import Glom
from glomtf.model.pyramid import PyramidStem
from glomtf.model.step import Step
from glomtf.model.tokens import ConvStem

SIZES = {"dim": 6, "levels": 3, "image_size": 8, "patch_size": 2}

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="other backends compile the user's function"
)


def graphs(model):
    """How many graphs were traced for this model."""
    return sum(
        len(method.graphs.get(model.step, ())) for method in (Step.still, Step.sweep, Step.advance)
    )


def numpy(x):
    return keras.ops.convert_to_numpy(x)


def test_same_shapes_trace_nothing_anew(pictures):
    model = Glom(**SIZES)
    first = numpy(model(pictures, iters=6))
    made = graphs(model)
    # still, then one step per width of the levels: until the top has heard of the picture.
    assert made == 1 + 4
    np.testing.assert_array_equal(numpy(model(pictures, iters=6)), first)
    for iters in range(1, 12):
        model(pictures, iters=iters, return_all=True)
        model(pictures[::-1].copy(), iters=iters)
    assert graphs(model) == made


def test_other_shapes_and_levels_trace_a_bounded_number(pictures):
    model = Glom(**SIZES)
    for _ in range(2):
        for iters in range(1, 12):
            model(pictures, iters=iters)
            model(pictures[:1], iters=iters)
            model(pictures, iters=iters, levels_wanted=[3])
        seen = graphs(model)
    bound = 2 * (1 + 4) + 2 * 4 * 3  # of the top alone: a step more wherever a cone begins
    assert seen <= bound
    for iters in range(12, 20):
        model(pictures, iters=iters, levels_wanted=[3])
    assert graphs(model) == seen


def test_a_schedule_traces_its_steps_and_no_more(pictures):
    model = Glom(**SIZES, beta_schedule=[0.1, 0.5, 1.0])
    model(pictures, iters=5)
    made = graphs(model)
    model(pictures, iters=20)
    assert graphs(model) == made


def test_graphs_see_new_weights(pictures):
    model, other = Glom(**SIZES), Glom(**SIZES)
    before = numpy(model(pictures, iters=4))
    model.set_weights(other.get_weights())
    after = numpy(model(pictures, iters=4))
    assert np.abs(after - before).max() > 1e-3
    np.testing.assert_allclose(after, numpy(other(pictures, iters=4)), rtol=1e-5, atol=1e-6)


def test_a_stem_that_changes_in_training_does_so_here_too(pictures):
    def build():
        return keras.Sequential([
            keras.layers.Conv2D(6, 2, 2, data_format="channels_last"), keras.layers.Dropout(0.5),
        ])  # fmt: skip

    model = Glom(**SIZES, stem=build())
    quiet = numpy(model(pictures, iters=2, training=False))
    noisy = [numpy(model(pictures, iters=2, training=True)) for _ in range(2)]
    assert np.abs(noisy[0] - noisy[1]).max() > 1e-3
    np.testing.assert_array_equal(numpy(model(pictures, iters=2, training=False)), quiet)


@pytest.mark.parametrize("stem", ["conv", "pyramid", "normed_pyramid"])
def test_stems_trace_once_per_shape_and_say_what_they_say_uncompiled(pictures, stem):
    model, other = (Glom(**SIZES, stem=stem, data_format="channels_last") for _ in range(2))
    images = np.moveaxis(pictures, 1, -1)
    method = {"conv": ConvStem}.get(stem, PyramidStem).call
    before = numpy(model.tokens(images)[0])
    model.set_weights(other.get_weights())
    for _ in range(2):
        seen = [numpy(model.tokens(part)[0]) for part in (images, images[:1])]
    assert len(method.graphs[model.stem]) == 2
    assert np.abs(seen[0] - before).max() > 1e-3
    plain = numpy(method.__wrapped__(other.stem, keras.ops.convert_to_tensor(images)))
    np.testing.assert_allclose(seen[0], plain.reshape(seen[0].shape), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(seen[1], seen[0][:1], rtol=1e-5, atol=1e-6)


def test_no_graph_keeps_a_model_alive(pictures):
    model = Glom(**SIZES, stem="conv")
    model(pictures, iters=3)
    gone = [weakref.ref(layer) for layer in (model.step, model.stem)]
    del model
    gc.collect()
    assert [layer() for layer in gone] == [None, None]


def test_no_warning_of_retracing(pictures, caplog):
    model = Glom(**SIZES)
    for count in range(1, 6):
        model(np.repeat(pictures[:1], count, axis=0), iters=2)
    assert "retracing" not in caplog.text
