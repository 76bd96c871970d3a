"""Saving and loading: equal states back, and one clear line for files that are not ours."""

import json
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from keras import ops

import glomtf
from glomtf.model import presets
from glomtf.model.glom import Glom
from glomtf.model.presets import Reading, available, load, reading_of, save_run

SMALL = {"dim": 8, "levels": 3, "image_size": 8, "patch_size": 4, "data_format": "channels_last"}
READING = Reading(iters=4, thresholds=(0.5, 0.75, 0.9), part_level=2, object_level=3)


@pytest.fixture(scope="module")
def small():
    keras.utils.set_random_seed(0)
    return Glom(**SMALL)


@pytest.fixture
def run(small, tmp_path):
    save_run(small, tmp_path / "run", READING, {"recipe": "test"})
    return tmp_path / "run"


def edit(run, change):
    """Change the parsed model.json of a run."""
    content = json.loads((run / "model.json").read_text())
    change(content)
    (run / "model.json").write_text(json.dumps(content))


def refused(name_or_folder, *words):
    with pytest.raises(ValueError) as error:
        load(name_or_folder)
    text = str(error.value)
    assert "\n" not in text and len(text) < 600 and "expected" in text
    assert all(word in text for word in words), text


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"stem": "conv", "top_down_location": "fourier", "initial_state": "bottom_up"},
        {"top_down_location": None, "state_norm": "unit", "similarity": "cosine"},
        {"local_consensus_radius": [0, 1.5, 2], "beta": [1.0, 2.0, 4], "learn_beta": True},
        {
            "contribution_weights": np.arange(1.0, 13).reshape(3, 4).tolist(),
            "learn_contribution_weights": True,
            "contribution_schedule": [(1, 1, 0, 0), (1, 1, 1, 1)],
            "beta_schedule": (1.0, 2.0),
        },
        {"image_size": (8, 12), "neighbours": 3, "bottom_up_location": "fourier"},
        {"beta": np.float32(2.0), "consensus_self": True},
    ],
)
def test_a_saved_model_gives_the_same_states_back(tmp_path, arguments):
    model = Glom(**SMALL | arguments)
    x = np.random.default_rng(0).random((2, *model.image_size, 3), "float32")
    save_run(model, tmp_path / "a" / "run", READING, {})
    again = load(tmp_path / "a" / "run")
    states = [keras.ops.convert_to_numpy(each(x, iters=3)) for each in (again, model)]
    np.testing.assert_array_equal(*states)
    assert again.reading == READING and reading_of(again) == READING


def test_weights_are_those_of_keras_in_a_smaller_file(small, run, tmp_path):
    plain, packed = tmp_path / "plain.weights.h5", run / "model.weights.h5"
    small.save_weights(plain)
    assert packed.stat().st_size < 0.8 * plain.stat().st_size
    with h5py.File(plain) as old, h5py.File(packed) as new:
        before, after = {}, {}
        old.visititems(lambda name, item: before.update({name: item}))
        new.visititems(lambda name, item: after.update({name: item}))
        assert before.keys() == after.keys() and any(item.attrs for item in before.values())
        for name, item in before.items():
            assert dict(item.attrs) == dict(after[name].attrs)
            if isinstance(item, h5py.Dataset):
                np.testing.assert_array_equal(item[()], after[name][()])
                assert item.dtype == after[name].dtype


def test_the_folder_holds_two_plain_files(run):
    assert sorted(path.name for path in run.iterdir()) == ["model.json", "model.weights.h5"]
    content = json.loads((run / "model.json").read_text())
    assert sorted(content) == ["details", "glom", "reading", "schema"]
    assert content["schema"] == "glomtf.model/1" and content["details"] == {"recipe": "test"}
    assert content["glom"]["dim"] == 8 and content["glom"]["beta"] is None
    assert content["reading"]["thresholds"] == [0.5, 0.75, 0.9]


def test_a_model_without_a_reading_gets_the_default(small):
    assert reading_of(small) == Reading(6, (0.5, 0.5, 0.5), 2, 3)
    assert Reading.default(1) == Reading(2, (0.5,), 1, 1)


def test_presets_are_found_by_name(run, tmp_path, monkeypatch):
    assert available() == tuple(sorted(p.parent.name for p in presets.PRESETS.glob("*/model.json")))
    monkeypatch.setattr(presets, "PRESETS", tmp_path)
    assert available() == ("run",)
    assert glomtf.load("run").dim == 8
    refused("walk", "walk", "run")


def test_a_path_is_a_folder_though_a_preset_is_called_so(run, monkeypatch):
    run.rename(run.parent / "icons")
    monkeypatch.chdir(run.parent)
    assert glomtf.load(Path("icons")).dim == glomtf.load("./icons").dim == 8
    assert glomtf.load("icons").dim == 64


def test_weights_in_bfloat16_come_back(tmp_path):
    model = Glom(**SMALL, dtype="bfloat16")
    save_run(model, tmp_path / "run", READING, {})
    for one, other in zip(load(tmp_path / "run").weights, model.weights, strict=True):
        np.testing.assert_array_equal(*(np.asarray(ops.cast(v, "float32")) for v in (one, other)))


def test_what_is_not_there_is_refused(run, tmp_path):
    refused(tmp_path / "missing", "missing", "model.json")
    refused(str(run / "model.json"), "model.json")
    (run / "model.weights.h5").unlink()
    refused(run, "model.weights.h5")


@pytest.mark.parametrize("failing", ["save_weights", "write_text"])
def test_a_save_that_fails_leaves_the_older_one_whole(run, monkeypatch, failing):
    before = {path.name: path.read_bytes() for path in run.iterdir()}
    model = Glom(**SMALL)
    owner = Glom if failing == "save_weights" else type(run)

    def half(self, path, *args, **kwargs):
        target = path if failing == "save_weights" else self
        target.write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(owner, failing, half)
    with pytest.raises(OSError, match="disk full"):
        save_run(model, run, READING, {})
    assert {path.name: path.read_bytes() for path in run.iterdir()} == before


def test_a_stem_of_ones_own_is_saved_otherwise(tmp_path):
    stem = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(8, 4, 4)])
    with pytest.raises(ValueError, match=r"Sequential; save .* model.save") as error:
        save_run(Glom(**SMALL | {"stem": stem}), tmp_path, READING, {})
    assert "\n" not in str(error.value) and not list(tmp_path.iterdir())


def test_a_save_needs_a_threshold_per_level_and_plain_details(small, tmp_path):
    with pytest.raises(ValueError, match="3 thresholds, one per level, got 2"):
        save_run(small, tmp_path, Reading.default(2), {})
    with pytest.raises(ValueError, match="nan"):
        save_run(small, tmp_path, READING, {"loss": float("nan")})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "values",
    [
        (-1, (0.5,), 1, 1),
        (1001, (0.5,), 1, 1),
        (True, (0.5,), 1, 1),
        (2.0, (0.5,), 1, 1),
        ("2", (0.5,), 1, 1),
        (2, (0.5,), 0, 1),
        (2, (0.5,), 1, 2),
        (2, (0.5, 0.5), 2, 1),
        (2, (), 1, 1),
        (2, (1.5,), 1, 1),
        (2, (float("nan"),), 1, 1),
        (2, ("a",), 1, 1),
    ],
)
def test_a_reading_out_of_range_is_refused(values):
    with pytest.raises(ValueError, match=r"expected .* got"):
        Reading(*values)


@pytest.mark.parametrize(
    "text, word",
    [
        ("", "Expecting value"),
        ("[1, 2]", "list"),
        ("null", "NoneType"),
        ("{", "model.json"),
        ('{"schema": NaN}', "NaN"),
        ('{"schema": 1e999}', "no"),
        ("[" * 100_000, "nested"),
        ('{"schema": "glomtf.model/1"}', "'details'"),
        ("\ud800".encode("utf-8", "surrogatepass"), "utf-8"),
        (" " * 1_000_001, "1000000 bytes"),
    ],
)
def test_text_that_is_no_description_is_refused(run, text, word):
    path = run / "model.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    refused(run, "model.json", word)


@pytest.mark.parametrize(
    "part, values, word",
    [
        (None, {"schema": "glomtf.model/2"}, "glomtf.model/2"),
        (None, {"class_name": "Lambda"}, "class_name"),
        (None, {"glom": []}, "list"),
        (None, {"reading": None}, "NoneType"),
        ("glom", {"units": 3}, "units"),
        ("glom", {"stem": {"class_name": "Lambda", "config": {}}}, "stem"),
        ("glom", {"stem": "deep"}, "deep"),
        ("glom", {"dim": "8"}, "dim"),
        ("glom", {"dim": 8.5}, "dim"),
        ("glom", {"dim": True}, "dim"),
        ("glom", {"dim": None}, "dim"),
        ("glom", {"dim": [8]}, "dim"),
        ("glom", {"levels": None}, "levels"),
        ("glom", {"levels": 10**9}, "levels"),
        ("glom", {"patch_size": 0}, "model.json"),
        ("glom", {"image_size": [8, 8, 8]}, "model.json"),
        ("glom", {"image_size": [[8], 8]}, "model.json"),
        ("glom", {"image_size": 10**6}, "image_size"),
        ("glom", {"image_size": 8192}, "columns"),
        ("glom", {"location_frequencies": 10**6}, "location_frequencies"),
        ("glom", {"dim": 10**5}, "bytes"),
        ("glom", {"mlp_ratio": 10**6}, "bytes"),
        ("glom", {"channels": 10**6}, "bytes"),
        ("glom", {"channels": 10**5, "stem": "conv"}, "of at least"),
        ("glom", {"channels": 10**5, "stem": "pyramid", "patch_size": 8}, "of at least"),
        ("glom", {"learn_beta": 1}, "learn_beta"),
        ("glom", {"beta": [[[1]]]}, "beta"),
        ("glom", {"beta": {"x": 1}}, "beta"),
        ("glom", {"beta": [1, 2]}, "beta"),
        ("glom", {"beta": -1}, "beta"),
        ("glom", {"contribution_weights": [1, 2, "3", 4]}, "contribution_weights"),
        ("glom", {"contribution_weights": 5}, "model.json"),
        ("glom", {"beta_schedule": 3}, "model.json"),
        ("glom", {"neighbours": 0.5}, "neighbours"),
        ("glom", {"assembly": 10**6}, "assembly"),
        ("glom", {"assembly": 16, "dim": 64}, "of at least"),
        ("glom", {"assembly": [0, 1]}, "model.json"),
        ("glom", {"assembly": "deep"}, "assembly"),
        ("reading", {"iters": 10**7}, "iters"),
        ("reading", {"iters": None}, "iters"),
        ("reading", {"thresholds": 0.5}, "thresholds"),
        ("reading", {"thresholds": [0.5, 0.5]}, "object_level"),
        ("reading", {"thresholds": [0.5, 0.5, 7]}, "thresholds"),
        ("reading", {"thresholds": [0.5] * 4}, "3 thresholds"),
        ("reading", {"object_level": 9}, "object_level"),
        ("reading", {"secret": 1}, "secret"),
    ],
)
def test_a_strange_description_is_refused(run, part, values, word):
    edit(run, lambda content: (content[part] if part else content).update(values))
    refused(run, "model.json", word)


def test_infinity_by_overflow_is_refused(run):
    text = (run / "model.json").read_text()
    (run / "model.json").write_text(text.replace('"beta": null', '"beta": 1e999'))
    refused(run, "glom.beta", "inf")


def test_a_description_without_its_reading_is_refused(run):
    edit(run, lambda content: content["reading"].pop("iters"))
    refused(run, "'iters' in reading")


def test_an_older_description_gets_the_defaults_of_newer_arguments(run):
    edit(run, lambda content: content["glom"].pop("location_frequencies"))
    assert load(run).dim == 8


def test_weights_that_do_not_fit_are_refused(run, small):
    path = run / "model.weights.h5"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 3 // 4])
    refused(run, "model.weights.h5")
    path.write_bytes(b"these are no weights " * 2000)
    refused(run, "model.weights.h5")
    Glom(**SMALL | {"dim": 12}).save_weights(path, overwrite=True)
    refused(run, "model.weights.h5")
    with h5py.File(path, "w") as file:
        file["padding"] = np.zeros(20_000)
    refused(run, "model.weights.h5")


def test_weights_as_keras_writes_them_load(run, small):
    small.save_weights(run / "model.weights.h5", overwrite=True)
    for one, other in zip(load(run).get_weights(), small.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_weights_that_unfold_beyond_their_file_are_refused(run, monkeypatch):
    with h5py.File(run / "model.weights.h5", "a") as file:
        file.create_dataset("more", (10**12,), "f4", chunks=(10**6,), compression="gzip")
    monkeypatch.setattr(Glom, "load_weights", lambda *_: pytest.fail("it was read"))
    refused(run, "model.weights.h5", "at most the file's", "got 4000000")


def test_weights_with_nan_or_links_are_refused(run, tmp_path):
    path = run / "model.weights.h5"
    datasets = []
    with h5py.File(path, "a") as file:
        file.visititems(
            lambda name, item: datasets.append(item) if hasattr(item, "shape") else None
        )
        name, values = datasets[0].name, datasets[0][()]
        datasets[0][...] = np.nan
    refused(run, "model.weights.h5", "NaN")
    with h5py.File(tmp_path / "elsewhere.h5", "w") as other:
        other["values"] = values
    with h5py.File(path, "a") as file:
        file[name][...] = values
    load(run)
    with h5py.File(path, "a") as file:
        del file[name]
        file[name] = h5py.ExternalLink(tmp_path / "elsewhere.h5", "values")
    refused(run, "model.weights.h5")
