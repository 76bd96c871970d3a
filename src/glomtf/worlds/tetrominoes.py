"""Tetrominoes: three of them per picture, regenerated to a published description."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .scene import Scene, Scenes

SIZE, BLOCK, COUNT = 35, 5, 3
_BASE = {
    "O": ("11", "11"),
    "I": ("1111",),
    "S": ("011", "110"),
    "Z": ("110", "011"),
    "T": ("010", "111"),
    "L": ("001", "111"),
    "J": ("100", "111"),
}
_TURNS = {"O": 1, "I": 2, "S": 1, "Z": 1, "T": 4, "L": 4, "J": 4}
SHAPES: dict[str, NDArray[np.bool_]] = {
    f"{name}{turn}": np.rot90(np.array([list(row) for row in rows]) == "1", turn)
    for name, rows in _BASE.items()
    for turn in range(_TURNS[name])
}
COLOURS = np.array(
    [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0), (255, 0, 255), (0, 255, 255)], np.uint8
)


class Tetrominoes:
    """A world of 35 x 35 pictures with three tetrominoes on black, without overlap.

    A larger ``image_size`` adds black to the right and below, for columns that do not divide 35.

    Shapes and colours are drawn independently from 17 shapes in fixed orientations, each a class,
    and from red, green, blue, yellow, magenta and cyan. Objects have no parts (each is its own).
    Scale is half the larger side, angles are 0. Columns of 5 or 7 pixels fit.

    These are regenerations, not the published pictures. The description gives sizes, counts,
    colours and the number of shapes; blocks of 5 pixels, places at any pixel, and which 17 of
    the 19 fixed tetrominoes (here S and Z lie) are this project's choice.

    Source: Kabra et al., "Multi-object datasets", 2019, github.com/deepmind/multi_object_datasets.
    """

    classes: tuple[str, ...] = tuple(SHAPES)

    def __init__(self, image_size: int = SIZE) -> None:
        if image_size < SIZE:
            raise ValueError(
                f"expected an image_size of at least {SIZE} pixels, got {image_size}: "
                "three tetrominoes need that much room"
            )
        self.image_size = image_size
        self._masks = [
            shape.repeat(BLOCK, axis=0).repeat(BLOCK, axis=1) for shape in SHAPES.values()
        ]

    def scenes(self, count: int, seed: int = 0) -> Scenes:
        """``count`` >= 1 scenes; scene i of a seed depends on the seed and i only."""
        return Scenes.stack([self._scene(np.random.default_rng((seed, i))) for i in range(count)])

    def _scene(self, rng: np.random.Generator) -> Scene:
        kinds = rng.integers(len(self._masks), size=COUNT)
        # All places anew until none overlap, so that every free arrangement is as likely.
        while True:
            objects = np.zeros((self.image_size, self.image_size), np.int16)
            poses = []
            for number, kind in enumerate(kinds, start=1):
                mask = self._masks[kind]
                height, width = mask.shape
                top, left = rng.integers(SIZE - height + 1), rng.integers(SIZE - width + 1)
                there = objects[top : top + height, left : left + width]
                if there[mask].any():
                    break
                there[mask] = number
                poses.append(
                    (left + width / 2, top + height / 2, max(mask.shape) / self.image_size, 0.0)
                )
            if len(poses) == COUNT:
                break
        palette = np.zeros((COUNT + 1, 3), np.uint8)
        palette[1:] = COLOURS[rng.integers(len(COLOURS), size=COUNT)]
        return Scene.of_objects(palette[objects], objects, kinds.tolist(), poses)
