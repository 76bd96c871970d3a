"""Figures: objects that are arrangements of a few part shapes, which all classes share."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np

from .arrangements import ARRANGEMENTS, SINGLES, UNSEEN, draw_figure
from .backgrounds import KINDS, ROUGH, background, clash
from .checks import check_counts, check_size
from .coats import plain_coat, woven_coat
from .draw import Canvas, near_or_anywhere
from .invented import invented_figure
from .scene import Scene, Scenes
from .stencil import Coat, Floats, Stencil

VARIANTS = 24  # drawings of each class, with jittered arrangements
INVENTED = "invented"  # one name for all figures of no class
INVENTIONS = 1_000  # how many of them there are


class Placed(NamedTuple):
    """An object as `Canvas.place` takes it."""

    stencil: Stencil
    kind: int
    centre: tuple[float, float]
    radius: float
    angle: float
    mirrored: bool


class Figures:
    """A world of scenes with objects from named classes, and single shapes as clutter.

    Scenes are ``image_size`` pixels square with ``objects`` = (fewest, most) figures and
    ``clutter`` = (fewest, most) single shapes. Fewer are drawn where a scene has no room left.
    ``crowding`` is the probability that an object is put where it touches an earlier one, at 1 -
    ``overlap`` to 1 times the distance at which their circles would touch.

    ``figures`` names the classes drawn, ten of the sixteen if None; "invented" are a thousand
    figures of no class, random arrangements of the same part shapes. ``across`` = (least, most) is
    a figure's size over the picture's. ``backgrounds`` names kinds of `KINDS` and `ROUGH`.
    ``woven`` parts wear stripes and checks, and may look like another object's or like the part
    beside them, so that colour alone does not tell parts.

    `classes` names all classes, drawn or not, so that a class has one number in every world of
    figures; a single shape's class is its shape.
    """

    classes: tuple[str, ...] = (*ARRANGEMENTS, *SINGLES, *UNSEEN, INVENTED)

    def __init__(
        self,
        image_size: int = 64,
        objects: tuple[int, int] = (2, 5),
        clutter: tuple[int, int] = (0, 3),
        crowding: float = 0.75,
        *,
        overlap: float = 0.4,
        across: tuple[float, float] = (0.31, 0.57),
        figures: Sequence[str] | None = None,
        backgrounds: Sequence[str] = KINDS,
        woven: bool = False,
    ) -> None:
        check_counts("objects", objects)
        check_counts("clutter", clutter, least=0)
        check_size(image_size)
        if not 0 <= overlap < 1:
            raise ValueError(f"expected overlap from 0 to below 1, got {overlap}: lower it")
        if not 0.2 <= across[0] <= across[1] <= 0.8:
            raise ValueError(
                f"expected across as (least, most) from 0.2 to 0.8, got {across}: "
                "parts of smaller figures would not show, larger ones fill the picture"
            )
        drawn = tuple(ARRANGEMENTS) if figures is None else tuple(figures)
        for what, names, known in (
            ("figures", drawn, (*ARRANGEMENTS, *UNSEEN, INVENTED)),
            ("backgrounds", tuple(backgrounds), (*KINDS, *ROUGH)),
        ):
            if not names or not set(names) <= set(known):
                raise ValueError(f"expected {what} from {known}, got {names}: name one or more")
        self.image_size, self.objects, self.clutter = image_size, objects, clutter
        self.crowding, self.overlap, self.across = crowding, overlap, across
        self.figures, self.backgrounds, self.woven = drawn, tuple(backgrounds), woven
        self._kinds = [self.classes.index(name) for name in drawn]
        self._stencils = _drawings() + ([_inventions()] if INVENTED in drawn else [])

    def scenes(self, count: int, seed: int = 0) -> Scenes:
        """``count`` >= 1 scenes; scene i of a seed depends on the seed and i only."""
        return Scenes.stack([self._scene(np.random.default_rng((seed, i))) for i in range(count)])

    def _scene(self, rng: np.random.Generator) -> Scene:
        canvas, _, coats = self.arrange(rng)
        behind = self.choose_background(rng, canvas.rim(coats), self.image_size)
        return canvas.finish(coats, behind)[1]

    def arrange(self, rng: np.random.Generator) -> tuple[Canvas, list[Placed], list[Coat]]:
        """The objects of a random scene, from back to front: placed, how, and their coats."""
        figures = int(rng.integers(self.objects[0], self.objects[1] + 1))
        singles = int(rng.integers(self.clutter[0], self.clutter[1] + 1))
        canvas = Canvas(self.image_size, self.objects[1] + self.clutter[1])
        placed: list[Placed] = []
        coats: list[Coat] = []
        used = np.empty((0, 3), np.float32)
        shaded, inked = rng.random() < 0.3, rng.random() < 0.25
        ink_width = 1 if rng.random() < 0.7 else 2
        for number in range(figures + singles):
            single = number >= figures
            kind = int(
                rng.integers(len(ARRANGEMENTS), len(ARRANGEMENTS) + len(SINGLES))
                if single
                else self._kinds[rng.integers(len(self._kinds))]
            )
            drawings = self._stencils[kind]
            stencil = drawings[int(rng.integers(len(drawings)))]
            # By default figures are 20 to 36 pixels across and clutter 7 to 12, in a picture of 64.
            across = rng.uniform(0.11, 0.19) if single else rng.uniform(*self.across)
            radius = across * self.image_size / 2
            angle = rng.uniform(-0.5, 0.5) if rng.random() < 0.7 else rng.uniform(-np.pi, np.pi)
            mirrored = bool(rng.random() < 0.5)
            for _ in range(8):
                crowding = 0 if single else self.crowding
                centre = near_or_anywhere(rng, canvas, radius, crowding, self.overlap)
                here = Placed(stencil, kind, centre, radius, angle, mirrored)
                if canvas.place(*here):
                    placed.append(here)
                    if self.woven:
                        coats.append(woven_coat(rng, stencil.parts, _beside(canvas, coats)))
                    else:
                        coats.append(plain_coat(rng, stencil.parts, used, shaded, inked, ink_width))
                    used = coats[-1].colours
                    break
        return canvas, placed, coats

    def choose_background(self, rng: np.random.Generator, rim: Floats, size: int) -> Floats:
        """A background (size, size, 3) in 0..255 from which most of the colours ``rim`` differ."""
        textured = [name for name in self.backgrounds if name != "flat"]
        for _ in range(6):
            kind = "flat"
            if textured and ("flat" not in self.backgrounds or rng.random() >= 0.4):
                kind = textured[int(rng.integers(len(textured)))]
            behind = background(rng, kind, size, white=0.3)
            if clash(rim, behind) < 0.1:
                break
        return behind


@cache
def _drawings() -> list[list[Stencil]]:
    """The drawings of every class: always the same, so that a scene depends on its seed only."""
    rng = np.random.default_rng(0)
    figures, singles, unseen = (
        [[draw_figure(rng, parts, jitter) for _ in range(count)] for parts in arrangements]
        for arrangements, count, jitter in (
            (ARRANGEMENTS.values(), VARIANTS, 0.06),
            ([((shape, 0.0, 0.0, 1.0, high, 0.0),) for shape, high in SINGLES.items()], 1, 0.0),
            (UNSEEN.values(), VARIANTS, 0.06),
        )
    )
    return figures + singles + unseen


@cache
def _inventions() -> list[Stencil]:
    """The figures of no class: always the same, as those of the classes are."""
    rng = np.random.default_rng(1)
    return [invented_figure(rng) for _ in range(INVENTIONS)]


def _beside(canvas: Canvas, coats: list[Coat]) -> Coat | None:
    """The coat of the object nearest to the one placed last, which has none yet."""
    if not coats:
        return None
    *others, last = canvas.discs
    return coats[int(np.argmin([np.hypot(*(other - last)[:2]) for other in others]))]
