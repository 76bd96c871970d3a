"""Icons: designers' drawings as objects, their filled shapes as parts, in varied styles."""

from __future__ import annotations

import hashlib
import os
import re

import numpy as np
from numpy.typing import NDArray

from .backgrounds import KINDS, background, clash, colours
from .checks import check_counts, check_size
from .draw import Canvas, near_or_anywhere
from .icon_source import icon_set
from .scene import Scene, Scenes
from .stencil import Coat, Floats

VALIDATION_SHARE = 0.1
CROWDING = 0.8  # the probability that an icon is put where it touches an earlier one
_CODE_POINT = re.compile(r"(?:emoji_)?u?([0-9a-f]{4,6})(?=$|[-_])")
_LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)


class Icons:
    """A world of scenes made of the SVG icons of a folder or archive.

    ``source`` is read as `icon_set` says. Scenes are ``image_size`` pixels square with
    ``objects`` = (fewest, most) icons; fewer are drawn where a scene has no room left. ``split``
    is "train", "validation" (a tenth of the icons, chosen by name) or "all". ``style`` "varied"
    changes colours, adds outlines, shading and noise, so that what is learned does not depend on
    one designer's palette; "original" keeps the icons' own colours, on plain backgrounds.
    `digest` is the same for the same set of icons, wherever it lies and however it is packed.

    `classes` are the names of the split's icons, `skipped` counts the source's icons that could
    not be used. Raises ValueError, in one line, for a source or option that cannot be used and
    for a missing package that renders icons.
    """

    def __init__(
        self,
        source: str | os.PathLike[str],
        image_size: int = 64,
        objects: tuple[int, int] = (2, 4),
        split: str = "train",
        style: str = "varied",
    ) -> None:
        if split not in ("train", "validation", "all"):
            raise ValueError(f"expected split train, validation or all, got {split!r}: choose one")
        if style not in ("varied", "original"):
            raise ValueError(f"expected style varied or original, got {style!r}: choose one")
        check_counts("objects", objects)
        check_size(image_size)
        icons = icon_set(source)
        chosen = [
            number
            for number, name in enumerate(icons.names)
            if split == "all" or _is_validation(name) == (split == "validation")
        ]
        if not chosen:
            raise ValueError(
                f"expected icons for the {split} split, got none of {len(icons.names)}: "
                "add icons or use split all"
            )
        self.image_size, self.objects, self.style = image_size, objects, style
        self.classes: tuple[str, ...] = tuple(icons.names[number] for number in chosen)
        self.skipped, self.digest = icons.skipped, icons.digest
        self._stencils = [icons.stencils[number] for number in chosen]
        self._palettes = [icons.palettes[number].astype(np.float32) for number in chosen]

    def scenes(self, count: int, seed: int = 0) -> Scenes:
        """``count`` >= 1 scenes; scene i of a seed depends on the seed and i only."""
        return Scenes.stack([self._scene(np.random.default_rng((seed, i))) for i in range(count)])

    def _scene(self, rng: np.random.Generator) -> Scene:
        canvas = Canvas(self.image_size, self.objects[1])
        coats = self._place(rng, canvas)
        varied = self.style == "varied"
        kinds = KINDS if varied and rng.random() < 0.5 else KINDS[:1]
        rim = canvas.rim(coats)
        for _ in range(6):
            kind = kinds[int(rng.integers(len(kinds)))]
            behind = background(rng, kind, self.image_size, white=0.5)
            if clash(rim, behind) < 0.15:
                break
        picture, scene = canvas.finish(coats, behind)
        if not varied or rng.random() < 0.6:
            return scene
        return Scene(_worn(rng, picture), scene.parts, scene.objects, scene.classes, scene.poses)

    def _place(self, rng: np.random.Generator, canvas: Canvas) -> list[Coat]:
        coats: list[Coat] = []
        # Often all objects of a scene share a style, as the icons of one designer do.
        shared = _Style(rng) if rng.random() < 0.5 else None
        for _ in range(rng.integers(self.objects[0], self.objects[1] + 1)):
            kind = int(rng.integers(len(self.classes)))
            stencil = self._stencils[kind]
            # Icons are 24 to 44 pixels across in a picture of 64.
            radius = rng.uniform(0.375, 0.69) * self.image_size / 2
            angle = rng.normal(0, 0.2) if rng.random() < 0.8 else rng.uniform(-np.pi, np.pi)
            mirrored = bool(rng.random() < 0.5)
            for _ in range(10):
                centre = near_or_anywhere(rng, canvas, radius, CROWDING)
                if canvas.place(stencil, kind, centre, radius, angle, mirrored):
                    if self.style == "original":
                        coats.append(Coat(self._palettes[kind]))
                    else:
                        style = shared or _Style(rng)
                        coats.append(style.coat(rng, self._palettes[kind]))
                    break
        return coats


class _Style:
    """One way to paint icons: how colours are chosen, and whether with outlines and shading."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.palette = rng.choice(
            ["original", "jittered", "random", "two tones", "grey"], p=[0.45, 0.2, 0.15, 0.12, 0.08]
        )
        self.shading = rng.uniform(0.1, 0.45) if rng.random() < 0.25 else 0.0
        self.ink: Floats | None = None
        if rng.random() < 0.3:
            # Mostly nearly black, sometimes any colour.
            self.ink = colours(rng, 1)[0] * np.float32(0.2 if rng.random() < 0.75 else 1.0)
        self.ink_width = 1 if rng.random() < 0.65 else 2

    def coat(self, rng: np.random.Generator, palette: Floats) -> Coat:
        slopes = None
        if self.shading:
            slopes = rng.uniform(-1, 1, (len(palette), 2)).astype(np.float32) * self.shading
        painted = np.clip(self._paint(rng, palette), 0, 255).astype(np.float32)
        return Coat(painted, slopes, self.ink, self.ink_width)

    def _paint(self, rng: np.random.Generator, palette: Floats) -> Floats:
        if self.palette == "original":
            return palette
        if self.palette == "random":
            return _distinct(rng, len(palette))
        if self.palette == "two tones":
            first, second = colours(rng, 2)
            # Steps between parts down to some 10 of 255: faint, and still to be seen.
            share = rng.permutation(np.linspace(0, 1, max(2, len(palette))))[: len(palette), None]
            span = (second - first) * np.float32(rng.uniform(0.3, 1.0))
            return first + share.astype(np.float32) * span
        grey = palette @ _LUMINANCE
        if self.palette == "grey":
            contrast, shift = rng.uniform(0.5, 1.1), rng.uniform(-15, 15)
            grey = (_apart(palette, grey) - 128) * np.float32(contrast) + np.float32(128 + shift)
            return np.repeat(grey[:, None], 3, axis=1)
        # Turn the hues around the grey axis, change saturation and brightness.
        saturation, brightness = rng.uniform((0.5, 0.7), (1.25, 1.1)).astype(np.float32)
        colour = (palette - grey[:, None]) @ _hue_turn(rng.uniform(-np.pi, np.pi)) * saturation
        return (grey[:, None] + colour) * brightness + np.float32(rng.uniform(-20, 20))


def _distinct(rng: np.random.Generator, count: int) -> Floats:
    """Random colours (count, 3), each unlike the two before it."""
    candidates = colours(rng, 3 * count).reshape(count, 3, 3)
    chosen = candidates[:, 0].copy()
    for number in range(1, count):
        before = chosen[max(0, number - 2) : number]
        gaps = ((candidates[number][:, None] - before) ** 2).sum(axis=2).min(axis=1)
        chosen[number] = candidates[number, gaps.argmax()]
    return chosen


def _apart(palette: Floats, grey: Floats) -> Floats:
    """The greys (P,) of colours (P, 3), moved where different colours have nearly the same grey."""
    _, first, which = np.unique(palette, axis=0, return_index=True, return_inverse=True)
    order = np.argsort(grey[first], kind="stable")
    ramp = np.arange(len(order), dtype=np.float32) * np.float32(min(14, 250 / len(order)))
    levels = np.empty_like(ramp)
    levels[order] = np.maximum.accumulate(grey[first][order] - ramp) + ramp
    return levels[which.ravel()] - max(0, levels.max() - 255)


def _hue_turn(angle: float) -> Floats:
    """The rotation (3, 3) around the grey axis, for colours as rows."""
    cosine, sine = np.cos(angle), np.sin(angle) / 3**0.5
    shared = (1 - cosine) / 3
    same, after, before = cosine + shared, shared - sine, shared + sine
    return np.array(
        [[same, after, before], [before, same, after], [after, before, same]], np.float32
    )


def _worn(rng: np.random.Generator, picture: Floats) -> NDArray[np.uint8]:
    """A picture (H, W, 3) with another contrast and brightness and a little noise, rounded."""
    contrast, shift = rng.uniform(0.8, 1.15), rng.uniform(-15, 15)
    noise = rng.standard_normal(picture.shape, np.float32) * np.float32(rng.uniform(0, 7))
    changed = (picture - 128) * np.float32(contrast) + np.float32(128 + shift) + noise
    return np.clip(changed + 0.5, 0, 255).astype(np.uint8)


def _is_validation(name: str) -> bool:
    """Whether an icon is kept for validation, the same for ever.

    Drawings of the same name in several folders, and variants that share the first code point of
    their names, are on the same side.
    """
    stem = name.rpartition("/")[2].lower()
    match = _CODE_POINT.match(stem)
    key = match[1] if match else stem
    digest = hashlib.sha256(key.encode(errors="surrogateescape")).digest()
    share = int.from_bytes(digest[:8], "big") / 2**64
    return share < VALIDATION_SHARE
