"""Composing a picture: stencils placed on a canvas, painted, antialiased and labelled."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .paint import colour_table, outline, shade, weave
from .scene import Scene
from .stencil import Coat, Floats, Stencil

# An object of which less than this is left to see, behind others or out of the frame, would be
# a truth that nobody can find in the picture.
VISIBLE_SHARE = 0.4


class Canvas:
    """Objects placed on an empty square, at twice the picture's resolution.

    ``size`` is the picture's side in pixels, ``most`` the greatest number of objects.
    """

    def __init__(self, size: int, most: int) -> None:
        self.size = size
        self._parts = np.zeros((2 * size, 2 * size), np.int16)
        self._objects = np.zeros((2 * size, 2 * size), np.int16)
        self._owners = [0]  # the object of each part
        self._classes = np.full(most + 1, -1, np.int16)
        self._poses = np.zeros((most + 1, 4), np.float32)
        self._wholes = np.zeros(most + 1)  # area if nothing hid the object
        self._seen = np.zeros(most + 1)  # area not hidden yet
        self.count = 0

    @property
    def discs(self) -> Floats:
        """Centre x, y and radius in pixels of the objects placed so far, (n, 3)."""
        discs = self._poses[1 : self.count + 1, :3].copy()
        discs[:, 2] *= self.size / 2
        return discs

    def place(
        self,
        stencil: Stencil,
        kind: int,
        centre: tuple[float, float],
        radius: float,
        angle: float,
        mirrored: bool,
        least: float = VISIBLE_SHARE,
    ) -> bool:
        """Put an object of class ``kind`` on top; centre and radius in pixels.

        Returns False, and changes nothing, when a smaller share than ``least`` of it or of one
        below would be seen, or its frame lies out of the picture.
        """
        x, y, reach = 2 * centre[0], 2 * centre[1], 2 * radius * 2**0.5
        x0, x1 = max(0, int(x - reach)), min(2 * self.size, int(x + reach) + 1)
        y0, y1 = max(0, int(y - reach)), min(2 * self.size, int(y + reach) + 1)
        if x0 >= x1 or y0 >= y1:
            return False
        zoom = stencil.radius / (2 * radius)
        side = len(stencil.map)
        cosine, sine = np.cos(angle) * zoom, np.sin(angle) * zoom
        across = np.arange(x0, x1) + (0.5 - x)
        down = (np.arange(y0, y1) + (0.5 - y))[:, None]
        column = cosine * across + sine * down
        if mirrored:
            column = -column
        row = cosine * down - sine * across
        # Clipping sends everything outside to the stencil's transparent border.
        column = np.clip(column + side / 2, 0, side - 1).astype(np.intp)
        row = np.clip(row + side / 2, 0, side - 1).astype(np.intp)
        index = stencil.map.ravel().take(row * side + column)
        mask = index > 0

        whole = stencil.area / zoom**2
        objects = self._objects[y0:y1, x0:x1]
        seen = self._seen - np.bincount(objects[mask], minlength=len(self._seen))
        new = self.count + 1
        seen[new] = np.count_nonzero(mask)
        self._wholes[new] = whole
        if (seen[1 : new + 1] < least * self._wholes[1 : new + 1]).any():
            return False
        self.count, self._seen = new, seen
        np.copyto(self._parts[y0:y1, x0:x1], index + np.int16(len(self._owners) - 1), where=mask)
        objects[mask] = new
        self._owners += [new] * stencil.parts
        self._classes[new] = kind
        self._poses[new] = (*centre, radius / (self.size / 2), angle)
        return True

    def rim(self, coats: list[Coat]) -> Floats:
        """The colours that meet the background, one per pixel of the objects' rims, (n, 3)."""
        parts = self._parts[::2, ::2]
        empty = parts == 0
        rim = np.zeros_like(empty)
        rim[1:] |= empty[:-1]
        rim[:-1] |= empty[1:]
        rim[:, 1:] |= empty[:, :-1]
        rim[:, :-1] |= empty[:, 1:]
        return colour_table(coats)[parts[rim & ~empty]]

    def paint(self, coats: list[Coat], background: Floats) -> Floats:
        """Paint the objects over a background (size, size, 3) in 0..255, one coat per object.

        Returns the unrounded picture (size, size, 3), 0..255.
        """
        parts = self._parts
        pixels = colour_table(coats).take(parts, axis=0)
        placed = self._poses[1 : self.count + 1] * np.array((2, 2, self.size, 1), np.float32)
        weave(pixels, parts, placed, coats)
        shade(pixels, parts, placed, coats)
        outline(pixels, parts, self._objects, coats)
        picture = pixels[::2, ::2] + pixels[1::2, ::2] + pixels[::2, 1::2] + pixels[1::2, 1::2]
        empty = (parts == 0).astype(np.float32)
        bare = empty[::2, ::2] + empty[1::2, ::2] + empty[::2, 1::2] + empty[1::2, 1::2]
        picture += background * bare[:, :, None]
        picture *= 0.25
        return picture

    def labels(self) -> NDArray[np.int16]:
        """The parts (size, size) as numbered when placed, counting hidden ones, 0 = background."""
        a, b = self._parts[::2, ::2], self._parts[::2, 1::2]
        c, d = self._parts[1::2, ::2], self._parts[1::2, 1::2]
        # The most frequent of the four, the first where they tie.
        parts = np.where((b == c) | (b == d), b, np.where(c == d, c, a))
        return np.where((a == b) | (a == c) | (a == d), a, parts)

    @property
    def owners(self) -> NDArray[np.int16]:
        """The object of each part in `labels`, in order of placing, (parts + 1,)."""
        return np.array(self._owners, np.int16)

    def finish(self, coats: list[Coat], background: Floats) -> tuple[Floats, Scene]:
        """`paint`, and the scene with its rounding, in which only what is seen is numbered."""
        picture, parts, owners = self.paint(coats, background), self.labels(), self.owners
        present = np.bincount(parts.ravel(), minlength=len(owners)) > 0
        visible = np.unique(owners[present & (owners > 0)])
        new_part = np.where(present & (owners > 0), np.cumsum(present & (owners > 0)), 0)
        new_object = np.zeros(self.count + 1, np.int16)
        new_object[visible] = np.arange(1, len(visible) + 1)
        classes, poses = np.full_like(self._classes, -1), np.zeros_like(self._poses)
        classes[1 : len(visible) + 1] = self._classes[visible]
        poses[1 : len(visible) + 1] = self._poses[visible]
        return picture, Scene(
            image=rounded(picture),
            parts=new_part.astype(np.int16).take(parts),
            objects=new_object[owners].take(parts),
            classes=classes,
            poses=poses,
        )


def rounded(picture: Floats) -> NDArray[np.uint8]:
    """A picture in 0..255 as uint8."""
    return np.clip(picture + 0.5, 0, 255).astype(np.uint8)


def near_or_anywhere(
    rng: np.random.Generator,
    canvas: Canvas,
    radius: float,
    crowding: float,
    overlap: float = 0.4,
) -> tuple[float, float]:
    """A centre for the next object: with probability ``crowding`` one that touches an earlier one.

    Their distance is 1 - ``overlap`` to 1 times the one at which their circles touch. Position
    alone tells separate objects apart; touching and overlapping ones need their looks.
    """
    size, margin = canvas.size, 0.75 * radius
    if canvas.count and rng.random() < crowding:
        x, y, other = canvas.discs[rng.integers(canvas.count)]
        distance, direction = (
            (radius + other) * rng.uniform(1 - overlap, 1.0),
            rng.uniform(0, 2 * np.pi),
        )
        x, y = x + distance * np.cos(direction), y + distance * np.sin(direction)
        if margin <= x <= size - margin and margin <= y <= size - margin:
            return float(x), float(y)
    x, y = rng.uniform(margin, size - margin, 2)
    return float(x), float(y)
