"""Sample pictures, drawn when asked for: flat art of objects made of parts that touch."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, pi, sin

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

_FINE = 4  # drawn this many times larger, then averaged, so that edges are smooth


class _Sheet:
    """A picture being drawn, in units of its final pixels."""

    def __init__(self, width: int, height: int, colour: str) -> None:
        self.picture = Image.new("RGB", (width * _FINE, height * _FINE), colour)
        self._pen = ImageDraw.Draw(self.picture)

    def fade(self, top: str, bottom: str) -> None:
        """Fill everything with a vertical gradient."""
        mask = Image.linear_gradient("L").resize(self.picture.size)
        upper = Image.new("RGB", self.picture.size, top)
        lower = Image.new("RGB", self.picture.size, bottom)
        self.picture.paste(Image.composite(lower, upper, mask))

    def disc(self, x: float, y: float, radius: float, colour: str) -> None:
        self.oval(x, y, radius, radius, colour)

    def oval(
        self, x: float, y: float, width: float, height: float, colour: str, turn: float = 0.0
    ) -> None:
        """An ellipse by its half axes, turned clockwise by ``turn`` degrees."""
        angle = turn * pi / 180
        steps = (2 * pi * step / 120 for step in range(120))
        ring = [(width * cos(t), height * sin(t)) for t in steps]
        self.shape(
            [
                (x + u * cos(angle) - v * sin(angle), y + u * sin(angle) + v * cos(angle))
                for u, v in ring
            ],
            colour,
        )

    def slice(
        self, x: float, y: float, radius: float, start: float, end: float, colour: str
    ) -> None:
        """The part of a disc cut off by the chord from ``start`` to ``end`` degrees, clockwise."""
        box = [(v * _FINE) for v in (x - radius, y - radius, x + radius, y + radius)]
        self._pen.chord(box, start, end, fill=colour)

    def box(
        self, left: float, top: float, right: float, bottom: float, colour: str, round: float = 0.0
    ) -> None:
        box = [v * _FINE for v in (left, top, right, bottom)]
        self._pen.rounded_rectangle(box, round * _FINE, fill=colour)

    def shape(self, points: list[tuple[float, float]], colour: str) -> None:
        self._pen.polygon([(x * _FINE, y * _FINE) for x, y in points], fill=colour)

    def line(self, points: list[tuple[float, float]], width: float, colour: str) -> None:
        """A thick line with round ends."""
        scaled = [(x * _FINE, y * _FINE) for x, y in points]
        self._pen.line(scaled, fill=colour, width=round(width * _FINE), joint="curve")
        for x, y in (points[0], points[-1]):
            self.disc(x, y, width / 2, colour)

    def pixels(self) -> NDArray[np.uint8]:
        return np.asarray(self.picture.reduce(_FINE))


def _face() -> _Sheet:
    sheet = _Sheet(256, 256, "#cfe8ef")
    # The collar and scarf, then the head on it, then the hat.
    sheet.slice(128, 290, 100, 180, 360, "#3d5a80")
    sheet.box(92, 190, 164, 222, "#e0a98f", 14)
    sheet.box(78, 205, 178, 232, "#ee6c4d", 13)
    sheet.box(146, 215, 172, 256, "#d9573a", 8)
    sheet.disc(57, 138, 17, "#e9b49a")
    sheet.disc(199, 138, 17, "#e9b49a")
    sheet.oval(128, 136, 72, 76, "#f6cdb4")
    sheet.disc(100, 130, 13, "#ffffff")
    sheet.disc(156, 130, 13, "#ffffff")
    sheet.disc(102, 131, 7, "#2b2d42")
    sheet.disc(154, 131, 7, "#2b2d42")
    sheet.oval(82, 162, 13, 9, "#f2a48c")
    sheet.oval(174, 162, 13, 9, "#f2a48c")
    sheet.oval(128, 153, 9, 12, "#e3a184")
    sheet.slice(128, 168, 26, 20, 160, "#b23a48")
    sheet.slice(128, 66, 60, 180, 360, "#7a3e9d")
    sheet.box(68, 62, 188, 80, "#f4d35e")
    sheet.box(40, 78, 216, 96, "#5c2a80", 9)
    return sheet


def _house() -> _Sheet:
    sheet = _Sheet(256, 256, "#ffffff")
    sheet.fade("#bfe3f5", "#eef7e8")
    sheet.disc(216, 40, 22, "#ffd166")
    sheet.oval(128, 262, 190, 60, "#9ccc7c")
    # The tree behind the house, the house, a bush in front of it.
    sheet.box(190, 150, 208, 226, "#8d5a3b", 4)
    sheet.disc(176, 128, 32, "#3f8f5b")
    sheet.disc(222, 130, 30, "#3f8f5b")
    sheet.disc(199, 102, 36, "#4fa56c")
    sheet.box(126, 50, 146, 100, "#b5523b")
    sheet.box(122, 44, 150, 56, "#8f3f2d", 3)
    sheet.box(48, 118, 166, 222, "#f7e3bd")
    sheet.shape([(30, 124), (107, 52), (184, 124)], "#d1495b")
    sheet.box(90, 164, 122, 222, "#6b4226", 4)
    sheet.disc(115, 194, 3.5, "#f4d35e")
    for left in (56, 130):
        sheet.box(left, 146, left + 28, 176, "#ffffff", 2)
        sheet.box(left + 4, 150, left + 24, 172, "#5fb0d9")
    sheet.disc(107, 98, 12, "#ffffff")
    sheet.disc(107, 98, 8, "#5fb0d9")
    sheet.oval(48, 222, 32, 22, "#2f7a4d")
    sheet.disc(38, 214, 5, "#ef5d60")
    sheet.disc(56, 222, 5, "#ef5d60")
    return sheet


def _car() -> _Sheet:
    sheet = _Sheet(320, 200, "#ffffff")
    sheet.fade("#f9dcc4", "#fef4ea")
    # Two hills with snow, the road, the car in front of them, a road sign beside it.
    sheet.shape([(20, 158), (112, 28), (204, 158)], "#6d83a8")
    sheet.shape([(84, 67), (112, 28), (140, 67), (124, 60), (112, 72), (99, 60)], "#ffffff")
    sheet.shape([(150, 158), (230, 66), (316, 158)], "#8aa0c4")
    sheet.box(0, 156, 320, 200, "#5b6470")
    for left in range(14, 320, 60):
        sheet.box(left, 180, left + 30, 186, "#f4e9cd", 2)
    sheet.box(284, 96, 291, 166, "#9aa5b1")
    sheet.disc(287, 88, 24, "#ffffff")
    sheet.disc(287, 88, 20, "#2a9d8f")
    sheet.shape([(274, 94), (287, 74), (300, 94)], "#ffffff")
    sheet.shape([(92, 122), (116, 82), (186, 82), (214, 122)], "#c1272d")
    sheet.shape([(104, 120), (122, 90), (148, 90), (148, 120)], "#cdeaf7")
    sheet.shape([(155, 120), (155, 90), (182, 90), (201, 120)], "#cdeaf7")
    sheet.box(58, 116, 258, 160, "#e63946", 16)
    sheet.box(54, 144, 262, 160, "#9d1f2a", 7)
    sheet.oval(250, 130, 9, 9, "#ffe08a")
    sheet.box(58, 124, 70, 138, "#ff9f1c", 3)
    sheet.box(160, 128, 178, 133, "#9d1f2a", 2)
    for x in (102, 214):
        sheet.disc(x, 160, 25, "#2b2d42")
        sheet.disc(x, 160, 12, "#d7dde5")
    return sheet


def _robot() -> _Sheet:
    sheet = _Sheet(256, 256, "#f3e9dc")
    sheet.oval(128, 238, 118, 14, "#e0d1bd")
    # The robot, and the ball and the cube it plays with.
    sheet.line([(112, 48), (112, 24)], 6, "#4a5568")
    sheet.disc(112, 20, 10, "#ff5a5f")
    sheet.box(86, 194, 106, 234, "#4a5568", 6)
    sheet.box(120, 194, 140, 234, "#4a5568", 6)
    sheet.box(76, 222, 110, 240, "#2d3748", 8)
    sheet.box(116, 222, 150, 240, "#2d3748", 8)
    sheet.line([(68, 134), (44, 160), (46, 188)], 16, "#7f8ea3")
    sheet.line([(156, 134), (184, 150), (190, 164)], 16, "#7f8ea3")
    sheet.box(64, 116, 160, 206, "#38a3a5", 14)
    sheet.box(80, 132, 144, 172, "#c7f9cc", 8)
    sheet.disc(96, 152, 9, "#ff5a5f")
    sheet.disc(128, 152, 9, "#ffd166")
    sheet.box(88, 182, 136, 192, "#22577a", 5)
    sheet.box(100, 100, 124, 120, "#4a5568")
    sheet.box(54, 64, 68, 90, "#ff9f1c", 6)
    sheet.box(156, 64, 170, 90, "#ff9f1c", 6)
    sheet.box(64, 44, 160, 108, "#57cc99", 16)
    for x in (92, 132):
        sheet.disc(x, 70, 14, "#ffffff")
        sheet.disc(x + 2, 71, 7, "#22313f")
    sheet.box(92, 91, 132, 99, "#22577a", 4)
    sheet.shape([(14, 196), (38, 186), (62, 196), (38, 207)], "#ffe08a")
    sheet.shape([(14, 196), (38, 207), (38, 240), (14, 228)], "#f4b942")
    sheet.shape([(62, 196), (38, 207), (38, 240), (62, 228)], "#e09f1f")
    sheet.disc(200, 202, 38, "#ef476f")
    sheet.oval(200, 202, 15, 38, "#ffffff", 20)
    sheet.oval(200, 202, 7, 38, "#118ab2", 20)
    return sheet


def _sea() -> _Sheet:
    sheet = _Sheet(256, 256, "#d8f0fa")
    sheet.disc(40, 42, 22, "#ffcb69")
    # The boat, the water it swims in, and the fish that leaps in front of it.
    sheet.box(137, 28, 145, 156, "#7f5539", 3)
    sheet.shape([(149, 36), (149, 138), (224, 138)], "#ffffff")
    sheet.shape([(133, 52), (133, 138), (78, 138)], "#f28482")
    sheet.shape([(141, 10), (141, 32), (172, 21)], "#e63946")
    sheet.shape([(60, 150), (240, 150), (212, 204), (88, 204)], "#9c6644")
    sheet.box(54, 142, 246, 158, "#dda15e", 6)
    for x in (112, 150, 188):
        sheet.disc(x, 176, 9, "#5c3d2e")
        sheet.disc(x, 176, 6, "#bde0fe")
    waves = [(x, 196 + 5 * sin(x / 256 * 8 * pi)) for x in range(0, 257, 2)]
    sheet.shape([*waves, (256, 256), (0, 256)], "#4895c9")
    sheet.shape([(42, 172), (12, 148), (20, 184), (12, 216), (44, 194)], "#d97706")
    sheet.shape([(60, 158), (82, 132), (108, 158)], "#d97706")
    sheet.oval(86, 184, 52, 34, "#f9a620")
    sheet.box(92, 152, 101, 216, "#fff3d6", 4)
    sheet.shape([(84, 182), (56, 176), (58, 204)], "#d97706")
    sheet.disc(118, 175, 9, "#ffffff")
    sheet.disc(120, 176, 5, "#23303b")
    sheet.line([(122, 198), (131, 195)], 3, "#b85c00")
    front = [(x, 226 + 5 * sin(x / 256 * 8 * pi + 2)) for x in range(0, 257, 2)]
    sheet.shape([*front, (256, 256), (0, 256)], "#2f78ad")
    return sheet


_DRAWINGS: dict[str, Callable[[], _Sheet]] = {
    "face": _face,
    "house": _house,
    "car": _car,
    "robot": _robot,
    "sea": _sea,
}
SAMPLES: tuple[str, ...] = tuple(_DRAWINGS)


def draw_sample(name: str) -> NDArray[np.uint8]:
    """The sample picture of a name in `SAMPLES`: (256, 256, 3) uint8, the car (200, 320, 3).

    Raises ValueError for another name.
    """
    if name not in _DRAWINGS:
        raise ValueError(
            f"expected a sample's name, got {name!r}: choose one of {', '.join(SAMPLES)}"
        )
    return _DRAWINGS[name]().pixels()
