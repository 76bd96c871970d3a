"""Choose island colours: one hue for an object at every level, its parts in shades of it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from glomtf.islands.overlap import label_map, parents

HUES = np.array(
    [
        [18, 141, 105],
        [254, 131, 161],
        [156, 169, 247],
        [186, 84, 18],
        [216, 198, 63],
        [158, 72, 217],
        [64, 236, 218],
    ]
)
"""Colours that stay apart for colour-blind readers: found by search for the largest least
difference (CIEDE2000) to normal sight, without red, without green and without blue cones."""

# How far the shades of one hue go down to black and up to white.
_DARKENED, _LIGHTENED = 0.55, 0.75
_LUMA = np.array([0.2126, 0.7152, 0.0722])

Colours = dict[int, tuple[int, int, int]]


def island_colours(labels: Sequence[ArrayLike]) -> list[Colours]:
    """RGB (0 to 255) for every island of the (rows, cols) maps of one picture, low to high.

    Islands without a parent get a hue that differs, while hues last, from their neighbours' at
    every level; the islands below them get shades of it. An island alone on its level does not
    share its hue with several below it, as that would leave the whole picture in one. Gives one
    {label: colour} per level.
    """
    maps = [label_map(one) for one in labels]
    families = _families(maps)
    hues = _hues(maps, families)
    result: list[Colours] = []
    for family in families:
        members: dict[int, list[int]] = {}
        for label, name in family.items():
            members.setdefault(name, []).append(label)
        result.append(
            {
                label: shade(HUES[hues[name]], i, len(siblings))
                for name, siblings in members.items()
                for i, label in enumerate(siblings)
            }
        )
    return result


def _families(maps: list[NDArray[np.int64]]) -> list[dict[int, int]]:
    """Per level {label: family}; islands without a parent to take a hue from found one."""
    families: list[dict[int, int]] = []
    count = 0
    for i in reversed(range(len(maps))):
        islands = np.unique(maps[i][maps[i] > 0]).tolist()
        # A lone island hands its hue down only to a lone one, which is the same thing smaller.
        company = bool(families) and (len(families[0]) > 1 or len(islands) == 1)
        above = parents(maps[i], maps[i + 1]) if company else {}
        family = {}
        for label in islands:
            if above.get(label):
                family[label] = families[0][above[label]]
            else:
                count += 1
                family[label] = count
        families.insert(0, family)
    return families


def _hues(maps: list[NDArray[np.int64]], families: list[dict[int, int]]) -> dict[int, int]:
    """Greedy colouring {family: index of HUES}, the families with most neighbours first."""
    neighbours: dict[int, set[int]] = {name: set() for one in families for name in one.values()}
    for grid, family in zip(maps, families, strict=True):
        for a, b in touching(grid):
            if family[a] != family[b]:
                neighbours[family[a]].add(family[b])
                neighbours[family[b]].add(family[a])
    hues: dict[int, int] = {}
    uses = np.zeros(len(HUES))
    for name in sorted(neighbours, key=lambda one: (-len(neighbours[one]), one)):
        taken = np.zeros(len(HUES))
        for other in neighbours[name] & hues.keys():
            taken[hues[other]] += 1
        # A neighbour's hue only when none is left; otherwise the least used one.
        hues[name] = int(np.lexsort((uses, taken))[0])
        uses[hues[name]] += 1
    return hues


def touching(grid: NDArray[np.int64]) -> set[tuple[int, int]]:
    """Pairs of different islands that share a side or a corner of a column."""
    steps = (
        (grid[:, :-1], grid[:, 1:]),
        (grid[:-1], grid[1:]),
        (grid[:-1, :-1], grid[1:, 1:]),
        (grid[:-1, 1:], grid[1:, :-1]),
    )
    pairs = np.concatenate([np.stack([a.ravel(), b.ravel()], axis=1) for a, b in steps])
    pairs = pairs[(pairs > 0).all(axis=1) & (pairs[:, 0] != pairs[:, 1])]
    return {(int(a), int(b)) for a, b in np.unique(pairs, axis=0)}


def shade(hue: NDArray[np.integer], index: int, count: int) -> tuple[int, int, int]:
    """Shade ``index`` of ``count``: the hue (RGB) itself if alone, else from dark to light.

    Dark and light alternate, so that siblings next to each other in reading order differ.
    """
    own = float(hue @ _LUMA) / 255
    low, high = own * (1 - _DARKENED), own + (1 - own) * _LIGHTENED
    half = (count + 1) // 2
    rank = index // 2 + (half if index % 2 else 0)
    # Even steps of brightness, not of mixing, keep the light shades of a light hue apart.
    wanted = own if count == 1 else low + (high - low) * rank / (count - 1)
    if wanted <= own:
        mixed = hue * (wanted / own)
    else:
        mixed = hue + (255 - hue) * ((wanted - own) / (1 - own))
    red, green, blue = np.rint(mixed).astype(int).tolist()
    return red, green, blue
