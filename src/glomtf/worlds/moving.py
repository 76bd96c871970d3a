"""Moving figures: rigid objects on ways of their own before a background that drifts, too."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .crowd import crowd
from .draw import Canvas, rounded
from .figures import Figures, Placed
from .scene import Scene, Scenes
from .stencil import Coat, Floats

TURN = 0.08  # the most radians an object turns from one frame to the next
# How far anything moves in all, over the picture's side: the background is drawn that much larger.
WAY = 0.25


@dataclass(frozen=True)
class Videos:
    """S videos of F frames with their truth; a number means the same in every frame of a video.

    - ``images`` (S, F, H, W, 3) uint8.
    - ``parts`` and ``objects`` (S, F, H, W) int16: 0 is background; parts are numbered 1.. and
      objects 1.. from back to front, if seen in any frame. Both can be hidden in some frames.
    - ``flow`` (S, F - 1, H, W, 2) float32: pixels right and down that what is seen at a pixel
      moves until the next frame, where something else may hide it. To test with, not to train on.
    """

    images: NDArray[np.uint8]
    parts: NDArray[np.int16]
    objects: NDArray[np.int16]
    flow: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.images)


class Moving:
    """A world of videos: the objects of another world, each moving and turning as one piece.

    ``world`` is where objects, coats and backgrounds come from, the crowd if None. ``speed`` =
    (least, most) pixels per frame, of each object and of the background, in directions of their
    own. `scenes` are the first of two frames and come with the second.
    """

    def __init__(self, world: Figures | None = None, speed: tuple[float, float] = (1, 3)) -> None:
        self.world = crowd() if world is None else world
        fastest = WAY * self.world.image_size
        if not 0 <= speed[0] <= speed[1] <= fastest:
            raise ValueError(
                "expected speed as (least, most) pixels with 0 <= least <= most <= "
                f"{fastest:g}, got {speed}: change them"
            )
        self.image_size, self.speed = self.world.image_size, speed
        self.classes: tuple[str, ...] = self.world.classes

    def scenes(self, count: int, seed: int = 0) -> Scenes:
        """``count`` >= 1 scenes: the videos' first frames, and in ``later`` the second ones."""
        starts = [self._start(seed, i) for i in range(count)]
        later = np.stack([start.video(2)[0][1] for start in starts])
        return replace(Scenes.stack([start.still() for start in starts]), later=later)

    def videos(self, count: int, frames: int = 2, seed: int = 0) -> Videos:
        """``count`` >= 1 videos; video i of a seed depends on the seed, i and ``frames`` only.

        Raises ValueError where something could go further than a quarter of the picture.
        """
        if frames < 1 or (frames - 1) * self.speed[1] > WAY * self.image_size:
            most = int(WAY * self.image_size / self.speed[1]) + 1 if self.speed[1] else "any number"
            raise ValueError(
                f"expected 1 to {most} frames at {self.speed[1]:g} pixels per frame, got {frames}: "
                "ask for fewer or lower the speed"
            )
        videos = [self._start(seed, i).video(frames) for i in range(count)]
        return Videos(*(np.stack(field) for field in zip(*videos, strict=True)))

    def _start(self, seed: int, number: int) -> _Start:
        rng = np.random.default_rng((seed, number))
        canvas, placed, coats = self.world.arrange(rng)
        margin = int(np.ceil(WAY * self.image_size)) + 1  # one more to interpolate with
        behind = self.world.choose_background(rng, canvas.rim(coats), self.image_size + 2 * margin)
        heading = rng.uniform(0, 2 * np.pi, len(placed) + 1)
        steps = np.stack([np.cos(heading), np.sin(heading)], axis=1)
        steps *= rng.uniform(*self.speed, (len(placed) + 1, 1))
        turns = rng.uniform(-TURN, TURN, len(placed)) if self.speed[1] else np.zeros(len(placed))
        return _Start(canvas, placed, coats, behind, margin, steps, turns)


@dataclass(frozen=True)
class _Start:
    """How a video starts, and how everything goes on: row 0 of ``steps`` is the background's."""

    canvas: Canvas
    placed: list[Placed]
    coats: list[Coat]
    behind: Floats
    margin: int
    steps: NDArray[np.float64]
    turns: NDArray[np.float64]

    def still(self) -> Scene:
        return self.canvas.finish(self.coats, self._background(np.zeros(2)))[1]

    def video(self, frames: int) -> tuple[NDArray[np.generic], ...]:
        """images, parts, objects and flow of one video."""
        size = self.canvas.size
        steps = self.steps.copy()
        # What would leave the picture turns back at once, along that axis.
        start = np.array([each.centre for each in self.placed])
        end = start + (frames - 1) * steps[1:]
        steps[1:][(end < 0) | (end > size)] *= -1
        images, parts, flow = [], [], []
        for frame in range(frames):
            now = [
                each._replace(
                    centre=tuple(each.centre + frame * step), angle=each.angle + frame * turn
                )
                for each, step, turn in zip(self.placed, steps[1:], self.turns, strict=True)
            ]
            canvas = Canvas(size, len(now))
            for each in now:
                canvas.place(*each, least=0.0)
            images.append(rounded(canvas.paint(self.coats, self._background(frame * steps[0]))))
            parts.append(canvas.labels())
            flow.append(self._flow(now, steps, canvas.owners[parts[-1]]))
        seen, owners = np.stack(parts), self.canvas.owners
        shown = np.unique(seen[seen > 0])
        new_part = np.zeros(len(owners), np.int16)
        new_part[shown] = np.arange(1, len(shown) + 1)
        new_object = np.zeros(len(self.placed) + 1, np.int16)
        wholes = np.unique(owners[shown])
        new_object[wholes] = np.arange(1, len(wholes) + 1)
        return (
            np.stack(images),
            new_part[seen],
            new_object[owners[seen]],
            np.stack(flow)[:-1].astype(np.float32),
        )

    def _flow(
        self, now: list[Placed], steps: NDArray[np.float64], objects: NDArray[np.int16]
    ) -> NDArray[np.float64]:
        """Pixels right and down (size, size, 2) to the next frame, ``objects`` as placed."""
        # By object, the background first: cosine and sine of the turn, the centre, the step.
        rows = [(1.0, 0.0, 0.0, 0.0, *steps[0])] + [
            (np.cos(turn), np.sin(turn), *each.centre, *step)
            for each, step, turn in zip(now, steps[1:], self.turns, strict=True)
        ]
        cosine, sine, x, y, right, down = np.array(rows).T[:, objects]
        along = np.arange(self.canvas.size) + 0.5
        u, v = along - x, along[:, None] - y
        return np.stack([cosine * u - sine * v - u + right, sine * u + cosine * v - v + down], -1)

    def _background(self, shift: NDArray[np.float64]) -> Floats:
        """The window (size, size, 3) of the large background after it moved by ``shift``."""
        size = self.canvas.size
        x, y = self.margin - shift
        left, top = int(np.floor(x)), int(np.floor(y))
        right, low = (x - left).astype(np.float32), (y - top).astype(np.float32)
        window = self.behind[top : top + size + 1, left : left + size + 1]
        rows: Floats = window[:-1] * (1 - low) + window[1:] * low
        blended: Floats = rows[:, :-1] * (1 - right) + rows[:, 1:] * right
        return blended
