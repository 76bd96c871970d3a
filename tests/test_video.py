"""A video in, one consistent parse out: states carried on, ids that last, steps counted."""

import itertools
import json

import keras
import numpy as np
import pytest
from PIL import Image

import glomtf
from glomtf import cli
from glomtf.islands import ParseTree, adjusted_rand
from glomtf.model.glom import Glom
from glomtf.model.presets import Reading, save_run
from glomtf.video import MOST_STEPS, VideoParse, parse_video
from glomtf.worlds import draw_sample

SMALL = {
    "dim": 8, "levels": 3, "image_size": 32, "patch_size": 4, "stem": "conv",
    "top_down_location": "fourier", "initial_state": "bottom_up", "data_format": "channels_last",
    "state_norm": "rms",
}  # fmt: skip
ITERS = 3


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    glom = Glom(**SMALL)
    glom.reading = Reading(ITERS, (0.6, 0.9, 0.95), 2, 3)
    return glom


def frames(count=4, shift=4, size=(32, 32)):
    """A dark square on grey that moves to the right by ``shift`` pixels a frame."""
    film = np.full((count, *size, 3), 200, np.uint8)
    for number, one in enumerate(film):
        one[8:20, 2 + number * shift : 14 + number * shift] = (20, 60, 120)
    return film


def change(before, after):
    moved = np.linalg.norm(after - before, axis=-1) / np.linalg.norm(after, axis=-1)
    return np.sqrt(np.mean(moved**2))


def test_the_first_frame_is_parsed_like_a_picture(model):
    film = frames(2)
    first, picture = parse_video(film, model).frames[0], glomtf.parse(film[0], model)
    np.testing.assert_allclose(first.state, picture.states[-1], atol=1e-5)
    assert first.steps == first.steps_afresh == ITERS
    assert first.tree.to_dict() | {"image": 0} == picture.tree.to_dict() | {"image": 0}
    for one, other, afresh in zip(first.levels, picture.levels, first.labels_afresh, strict=True):
        np.testing.assert_array_equal(one.labels, other.labels)
        np.testing.assert_array_equal(one.labels, afresh)


def test_later_frames_carry_on_until_they_are_at_rest(model):
    """Each frame's state is its predecessor's, settled further; the rule is the first frame's."""
    film = frames(3)
    result = parse_video(film, model).frames
    views = film[:, None].astype("float32") / 255

    def moves(view, levels, count):
        states = model(view, iters=count, levels=levels, return_all=True)
        states = keras.ops.convert_to_numpy(states)[:, 0]
        return states, [change(a, b) for a, b in itertools.pairwise(states)]

    rest = moves(views[0], None, ITERS)[1][-1]
    for before, now, view in zip(result, result[1:], views[1:], strict=False):
        for levels, count, state in (
            (before.state[None], now.steps, now.state),
            (None, now.steps_afresh, None),
        ):
            states, moved = moves(view, levels, count)
            assert 1 <= count <= MOST_STEPS * ITERS
            assert all(one > rest for one in moved[:-1])
            assert moved[-1] <= rest * 1.001 or count == MOST_STEPS * ITERS
            if state is not None:
                np.testing.assert_allclose(state, states[-1], atol=1e-5)


@pytest.fixture(scope="module")
def film():
    """The preset's view of a robot that first stands still and then goes to the right."""
    robot = np.asarray(Image.fromarray(draw_sample("robot")).resize((64, 64)))
    # Six steps: after the preset's own four, a scrap of an island still joins another.
    return parse_video([np.roll(robot, shift, axis=1) for shift in (0, 0, 0, 4, 8)], iters=6)


def test_standing_still_saves_steps_and_keeps_the_islands(film):
    first, second, third, *_ = film.frames
    assert second.steps == third.steps == 1
    assert abs(second.steps_afresh - first.steps) <= 1
    objects = [
        {one["id"] for one in nodes(frame.tree.to_dict()["tree"]) if one["id"].startswith("3.")}
        for frame in film.frames[:3]
    ]
    assert len(objects[0]) > 2 and objects[0] == objects[1] == objects[2]


def test_what_appears_takes_no_number_from_what_was_there():
    """A second square comes first in reading order; the first one keeps its ids all the same."""
    one = np.full((96, 96, 3), 235, np.uint8)
    one[60:84, 56:84] = (200, 30, 40)
    two = one.copy()
    two[12:36, 12:44] = (30, 60, 200)
    before, after = (frame.tree.tree.children for frame in parse_video([one, two]).frames)
    assert [node.id for node in before] == ["3.1"]
    places = {node.id: node.bbox[1] for node in after}
    assert set(places) == {"3.1", "3.2"} and places["3.2"] < 36 < places["3.1"]


def nodes(node):
    return [node, *(one for child in node["children"] for one in nodes(child))]


def test_consistency_counts_what_the_maps_show(film):
    for i, one in enumerate(film.consistency()):
        maps = [frame.levels[i].labels for frame in film.frames]
        present = [set(m[m > 0].tolist()) for m in maps]
        pairs = list(itertools.pairwise(present))
        assert one["level"] == i + 1
        assert min(map(len, present)) > 0
        assert one["islands"] == np.mean([len(s) for s in present])
        assert one["identities"] == len(set().union(*present))
        assert one["kept"] == sum(len(a & b) for a, b in pairs) / sum(len(a) for a, _ in pairs)
        assert one["ari"] == np.mean([adjusted_rand(a, b) for a, b in itertools.pairwise(maps)])
        afresh = [frame.labels_afresh[i] for frame in film.frames]
        expected = [adjusted_rand(a, b) for a, b in itertools.pairwise(afresh)]
        assert one["ari_afresh"] == np.mean(expected)


def test_frames_of_any_shape_and_a_single_one(model):
    result = parse_video(list(frames(1, size=(32, 20))), model)
    (frame,) = result.frames
    assert frame.tree.grid == (8, 5) and frame.state.shape == (40, 3, 8)
    assert np.isnan(result.consistency()[0]["kept"]) and "NaN" not in result.to_json()
    first = Glom(**SMALL | {"data_format": "channels_first"})
    first.set_weights(model.get_weights())
    first.reading = model.reading
    again = parse_video(list(frames(1, size=(32, 20))), first).frames[0]
    np.testing.assert_allclose(again.state, frame.state, atol=1e-5)


def test_frames_may_come_one_after_the_other(model):
    film = frames(3)
    given = iter(film)
    result = parse_video(given, model, most=2)
    assert result.to_json() == parse_video(film[:2], model).to_json()
    np.testing.assert_array_equal(next(given), film[2])  # later ones are not read


def test_what_cannot_be_parsed_is_refused(model):
    with pytest.raises(ValueError, match=r"one size, got \(32, 32, 3\) and \(16, 16, 3\)"):
        parse_video([*frames(1), np.zeros((16, 16, 3), np.uint8)], model)
    with pytest.raises(ValueError, match="at least one frame"):
        parse_video([], model)
    for most in (0, -1):
        with pytest.raises(ValueError, match=f"most as a whole number .* got {most};"):
            parse_video(frames(1), model, most=most)
    for nothing in (None, np.float32(1)):
        with pytest.raises(ValueError, match=r"a path or frames as arrays, got (None|float)"):
            parse_video(nothing, model)
    with pytest.raises(ValueError, match="iters as a whole number"):
        parse_video(frames(1), model, iters=0)
    forward = Glom(**SMALL)
    forward.reading = Reading(0, (0.5,) * 3, 2, 3)
    with pytest.raises(ValueError, match="a model that settles"):
        parse_video(frames(1), forward)


@pytest.fixture(scope="module")
def run(model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    save_run(model, folder, model.reading, {})
    return str(folder)


def gif(path, film, **how):
    first, *others = map(Image.fromarray, film)
    first.save(path, save_all=True, append_images=others, **how)


def test_the_command_writes_a_film_and_a_tree_per_frame(tmp_path, monkeypatch, capsys, model, run):
    monkeypatch.chdir(tmp_path)
    gif("film.gif", frames(4), duration=80, loop=0)
    assert cli.main(["parse", "--video", "film.gif", "--model", run, "--frames", "3"]) == 0
    out, err = capsys.readouterr()
    folder = tmp_path / "glomtf-out" / "film"
    assert sorted(one.name for one in folder.iterdir()) == ["islands.gif", "trees.json"]
    with Image.open(folder / "islands.gif") as film:
        assert film.n_frames == 3 and film.info["duration"] == 80
    data = json.loads((folder / "trees.json").read_text())
    assert data["schema"] == "glomtf.video/1" and data["path"] == "film.gif"
    assert data["milliseconds"] == 80
    trees = [ParseTree.from_dict(one) for one in data["frames"]]
    assert [tree.steps for tree in trees] == data["steps"]
    assert [tree.image.path for tree in trees] == ["film.gif#1", "film.gif#2", "film.gif#3"]
    result = parse_video("film.gif", run, most=3)
    assert data["steps"] == [frame.steps for frame in result.frames]
    assert data["steps_afresh"] == [frame.steps_afresh for frame in result.frames]
    assert result.to_json().encode() == (folder / "trees.json").read_bytes()
    assert result.animate() == (folder / "islands.gif").read_bytes()
    assert out.startswith("film.gif: 3 frames, 8 x 8 columns\n") and "steps until still" in out
    assert [line.split()[0] for line in out.splitlines()[2:5]] == ["1", "2", "3"]
    assert err == "glomtf: frame 1 of 3\n"


def test_the_command_keeps_no_states(tmp_path, monkeypatch, run):
    monkeypatch.chdir(tmp_path)
    gif("film.gif", frames(2))
    kept = []
    monkeypatch.setattr(VideoParse, "save", lambda self, folder: kept.extend(self.frames))
    assert cli.main(["parse", "--video", "film.gif", "--model", run]) == 0
    assert len(kept) == 2 and all(one.state.size == 0 and one.state.base is None for one in kept)


def test_a_folder_of_pictures_is_a_video(tmp_path, run):
    for number, one in enumerate(frames(2)):
        (tmp_path / "film").mkdir(exist_ok=True)
        Image.fromarray(one).save(tmp_path / "film" / f"{number}.png")
    out = str(tmp_path / "out")
    assert cli.main(["parse", "--video", str(tmp_path / "film"), "--model", run, "--out", out]) == 0
    assert (tmp_path / "out" / "film" / "islands.gif").exists()


def test_results_do_not_go_among_the_frames(tmp_path, monkeypatch, capsys, run):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "film").mkdir()
    for number, one in enumerate(frames(2)):
        Image.fromarray(one).save(tmp_path / "film" / f"{number}.png")
    assert cli.main(["parse", "--video", "film", "--model", run, "--out", "."]) == 2
    assert "choose another --out" in capsys.readouterr().err
    assert len(list((tmp_path / "film").iterdir())) == 2


def test_what_comes_before_a_damaged_frame_is_written(tmp_path, monkeypatch, capsys, run):
    monkeypatch.chdir(tmp_path)
    gif("short.gif", np.random.default_rng(0).integers(0, 255, (4, 32, 32, 3), np.uint8))
    whole = (tmp_path / "short.gif").read_bytes()
    (tmp_path / "short.gif").write_bytes(whole[: len(whole) * 2 // 3])
    assert cli.main(["parse", "--video", "short.gif", "--model", run]) == 2
    out, err = capsys.readouterr()
    last = err.splitlines()[-1]
    assert last.startswith("glomtf: error: expected ") and "damaged" in last
    assert last.endswith("; what came before, 2 frames, was parsed")
    assert out.startswith("short.gif: 2 frames, ")
    folder = tmp_path / "glomtf-out" / "short"
    assert sorted(one.name for one in folder.iterdir()) == ["islands.gif", "trees.json"]
    assert len(json.loads((folder / "trees.json").read_text())["frames"]) == 2


@pytest.mark.parametrize(
    "arguments, word",
    [
        (["a.png", "--video", "film.gif"], "IMAGE"),
        (["--video", "film.gif", "--settling"], "--settling"),
        (["--video", "film.gif", "--tolerance", "0.1"], "--tolerance"),
        (["--video", "film.gif", "--frames", "0"], "--frames"),
        (["--video", "film.gif", "--iters", "x"], "--iters"),
        (["--video", "film.gif", "--iters", "2000"], "1000"),
        (["--frames", "3"], "--frames"),
        (["--video", "none.gif"], "does not exist"),
        (["--video", "film.gif", "--out", "film.gif/x"], "folder"),
    ],
)
def test_the_command_refuses_in_one_line(tmp_path, monkeypatch, capsys, run, arguments, word):
    monkeypatch.chdir(tmp_path)
    gif("film.gif", frames(2))
    assert cli.main(["parse", "--model", run, *arguments]) == 2
    out, err = capsys.readouterr()
    last = err.splitlines()[-1]
    assert out == "" and last.startswith("glomtf: error: expected ") and word in last
    assert sorted(one.name for one in tmp_path.iterdir()) == ["film.gif"]
