"""Video files through PyAV: frames as they are meant to be seen, or one clear line why not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .files import MOST_PIXELS, PictureError

# Named, because others (playlists) would open further files that a stranger's file names.
_FORMATS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,ogg,flv"
_EXPECTED = "expected a video (MP4, MOV, WebM, MKV, AVI, MPEG, OGG or FLV)"
_WHOLE = 0.95
"""Least share of the announced frames without which a video counts as cut short."""


def video_facts(file: Path) -> tuple[float | None, int | None]:
    """How many milliseconds a frame lasts and how many frames are announced; None = unsaid.

    Raises PictureError, in one line, for a file without a usable video or where PyAV is missing.
    """
    with _opened(file) as (_, stream):
        rate = float(stream.average_rate or 0)
        count = stream.frames
        if not count:
            count = round(_seconds(stream) * rate)
    return 1000 / rate if rate else None, count or None


def video_frames(file: Path) -> Iterator[NDArray[np.uint8]]:
    """Every frame as (H, W, 3) uint8, turned as the camera noted.

    Raises PictureError, in one line, as soon as the file turns out to be damaged, and at its end
    where it holds less than it announces.
    """
    _, announced = video_facts(file)
    count = 0
    with _opened(file) as (container, stream):
        for frame in container.decode(stream):
            turns = round(frame.rotation / 90) % 4  # counter-clockwise
            yield np.ascontiguousarray(np.rot90(frame.to_ndarray(format="rgb24"), turns))
            count += 1
    if announced and count < _WHOLE * announced:
        raise PictureError(
            f"{_EXPECTED}, got {str(file)!r}, which is cut short (it announces {announced} frames "
            f"and has {count}): fetch it again"
        )


def _seconds(stream: Any) -> float:
    """How long the pictures alone last; 0 = unsaid. The container's length includes the sound."""
    if stream.duration:
        return float(stream.duration * stream.time_base)
    # Matroska and WebM say when the stream ends.
    said = re.fullmatch(r"(\d{1,6}):(\d\d):(\d\d(?:\.\d+)?)", stream.metadata.get("DURATION", ""))
    if said is None:
        return 0.0
    hours, minutes, seconds = map(float, said.groups())
    start = float((stream.start_time or 0) * stream.time_base)
    return max(0.0, 3600 * hours + 60 * minutes + seconds - start)


@contextmanager
def _opened(file: Path) -> Iterator[tuple[Any, Any]]:
    """The open container and its video stream; every error of FFmpeg's becomes one line."""
    shown = repr(str(file))
    try:
        import av
    except ImportError:
        raise PictureError(
            f"expected PyAV to read videos, got none for {shown}: "
            'run pip install "glom-tf[video]", or give an animated GIF or a folder of pictures'
        ) from None
    try:
        # A stream instead of a name: FFmpeg would take "concat:..." for more than a name.
        with (
            file.open("rb") as source,
            av.open(source, options={"format_whitelist": _FORMATS}) as container,
        ):
            if not container.streams.video:
                raise PictureError(f"{_EXPECTED}, got {shown} without pictures: choose another")
            stream = container.streams.video[0]
            if stream.codec_context is None:  # a piece of a file can pass for another format
                raise PictureError(
                    f"{_EXPECTED}, got {shown}, which is none, damaged or cut short "
                    "(no decoder): convert or fetch it again"
                )
            if stream.width * stream.height > MOST_PIXELS:
                raise PictureError(
                    f"{_EXPECTED} of at most {MOST_PIXELS} pixels a frame, got "
                    f"{stream.width} x {stream.height} in {shown}: make it smaller"
                )
            yield container, stream
    except av.error.FFmpegError as error:
        raise PictureError(
            f"{_EXPECTED}, got {shown}, which is none, damaged or cut short "
            f"({error.strerror or type(error).__name__}): convert or fetch it again"
        ) from None
