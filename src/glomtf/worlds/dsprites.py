"""Multi-dSprites: squares, ellipses and hearts, regenerated to a published description."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .scene import Scene, Scenes
from .stencil import Floats

SIZE = 64
# (fewest, most) sprites
VERSIONS = {"binarized": (2, 3), "colored_on_grayscale": (2, 5), "colored_on_colored": (1, 4)}
_REACH = 16  # pixels from a sprite's centre to its farthest point, at scale 1


class DSprites:
    """A world of 64 x 64 pictures with sprites that may hide one another on a flat background.

    ``version`` is "binarized" (2 or 3 white sprites on black), "colored_on_grayscale" (2 to 5
    sprites with random HSV colours on a random grey) or "colored_on_colored" (1 to 4 sprites, all
    colours random RGB). Shape, scale (one of 6 from 0.5 to 1), orientation (one of 40) and
    position (one of 32 along each axis) are drawn independently, edges are hard. Objects have no
    parts (each is its own); a hidden sprite is no object.

    These are regenerations, not the published pictures. The description gives sizes, counts,
    shapes and factors; that positions span the middle 32 pixels and sprites of scale 1 reach 16
    pixels far, so that none leaves the picture, and that HSV colours have saturation and value
    from 0.5 to 1, are this project's choice.

    Source: Kabra et al., "Multi-object datasets", 2019, github.com/deepmind/multi_object_datasets;
    Matthey et al., "dSprites", 2017, github.com/deepmind/dsprites-dataset.
    """

    image_size = SIZE
    classes: tuple[str, ...] = ("square", "ellipse", "heart")

    def __init__(self, version: str = "colored_on_grayscale") -> None:
        if version not in VERSIONS:
            raise ValueError(
                f"expected a version from {', '.join(VERSIONS)}, got {version!r}: choose one"
            )
        self.version = version

    def scenes(self, count: int, seed: int = 0) -> Scenes:
        """``count`` >= 1 scenes; scene i of a seed depends on the seed and i only."""
        return Scenes.stack([self._scene(np.random.default_rng((seed, i))) for i in range(count)])

    def _scene(self, rng: np.random.Generator) -> Scene:
        fewest, most = VERSIONS[self.version]
        sprites = int(rng.integers(fewest, most + 1))
        kinds = rng.integers(len(self.classes), size=sprites)
        scales = rng.integers(6, size=sprites) / 10 + 0.5
        angles = rng.integers(40, size=sprites) * (2 * np.pi / 40)
        centres = SIZE / 4 + rng.integers(32, size=(sprites, 2)) * (SIZE / 2 / 31)
        objects = np.zeros((SIZE, SIZE), np.int16)
        for number, (kind, scale, angle, centre) in enumerate(
            zip(kinds, scales, angles, centres, strict=True), start=1
        ):
            objects[_sprite(self.classes[kind], scale * _REACH, angle, centre)] = number
        palette = np.zeros((most + 1, 3), np.uint8)
        palette[: sprites + 1] = self._colours(rng, sprites)
        poses = np.column_stack([centres, scales * _REACH / (SIZE / 2), angles])
        # As many entries as the fullest scene has, so that scenes can be stacked.
        absent = most - sprites
        return Scene.of_objects(
            palette[objects],
            objects,
            kinds.tolist() + [0] * absent,
            poses.tolist() + [[0.0] * 4] * absent,
        )

    def _colours(self, rng: np.random.Generator, sprites: int) -> NDArray[np.uint8]:
        """Colours (1 + sprites, 3) of the background and the sprites."""
        if self.version == "colored_on_colored":
            return rng.integers(256, size=(sprites + 1, 3)).astype(np.uint8)
        colours = np.full((sprites + 1, 3), 255.0)
        colours[0] = 0
        if self.version == "colored_on_grayscale":
            colours[0] = rng.integers(256)
            hue, saturation = rng.random((sprites, 1)), rng.uniform(0.5, 1, (sprites, 1))
            value = rng.uniform(0.5, 1, (sprites, 1))
            # Each channel is full within a sixth of the circle around its own hue.
            near = np.abs((hue * 6 - np.array([0, 2, 4]) + 3) % 6 - 3)
            colours[1:] = 255 * value * (1 - saturation * np.clip(near - 1, 0, 1))
        return colours.round().astype(np.uint8)


def _sprite(
    shape: str, reach: float, angle: float, centre: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """The pixels (SIZE, SIZE) whose centres lie in a sprite that reaches ``reach`` pixels far."""
    grid = np.arange(SIZE, dtype=np.float32) + 0.5
    across, down = (grid - centre[0]) / reach, (grid - centre[1])[:, None] / reach
    u: Floats = np.cos(angle) * across + np.sin(angle) * down
    v: Floats = np.cos(angle) * down - np.sin(angle) * across
    inside: NDArray[np.bool_]
    if shape == "square":
        inside = np.maximum(abs(u), abs(v)) <= 0.5**0.5
    elif shape == "ellipse":
        inside = u**2 + (2 * v) ** 2 <= 1
    else:  # the curve (x^2 + y^2 - 1)^3 = x^2 y^3, made to fit, its tip down
        x, y = 1.42 * u, 0.14 - 1.27 * v
        inside = (x**2 + y**2 - 1) ** 3 <= x**2 * y**3
    return inside
