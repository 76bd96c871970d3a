"""Glom with glom-pytorch's weights computes glom-pytorch's states, and refuses what cannot fit."""

import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from safetensors.numpy import save_file

from glomtf.model.glom import Glom
from glomtf.model.port import load_glom_pytorch

RECORD = np.load(Path(__file__).parent / "fixtures" / "glom_pytorch.npz", allow_pickle=False)
WEIGHTS = {name[8:]: RECORD[name] for name in RECORD.files if name.startswith("weights/")}
SIZES = {"dim": 16, "levels": 3, "image_size": 28, "patch_size": 7}
RUNS = {  # as recorded by record_glom_pytorch.py
    "plain": ({}, {"iters": 4}),
    "default_iters": ({}, {}),
    "consensus_self": ({"consensus_self": True}, {"iters": 3}),
    "radius": ({"local_consensus_radius": 1.5}, {"iters": 3}),
    "given_levels": ({}, {"iters": 3, "levels": RECORD["start"]}),
}


def states(model, call=None):
    return keras.ops.convert_to_numpy(model(RECORD["images"], return_all=True, **call or {}))


@pytest.mark.parametrize("run", RUNS)
def test_all_states_equal_glom_pytorch(run):
    build, call = RUNS[run]
    model = Glom(**SIZES, **build)
    assert load_glom_pytorch(model, WEIGHTS) is model
    expected = RECORD[f"states/{run}"]
    received = states(model, call)
    assert received.shape == expected.shape
    np.testing.assert_allclose(received, expected, rtol=0, atol=1e-5)


def test_every_weight_is_assigned():
    model = Glom(**SIZES)
    for variable in model.weights:
        variable.assign(np.full(variable.shape, np.nan))
    load_glom_pytorch(model, WEIGHTS)
    assert all(np.isfinite(keras.ops.convert_to_numpy(v)).all() for v in model.weights)
    count = sum(v.size for name, v in WEIGHTS.items() if name != "attention.non_local_mask")
    assert model.count_params() == count


def test_safetensors_file(tmp_path):
    arrays = {name: np.ascontiguousarray(value) for name, value in WEIGHTS.items()}
    save_file(arrays, tmp_path / "glom.safetensors")
    model = load_glom_pytorch(Glom(**SIZES), str(tmp_path / "glom.safetensors"))
    np.testing.assert_allclose(states(model), RECORD["states/default_iters"], rtol=0, atol=1e-5)


def test_torch_file_and_torch_tensors(tmp_path):
    torch = pytest.importorskip("torch")
    tensors = {name: torch.from_numpy(value) for name, value in WEIGHTS.items()}
    torch.save(tensors, tmp_path / "glom.pt")
    for source in (tmp_path / "glom.pt", tensors):
        model = load_glom_pytorch(Glom(**SIZES), source)
        np.testing.assert_allclose(states(model), RECORD["states/default_iters"], rtol=0, atol=1e-5)
    half = {name: value.bfloat16() for name, value in tensors.items()}
    half["init_levels"].requires_grad_(True)
    load_glom_pytorch(model, half)
    torch.save([1, 2], tmp_path / "list.pt")
    with pytest.raises(ValueError, match=r"a state_dict, names to tensors\. Received: .*list\.pt"):
        load_glom_pytorch(model, tmp_path / "list.pt")


@pytest.mark.parametrize(
    ("name", "package"),
    [
        pytest.param(
            "a.pt", "torch", marks=pytest.mark.skipif(
                keras.backend.backend() == "torch", reason="Keras itself runs on it"
            ),
        ),
        ("a.safetensors", "safetensors"),
    ],
)  # fmt: skip
def test_a_package_that_is_missing(name, package, tmp_path, monkeypatch):
    (tmp_path / name).write_bytes(b"anything")
    for module in (package, f"{package}.numpy"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=f"needs the package {package}: pip install {package}$"):
        load_glom_pytorch(Glom(**SIZES), tmp_path / name)


def refused(kind, model, source):
    """The one line a refusal says; the model is as it was."""
    before = model.get_weights()
    with pytest.raises(kind) as caught:
        load_glom_pytorch(model, source)
    for a, b in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(a, b)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_file_that_is_missing_or_broken(tmp_path):
    line = refused(FileNotFoundError, Glom(**SIZES), tmp_path / "none.safetensors")
    assert "none.safetensors" in line
    assert "Received: " in refused(FileNotFoundError, Glom(**SIZES), tmp_path)
    (tmp_path / "broken.safetensors").write_bytes(b"not weights at all" * 10)
    line = refused(ValueError, Glom(**SIZES), tmp_path / "broken.safetensors")
    assert "that safetensors can read" in line and "broken.safetensors" in line


def test_entries_that_do_not_fit_are_all_listed():
    weights = dict(WEIGHTS, extra=np.zeros(3), init_levels=np.zeros((4, 16), "float32"))
    del weights["pos_emb.weight"]
    line = refused(ValueError, Glom(**SIZES), weights)
    assert "missing pos_emb.weight (16, 16)" in line
    assert "unexpected extra (3,)" in line
    assert "init_levels: expected (3, 16), received (4, 16)" in line


def test_entries_that_are_no_numbers():
    words = np.full((3, 16), "word")
    line = refused(ValueError, Glom(**SIZES), WEIGHTS | {"init_levels": words})
    assert "Expected numbers in init_levels" in line


def test_no_entries_at_all():
    line = refused(ValueError, Glom(**SIZES), {})
    assert line.count("missing") == len(WEIGHTS) - 1, "all but the mask"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"stem": "conv", "patch_size": 4}, "Received: stem='conv'"),
        ({"stem": keras.layers.Conv2D(16, 7, 7)}, "Received: stem='a Conv2D'"),
        ({"mlp_ratio": 2}, "Received: mlp_ratio=2"),
        ({"top_down_location": None}, "Received: top_down_location=None"),
        ({"top_down_activation": "sine"}, "Received: top_down_activation='sine'"),
        ({"bottom_up_location": "fourier"}, "Received: bottom_up_location='fourier'"),
        ({"initial_state": "bottom_up"}, "Received: initial_state='bottom_up'"),
        ({"image_size": (14, 56)}, "Received: a grid of 2 x 8 columns"),
        ({"levels": 1}, "Received: levels=1"),
    ],
)
def test_a_glom_that_cannot_take_them(given, words):
    assert words in refused(ValueError, Glom(**SIZES | given), WEIGHTS)


@pytest.mark.parametrize("given", [{"dim": 8}, {"levels": 4}, {"image_size": 21}, {"channels": 1}])
def test_a_glom_of_other_sizes(given):
    assert "expected (" in refused(ValueError, Glom(**SIZES | given), WEIGHTS)


def test_something_that_is_no_glom():
    with pytest.raises(ValueError, match=r"Expected a Glom to load into\. Received: Dense"):
        load_glom_pytorch(keras.layers.Dense(3), WEIGHTS)
