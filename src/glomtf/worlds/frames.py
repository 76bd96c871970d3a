"""Frames from disk: a video, an animated picture or a folder of pictures, one frame at a time."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageSequence

from .files import MOST_PIXELS, PictureError, read_picture
from .video_file import video_facts, video_frames

MOST_FRAMES = 10_000
DEFAULT_MS = 100
ANIMATED = ("GIF", "WEBP", "PNG")
_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp")
_EXPECTED = "expected a video, an animated GIF or WebP, or a folder of pictures"


@dataclass(frozen=True)
class Frames:
    """The frames of a video, read while you go through them, which can be done again.

    - ``read()``: an iterator of (H, W, 3) uint8, all of one size, at most as many as were asked
      for. It raises PictureError, in one line, at a frame that is damaged, missing or of another
      size, and at the start where there is none.
    - ``milliseconds``: how long a frame is shown, 100 where the source does not say.
    - ``announced``: how many frames the source says it has; None where it does not say.
    """

    read: Callable[[], Iterator[NDArray[np.uint8]]]
    milliseconds: float
    announced: int | None


def read_frames(path: str | os.PathLike[str], most: int) -> Frames:
    """The first ``most`` frames of a video file, an animated picture or a folder of pictures.

    Animated GIF, WebP and PNG are read by Pillow, a folder's pictures (by their endings; in
    natural order, 2 before 10) like ``read_picture``, everything else by PyAV, which comes with
    ``pip install "glom-tf[video]"``. Raises PictureError, in one line, where there is no usable
    first frame, so that a bad input is known before anything is settled, and ValueError for a
    ``most`` that is no whole number of at least 1.
    """
    check_most(most)
    file = Path(path)
    shown = repr(str(file))
    try:
        if file.is_dir():
            frames = _folder(file, shown)
        elif not file.is_file():
            raise PictureError(f"{_EXPECTED}, got {shown}, which does not exist: check the path")
        elif file.stat().st_size == 0:
            raise PictureError(f"{_EXPECTED}, got {shown}, which is empty: fetch it again")
        else:
            frames = _animation(file, shown)
        cut = Frames(
            lambda: islice(_of_one_size(frames.read, shown), most),
            frames.milliseconds,
            frames.announced,
        )
        next(cut.read())
    except PermissionError:
        raise PictureError(
            f"{_EXPECTED}, got {shown}, which may not be read: change its permissions"
        ) from None
    except OSError as error:
        raise PictureError(
            f"{_EXPECTED}, got {shown}, which cannot be read ({str(error).splitlines()[0]}): "
            "check the path and the disk"
        ) from None
    return cut


def check_most(most: int) -> None:
    """Refuse a number of frames that is no whole number of at least 1."""
    whole = isinstance(most, (int, np.integer)) and not isinstance(most, bool)
    if not whole or most < 1:
        raise ValueError(
            f"expected most as a whole number of at least 1, got {most!r:.60}; "
            "it is how many frames are read"
        )


def _of_one_size(
    read: Callable[[], Iterator[NDArray[np.uint8]]], shown: str
) -> Iterator[NDArray[np.uint8]]:
    first = None
    for number, frame in enumerate(read(), start=1):
        first = frame.shape if first is None else first
        if frame.shape != first:
            raise PictureError(
                f"expected frames of one size, got {first[1]} x {first[0]} first and "
                f"{frame.shape[1]} x {frame.shape[0]} as number {number} in {shown}: "
                "scale them alike"
            )
        yield frame
    if first is None:
        raise PictureError(f"{_EXPECTED}, got no frames in {shown}: choose another")


def _folder(folder: Path, shown: str) -> Frames:
    def natural(file: Path) -> list[tuple[int, str]]:
        pieces = re.split(r"(\d+)", file.name.casefold())
        return [(int(piece), "") if piece.isdecimal() else (-1, piece) for piece in pieces]

    files = [one for one in folder.iterdir() if one.suffix.lower() in _SUFFIXES]
    files = sorted((one for one in files if not one.name.startswith(".")), key=natural)
    if not files:
        raise PictureError(
            f"{_EXPECTED}, got the folder {shown} without any ({', '.join(_SUFFIXES)}): "
            "choose another"
        )
    return Frames(lambda: map(read_picture, files), DEFAULT_MS, len(files))


def _animation(file: Path, shown: str) -> Frames:
    """The frames of an animated picture, or of a video if Pillow knows no such picture."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(file, formats=("GIF", "WEBP", "PNG", "JPEG", "BMP")) as picture:
                # A phone's JPEG may hold a second picture, which is no next frame.
                count = getattr(picture, "n_frames", 1) if picture.format in ANIMATED else 1
                pixels = picture.width * picture.height
                if count > 1 and pixels <= MOST_PIXELS:
                    picture.load()  # a WebP says how long a frame lasts only with the frame
                duration = picture.info.get("duration", 0)
    except Image.UnidentifiedImageError:
        milliseconds, announced = video_facts(file)
        return Frames(lambda: video_frames(file), milliseconds or DEFAULT_MS, announced)
    except Image.DecompressionBombError:
        pixels, count, duration = MOST_PIXELS + 1, 1, 0
    except Exception as error:  # the decoders of damaged files raise errors of many kinds
        raise _damaged(shown, error) from None
    if pixels > MOST_PIXELS:
        raise PictureError(
            f"{_EXPECTED} of at most {MOST_PIXELS} pixels a frame, got more in {shown}: "
            "make it smaller"
        )
    if count < 2:
        raise PictureError(
            f"{_EXPECTED}, got {shown}, which is a single picture: parse it without --video"
        )
    return Frames(lambda: _pictures(file, shown), duration or DEFAULT_MS, count)


def _pictures(file: Path, shown: str) -> Iterator[NDArray[np.uint8]]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(file, formats=ANIMATED) as picture:
                for frame in ImageSequence.Iterator(picture):
                    clear = frame.convert("RGBA")
                    white = Image.new("RGBA", clear.size, "white")
                    yield np.array(Image.alpha_composite(white, clear).convert("RGB"))
    except Exception as error:
        raise _damaged(shown, error) from None


def _damaged(shown: str, error: Exception) -> PictureError:
    reason = (str(error).splitlines() or [type(error).__name__])[0]
    return PictureError(
        f"{_EXPECTED}, got {shown}, which is damaged or cut short ({reason}): fetch it again"
    )
