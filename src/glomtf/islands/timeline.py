"""Number and colour islands over the settling steps, so that one that carries on stays itself."""

import math
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from glomtf.islands.colours import HUES, Colours, island_colours, shade, touching
from glomtf.islands.follow import follow
from glomtf.islands.overlap import label_map

Maps = list[list[NDArray[np.int64]]]

_SHADES = 3
# A distance of colours, of at most 765, that is seen at a glance.
_PLAIN = 250.0


def timeline(labels: Sequence[Sequence[ArrayLike]]) -> tuple[Maps, list[Colours]]:
    """Follow the islands of every level back from the last step, and colour them.

    The last step keeps its numbers and the colours of ``island_colours``, so it looks as it does
    alone. An island that passes before the last step gets a colour unlike those it meets.

    Args:
        labels: T + 1 steps, each with one (rows, cols) map per level, low to high; 0 = background.

    Returns:
        The maps renumbered, [step][level] (rows, cols) int64, and per level {number: RGB}.

    Raises:
        ValueError: no step, or steps with different numbers of levels.
    """
    levels = {len(one) for one in labels}
    if len(levels) != 1 or levels == {0}:
        raise ValueError(
            f"labels: expected steps with the same number of maps, got {sorted(levels)} maps"
        )
    tracks: Maps = []
    for level in range(levels.pop()):
        back = follow([label_map(step[level]) for step in reversed(labels)])
        tracks.append(back[::-1])
    colours = island_colours([track[-1] for track in tracks])
    for track, known in zip(tracks, colours, strict=True):
        _colour_passing(track, known)
    return [list(step) for step in zip(*tracks, strict=True)], colours


def _colour_passing(track: list[NDArray[np.int64]], colours: Colours) -> None:
    """Add to ``colours`` the islands of a level that are gone before the last step."""
    candidates = [shade(hue, i, _SHADES) for hue in HUES for i in range(_SHADES)]
    present = [np.unique(grid[grid > 0]).tolist() for grid in track]
    # One pass over the steps, or long videos take their square.
    touched: dict[int, set[int]] = defaultdict(set)
    seen: dict[int, set[int]] = defaultdict(set)
    for grid, step in zip(track, present, strict=True):
        for one, other in touching(grid):
            touched[one].add(other)
            touched[other].add(one)
        for label in step:
            seen[label].update(step)
    # From the last step back: what lasts longest chooses first.
    for label in dict.fromkeys(label for step in reversed(present) for label in step):
        if label in colours:
            continue
        near, far = touched[label], seen[label] - touched[label]
        beside, elsewhere = ([colours[i] for i in met if i in colours] for met in (near, far))
        # Among what is plain beside the islands it touches, those elsewhere count, and then use.
        scores = [
            (min(_least(one, beside), _PLAIN), _least(one, elsewhere), -elsewhere.count(one))
            for one in candidates
        ]
        colours[label] = candidates[scores.index(max(scores))]


def _least(colour: tuple[int, int, int], others: list[tuple[int, int, int]]) -> float:
    """Least distance of an RGB colour to others, green counting most, as it does to the eye."""
    if not others:
        return math.inf
    differences = np.subtract(others, colour)
    return float(np.sqrt((differences**2 @ np.array([2.0, 4.0, 3.0])).min()))
