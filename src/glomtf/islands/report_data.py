"""Gather what the report's page needs to know of a parse, as plain JSON values."""

import base64
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from glomtf.islands.agreement import island_agreements, level_agreement
from glomtf.islands.codes import Codes, encode
from glomtf.islands.colours import Colours, island_colours
from glomtf.islands.overlap import label_map
from glomtf.islands.overlay import extent
from glomtf.islands.timeline import timeline
from glomtf.islands.tree import Node, ParseTree

# Bytes of codes in one page: with a picture and base64 it stays below 3 MB.
_CODE_BYTES = 1_400_000
# Coarser than this, nothing could be told apart, so very large parses make larger pages.
_LEAST_CODE = 8
# More steps than anyone drags a slider through.
_MOST_STEPS = 65

Ints = NDArray[np.int64]


def report_data(
    tree: ParseTree,
    image: ArrayLike,
    patch: tuple[float, float] | None,
    states: ArrayLike | None,
    maps: ArrayLike | None,
    truth: Mapping[str, ArrayLike],
    scores: Mapping[str, float],
) -> dict[str, Any]:
    """What the page shows; arguments and errors are those of ``render_report``.

    Islands are numbered so that one that carries on keeps its number and colour. Of very many
    steps some are left out evenly.
    """
    rows, cols = tree.grid
    vectors, labels, numbers = _checked(tree, states, maps)
    followed, colours = timeline([list(step) for step in labels])
    steps = np.unique(np.linspace(0, len(labels) - 1, min(len(labels), _MOST_STEPS)).astype(int))
    levels, codes = [], []
    for i, number in enumerate(numbers):
        grids = [followed[step][i] for step in steps]
        level: dict[str, Any] = {
            "level": number,
            "labels": [grid.ravel().tolist() for grid in grids],
            "colours": _colours(colours[i], grids),
        }
        if vectors is None:
            level["agreement"] = [_rounded(tree.levels[i].agreement)]
        else:
            shown = vectors[steps, :, i]
            most = max(_LEAST_CODE, _CODE_BYTES // (len(numbers) * rows * cols * len(steps)))
            codes.append(encode(shown, most))
            level["agreement"] = [
                _rounded(level_agreement(island_agreements(x.reshape(rows, cols, -1), g), g))
                for x, g in zip(shown, grids, strict=True)
            ]
            level["codes"] = base64.b64encode(codes[-1].numbers.tobytes()).decode("ascii")
            level["scales"] = codes[-1].scales.tolist()
        levels.append(level)
    return {
        # File names may hold bytes that are no UTF-8; the page has to be written as UTF-8.
        "name": tree.image.path.encode("utf-8", "replace").decode() or "picture",
        "size": [tree.image.width, tree.image.height],
        "grid": [rows, cols],
        "extent": extent(image, tree.grid, patch),
        "steps": steps.tolist(),
        "levels": levels,
        "part_level": tree.levels[0].level,
        "tree": _node(tree.tree),
        "errors": _errors(codes) if codes else None,
        "truth": _truth(tree.grid, truth),
        # nan: there was nothing to score.
        "scores": [
            [str(name), None if np.isnan(value) else round(float(value), 4)]
            for name, value in scores.items()
        ],
    }


def _checked(
    tree: ParseTree, states: ArrayLike | None, maps: ArrayLike | None
) -> tuple[NDArray[np.float32] | None, Ints, list[int]]:
    """States (T + 1, N, L, D) or None, maps (T + 1, L, rows, cols) and the levels' numbers."""
    if states is None and maps is None:
        numbers = [one.level for one in tree.levels]
        return None, np.stack([one.labels for one in tree.levels])[None].astype(np.int64), numbers
    if states is None or maps is None:
        missing = "maps" if maps is None else "states"
        raise ValueError(f"expected states and maps together, or neither, got no {missing}")
    vectors, labels = np.asarray(states, np.float32), np.asarray(maps)
    rows, cols = tree.grid
    if vectors.ndim != 4 or vectors.shape[1] != rows * cols or vectors.size == 0:
        raise ValueError(f"states: expected (T + 1, {rows * cols}, levels, D), got {vectors.shape}")
    count = vectors.shape[2]
    if labels.shape != (len(vectors), count, rows, cols):
        raise ValueError(f"maps: expected {(len(vectors), count, rows, cols)}, got {labels.shape}")
    for one in tree.levels:
        if one.level > count or not np.array_equal(labels[-1, one.level - 1], one.labels):
            raise ValueError(
                f"maps: expected the tree's labels of level {one.level} at the last step, "
                "got others"
            )
    checked = np.stack([label_map(step, "maps") for step in labels])
    return vectors, checked, list(range(1, count + 1))


def _colours(colours: Colours, grids: list[Ints]) -> dict[str, list[int]]:
    """RGB of the islands that these maps show."""
    shown = np.unique(np.stack(grids))
    return {str(label): list(colours[label]) for label in shown[shown > 0].tolist()}


def _node(node: Node) -> dict[str, Any]:
    name = node.id.rpartition(".")[2]
    return {
        "id": node.id,
        "level": node.level,
        # The scene has none.
        "label": int(name) if name.isdecimal() else 0,
        "bbox": list(node.bbox),
        "columns": node.columns,
        "agreement": _rounded(node.agreement),
        "children": [_node(child) for child in node.children],
    }


def _errors(codes: list[Codes]) -> dict[str, float]:
    """Errors of the page's cosines over all levels, rounded up to two digits."""
    mean = float(np.mean([one.mean_error for one in codes]))
    return {"mean": _up(mean), "most": _up(max(one.most_error for one in codes))}


def _up(value: float) -> float:
    """The value rounded up to two significant digits, at least 0.0001."""
    digits = max(0, 1 - int(np.floor(np.log10(max(value, 1e-4)))))
    return round(float(np.ceil(max(value, 1e-4) * 10**digits)) / 10**digits, digits)


def _truth(grid: tuple[int, int], truth: Mapping[str, ArrayLike]) -> list[dict[str, Any]]:
    maps = {str(name): label_map(one, f"truth[{name!r}]") for name, one in truth.items()}
    for name, one in maps.items():
        if one.shape != grid:
            raise ValueError(f"truth[{name!r}]: expected {grid}, got {one.shape}")
    colours = island_colours(list(maps.values())) if maps else []
    return [
        {"name": name, "labels": one.ravel().tolist(), "colours": _colours(colour, [one])}
        for (name, one), colour in zip(maps.items(), colours, strict=True)
    ]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
