"""Pictures from disk, in all their kinds, and files that are none."""

import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from glomtf.worlds import PictureError, read_picture
from glomtf.worlds import files as files_module

RNG = np.random.default_rng(0)
RGB = RNG.integers(0, 256, (5, 7, 3)).astype(np.uint8)
GREY = RGB[:, :, 0]


def saved(tmp_path: Path, picture: Image.Image, name: str = "p.png", **options: object) -> Path:
    path = tmp_path / name
    picture.save(path, **options)
    return path


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("p.png", {}),
        ("p.bmp", {}),
        ("p.webp", {"lossless": True}),
        ("no_ending", {"format": "PNG"}),
    ],
)
def test_lossless_formats(tmp_path, name, options):
    found = read_picture(saved(tmp_path, Image.fromarray(RGB), name, **options))
    assert found.dtype == np.uint8
    assert np.array_equal(found, RGB)
    assert np.array_equal(found, read_picture(str(tmp_path / name)))


def test_jpeg(tmp_path):
    flat = np.full((16, 24, 3), (200, 100, 50), np.uint8)
    found = read_picture(saved(tmp_path, Image.fromarray(flat), "p.jpg", quality=95))
    assert found.shape == flat.shape
    assert np.abs(found.astype(int) - flat).max() <= 4


def test_grey_and_bilevel(tmp_path):
    assert np.array_equal(
        read_picture(saved(tmp_path, Image.fromarray(GREY))), np.repeat(GREY[..., None], 3, 2)
    )
    bits = Image.fromarray(GREY).convert("1")
    found = read_picture(saved(tmp_path, bits, "b.png"))
    assert np.array_equal(found[:, :, 1] > 0, np.asarray(bits))


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_is_laid_on_white(tmp_path, mode):
    alpha = np.array([[0, 128, 255]], np.uint8)
    picture = Image.new("RGB", (3, 1), (100, 100, 100)).convert(mode)
    picture.putalpha(Image.fromarray(alpha))
    found = read_picture(saved(tmp_path, picture))
    assert np.abs(found[0, :, 0].astype(int) - (255, 177, 100)).max() <= 1


def test_palettes_with_and_without_transparency(tmp_path):
    picture = Image.fromarray(np.array([[0, 1, 2]], np.uint8)).convert("P")
    picture.putpalette([10, 20, 30, 40, 50, 60, 70, 80, 90])
    assert read_picture(saved(tmp_path, picture)).tolist() == [
        [[10, 20, 30], [40, 50, 60], [70, 80, 90]]
    ]
    path = saved(tmp_path, picture, "t.png", transparency=1)
    assert read_picture(path).tolist() == [[[10, 20, 30], [255, 255, 255], [70, 80, 90]]]
    path = saved(tmp_path, picture, "u.png", transparency=bytes([255, 255, 0]))
    assert read_picture(path).tolist() == [[[10, 20, 30], [40, 50, 60], [255, 255, 255]]]


def test_transparent_colours_of_rgb_and_grey(tmp_path):
    path = saved(tmp_path, Image.fromarray(RGB), transparency=tuple(int(v) for v in RGB[2, 3]))
    expected = RGB.copy()
    expected[2, 3] = 255
    assert np.array_equal(read_picture(path), expected)
    path = saved(tmp_path, Image.new("L", (2, 2), 7), transparency=7)
    assert (read_picture(path) == 255).all()


def test_sixteen_bits_are_scaled(tmp_path):
    deep = np.array([[0, 257, 128 * 257, 65535, 1000]], np.uint16)
    expected = [0, 1, 128, 255, 4]
    path = saved(tmp_path, Image.fromarray(deep))
    assert read_picture(path)[0, :, 0].tolist() == expected
    path = saved(tmp_path, Image.fromarray(deep), "t.png", transparency=257)
    assert read_picture(path)[0, :, 2].tolist() == [0, 255, 128, 255, 4]


def test_cmyk(tmp_path):
    picture = Image.new("CMYK", (16, 16), (0, 255, 255, 0))
    found = read_picture(saved(tmp_path, picture, "p.jpg", quality=95))
    assert np.abs(found.astype(int) - (255, 0, 0)).max() <= 6


def test_the_first_frame_of_an_animation(tmp_path):
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "blue")]
    path = saved(tmp_path, frames[0], "a.gif", save_all=True, append_images=frames[1:])
    assert (read_picture(path) == (255, 0, 0)).all()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_rotation_a_camera_noted_is_applied(tmp_path, orientation):
    from PIL import ImageOps

    exif = Image.Exif()
    exif[0x0112] = orientation
    path = saved(tmp_path, Image.fromarray(RGB), exif=exif)
    with Image.open(path) as picture:
        expected = np.asarray(ImageOps.exif_transpose(picture))
    assert np.array_equal(read_picture(path), expected)
    assert read_picture(path).shape == ((5, 7, 3) if orientation < 5 else (7, 5, 3))


def test_damaged_metadata_is_no_reason_to_refuse(tmp_path):
    path = saved(tmp_path, Image.fromarray(RGB), exif=b"Exif\0\0II*\0\xff\xff\xff\xffjunk")
    assert np.array_equal(read_picture(path), RGB)


def png_of_size(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        whole = kind + body
        return struct.pack(">I", len(body)) + whole + struct.pack(">I", zlib.crc32(whole))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


JPEG_HEAD = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "which is empty"),
        (b"I am no picture", "which is none"),
        (b"\x80\x04K\x01.", "which is none"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "which is none"),
        (b"\x89PNG\r\n\x1a\n", "which is none"),
        (JPEG_HEAD, "which is none"),
        (png_of_size(0, 5), "at least 1 x 1 pixels, got 0 x 5|which is none"),
        (png_of_size(3, 3), "damaged or cut short"),
        (png_of_size(10_001, 10_000), "at most 100000000 pixels, got 10001 x 10000"),
        (png_of_size(2**30, 2**30), "at most 100000000 pixels"),
    ],
)
def test_files_that_are_no_usable_picture(tmp_path, content, reason):
    path = tmp_path / "p\nq.png"
    path.write_bytes(content)
    with pytest.raises(PictureError, match=rf"^expected [^\n]*({reason})[^\n]*: [^\n]*$") as error:
        read_picture(path)
    assert error.value.__cause__ is None


@pytest.mark.parametrize("name", ["p.jpg", "p.png", "p.webp", "p.gif", "p.bmp"])
def test_pictures_cut_short(tmp_path, name):
    noise = np.random.default_rng(1).integers(0, 256, (40, 40, 3)).astype(np.uint8)
    path = saved(tmp_path, Image.fromarray(noise), name)
    whole = path.read_bytes()
    for length in (12, 60, len(whole) // 2):
        path.write_bytes(whole[:length])
        with pytest.raises(PictureError, match=r"^[^\n]*$"):
            read_picture(path)


def test_damaged_bytes_never_raise_anything_else(tmp_path):
    path = saved(tmp_path, Image.fromarray(RGB))
    whole = path.read_bytes()
    rng = np.random.default_rng(2)
    for _ in range(150):
        damaged = bytearray(whole)
        for place in rng.integers(8, len(whole), 3):
            damaged[place] = rng.integers(256)
        path.write_bytes(damaged)
        try:
            assert read_picture(path).dtype == np.uint8
        except PictureError as error:
            assert "\n" not in str(error)


def test_places_that_hold_no_file(tmp_path):
    with pytest.raises(PictureError, match=r"does not exist: check the path$"):
        read_picture(tmp_path / "absent.png")
    with pytest.raises(PictureError, match="got the folder"):
        read_picture(tmp_path)
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(PictureError, match="not a regular file"):
        read_picture(tmp_path / "pipe.png")
    with pytest.raises(PictureError):
        read_picture(tmp_path / ("x" * 300))
    with pytest.raises(PictureError):
        read_picture("nul\0.png")


def test_no_permission(tmp_path, monkeypatch):
    path = saved(tmp_path, Image.fromarray(RGB))

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(PictureError, match="may not be read: change its permissions"):
        read_picture(path)


def test_the_limit_counts_pixels(tmp_path, monkeypatch):
    path = saved(tmp_path, Image.fromarray(RGB))
    monkeypatch.setattr(files_module, "MOST_PIXELS", 35)
    assert read_picture(path).shape == (5, 7, 3)
    monkeypatch.setattr(files_module, "MOST_PIXELS", 34)
    with pytest.raises(PictureError, match="at most 34 pixels, got 7 x 5"):
        read_picture(path)
