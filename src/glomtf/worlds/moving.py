"""Moving figures: short videos of objects that drift over a background, with their true masks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .arrangements import ARRANGEMENTS, draw_figure
from .backgrounds import background, colours
from .draw import Canvas
from .scene import Scene
from .stencil import Coat

_TRIES = 1000


@dataclass(frozen=True)
class Video:
    """F frames with their truth; a number means the same part or object in every frame.

    - ``images`` (F, H, W, 3) uint8.
    - ``parts`` and ``objects`` (F, H, W) int16: 0 is background; all of them are seen, at least
      in part, in every frame.
    """

    images: NDArray[np.uint8]
    parts: NDArray[np.int16]
    objects: NDArray[np.int16]


def moving_figures(
    frames: int, seed: int = 0, *, image_size: int = 64, objects: int = 3, speed: float = 1.0
) -> Video:
    """Figures on straight ways at constant speed, in front of and behind one another.

    frames: at least 1; image_size: pixels, at least 32; objects: how many; speed: the mean pixels
    per frame, 0 = a still; each object has its own, from half to one and a half of it. The same
    arguments give the same video. Raises ValueError where no such video was found: the objects
    must stay in the picture, so many frames want a low speed.
    """
    rng = np.random.default_rng((seed, frames, objects))
    for _ in range(_TRIES):
        scenes = _scenes(rng, frames, image_size, objects, speed)
        if scenes is not None:
            return Video(
                np.stack([scene.image for scene in scenes]),
                np.stack([scene.parts for scene in scenes]),
                np.stack([scene.objects for scene in scenes]),
            )
    raise ValueError(
        f"expected {objects} objects to stay in sight for {frames} frames at {speed:g} pixels per "
        "frame, got none of them to: ask for fewer frames or objects, or for less speed"
    )


def _scenes(
    rng: np.random.Generator, frames: int, size: int, objects: int, speed: float
) -> list[Scene] | None:
    """One attempt; None where something is out of sight in one of the frames."""
    arrangements = list(ARRANGEMENTS.values())
    figures = [
        draw_figure(rng, arrangements[int(rng.integers(len(arrangements)))], jitter=0.06)
        for _ in range(objects)
    ]
    coats = [Coat(colours(rng, figure.parts)) for figure in figures]
    behind = background(rng, "linear", size, white=0.0)
    radii = rng.uniform(0.155, 0.225, objects) * size
    middle = rng.uniform(radii[:, None], size - radii[:, None], (objects, 2))
    heading = rng.uniform(0, 2 * np.pi, objects)
    step = (
        speed
        * rng.uniform(0.5, 1.5, (objects, 1))
        * np.stack([np.cos(heading), np.sin(heading)], axis=1)
    )
    scenes = []
    for frame in range(frames):
        canvas = Canvas(size, objects)
        centres = middle + (frame - (frames - 1) / 2) * step
        for figure, (x, y), radius in zip(figures, centres, radii, strict=True):
            inside = radius / 2 <= min(x, y) and max(x, y) <= size - radius / 2
            if not inside or not canvas.place(figure, 0, (x, y), radius, 0.0, False):
                return None
        scene = canvas.finish(coats, behind)[1]
        # Numbers of what is seen only stay the same where everything is seen.
        if scene.parts.max() < sum(figure.parts for figure in figures):
            return None
        scenes.append(scene)
    return scenes
