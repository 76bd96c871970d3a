"""The score matrix: a perfect model scores 1, the table has every row."""

import numpy as np
import pytest

from glomtf.model.glom import Glom
from glomtf.model.presets import Reading
from glomtf.training import evaluate
from glomtf.training.data import column_targets
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


def test_states_that_are_the_truth_score_one(model, scenes, monkeypatch):
    truth = column_targets(scenes, 4)
    codes = np.eye(64, dtype="float32")
    states = np.stack(
        [codes[truth["parts"] * 0], codes[truth["parts"]], codes[truth["objects"]]], axis=3
    )
    monkeypatch.setattr(evaluate, "settled", lambda *_: states)
    result = evaluate.score_model(model, scenes)
    assert result["levels"]["2"]["parts"] == pytest.approx(
        {"ari": 1, "fg_ari": 1, "mbo": 1, "fg_ari_oracle_k": 1}
    )
    assert result["levels"]["3"]["objects"]["fg_ari"] == pytest.approx(1)
    assert result["tree"] == pytest.approx({"nestedness": 1, "parent_accuracy": 1, "edge_f1": 1})
    assert result["levels"]["2"]["objects"]["fg_ari"] < 0.9
    assert result["levels"]["1"]["parts"]["mbo"] == 0


def test_baselines_and_table(model, scenes):
    result = {
        "model": evaluate.score_model(model, scenes),
        "baselines": evaluate.score_baselines(model, scenes, scenes),
    }
    assert len(result["baselines"]) == 8
    foreground = result["baselines"]["true foreground + position"]["objects"]
    assert foreground["ari"] > 0.9 > result["baselines"]["untrained Glom"]["objects"]["ari"]
    text = evaluate.table(result)
    for name in ("level 1", "level 3", *result["baselines"], "nestedness"):
        assert name in text
