"""Island colours for colour-blind readers: simulated, and measured by CIEDE2000."""

from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from glomtf.islands.colours import HUES, shade
from glomtf.islands.overlay import canvas, paint

# Linear RGB as it looks to people without one kind of cone. Source: Machado, Oliveira and
# Fernandes, "A physiologically-based model for simulation of color vision deficiency", 2009.
SIGHT = {
    "normal": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
# A just noticeable difference is about 2.3. Tints of hues on one picture lose a little; siblings
# and the background, which the outlines set off as well, need less.
HUES_APART, TINTS_APART, SIBLINGS_APART, BACKGROUND_APART = 17.0, 15.0, 4.6, 4.6


def seen(rgb: NDArray, sight: str) -> NDArray:
    """CIELAB (D65) of sRGB colours (..., 3), 0 to 255, as that sight has them."""
    share = np.asarray(rgb) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    linear = np.clip(linear @ np.transpose(SIGHT[sight]), 0, 1)
    to_xyz = [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
    x, y, z = np.moveaxis(linear @ np.transpose(to_xyz) / [0.95047, 1, 1.08883], -1, 0)
    x, y, z = (
        np.where(v > 216 / 24389, np.cbrt(v), (24389 / 27 * v + 16) / 116) for v in (x, y, z)
    )
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def difference(one: NDArray, other: NDArray) -> float:
    """CIEDE2000 of two CIELAB colours (3,)."""
    chroma = (np.hypot(*one[1:]) + np.hypot(*other[1:])) / 2
    stretch = 1.5 - 0.5 * np.sqrt(chroma**7 / (chroma**7 + 25.0**7))
    (l1, a1, b1), (l2, a2, b2) = one * [1, stretch, 1], other * [1, stretch, 1]
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = np.degrees(np.arctan2([b1, b2], [a1, a2])) % 360
    turn = (h2 - h1 + 180) % 360 - 180
    light, chroma, hue = (l1 + l2) / 2, (c1 + c2) / 2, (h1 + turn / 2) % 360
    across = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2))
    t = 1 + sum(
        weight * np.cos(np.radians(times * hue + offset))
        for weight, times, offset in ((-0.17, 1, -30), (0.24, 2, 0), (0.32, 3, 6), (-0.2, 4, -63))
    )
    dl = (l2 - l1) / (1 + 0.015 * (light - 50) ** 2 / np.sqrt(20 + (light - 50) ** 2))
    dc = (c2 - c1) / (1 + 0.045 * chroma)
    dh = across / (1 + 0.015 * chroma * t)
    twist = np.sin(np.radians(60 * np.exp(-(((hue - 275) / 25) ** 2))))
    rotation = -2 * np.sqrt(chroma**7 / (chroma**7 + 25.0**7)) * twist
    return float(np.sqrt(dl**2 + dc**2 + dh**2 + rotation * dc * dh))


def least(colours: NDArray, sight: str) -> float:
    return min(difference(a, b) for a, b in combinations(seen(colours, sight), 2))


def test_the_difference_is_the_published_one() -> None:
    """Pairs from Sharma, Wu and Dalal's test data (2005)."""
    for one, other, expected in (
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, 2.5, 0), (73, 25, -18), 27.1492),
        ((50, 2.49, -0.001), (50, -2.49, 0.0011), 7.2195),
        ((2.0776, 0.0795, -1.135), (0.9033, -0.0636, -0.5514), 0.9082),
    ):
        assert difference(np.array(one), np.array(other)) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("sight", SIGHT)
def test_hues_stay_apart(sight: str) -> None:
    assert least(HUES, sight) > HUES_APART


@pytest.mark.parametrize("sight", SIGHT)
def test_shades_of_up_to_five_siblings_stay_apart(sight: str) -> None:
    for hue in HUES:
        assert least(np.array([shade(hue, i, 5) for i in range(5)]), sight) > SIBLINGS_APART


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("grey", [0.2, 0.5, 0.8])
def test_painted_islands_differ_from_each_other_and_from_the_background(
    sight: str, grey: float
) -> None:
    picture = canvas(np.full((8, 64, 3), grey), side=640)
    labels = np.arange(8)[None]
    painted = paint(picture, labels, {i + 1: tuple(hue) for i, hue in enumerate(HUES.tolist())})
    background, *islands = painted[40, 40::80]
    assert len(islands) == len(HUES) and least(np.array(islands), sight) > TINTS_APART
    for island in islands:
        assert least(np.array([background, island]), sight) > BACKGROUND_APART
