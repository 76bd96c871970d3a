"""The command line: what it writes and prints, and one line and a code for whatever goes wrong."""

import json
import os
import subprocess
import sys
import zlib
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

import glomtf
from glomtf import cli
from glomtf.cli.parse import folder_names
from glomtf.islands import ParseTree
from glomtf.model.glom import Glom
from glomtf.model.presets import Reading, save_run
from glomtf.worlds import SAMPLES, WORLDS

FILES = ["levels.png", "report.html", "tree.json"]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A small run that nobody trained."""
    keras.utils.set_random_seed(0)
    glom = Glom(
        dim=8, levels=2, image_size=16, patch_size=4, stem="conv", top_down_location="fourier",
        initial_state="bottom_up", data_format="channels_last",
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("run")
    save_run(glom, folder, Reading(2, (0.9, 0.99), 1, 2), {})
    return folder


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def draw(path, size=(24, 16), mode="RGB", **how):
    picture = Image.fromarray(np.tile(np.arange(size[0], dtype=np.uint8) * 9, (size[1], 1)))
    picture.convert(mode).save(path, **how)
    return str(path)


def check_error(capsys, code, got, *words):
    """One line per error on stderr, nothing on stdout."""
    out, err = capsys.readouterr()
    assert got == code and out == ""
    assert err.startswith("glomtf: error: expected ") and err.count("\n") == 1 and "got" in err
    assert "Traceback" not in err and all(word in err for word in words), err


def test_parse_writes_and_prints(here, run, capsys):
    draw("cat.png")
    assert cli.main(["parse", "cat.png", "--model", str(run)]) == 0
    out, err = capsys.readouterr()
    folder = here / "glomtf-out" / "cat"
    assert sorted(path.name for path in folder.iterdir()) == FILES
    tree = ParseTree.from_json((folder / "tree.json").read_text())
    assert tree.image.path == "cat.png" and (tree.image.width, tree.image.height) == (24, 16)
    assert out.startswith(f"cat.png\n{tree.text()}\n") and str(folder.relative_to(here)) in out
    assert err == ""


def test_parse_twice_gives_the_same_bytes_and_iters_matter(here, run):
    draw("cat.png")
    for name, more in (("a", []), ("b", []), ("c", ["--iters", "5"])):
        assert cli.main(["parse", "cat.png", "--model", str(run), "--out", name, *more]) == 0
    one, two, other = ((here / name / "cat" / "tree.json").read_bytes() for name in "abc")
    assert one == two and one != other


def test_parse_until_rest_says_after_how_many_steps(here, run, capsys):
    draw("cat.png")
    more = ["--tolerance", "1e-9", "--iters", "3"]
    assert cli.main(["parse", "cat.png", "--model", str(run), *more]) == 0
    assert capsys.readouterr().out.startswith("cat.png, 3 steps\nscene")
    assert '"steps": 3' in (here / "glomtf-out" / "cat" / "tree.json").read_text()


def test_parse_without_images_draws_the_samples(here, run, capsys):
    assert cli.main(["parse", "--model", str(run), "--out", "deep/er"]) == 0
    out, err = capsys.readouterr()
    assert sorted(path.name for path in (here / "deep" / "er").iterdir()) == sorted(SAMPLES)
    for name in SAMPLES:
        tree = ParseTree.from_json((here / "deep" / "er" / name / "tree.json").read_text())
        assert tree.image.path == name and tree.text() in out
    assert len(err.splitlines()) == len(SAMPLES) and "1 of 5" in err


def test_parse_gives_each_picture_its_own_folder(here, run):
    (here / "sub").mkdir()
    paths = [draw("cat.png"), draw("sub/cat.png"), draw("CAT.bmp"), draw("...png", format="PNG")]
    assert cli.main(["parse", *paths, "--model", str(run)]) == 0
    for name, path in zip(("cat", "cat-2", "CAT-3", "picture"), paths, strict=True):
        data = json.loads((here / "glomtf-out" / name / "tree.json").read_text())
        assert data["image"]["path"] == path
    assert sorted(path.name for path in here.iterdir()) == [
        "...png", "CAT.bmp", "cat.png", "glomtf-out", "sub",
    ]  # fmt: skip


def test_folder_names_never_meet():
    assert folder_names(["a.png", "a-2.png", "a.jpg"]) == ["a", "a-2", "a-3"]
    assert folder_names(["a.png", "a.jpg", "a-2.png"]) == ["a", "a-2", "a-2-2"]


@pytest.mark.parametrize(
    "name, size, how",
    [
        ("square.png", (20, 20), {}),
        ("wide.png", (60, 20), {}),
        ("tall.jpg", (5, 200), {}),
        ("clear.png", (20, 12), {"mode": "RGBA"}),
        ("grey.png", (20, 12), {"mode": "L"}),
        ("palette.png", (20, 12), {"mode": "P"}),
        ("deep.png", (20, 12), {"mode": "I;16"}),
        ("moving.gif", (20, 12), {"mode": "P"}),
        ("modern.webp", (20, 12), {}),
        ("print.jpg", (20, 12), {"mode": "CMYK"}),
    ],
)
def test_parse_takes_any_picture(here, run, name, size, how):
    draw(name, size, **how)
    assert cli.main(["parse", name, "--model", str(run), "--iters", "1"]) == 0
    text = (here / "glomtf-out" / name.split(".")[0] / "tree.json").read_text()
    tree = ParseTree.from_json(text)  # checks the schema, and that boxes lie inside
    assert (tree.image.width, tree.image.height) == size


def test_parse_turns_a_picture_as_its_camera_says(here, run):
    turned = Image.Exif()
    turned[0x0112] = 6
    draw("photo.jpg", (24, 16), exif=turned)
    assert cli.main(["parse", "photo.jpg", "--model", str(run)]) == 0
    data = json.loads((here / "glomtf-out" / "photo" / "tree.json").read_text())
    assert (data["image"]["width"], data["image"]["height"]) == (16, 24)


def bad_picture(name):
    """Write a file that is no picture, as its name says."""
    path = Path(name)
    if name == "folder.png":
        path.mkdir()
    elif name == "text.png":
        path.write_text("no picture\n")
    elif name == "empty.png":
        path.write_bytes(b"")
    elif name == "short.jpg":
        Image.effect_noise((64, 64), 90).save(path)
        path.write_bytes(path.read_bytes()[:1000])
    elif name == "huge.png":
        Image.new("L", (2, 2)).save(path)
        whole = bytearray(path.read_bytes())
        whole[16:24] = (60_000).to_bytes(4, "big") * 2  # width and height
        whole[29:33] = zlib.crc32(whole[12:29]).to_bytes(4, "big")
        path.write_bytes(whole)
    return name


@pytest.mark.parametrize(
    "name", ["missing.png", "folder.png", "text.png", "empty.png", "short.jpg", "huge.png"]
)
def test_a_bad_picture_is_refused_before_anything_is_written(here, run, capsys, name):
    bad_picture(name)
    got = cli.main(["parse", draw("good.png"), name, "--model", str(run)])
    check_error(capsys, 2, got, name)
    assert not (here / "glomtf-out").exists()


def test_every_bad_picture_gets_its_line(here, capsys):
    assert cli.main(["parse", "one.png", draw("good.png"), bad_picture("text.png")]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2 and "one.png" in lines[0] and "text.png" in lines[1]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may do anything")
def test_what_permissions_forbid_is_refused(here, run, capsys):
    Path(draw("secret.png")).chmod(0)
    check_error(capsys, 2, cli.main(["parse", "secret.png"]), "permission")
    (here / "locked").mkdir(0o500)
    got = cli.main(["parse", draw("cat.png"), "--model", str(run), "--out", "locked/a"])
    check_error(capsys, 2, got, "locked", "permission")


def test_a_folder_without_permission_is_refused(here, capsys, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    check_error(capsys, 2, cli.main(["parse", draw("cat.png")]), "permission", "--out")


@pytest.mark.parametrize(
    "argv, words",
    [
        ([], ["command", "--help"]),
        (["fly"], ["'fly'", "glomtf --help"]),
        (["--fast"], ["--fast"]),
        (["parse", "--fast"], ["--fast", "glomtf parse --help"]),
        (["parse", "--iter", "3"], ["--iter"]),
        (["parse", "--iters", "0"], ["--iters", "'0'"]),
        (["parse", "--iters", "-3"], ["--iters"]),
        (["parse", "--iters", "2.5"], ["--iters", "'2.5'"]),
        (["parse", "--iters", "many"], ["--iters", "'many'"]),
        (["parse", "--tolerance", "little"], ["--tolerance", "'little'"]),
        (["parse", "cat.png", "--tolerance", "0", "--model", "RUN"], ["tolerance", "above 0"]),
        (["parse", "--iters"], ["--iters"]),
        (["parse", "cat.png", "--iters", "5000", "--model", "RUN"], ["1000"]),
        (["parse", "--model", "nobody"], ["'nobody'", "preset"]),
        (["parse", "--out", "file"], ["'file'", "folder"]),
        (["parse", "--out", "file/deeper"], ["'file'", "folder"]),
        (["worlds"], ["world", "out"]),
        (["worlds", "--world", "mars", "--out", "a.png"], ["'mars'"]),
        (["worlds", "--world", "figures", "--out", "a.jpg"], ["'a.jpg'", ".png"]),
        (["worlds", "--world", "figures", "--out", "folder.png"], ["folder.png"]),
        (["worlds", "--world", "figures", "--out", "file/a.png"], ["'file'", "another --out"]),
        (["worlds", "--world", "figures", "--out", "a.png", "--count", "0"], ["--count"]),
        (["worlds", "--world", "figures", "--out", "a.png", "--count", "1001"], ["1000"]),
        (["worlds", "--world", "figures", "--out", "a.png", "--seed", "-1"], ["--seed"]),
        (["worlds", "--world", "figures", "--out", "a.png", "--data", "x"], ["--data"]),
        (["worlds", "--world", "icons", "--out", "a.png"], ["--data"]),
        (["worlds", "--world", "icons", "--out", "a.png", "--data", "nobody"], ["nobody"]),
    ],
)
def test_bad_usage_is_one_line_and_code_2(here, run, capsys, argv, words):
    (here / "file").write_text("a file")
    draw("cat.png")
    (here / "folder.png").mkdir()
    before = sorted(here.iterdir())
    got = cli.main([str(run) if word == "RUN" else word for word in argv])
    check_error(capsys, 2, got, *words)
    assert sorted(here.iterdir()) == before


def test_a_run_that_was_tampered_with_is_refused(here, run, capsys):
    bad = here / "bad"
    bad.mkdir()
    (bad / "model.json").write_text("{}")
    (bad / "model.weights.h5").write_bytes((run / "model.weights.h5").read_bytes())
    check_error(capsys, 2, cli.main(["parse", "--model", "bad"]), "model.json")


def test_a_full_disk_is_one_line_and_leaves_nothing(here, run, capsys, monkeypatch):
    write = type(here).write_bytes

    def full(path, content):
        write(path, content[:10])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(here), "write_bytes", full)
    got = cli.main(["parse", draw("cat.png"), "--model", str(run)])
    check_error(capsys, 2, got, "No space left")
    assert not list((here / "glomtf-out" / "cat").iterdir())


def test_a_fault_of_ours_is_one_line_and_code_1(here, run, capsys, monkeypatch):
    def broken(*args, **kwargs):
        raise ZeroDivisionError("first\nsecond")

    monkeypatch.setattr(glomtf, "parse", broken)
    argv = ["parse", draw("cat.png"), "--model", str(run)]
    check_error(capsys, 1, cli.main(argv), "ZeroDivisionError: first second", "GLOMTF_TRACEBACK")
    monkeypatch.setenv("GLOMTF_TRACEBACK", "1")
    assert cli.main(argv) == 1
    assert "Traceback" in capsys.readouterr().err


def test_an_interrupt_is_quiet(here, run, capsys, monkeypatch):
    def interrupted(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(glomtf, "parse", interrupted)
    assert cli.main(["parse", draw("cat.png"), "--model", str(run)]) == 130
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("world", WORLDS)
def test_worlds_draws_a_sheet_again_the_same(here, capsys, world):
    argv = ["worlds", "--world", world, "--count", "2", "--out"]
    assert cli.main([*argv, "a.png"]) == cli.main([*argv, "new/b.PNG"]) == 0
    assert "a.png" in capsys.readouterr().out
    assert cli.main([*argv, "c.png", "--seed", "1"]) == 0
    sheets = [(here / name).read_bytes() for name in ("a.png", "new/b.PNG", "c.png")]
    assert sheets[0] == sheets[1] != sheets[2]
    with Image.open("a.png") as sheet:
        assert sheet.size[0] > sheet.size[1] > 64


def test_worlds_draws_icons_from_a_folder(here):
    pytest.importorskip("resvg_py")
    pytest.importorskip("defusedxml")
    (here / "svg").mkdir()
    for number in range(12):
        (here / "svg" / f"icon{number}.svg").write_text(
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 36 36">'
            '<circle cx="18" cy="18" r="17" fill="#fc0"/><path d="M8 20h20v6H8z" fill="#333"/>'
            "</svg>"
        )
    argv = ["worlds", "--world", "icons", "--data", "svg", "--count", "1", "--out", "icons.png"]
    assert cli.main(argv) == 0 and (here / "icons.png").exists()


def test_worlds_says_which_extra_draws_icons(here, monkeypatch, capsys):
    monkeypatch.setenv("XDG_CACHE_HOME", str(here / "cache"))
    monkeypatch.setattr("glomtf.worlds.icon_source.find_spec", lambda name: None)
    (here / "a.svg").write_text("<svg/>")
    got = cli.main(["worlds", "--world", "icons", "--data", str(here), "--out", "icons.png"])
    check_error(capsys, 2, got, 'run pip install "glom-tf[icons]"')
    assert [one.name for one in here.iterdir()] == ["a.svg"]


def test_help_shows_examples_and_the_version(capsys):
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"glomtf {glomtf.__version__}\n"
    assert cli.main(["--help"]) == 0
    assert "\n  glomtf parse photo.jpg\n" in capsys.readouterr().out
    for command in cli.COMMANDS:
        assert cli.main([command, "--help"]) == 0
        assert f"examples:\n  glomtf {command}" in capsys.readouterr().out


def command(*argv, **environment):
    """Start Python in a process of its own, which has to keep TensorFlow quiet itself."""
    environment |= {"PYTHONPATH": str(Path(glomtf.__file__).parents[1])}
    environment = {**os.environ, **environment}
    environment.pop("TF_CPP_MIN_LOG_LEVEL", None)
    return subprocess.Popen(
        [sys.executable, *argv],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment,
    )  # fmt: skip


def test_help_does_not_wait_for_tensorflow():
    code = "import sys, glomtf, glomtf.cli; print(sorted({'keras', 'tensorflow'} & {*sys.modules}))"
    assert command("-c", code).communicate(timeout=60) == (b"[]\n", b"")


def test_a_reader_that_leaves_does_not_stop_the_work(here):
    argv = ["worlds", "--world", "figures", "--count", "1", "--out", "a.png"]
    with command("-m", "glomtf.cli", *argv) as process:
        process.stdout.close()
        assert process.stderr.read() == b"" and process.wait(60) == 0
    assert (here / "a.png").exists()


def test_the_console_shows_nothing_but_ours_in_any_encoding(here, run):
    draw("çat.png")
    argv = ["-m", "glomtf.cli", "parse", "çat.png", "--model", str(run)]
    with command(*argv, PYTHONIOENCODING="ascii") as process:
        out, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (0, b"")
    assert out.startswith(rb"\xe7at.png") and rb"\u2500 1.1 " in out


def test_public_names_are_there_and_nothing_else():
    names = ["Glom", "__version__", "load", "load_glom_pytorch", "parse", "parse_video"]
    assert dir(glomtf) == names
    assert all(getattr(glomtf, name) for name in dir(glomtf))
    assert callable(glomtf.parse)
    with pytest.raises(AttributeError, match="Parse"):
        glomtf.Parse  # noqa: B018
