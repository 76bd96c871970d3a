"""Pictures from disk: any common file as (H, W, 3) uint8, or one clear line why not."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

MOST_PIXELS = 100_000_000
# Named, so that no other decoder of Pillow's (some of which run other programs) is ever tried.
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")
_EXPECTED = "expected a PNG, JPEG, WebP, GIF or BMP picture"
_ORIENTATION = 0x0112  # the EXIF tag


class PictureError(ValueError):
    """A file that is no usable picture: one line with what was expected, what came, what to do."""


def read_picture(path: str | os.PathLike[str]) -> NDArray[np.uint8]:
    """The picture in a PNG, JPEG, WebP, GIF (first frame) or BMP file, as (H, W, 3) uint8.

    Transparency is laid on white, 16-bit values are scaled to 8, every colour mode becomes RGB
    and the rotation that a camera noted is applied. Raises PictureError for anything else:
    a missing, unreadable, empty, damaged or too large file (more than `MOST_PIXELS` pixels,
    which is checked before anything is decoded).
    """
    file = Path(path)
    shown = repr(str(file))  # quoted, so that any name stays on one line
    try:
        if file.is_dir():
            raise PictureError(f"{_EXPECTED}, got the folder {shown}: name a file in it")
        if not file.exists():
            raise PictureError(f"{_EXPECTED}, got {shown}, which does not exist: check the path")
        if not file.is_file():
            raise PictureError(f"{_EXPECTED}, got {shown}, which is not a regular file: copy it")
        if file.stat().st_size == 0:
            raise PictureError(f"{_EXPECTED}, got {shown}, which is empty: fetch it again")
        # A picture with odd metadata is still a picture: warnings about it are no help here.
        with warnings.catch_warnings(), file.open("rb") as stream:
            warnings.simplefilter("ignore")
            with Image.open(stream, formats=_FORMATS) as picture:
                _check_size(picture.size, shown)
                return _decode(picture, shown)
    except PermissionError:
        raise PictureError(
            f"{_EXPECTED}, got {shown}, which may not be read: change its permissions"
        ) from None
    except Image.DecompressionBombError:
        raise PictureError(
            f"{_EXPECTED} of at most {MOST_PIXELS} pixels, got far more in {shown}: make it smaller"
        ) from None
    except Image.UnidentifiedImageError:
        raise PictureError(f"{_EXPECTED}, got {shown}, which is none: convert it to PNG") from None
    except OSError as error:
        raise PictureError(
            f"{_EXPECTED}, got {shown}, which cannot be read ({_first_line(error)}): "
            "check the path and the disk"
        ) from None


def _check_size(size: tuple[int, int], shown: str) -> None:
    width, height = size
    if width < 1 or height < 1:
        raise PictureError(
            f"{_EXPECTED} of at least 1 x 1 pixels, got {width} x {height} in {shown}: "
            "save it again"
        )
    if width * height > MOST_PIXELS:
        raise PictureError(
            f"{_EXPECTED} of at most {MOST_PIXELS} pixels, got {width} x {height} in {shown}: "
            "make it smaller"
        )


def _decode(picture: Image.Image, shown: str) -> NDArray[np.uint8]:
    try:
        picture.load()
        pixels = _rgb(picture)
    except Exception as error:  # the decoders of damaged files raise errors of many kinds
        raise PictureError(
            f"{_EXPECTED}, got {shown}, which is damaged or cut short ({_first_line(error)}): "
            "fetch it again"
        ) from None
    try:
        orientation = picture.getexif().get(_ORIENTATION, 1)
    except Exception:  # damaged metadata: show the picture as it is stored
        orientation = 1
    if orientation in (5, 6, 7, 8):
        pixels = pixels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)


def _rgb(picture: Image.Image) -> NDArray[np.uint8]:
    transparent = picture.info.get("transparency")
    if picture.mode.startswith("I"):
        # Pillow clips instead of scaling these to 8 bits.
        deep = np.asarray(picture).astype(np.int64)
        grey = ((np.clip(deep, 0, 65535) + 128) // 257).astype(np.uint8)
        if isinstance(transparent, int):
            grey[deep == transparent] = 255
        return np.repeat(grey[:, :, None], 3, axis=2)
    if transparent is not None or "A" in picture.mode or "a" in picture.mode:
        picture = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(white, picture)
    return np.asarray(picture.convert("RGB"))


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
