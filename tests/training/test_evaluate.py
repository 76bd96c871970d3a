"""The score matrix: a perfect model scores 1, the table has every row."""

import random
from functools import partial

import keras
import numpy as np
import pytest
from scipy import ndimage

from glomtf.islands.segment import without_background
from glomtf.model.glom import Glom
from glomtf.model.presets import Reading
from glomtf.training import evaluate
from glomtf.training.data import column_targets
from glomtf.training.settled import shown
from glomtf.view import view_of
from glomtf.worlds.figures import Figures


@pytest.fixture(scope="module")
def model():
    glom = Glom(
        8, 3, 64, 4, data_format="channels_last", mlp_ratio=1, top_down_location="fourier",
        similarity="cosine", state_norm="rms", initial_state="bottom_up",
    )  # fmt: skip
    glom.reading = Reading(2, (0.5, 0.5, 0.5), 2, 3)
    return glom


@pytest.fixture(scope="module")
def scenes():
    return Figures().scenes(4, seed=9)


def true_states(scenes):
    """States whose levels 2 and 3 are the true parts and objects."""
    truth = column_targets(scenes, 4)
    codes = np.eye(64, dtype="float32")
    return np.stack(
        [codes[truth["parts"] * 0], codes[truth["parts"]], codes[truth["objects"]]], axis=3
    )


def pieces_of(segments):
    """Every connected piece of every segment under a number of its own, SciPy's way."""
    pieces = np.zeros(segments.shape, "int32")
    for one in np.unique(segments):
        found, _ = ndimage.label(segments == one)
        pieces += np.where(found > 0, found + pieces.max(), 0).astype("int32")
    return pieces


def test_connected_islands_of_true_states_are_the_connected_pieces(model, scenes, monkeypatch):
    truth = column_targets(scenes, 4)
    monkeypatch.setattr(evaluate, "settled", lambda *_: true_states(scenes))
    result = evaluate.score_connected(model, scenes, scenes)
    for depth in evaluate.DEPTHS:
        pieces = np.stack([without_background(pieces_of(t)) for t in truth[depth]])
        assert result[depth] == pytest.approx(evaluate.scores(truth[depth], pieces))
    # Some parts are cut in two by what lies before them.
    assert 0.7 < result["tree"]["edge_f1"] < 1


def test_states_that_are_the_truth_score_one(model, scenes, monkeypatch):
    states = true_states(scenes)
    monkeypatch.setattr(evaluate, "settled", lambda *_: states)
    result = evaluate.score_model(model, scenes)
    assert result["levels"]["2"]["parts"] == pytest.approx(
        {"ari": 1, "fg_ari": 1, "mbo": 1, "fg_ari_oracle_k": 1}
    )
    assert result["levels"]["3"]["objects"]["fg_ari"] == pytest.approx(1)
    assert result["tree"] == pytest.approx({"nestedness": 1, "parent_accuracy": 1, "edge_f1": 1})
    assert result["levels"]["2"]["objects"]["fg_ari"] < 0.9
    assert result["levels"]["1"]["parts"]["mbo"] == 0


def test_models_of_either_data_format_score_the_same(model, scenes):
    turned = Glom.from_config(model.get_config() | {"data_format": "channels_first"})
    turned.set_weights(model.get_weights())
    turned.reading = model.reading
    for read in (evaluate.tokens_of, partial(evaluate.settled, iters=2)):
        np.testing.assert_array_equal(read(turned, scenes.images), read(model, scenes.images))


def test_a_model_of_one_channel_is_shown_the_grey_that_parse_shows(model, scenes):
    grey = Glom.from_config(model.get_config() | {"channels": 1})
    grey.reading = model.reading
    image = scenes.images[0]
    seen, _, _ = view_of(image, grey)
    np.testing.assert_array_equal(shown(grey, scenes.images)[:1], seen)
    result = evaluate.score_model(grey, scenes)
    assert set(result["levels"]) == {"1", "2", "3"}

    neither = Glom.from_config(model.get_config() | {"channels": 2})
    with pytest.raises(ValueError, match="1 or 3 channels, got 2"):
        evaluate.settled(neither, scenes.images, 1)


def test_an_untrained_glom_is_always_the_same_and_moves_no_other_randomness(model):
    keras.utils.set_random_seed(0)
    expected = Glom.from_config(model.get_config()).get_weights()

    def drawn():
        return random.random(), float(keras.random.uniform(()))

    keras.utils.set_random_seed(5)
    without = [drawn(), drawn()]
    keras.utils.set_random_seed(5)
    first = drawn()
    found = evaluate.untrained(model).get_weights()
    assert [first, drawn()] == without
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_baselines_and_table(model, scenes):
    result = {
        "model": evaluate.score_model(model, scenes),
        "baselines": evaluate.score_baselines(model, scenes, scenes),
    }
    assert len(result["baselines"]) == 8
    foreground = result["baselines"]["true foreground + position"]["objects"]
    assert foreground["ari"] > 0.9 > result["baselines"]["untrained Glom"]["objects"]["ari"]
    text = evaluate.table(result)
    assert result["baselines"]["true foreground + position"]["tree"]["edge_f1"] > 0
    for name in ("level 1", "level 3", *result["baselines"], "nestedness"):
        assert name in text
