"""Any picture in, one consistent result out: sizes, boxes, values, files."""

import json
import sys
from html.parser import HTMLParser

import keras
import numpy as np
import pytest
from PIL import Image

import glomtf
import glomtf.model.presets
from glomtf.islands import ParseTree, segment
from glomtf.model.glom import Glom
from glomtf.model.presets import Reading, save_run

SMALL = {
    "dim": 8, "levels": 3, "image_size": 16, "patch_size": 4, "stem": "conv",
    "top_down_location": "fourier", "initial_state": "bottom_up", "data_format": "channels_last",
}  # fmt: skip
FILES = ["levels.png", "report.html", "tree.json"]


@pytest.fixture(scope="module")
def model():
    import keras

    keras.utils.set_random_seed(0)
    glom = Glom(**SMALL)
    glom.reading = Reading(iters=2, thresholds=(0.6, 0.9, 0.95), part_level=2, object_level=3)
    return glom


def picture(height, width, channels=3):
    """Two flat squares on grey, any size, uint8."""
    pixels = np.full((height, width, channels), 200, np.uint8)
    pixels[: (height + 1) // 2, : (width + 1) // 2, 0] = 20
    pixels[height // 2 :, width // 2 :, -1] = 250
    return pixels


def nodes(node):
    return [node, *(below for child in node.children for below in nodes(child))]


def one_line(error, *words):
    text = str(error.value)
    assert "\n" not in text and "expected" in text and "got" in text
    assert all(word in text for word in words), text


def test_states_are_those_of_the_model(model):
    pixels = picture(16, 16)
    result = glomtf.parse(pixels, model)
    direct = model(pixels[None].astype("float32") / 255, iters=2, return_all=True)
    direct = keras.ops.convert_to_numpy(direct)
    assert result.states.shape == (3, 16, 3, 8) and result.states.dtype == np.float32
    np.testing.assert_allclose(result.states, direct[:, 0], atol=1e-6)
    assert result.grid == (4, 4) and result.patch == (4.0, 4.0)
    np.testing.assert_array_equal(result.image, pixels)


def test_levels_and_tree_follow_the_reading(model):
    result = glomtf.parse(picture(16, 16), model)
    assert [one.level for one in result.levels] == [1, 2, 3]
    assert [one.level for one in result.tree.levels] == [2, 3]
    last = result.states[-1].reshape(4, 4, 3, 8)
    for one, threshold in zip(result.levels, model.reading.thresholds, strict=True):
        labels = segment(last[:, :, one.level - 1], threshold=threshold)
        np.testing.assert_array_equal(one.labels, labels)
    for one, inside in zip(result.levels[1:], result.tree.levels, strict=True):
        np.testing.assert_array_equal(one.labels, inside.labels)
        assert one.agreement == inside.agreement


def test_labels_are_the_islands_of_every_state(model):
    result = glomtf.parse(picture(16, 12), model)
    assert result.labels.shape == (3, 3, 4, 3) and not result.labels.flags.writeable
    for state, labels in zip(result.states.reshape(3, 4, 3, 3, 8), result.labels, strict=True):
        for level, threshold in enumerate(model.reading.thresholds):
            expected = segment(state[:, :, level], threshold=threshold)
            np.testing.assert_array_equal(labels[level], expected)
    for one, labels in zip(result.levels, result.labels[-1], strict=True):
        np.testing.assert_array_equal(one.labels, labels)


def test_iters_default_to_the_reading_and_can_be_given(model):
    assert len(glomtf.parse(picture(16, 16), model).states) == 3
    assert len(glomtf.parse(picture(16, 16), model, iters=5).states) == 6
    given = glomtf.parse(picture(16, 16), model, iters=np.int64(5))
    assert json.loads(given.tree.to_json())["steps"] == 5
    assert len(glomtf.parse(picture(16, 16), Glom(**SMALL)).states) == 7


def test_a_tolerance_ends_settling_where_the_states_come_to_rest(model):
    pixels = picture(16, 16)
    states = glomtf.parse(pixels, model, iters=24).states
    share = np.linalg.norm(np.diff(states, axis=0), axis=-1) / np.linalg.norm(states[1:], axis=-1)
    moved = np.sqrt((share**2).mean(axis=(1, 2)))
    tolerance = float(moved[6]) * 1.001
    rest = int(np.argmax(moved <= tolerance)) + 1
    result = glomtf.parse(pixels, model, tolerance=tolerance)
    assert 2 < rest == result.tree.steps == len(result.states) - 1
    np.testing.assert_allclose(result.states, states[: rest + 1], atol=1e-6)
    assert glomtf.parse(pixels, model, iters=2, tolerance=tolerance).tree.steps == 2
    assert glomtf.parse(pixels, model, tolerance=1e-12).tree.steps == 24  # 8 per level
    assert glomtf.parse(pixels, model).tree.to_dict()["steps"] == 2


@pytest.mark.parametrize("tolerance", [0, -0.1, float("nan"), float("inf"), "little", True])
def test_other_tolerances_are_refused(model, tolerance):
    with pytest.raises(ValueError) as error:
        glomtf.parse(picture(16, 16), model, tolerance=tolerance)
    one_line(error, "tolerance as a finite number above 0")


@pytest.mark.parametrize(
    "shape, grid, patch",
    [
        ((16, 16), (4, 4), (4, 4)),
        ((100, 100), (4, 4), (25, 25)),
        ((4, 4), (4, 4), (1, 1)),
        ((1, 1), (4, 4), (0.25, 0.25)),
        ((32, 96), (1, 4), (25.6, 24)),  # 3:1, 5 of 8 rows of pixels: the second row is padding
        ((5, 200), (1, 4), (20, 50)),  # 1:40
        ((200, 5), (4, 1), (50, 20)),
        ((16, 9), (4, 2), (4, 4)),  # a quarter of the third column is picture
        ((16, 10), (4, 3), (4, 4)),  # half of it
    ],
)
def test_any_shape_gives_a_grid_and_boxes_inside_the_original(model, shape, grid, patch):
    result = glomtf.parse(picture(*shape), model)
    assert result.grid == result.tree.grid == grid
    assert result.patch == pytest.approx(patch)
    assert result.states.shape == (3, grid[0] * grid[1], 3, 8)
    assert all(one.labels.shape == grid for one in result.levels)
    assert result.tree.tree.bbox == (0, 0, shape[1], shape[0])
    for node in nodes(result.tree.tree):
        x0, y0, x1, y1 = node.bbox
        assert 0 <= x0 < x1 <= shape[1] and 0 <= y0 < y1 <= shape[0]


def test_padding_repeats_the_edge(model):
    narrow = picture(16, 10)
    padded = np.pad(narrow, ((0, 0), (0, 6), (0, 0)), mode="edge")[:, :12]
    direct = keras.ops.convert_to_numpy(model(padded[None].astype("float32") / 255, iters=2))
    np.testing.assert_allclose(glomtf.parse(narrow, model).states[-1], direct[0], atol=1e-6)


def test_large_pictures_are_averaged_not_sampled(model):
    board = 255 * (np.indices((64, 64)).sum(axis=0) % 2).astype(np.uint8)
    grey = np.full((16, 16), 128, np.uint8)
    fine, flat = (glomtf.parse(pixels, model).states[0] for pixels in (board, grey))
    black = glomtf.parse(np.zeros_like(grey), model).states[0]
    assert abs(fine - flat).max() < 0.1 * abs(black - flat).max()


def test_a_model_of_fixed_size_gets_it_and_its_padding_is_left_out():
    glom = Glom(**SMALL | {"top_down_location": "learned"})
    result = glomtf.parse(picture(16, 48), glom, iters=1)
    assert result.grid == (1, 4) and result.states.shape == (2, 4, 3, 8)
    assert result.patch == pytest.approx((12.8, 12))
    square = glomtf.parse(picture(48, 48), glom, iters=1)
    assert square.grid == (4, 4)


def test_channels_first_and_grey_models():
    last = Glom(**SMALL)
    first = Glom(**SMALL | {"data_format": "channels_first"})
    first.set_weights(last.get_weights())
    pixels = picture(16, 8)
    np.testing.assert_array_equal(
        glomtf.parse(pixels, first).states, glomtf.parse(pixels, last).states
    )
    grey = glomtf.parse(pixels, Glom(**SMALL | {"channels": 1}))
    assert grey.image.shape == (16, 8, 3) and grey.states.shape == (7, 8, 3, 8)
    with pytest.raises(ValueError) as error:
        glomtf.parse(pixels, Glom(**SMALL | {"channels": 2}))
    one_line(error, "channels", "2")


def test_arrays_of_all_kinds_mean_the_same_picture(model):
    pixels = picture(16, 16)
    expected = glomtf.parse(pixels, model).states
    for same in (
        pixels / 255.0,
        pixels.astype("float32") / 255,
        np.concatenate([pixels, np.full((16, 16, 1), 255, np.uint8)], axis=2),
    ):
        result = glomtf.parse(same, model)
        np.testing.assert_array_equal(result.image, pixels)
        np.testing.assert_array_equal(result.states, expected)
    grey = glomtf.parse(pixels[..., 1], model)
    np.testing.assert_array_equal(grey.image, pixels[..., 1:2].repeat(3, axis=2))
    clear = np.zeros((16, 16, 4), np.uint8)
    assert (glomtf.parse(clear, model).image == 255).all()


def test_the_result_keeps_its_own_picture(model):
    pixels = picture(16, 16)
    result = glomtf.parse(pixels, model)
    pixels[:] = 0
    assert result.image.any()


@pytest.mark.parametrize(
    "array, words",
    [
        (np.zeros((0, 5, 3), np.uint8), ["(0, 5, 3)"]),
        (np.zeros(5, np.uint8), ["(5,)"]),
        (np.zeros((1, 4, 4, 3), np.uint8), ["(1, 4, 4, 3)"]),
        (np.zeros((3, 8, 8), np.uint8), ["(3, 8, 8)", "order"]),
        (np.full((4, 4, 3), np.nan), ["nan"]),
        (np.full((4, 4, 3), 255.0), ["255"]),
        (np.full((4, 4, 3), -0.5), ["-0.5"]),
        (np.zeros((4, 4, 3), np.int64), ["int64"]),
        (np.zeros((4, 4), bool), ["bool"]),
        (None, ["shape ()"]),
    ],
)
def test_what_is_no_picture_is_refused(model, array, words):
    with pytest.raises(ValueError) as error:
        glomtf.parse(array, model)
    one_line(error, *words)


@pytest.mark.parametrize("iters", [0, -1, 1001, 2.0, True, "3"])
def test_steps_out_of_range_are_refused(model, iters):
    with pytest.raises(ValueError) as error:
        glomtf.parse(picture(16, 16), model, iters=iters)
    one_line(error, "iters", repr(iters))


def test_what_is_no_model_is_refused():
    with pytest.raises(ValueError) as error:
        glomtf.parse(picture(16, 16), 3)
    one_line(error, "int")


def test_the_icons_preset_is_the_default_and_loaded_once(model, tmp_path, monkeypatch):
    monkeypatch.setattr(glomtf.model.presets, "PRESETS", tmp_path)
    sys.modules["glomtf.view"]._icons.cache_clear()  # another test may have used the preset
    save_run(model, tmp_path / "icons", model.reading, {})
    expected = glomtf.parse(picture(16, 16), model).states
    np.testing.assert_array_equal(glomtf.parse(picture(16, 16), "icons").states, expected)
    np.testing.assert_array_equal(glomtf.parse(picture(16, 16)).states, expected)
    (tmp_path / "icons" / "model.json").unlink()
    try:
        np.testing.assert_array_equal(glomtf.parse(picture(16, 16)).states, expected)
    finally:
        sys.modules["glomtf.view"]._icons.cache_clear()


def test_files_name_the_picture_as_it_was_given(model, tmp_path):
    path = tmp_path / "my picture.png"
    Image.fromarray(picture(16, 16)).save(path)
    assert glomtf.parse(path, model).tree.image.path == str(path)
    assert glomtf.parse(str(path), model, name="other").tree.image.path == "other"
    assert glomtf.parse(picture(16, 16), model).tree.image.path == ""


def test_save_writes_the_three_files_again_the_same(model, tmp_path):
    glomtf.parse(picture(48, 40), model).save(tmp_path / "new" / "a")
    glomtf.parse(picture(48, 40), model).save(tmp_path / "new" / "b")
    for folder in ("a", "b"):
        assert sorted(p.name for p in (tmp_path / "new" / folder).iterdir()) == FILES
    text = (tmp_path / "new" / "a" / "tree.json").read_bytes()
    assert text == (tmp_path / "new" / "b" / "tree.json").read_bytes()
    data = json.loads(text)
    assert data["schema"] == "glomtf.parse/1"
    assert data["image"] == {"path": "", "width": 40, "height": 48}
    assert ParseTree.from_json(text).to_json().encode() == text
    with Image.open(tmp_path / "new" / "a" / "levels.png") as drawing:
        assert drawing.format == "PNG"
    report = (tmp_path / "new" / "a" / "report.html").read_text("utf-8")
    assert "<html" in report and '"steps":[0,1,2]' in report and '"codes":' in report


def test_save_with_settling_writes_what_happens_over_time(model, tmp_path):
    result = glomtf.parse(picture(16, 16), model)
    result.save(tmp_path, settling=True)
    more = ["settling.gif", "settling.png", "vectors.png"]
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(FILES + more)
    assert (tmp_path / "settling.gif").read_bytes() == result.animate()
    with Image.open(tmp_path / "settling.gif") as film:
        assert film.n_frames == 3
    # Two lines, a picture, and at each of three levels a name and three steps.
    for figure in (result.plot_settling(), result.plot_vectors()):
        assert len([ax for ax in figure.axes if ax.get_images()]) == 1 + 3 * 3
        assert {"level 1", "level 3"} < {text.get_text() for text in figure.texts}


def test_a_report_can_show_the_truth(model):
    result = glomtf.parse(picture(16, 12), model)
    page = result.report(truth={"objects": np.eye(4, 3, dtype=int)}, scores={"ARI <1>": 0.5})
    assert '"name":"objects"' in page and "ARI \\u003c1\\u003e" in page
    with pytest.raises(ValueError, match=r"\(4, 3\), got \(3, 3\)"):
        result.report(truth={"objects": np.eye(3, dtype=int)})


def test_a_notebook_shows_the_report_in_a_frame_without_rights(model):
    result = glomtf.parse(picture(16, 16), model, name='"><script>')
    found = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attributes: found.append((tag, dict(attributes)))
    parser.feed(result._repr_html_())
    ((tag, attributes),) = found
    assert tag == "iframe" and attributes["sandbox"] == "allow-scripts"
    assert attributes["srcdoc"] == result.report()


@pytest.mark.parametrize("stop", [OSError("disk full"), KeyboardInterrupt()])
@pytest.mark.parametrize("name", FILES)
def test_a_save_that_stops_leaves_the_older_files_whole(model, tmp_path, monkeypatch, stop, name):
    result = glomtf.parse(picture(16, 16), model)
    result.save(tmp_path)
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    write = type(tmp_path).write_bytes

    def half(path, content):
        write(path, content[: len(content) // 2])
        if path.name == name:
            raise stop
        write(path, content)

    monkeypatch.setattr(type(tmp_path), "write_bytes", half)
    with pytest.raises(type(stop)):
        glomtf.parse(picture(16, 8), model).save(tmp_path)
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before


def test_plot_shows_the_picture_and_every_level(model):
    figure = glomtf.parse(picture(16, 16), model).plot()
    titles = list(filter(None, (ax.get_title(loc="left") for ax in figure.axes)))
    assert [title.split(":")[0] for title in titles] == ["picture", "level 1", "level 2", "level 3"]
