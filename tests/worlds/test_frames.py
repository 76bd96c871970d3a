"""Frames of folders, animated pictures and videos; anything else is refused in one line."""

import importlib.util
import io
import struct
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from glomtf.worlds import video_file
from glomtf.worlds.files import PictureError
from glomtf.worlds.frames import Frames, read_frames

needs_av = pytest.mark.skipif(
    importlib.util.find_spec("av") is None, reason='PyAV is missing: pip install "glom-tf[video]"'
)


def flat(value: int, size: tuple[int, int] = (48, 32)) -> np.ndarray:
    return np.full((size[1], size[0], 3), value, np.uint8)


def film(path: Path, count: int = 6, **how: object) -> Path:
    """An animation of flat frames, each 20 lighter than the one before."""
    first, *others = (Image.fromarray(flat(20 * i)) for i in range(count))
    first.save(path, save_all=True, append_images=others, **how)
    return path


def video(
    path: Path,
    count: int = 10,
    codec: str = "mpeg4",
    start: int = 0,
    sound: int = 0,
    **options: str,
) -> Path:
    """A video of frames with a light left half, each 20 lighter, dark again after ten.

    Its pictures begin after ``start`` frames without any, silence lasts ``sound`` seconds.
    """
    import av

    with av.open(path, "w", options=options) as container:
        stream = container.add_stream(codec, rate=20)
        stream.width, stream.height, stream.pix_fmt = 48, 32, "yuv420p"
        silence = container.add_stream("pcm_s16le", rate=8000) if sound else None
        for i in range(count):
            pixels = flat(20 * (i % 10))
            pixels[:, :24] += 60
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts = start + i
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
        if silence:
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 8000 * sound), np.int16), layout="mono")
            frame.sample_rate, frame.pts = 8000, 0
            container.mux(silence.encode(frame))
            container.mux(silence.encode())
    return path


def values(frames: Frames) -> list[int]:
    return [int(frame[-1, -1, 0]) for frame in frames.read()]


def refusal(path: Path, most: int = 100) -> str:
    with pytest.raises(PictureError) as error:
        for _ in read_frames(path, most).read():
            pass
    line = str(error.value)
    assert line.startswith("expected ") and "got" in line and "\n" not in line, line
    return line


def test_a_folder_is_read_in_natural_order(tmp_path: Path) -> None:
    for name, value in (("f10.png", 100), ("f2.PNG", 20), ("F1.bmp", 10), (".f0.png", 0)):
        Image.fromarray(flat(value)).save(tmp_path / name)
    (tmp_path / "notes.txt").write_text("not a picture")
    frames = read_frames(tmp_path, 100)
    assert values(frames) == values(frames) == [10, 20, 100]
    assert (frames.announced, frames.milliseconds) == (3, 100)
    assert next(frames.read()).shape == (32, 48, 3)


def test_names_that_are_numbers_and_names_that_are_not_have_an_order(tmp_path: Path) -> None:
    for name in ("7.png", "a.png", "12.png", "a2b.png", "a2.png"):
        Image.fromarray(flat(len(name))).save(tmp_path / name)
    assert len(values(read_frames(tmp_path, 100))) == 5


@pytest.mark.parametrize("ending", ["gif", "webp", "png"])
def test_an_animated_picture_needs_no_extra(tmp_path: Path, ending: str, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    path = film(tmp_path / f"film.{ending}", duration=70, lossless=True)
    frames = read_frames(path, 100)
    assert values(frames) == values(frames) == [0, 20, 40, 60, 80, 100]
    assert (frames.announced, frames.milliseconds) == (6, 70)


def test_clear_pixels_are_white(tmp_path: Path) -> None:
    clear = Image.new("RGBA", (8, 8), (0, 0, 0, 0))
    solid = Image.new("RGBA", (8, 8), (200, 0, 0, 255))
    clear.save(tmp_path / "a.png", save_all=True, append_images=[solid])
    first, second = read_frames(tmp_path / "a.png", 9).read()
    assert (first == 255).all() and (second == [200, 0, 0]).all()


@needs_av
@pytest.mark.parametrize("ending", ["mp4", "avi", "mkv", "mov"])
def test_a_video_gives_its_frames(tmp_path: Path, ending: str) -> None:
    frames = read_frames(video(tmp_path / f"film.{ending}"), 100)
    np.testing.assert_allclose(values(frames), range(0, 200, 20), atol=3)
    assert values(frames) == values(frames)
    assert frames.milliseconds == pytest.approx(50) and frames.announced == 10


@needs_av
def test_a_video_is_turned_as_its_camera_says(tmp_path: Path) -> None:
    path = video(tmp_path / "film.mp4")
    raw = bytearray(path.read_bytes())
    place = raw.index(b"tkhd") + 44
    # A quarter turn clockwise, as phones write it: the matrix as a, b, u, c, d, v.
    raw[place : place + 24] = struct.pack(">iiiiii", 0, 1 << 16, 0, -(1 << 16), 0, 0)
    path.write_bytes(raw)
    first = next(read_frames(path, 1).read())
    assert first.shape == (48, 32, 3)
    # The light left half is the upper one now.
    assert first[10].mean() > first[40].mean() + 40


def test_at_most_so_many_frames(tmp_path: Path) -> None:
    frames = read_frames(film(tmp_path / "film.gif"), 2)
    assert values(frames) == [0, 20] and frames.announced == 6


@pytest.mark.parametrize("most", [0, -1, 2.5, True, None])
def test_a_number_of_frames_that_is_none_is_refused(tmp_path: Path, most: Any) -> None:
    path = film(tmp_path / "film.gif")
    with pytest.raises(ValueError, match=rf"^expected most as a whole .* got {most}; .*$"):
        read_frames(path, most)


def bad(folder: Path, name: str) -> Path:
    """Something that is no video, as its name says."""
    path = folder / name
    if name == "folder":
        path.mkdir()
        (path / "notes.txt").write_text("no pictures here")
    elif name.startswith("text"):
        path.write_text("no video\n" * 50)
    elif name.startswith("empty"):
        path.write_bytes(b"")
    elif name == "still.png":
        Image.fromarray(flat(0)).save(path)
    elif name == "phone.jpg":
        film(path, 2, format="MPO")
    elif name == "short.gif":
        whole = film(path, 6).read_bytes()
        path.write_bytes(whole[: len(whole) // 2])
    elif name == "sizes":
        path.mkdir()
        Image.fromarray(flat(0)).save(path / "1.png")
        Image.fromarray(flat(0, (40, 32))).save(path / "2.png")
    elif name == "broken":
        path.mkdir()
        Image.fromarray(flat(0)).save(path / "1.png")
        (path / "2.png").write_text("no picture")
    return path


@pytest.mark.parametrize(
    "name, words",
    [
        ("missing.mp4", "does not exist"),
        ("folder", "without any"),
        ("empty.mp4", "empty"),
        ("still.png", "without --video"),
        ("phone.jpg", "without --video"),
        ("short.gif", "damaged or cut short"),
        ("sizes", "48 x 32 first and 40 x 32 as number 2"),
        ("broken", "2.png"),
    ],
)
def test_what_is_no_video_is_refused(tmp_path: Path, name: str, words: str) -> None:
    line = refusal(bad(tmp_path, name))
    assert words in line and name in line


@needs_av
def test_files_that_ffmpeg_does_not_know_are_refused(tmp_path: Path) -> None:
    assert "text.mp4" in refusal(bad(tmp_path, "text.mp4"))
    video(tmp_path / "film.mp4")
    for name, lines in {
        "list.m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nfilm.mp4\n#EXT-X-ENDLIST\n",
        "list.ffconcat": "ffconcat version 1.0\nfile film.mp4\n",
    }.items():
        (tmp_path / name).write_text(lines)
        assert name in refusal(tmp_path / name)


@needs_av
@pytest.mark.parametrize(
    "name, options", [("a.mp4", {}), ("b.mp4", {"movflags": "faststart"}), ("c.mkv", {})]
)
def test_a_video_that_was_cut_short_is_refused(tmp_path: Path, name: str, options: dict) -> None:
    path = video(tmp_path / name, 40, **options)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * 0.7)])
    assert "cut short" in refusal(path)


@needs_av
@pytest.mark.parametrize("start", [0, 15])
def test_sound_that_lasts_longer_announces_no_frames(tmp_path: Path, start: int) -> None:
    path = video(tmp_path / "film.mkv", start=start, sound=3)
    frames = read_frames(path, 100)
    assert frames.announced == len(values(frames)) == 10
    path.write_bytes(path.read_bytes().replace(b"DURATION", b"LENGTHS_"))
    frames = read_frames(path, 100)
    assert frames.announced is None and len(values(frames)) == 10


@needs_av
def test_sound_alone_is_no_video(tmp_path: Path) -> None:
    import av

    with av.open(tmp_path / "sound.mkv", "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    assert "without pictures" in refusal(tmp_path / "sound.mkv")


def test_without_pyav_the_line_says_what_to_install(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    assert 'pip install "glom-tf[video]"' in refusal(bad(tmp_path, "text.mp4"))


def test_the_limit_counts_pixels(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("glomtf.worlds.frames.MOST_PIXELS", 1000)
    assert "1000 pixels" in refusal(film(tmp_path / "film.gif"))


@needs_av
def test_the_limit_counts_pixels_of_videos(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(video_file, "MOST_PIXELS", 1000)
    assert "1000 pixels" in refusal(video(tmp_path / "film.mp4"))


def test_a_file_that_may_not_be_read_is_one_line(tmp_path: Path, monkeypatch) -> None:
    path = film(tmp_path / "film.gif")
    for error, words in ((PermissionError(13, "no"), "permission"), (OSError(5, "I/O"), "disk")):

        def fails(*args: object, error: OSError = error, **more: object) -> io.BytesIO:
            raise error

        monkeypatch.setattr(Path, "stat", fails)
        monkeypatch.setattr(Path, "is_dir", lambda self: False)
        monkeypatch.setattr(Path, "is_file", lambda self: True)
        assert words in refusal(path)
