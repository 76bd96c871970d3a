"""Figures: objects that are arrangements of a few part shapes, which all classes share."""

from __future__ import annotations

import numpy as np

from .arrangements import ARRANGEMENTS, SINGLES, draw_figure
from .backgrounds import KINDS, background, clash, colours
from .draw import Canvas, near_or_anywhere
from .scene import Scene, Scenes
from .stencil import Coat, Floats

VARIANTS = 24  # drawings of each class, with jittered arrangements


class Figures:
    """A world of scenes with objects from ten classes, and single shapes as clutter.

    Scenes are ``image_size`` pixels square with ``objects`` = (fewest, most) figures and
    ``clutter`` = (fewest, most) single shapes. Fewer are drawn where a scene has no room left.
    ``crowding`` is the probability that an object is put where it touches an earlier one.
    `classes` names the classes; a single shape's class is its shape.
    """

    classes: tuple[str, ...] = (*ARRANGEMENTS, *SINGLES)

    def __init__(
        self,
        image_size: int = 64,
        objects: tuple[int, int] = (2, 5),
        clutter: tuple[int, int] = (0, 3),
        crowding: float = 0.75,
    ) -> None:
        for name, (fewest, most), least in (("objects", objects, 1), ("clutter", clutter, 0)):
            if not least <= fewest <= most:
                raise ValueError(
                    f"expected {name} as (fewest, most) with {least} <= fewest <= most, "
                    f"got {(fewest, most)}: swap or raise them"
                )
        if image_size < 32:
            raise ValueError(
                f"expected an image_size of at least 32 pixels, got {image_size}: "
                "parts would not show in smaller pictures"
            )
        self.image_size, self.objects, self.clutter = image_size, objects, clutter
        self.crowding = crowding
        # Always the same drawings, so that a scene depends on its seed and number only.
        rng = np.random.default_rng(0)
        self._stencils = [
            [draw_figure(rng, parts, jitter=0.06) for _ in range(VARIANTS)]
            for parts in ARRANGEMENTS.values()
        ]
        self._stencils += [
            [draw_figure(rng, ((shape, 0, 0, 1, height, 0),), jitter=0)]
            for shape, height in SINGLES.items()
        ]

    def scenes(self, count: int, seed: int = 0) -> Scenes:
        """``count`` >= 1 scenes; scene i of a seed depends on the seed and i only."""
        return Scenes.stack([self._scene(np.random.default_rng((seed, i))) for i in range(count)])

    def _scene(self, rng: np.random.Generator) -> Scene:
        figures = int(rng.integers(self.objects[0], self.objects[1] + 1))
        singles = int(rng.integers(self.clutter[0], self.clutter[1] + 1))
        canvas = Canvas(self.image_size, self.objects[1] + self.clutter[1])
        coats: list[Coat] = []
        used = np.empty((0, 3), np.float32)
        shaded, inked = rng.random() < 0.3, rng.random() < 0.25
        ink_width = 1 if rng.random() < 0.7 else 2
        for number in range(figures + singles):
            single = number >= figures
            kind = int(
                rng.integers(len(ARRANGEMENTS), len(self.classes))
                if single
                else rng.integers(len(ARRANGEMENTS))
            )
            drawings = self._stencils[kind]
            stencil = drawings[int(rng.integers(len(drawings)))]
            # Figures are 20 to 36 pixels across and clutter 7 to 12, in a picture of 64.
            across = rng.uniform(0.11, 0.19) if single else rng.uniform(0.31, 0.57)
            radius = across * self.image_size / 2
            angle = rng.uniform(-0.5, 0.5) if rng.random() < 0.7 else rng.uniform(-np.pi, np.pi)
            mirrored = bool(rng.random() < 0.5)
            for _ in range(8):
                centre = near_or_anywhere(rng, canvas, radius, 0 if single else self.crowding)
                if canvas.place(stencil, kind, centre, radius, angle, mirrored):
                    coats.append(_coat(rng, stencil.parts, used, shaded, inked, ink_width))
                    used = coats[-1].colours
                    break
        rim = canvas.rim(coats)
        for _ in range(6):
            kind_of = KINDS[0] if rng.random() < 0.4 else KINDS[int(rng.integers(1, len(KINDS)))]
            behind = background(rng, kind_of, self.image_size, white=0.3)
            if clash(rim, behind) < 0.1:
                break
        return canvas.finish(coats, behind)[1]


def _coat(
    rng: np.random.Generator,
    parts: int,
    before: Floats,
    shaded: bool,
    inked: bool,
    ink_width: int,
) -> Coat:
    """Random colours for the parts, each unlike the ones drawn before it and the last object's."""
    chosen = before
    for _ in range(parts):
        candidates = colours(rng, 5)
        if len(chosen):
            gaps = ((candidates[:, None] - chosen) ** 2).sum(axis=2).min(axis=1)
            candidates = candidates[gaps.argmax() :]
        chosen = np.concatenate([chosen, candidates[:1]])
    slopes = rng.uniform(-0.35, 0.35, (parts, 2)).astype(np.float32) if shaded else None
    ink = colours(rng, 1)[0] * np.float32(0.25) if inked else None
    return Coat(chosen[len(before) :], slopes, ink, ink_width)
