"""The classes of the ellipse world: five ellipses each."""

from __future__ import annotations

# One ellipse: centre x and y, half width, half height, angle in radians (clockwise). The unit is
# half the object, y points down, later ellipses lie on top.
Ellipse = tuple[float, float, float, float, float]
CLASSES: dict[str, tuple[Ellipse, Ellipse, Ellipse, Ellipse, Ellipse]] = {
    "face": (
        (0.0, 0.0, 0.85, 1.0, 0.0),
        (-0.35, -0.3, 0.24, 0.17, 0.0),
        (0.35, -0.3, 0.24, 0.17, 0.0),
        (0.0, 0.12, 0.15, 0.28, 0.0),
        (0.0, 0.62, 0.42, 0.17, 0.0),
    ),
    "sheep": (
        (0.1, -0.05, 0.75, 0.5, 0.0),
        (-0.35, 0.6, 0.15, 0.36, 0.0),
        (0.5, 0.6, 0.15, 0.36, 0.0),
        (0.85, -0.3, 0.25, 0.16, 0.5),
        (-0.7, -0.4, 0.32, 0.27, -0.4),
    ),
    "person": (
        (0.0, 0.0, 0.36, 0.52, 0.0),
        (-0.5, -0.1, 0.15, 0.46, 0.5),
        (0.5, -0.1, 0.15, 0.46, -0.5),
        (0.0, 0.7, 0.28, 0.36, 0.0),
        (0.0, -0.72, 0.26, 0.28, 0.0),
    ),
    "butterfly": (
        (-0.5, -0.4, 0.45, 0.34, 0.5),
        (0.5, -0.4, 0.45, 0.34, -0.5),
        (-0.42, 0.4, 0.36, 0.3, -0.5),
        (0.42, 0.4, 0.36, 0.3, 0.5),
        (0.0, 0.0, 0.15, 0.8, 0.0),
    ),
    "car": (
        (0.05, -0.25, 0.55, 0.38, 0.0),
        (0.0, 0.1, 1.0, 0.34, 0.0),
        (-0.5, 0.42, 0.26, 0.26, 0.0),
        (0.5, 0.42, 0.26, 0.26, 0.0),
        (-0.8, 0.02, 0.18, 0.15, 0.0),
    ),
}
