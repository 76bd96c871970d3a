"""Ellipses: objects of five ellipses each under random affine maps, where parts alone are alike."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .backgrounds import background, clash
from .checks import check_counts, check_size
from .coats import plain_coat
from .draw import Canvas, near_or_anywhere
from .ellipse_classes import CLASSES
from .scene import Scene, Scenes, column_labels
from .stencil import Coat, Floats, Stencil

_SIDE = 160  # of a drawing, in pixels
_UNIT = 0.2 * _SIDE  # half an object as designed, in pixels of its drawing


@dataclass(frozen=True)
class Symbols:
    """What the columns of S scenes would be told if ellipses were given as symbols.

    ``values`` (S, rows, cols, 7) float32: 1 where an ellipse holds most of the column, then right
    and down from the column to the ellipse's centre, and the 2 x 2 matrix, row by row, that maps
    the unit circle to the ellipse, in half pictures; all 0 elsewhere. ``scenes`` are the same
    scenes with their truth.
    """

    values: NDArray[np.float32]
    scenes: Scenes


class Ellipses:
    """The world of eGLOM, rendered: scenes of objects from five classes of five ellipses.

    Scenes are ``image_size`` pixels square with ``objects`` = (fewest, most) objects; fewer are
    drawn where a scene has no room left. Every object is stretched, turned and shifted at random;
    ``unseen`` draws turns and stretches from beyond the usual ranges, for tests. ``noise`` is the
    standard deviation by which each ellipse's centre, axes and angle are off (the unit is half an
    object, or a radian); ``ambiguity``, 0 to 1, is how far the classes are moved towards one
    common arrangement, which all of them share at 1. Colours are random and tell nothing.

    The pose in a scene is the centre of the object's bounding box, its size, and its turn.

    Source: Culp, Sabour, Hinton, "Testing GLOM's ability to infer wholes from ambiguous parts",
    2022, whose scenes are symbols; the arrangements and ranges here are this project's.
    """

    classes: tuple[str, ...] = tuple(CLASSES)

    def __init__(
        self,
        image_size: int = 64,
        objects: tuple[int, int] = (1, 1),
        noise: float = 0.0,
        ambiguity: float = 0.0,
        *,
        unseen: bool = False,
    ) -> None:
        check_counts("objects", objects)
        check_size(image_size)
        if not 0 <= noise <= 0.2:
            raise ValueError(f"expected noise from 0 to 0.2, got {noise}: choose another")
        if not 0 <= ambiguity <= 1:
            raise ValueError(f"expected ambiguity from 0 to 1, got {ambiguity}: choose another")
        self.image_size, self.objects = image_size, objects
        self.noise, self.ambiguity, self.unseen = noise, ambiguity, unseen
        own = np.array(list(CLASSES.values()))
        self._arrangements = own + ambiguity * (own.mean(axis=0) - own)

    def scenes(self, count: int, seed: int = 0) -> Scenes:
        """``count`` >= 1 scenes; scene i of a seed depends on the seed and i only."""
        return Scenes.stack([self._scene(seed, i)[0] for i in range(count)])

    def symbols(self, count: int, seed: int = 0, *, patch_size: int = 4) -> Symbols:
        """The same scenes with what symbols would tell columns of ``patch_size`` pixels."""
        scenes, values = [], []
        for i in range(count):
            scene, labels, ellipses = self._scene(seed, i)
            scenes.append(scene)
            part = column_labels(labels, patch_size)
            row, col = np.indices(part.shape)
            value = np.concatenate([(part > 0)[..., None], ellipses[part]], axis=-1)
            here = (np.stack([col, row], axis=-1) + 0.5) * patch_size
            value[..., 1:3] -= here
            value[..., 1:] /= self.image_size / 2
            value[part == 0] = 0
            values.append(value.astype(np.float32))
        return Symbols(np.stack(values), Scenes.stack(scenes))

    def _scene(self, seed: int, number: int) -> tuple[Scene, NDArray[np.int16], Floats]:
        """The scene, its labels as placed, and centre and matrix (parts + 1, 6) by label."""
        rng = np.random.default_rng((seed, number))
        canvas = Canvas(self.image_size, self.objects[1])
        coats: list[Coat] = []
        used = np.empty((0, 3), np.float32)
        rows = [np.zeros((1, 6))]
        # One object fills most of the picture, several have to share it.
        across = (0.6, 0.9) if self.objects[1] == 1 else (0.4, 0.62)
        for _ in range(rng.integers(self.objects[0], self.objects[1] + 1)):
            kind = int(rng.integers(len(self.classes)))
            angle, stretch = self._transform(rng)
            stencil, ellipses = _draw(self._noisy(rng, kind), stretch)
            radius = rng.uniform(*across) * self.image_size / 2
            for _ in range(8):
                centre = near_or_anywhere(rng, canvas, radius, 0.75)
                if canvas.place(stencil, kind, centre, radius, angle, False):
                    coats.append(plain_coat(rng, stencil.parts, used, False, False, 1))
                    used = coats[-1].colours
                    moved = (radius / stencil.radius) * _turn(angle) @ ellipses
                    moved[:, :, 0] += centre
                    rows.append(moved.reshape(-1, 6)[:, [0, 3, 1, 2, 4, 5]])
                    break
        rim = canvas.rim(coats)
        for _ in range(6):
            behind = background(rng, "flat", self.image_size, white=0.3)
            if clash(rim, behind) < 0.1:
                break
        return canvas.finish(coats, behind)[1], canvas.labels(), np.concatenate(rows)

    def _transform(self, rng: np.random.Generator) -> tuple[float, NDArray[np.float64]]:
        """A turn and a stretch that keeps areas: together with a size and a shift, an affine map.

        Any affine map that does not mirror is such a product (its polar decomposition).
        """
        turns, stretches = ((0.6, 1.2), (1.3, 1.6)) if self.unseen else ((0.0, 0.6), (1.0, 1.3))
        angle = float(rng.uniform(*turns) * rng.choice([-1, 1]))
        along, axis = rng.uniform(*stretches), _turn(rng.uniform(0, np.pi))
        return angle, axis @ np.diag([along, 1 / along]) @ axis.T

    def _noisy(self, rng: np.random.Generator, kind: int) -> NDArray[np.float64]:
        """The arrangement (5, 5) of a class with every ellipse a little off."""
        x, y, width, height, angle = self._arrangements[kind].T
        off = rng.normal(0, self.noise, (5, 5)).T
        scale = np.exp(off[2:4])  # lengths change by factors, so that they stay positive
        return np.stack(
            [x + off[0], y + off[1], width * scale[0], height * scale[1], angle + off[4]]
        ).T


def _draw(
    arrangement: NDArray[np.float64], stretch: NDArray[np.float64]
) -> tuple[Stencil, NDArray[np.float64]]:
    """A stretched drawing of an arrangement, and its ellipses in the drawing's pixels.

    The ellipses (5, 2, 3) are centres (first column), from the drawing's centre, and the matrices
    that map the unit circle to them.
    """
    ellipses = np.empty((len(arrangement), 2, 3))
    index_map = np.zeros((_SIDE, _SIDE), np.uint8)
    grid = np.arange(_SIDE) + 0.5 - _SIDE / 2
    for number, (x, y, width, height, angle) in enumerate(arrangement):
        centre = _UNIT * stretch @ (x, y)
        matrix = _UNIT * stretch @ _turn(angle) @ np.diag([width, height])
        across, down = grid - centre[0], (grid - centre[1])[:, None]
        inverse = np.linalg.inv(matrix)
        u = inverse[0, 0] * across + inverse[0, 1] * down
        v = inverse[1, 0] * across + inverse[1, 1] * down
        index_map[u * u + v * v <= 1] = number + 1
        ellipses[number, :, 0], ellipses[number, :, 1:] = centre, matrix
    rows, columns = np.flatnonzero(index_map.any(axis=1)), np.flatnonzero(index_map.any(axis=0))
    ellipses[:, 0, 0] -= (columns[0] + columns[-1] + 1 - _SIDE) / 2
    ellipses[:, 1, 0] -= (rows[0] + rows[-1] + 1 - _SIDE) / 2
    return Stencil.centred(index_map, _SIDE + 2), ellipses


def _turn(angle: float) -> NDArray[np.float64]:
    """The matrix that turns clockwise as seen, y pointing down."""
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
