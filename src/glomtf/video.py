"""Parse a video: the state is carried from frame to frame, islands keep their numbers."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import TYPE_CHECKING

import numpy as np

from glomtf.islands import Follower, Level, ParseTree, adjusted_rand, video_gif
from glomtf.islands.gif import SIDE
from glomtf.islands.overlay import canvas, extent
from glomtf.parse import checked_steps, islands_of, understood
from glomtf.result import write_files
from glomtf.view import (
    last_change,
    model_and_reading,
    pixels_of,
    rested_view,
    settled_view,
    view_of,
)
from glomtf.worlds.frames import DEFAULT_MS, check_most, read_frames

if TYPE_CHECKING:
    from glomtf.model.glom import Glom

SCHEMA = "glomtf.video/1"
MOST_STEPS = 2
"""A frame that does not come to rest gets this many times the steps of the first frame."""
LEAST_CHANGE = 1e-6
"""What counts as rest where the first frame's last step changed less."""


@dataclass(frozen=True, eq=False)
class Frame:
    """What a model sees in one frame.

    Attributes:
        tree: its parse; an island that carries on from the frame before has the id it had there.
        levels: labels and agreement of every level, lowest first, with the numbers of the ids.
        state: (N, L, D) float32, the last state, from which the next frame carries on.
        steps: settling steps from the last frame's state until it was at rest.
        steps_afresh: the same from the model's own initial state.
        labels_afresh: (L, rows, cols) islands of that, each frame numbered by itself.
        picture: (H', W', 3) uint8, the frame in the size in which ``animate`` shows it.
        reach: height and width of the grid as shares of the picture's.
    """

    tree: ParseTree
    levels: tuple[Level, ...]
    state: np.ndarray
    steps: int
    steps_afresh: int
    labels_afresh: np.ndarray
    picture: np.ndarray
    reach: tuple[float, float]


@dataclass(frozen=True, eq=False)
class VideoParse:
    """The frames of a video, parsed one after the other.

    Attributes:
        frames: at least one :class:`Frame`.
        milliseconds: how long each is shown.
        name: what the video is called.
    """

    frames: tuple[Frame, ...]
    milliseconds: float
    name: str

    def consistency(self) -> list[dict[str, float]]:
        """How steady the islands are from each frame to the next, per level, lowest first.

        Each level has ``level``; ``islands``, their mean number; ``identities``, how many
        different ones there were; ``kept``, the share of islands that are there in the next frame,
        too; ``ari`` and ``ari_afresh``, the mean adjusted Rand index of a frame's map and the
        next, with the state carried on and with every frame settled afresh. Things that move
        change columns, so even a perfect parse stays below 1. Where there is nothing to compare,
        with a single frame or without islands, they are nan.
        """
        found = []
        for i, level in enumerate(self.frames[0].levels):
            maps = [frame.levels[i].labels for frame in self.frames]
            afresh = [frame.labels_afresh[i] for frame in self.frames]
            islands = [set(np.unique(one[one > 0]).tolist()) for one in maps]
            before = sum(len(one) for one in islands[:-1])
            kept = sum(len(one & two) for one, two in pairwise(islands))
            found.append(
                {
                    "level": level.level,
                    "islands": sum(map(len, islands)) / len(maps),
                    "identities": len(set.union(*islands)),
                    "kept": kept / before if before else float("nan"),
                    "ari": _steadiness(maps),
                    "ari_afresh": _steadiness(afresh),
                }
            )
        return found

    def animate(self) -> bytes:
        """An animated GIF of the frames beside the islands of every level."""
        return video_gif(
            [frame.picture for frame in self.frames],
            [[one.labels for one in frame.levels] for frame in self.frames],
            [one.level for one in self.frames[0].levels],
            self.milliseconds,
            self.frames[0].reach,
        )

    def to_json(self) -> str:
        """The content of trees.json ("glomtf.video/1"): a "glomtf.parse/1" per frame, and sums."""
        rounded = [
            {key: None if np.isnan(value) else round(value, 6) for key, value in one.items()}
            for one in self.consistency()
        ]
        data = {
            "schema": SCHEMA,
            "path": self.name,
            "milliseconds": round(self.milliseconds, 6),
            "steps": [frame.steps for frame in self.frames],
            "steps_afresh": [frame.steps_afresh for frame in self.frames],
            "consistency": rounded,
        }
        lines = [f" {json.dumps(key)}: {json.dumps(value)}" for key, value in data.items()]
        trees = ",\n".join("  " + json.dumps(frame.tree.to_dict()) for frame in self.frames)
        return "{\n" + ",\n".join(lines) + ',\n "frames": [\n' + trees + "\n ]\n}\n"

    def save(self, folder: str | os.PathLike[str]) -> None:
        """Write islands.gif and trees.json ("glomtf.video/1") into a folder.

        The folder is made if needed; older files of these names are replaced. Raises OSError if
        that cannot be done; no half-written file is left then.
        """
        files = {"islands.gif": self.animate(), "trees.json": self.to_json().encode()}
        write_files(folder, files)


def parse_video(
    video: str | os.PathLike[str] | Iterable[np.ndarray],
    model: Glom | str | os.PathLike[str] | None = None,
    *,
    iters: int | None = None,
    most: int = 300,
) -> VideoParse:
    """Parse a video frame by frame, each from the state in which the one before it ended.

    The first frame takes ``iters`` steps. How much its last step still changed the state is what
    counts as rest, as of :meth:`glomtf.Glom.settle_until`: later frames take as many steps as they
    need to get there, twice ``iters`` at most. To see what carrying on saves, every frame is also
    settled afresh by the same rule.

    Args:
        video: a video file (with the extra "video"), an animated GIF, WebP or PNG, a folder of
            pictures, or frames (H, W), (H, W, 3) or (H, W, 4) of one size as arrays, in an array,
            a list or anything else that gives one after the other.
        model: as for :func:`glomtf.parse`.
        iters: settling steps of the first frame; None = what the model was trained to be read at.
        most: frames, at least 1; later ones are not read.

    Raises:
        ValueError: in one line: no usable frames, model, number of steps or of frames.
    """
    if isinstance(video, (str, os.PathLike)):
        source, name = read_frames(video, most), os.fspath(video)
        pictures, milliseconds = source.read(), source.milliseconds
    else:
        check_most(most)
        milliseconds, name = DEFAULT_MS, ""
        try:
            pictures = islice(video, most)
        except TypeError:
            raise ValueError(
                f"expected a path or frames as arrays, got {type(video).__name__}; give a list"
            ) from None
    frames = tuple(each_frame(pictures, model, iters=iters, name=name))
    if not frames:
        raise ValueError("expected at least one frame, got none; give more")
    return VideoParse(frames, milliseconds, name)


def each_frame(
    pictures: Iterable[np.ndarray],
    model: Glom | str | os.PathLike[str] | None,
    *,
    iters: int | None = None,
    name: str = "",
) -> Iterator[Frame]:
    """The frames of :func:`parse_video` one by one, as soon as each is parsed."""
    model, reading = model_and_reading(model)
    steps = checked_steps(iters) if iters is not None else reading.iters
    if steps == 0:
        raise ValueError("expected a model that settles, got one read at 0 steps; train another")
    followers = [Follower() for _ in reading.thresholds]
    before, size, tolerance, taken = None, None, 0.0, 0
    for number, picture in enumerate(pictures, start=1):
        pixels = pixels_of(picture)
        size = pixels.shape if size is None else size
        if pixels.shape != size:
            raise ValueError(f"expected frames of one size, got {size} and {pixels.shape}")
        view, grid, patch = view_of(pixels, model)
        if before is None:
            states = settled_view(model, view, steps)
            tolerance = max(last_change(states), LEAST_CHANGE)
            state = afresh = states[-1]
            count = count_afresh = steps
        else:
            limit = MOST_STEPS * steps
            state, count = rested_view(model, view, tolerance, limit, before, taken)
            afresh, count_afresh = rested_view(model, view, tolerance, limit)
        before, taken = state, taken + count
        shown, other = (x[: grid[0], : grid[1]] for x in (state, afresh))
        labels = [
            follower.next(one).astype(np.int32)
            for follower, one in zip(followers, islands_of(shown, reading.thresholds), strict=True)
        ]
        for one in labels:
            one.flags.writeable = False
        title = f"{name}#{number}" if name else f"#{number}"
        levels, tree = understood(shown, np.stack(labels), reading, pixels, patch, title, count)
        yield Frame(
            tree,
            levels,
            np.ascontiguousarray(shown).reshape(-1, model.levels, model.dim),
            count,
            count_afresh,
            np.stack(islands_of(other, reading.thresholds)),
            canvas(pixels, side=SIDE),
            extent(pixels, grid, patch),
        )


def _steadiness(maps):
    """Mean adjusted Rand index of successive maps."""
    if len(maps) < 2:
        return float("nan")
    return float(np.mean([adjusted_rand(one, two) for one, two in pairwise(maps)]))
