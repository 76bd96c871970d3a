"""Write a parse tree as "glomtf.parse/1" and read it back, trusting nothing that is read."""

import json
import math
import reprlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from glomtf.islands.tree import Level, Node, ParseTree, Picture

SCHEMA = "glomtf.parse/1"


def to_dict(tree: ParseTree) -> dict[str, Any]:
    """The tree as plain JSON values, floats rounded to 6 digits."""
    return {
        "schema": SCHEMA,
        "image": {
            "path": tree.image.path,
            "width": tree.image.width,
            "height": tree.image.height,
        },
        "grid": list(tree.grid),
        **({} if tree.steps is None else {"steps": tree.steps}),
        "levels": [
            {
                "level": one.level,
                "labels": one.labels.tolist(),
                "agreement": _rounded(one.agreement),
            }
            for one in tree.levels
        ],
        "tree": _node_to_dict(tree.tree),
    }


def to_json(tree: ParseTree) -> str:
    """JSON text with one key, or one level, a line: short, and readable in a diff."""
    data = to_dict(tree)
    data["levels"] = [json.dumps(level) for level in data["levels"]]
    lines = {key: json.dumps(value) for key, value in data.items() if key != "levels"}
    lines["levels"] = "[\n  " + ",\n  ".join(data["levels"]) + "\n ]"
    return "{\n" + ",\n".join(f" {json.dumps(key)}: {lines[key]}" for key in data) + "\n}\n"


def from_json(text: str | bytes) -> ParseTree:
    """Read ``to_json``'s text. ValueError, in one line, for anything else."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"expected a {SCHEMA} JSON text, got invalid JSON ({error})") from None
    return from_dict(data)


def from_dict(data: Any) -> ParseTree:
    """Read ``to_dict``'s result, checking types, ranges and that tree and labels agree.

    Unknown keys are ignored, as the format may grow. Raises ValueError, in one line that says
    where, what was expected and what came.
    """
    _need(isinstance(data, dict), "document", "an object", data)
    _need(data.get("schema") == SCHEMA, "schema", repr(SCHEMA), data.get("schema"))
    picture = data.get("image")
    _need(isinstance(picture, dict), "image", "an object", picture)
    path = picture.get("path")
    _need(isinstance(path, str), "image.path", "a string", path)
    width = _whole(picture.get("width"), "image.width", 1)
    height = _whole(picture.get("height"), "image.height", 1)
    rows, cols = (_whole(n, "grid", 1) for n in _list(data.get("grid"), "grid", 2))
    levels = tuple(
        _level(one, f"levels[{i}]", rows, cols)
        for i, one in enumerate(_list(data.get("levels"), "levels"))
    )
    numbers = [one.level for one in levels]
    rising = bool(numbers) and numbers == sorted(set(numbers))
    _need(rising, "levels", "at least one, their numbers rising", numbers)
    try:
        root = _node(data.get("tree"), "tree", width, height, rows * cols)
    except RecursionError:
        raise ValueError("tree: expected nodes nested level by level, got endless depth") from None
    steps = data.get("steps")
    if steps is not None:
        steps = _whole(steps, "steps", 0)
    tree = ParseTree(Picture(path, width, height), (rows, cols), levels, root, steps)
    _check_nodes(tree)
    return tree


def _node_to_dict(node: Node) -> dict[str, Any]:
    return {
        "id": node.id,
        "level": node.level,
        "bbox": list(node.bbox),
        "columns": node.columns,
        "agreement": _rounded(node.agreement),
        "children": [_node_to_dict(child) for child in node.children],
    }


def _rounded(value: float | None) -> float | None:
    # Adding 0 turns -0.0 into 0.0, so that equal trees give equal bytes.
    return None if value is None else round(value, 6) + 0.0


def _need(holds: bool, where: str, expected: str, got: Any) -> None:
    if not holds:
        # reprlib keeps the line short, and shallow whatever was nested.
        raise ValueError(f"{where}: expected {expected}, got {reprlib.repr(got)}")


def _whole(value: Any, where: str, low: int, high: float = math.inf) -> int:
    # bool is an int to Python but not to JSON.
    ok = isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
    limits = f"from {low} to {high}" if high < math.inf else f">= {low}"
    _need(ok, where, f"a whole number {limits}", value)
    return int(value)


def _agreement(value: Any, where: str) -> float | None:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    _need(value is None or (number and -1 <= value <= 1), where, "null or -1 to 1", value)
    return None if value is None else float(value)


def _list(value: Any, where: str, length: int | None = None) -> list[Any]:
    ok = isinstance(value, list) and length in (None, len(value))
    _need(ok, where, "a list" if length is None else f"a list of {length}", value)
    return list(value)


def _level(data: Any, where: str, rows: int, cols: int) -> Level:
    _need(isinstance(data, dict), where, "an object", data)
    number = _whole(data.get("level"), f"{where}.level", 1)
    labels = [
        [
            # Islands of a video are numbered on and on, past the number of columns.
            _whole(n, f"{where}.labels", 0, np.iinfo(np.int32).max)
            for n in _list(row, f"{where}.labels row", cols)
        ]
        for row in _list(data.get("labels"), f"{where}.labels", rows)
    ]
    grid = np.array(labels, dtype=np.int32)
    grid.flags.writeable = False
    return Level(number, grid, _agreement(data.get("agreement"), f"{where}.agreement"))


def _node(data: Any, where: str, width: int, height: int, columns: int) -> Node:
    _need(isinstance(data, dict), where, "an object", data)
    name = data.get("id")
    _need(isinstance(name, str), f"{where}.id", "a string", name)
    x0, y0, x1, y1 = (
        _whole(n, f"{where}.bbox", 0) for n in _list(data.get("bbox"), f"{where}.bbox", 4)
    )
    inside = x0 < x1 <= width and y0 < y1 <= height
    _need(inside, f"{where}.bbox", f"a box inside {width} x {height}", data["bbox"])
    return Node(
        id=name,
        level=_whole(data.get("level"), f"{where}.level", 1),
        bbox=(x0, y0, x1, y1),
        columns=_whole(data.get("columns"), f"{where}.columns", 1, columns),
        agreement=_agreement(data.get("agreement"), f"{where}.agreement"),
        children=tuple(
            _node(child, f"{where}.children[{i}]", width, height, columns)
            for i, child in enumerate(_list(data.get("children"), f"{where}.children"))
        ),
    )


def _check_nodes(tree: ParseTree) -> None:
    """Every island of the labels must be one node, below a node of a higher level."""
    root, top = tree.tree, tree.levels[-1].level + 1
    shape = (root.id, root.level, root.columns) == ("scene", top, tree.grid[0] * tree.grid[1])
    _need(shape, "tree", f"the scene at level {top} with all columns", (root.id, root.level))
    islands = {}
    for one in tree.levels:
        labels, counts = np.unique(one.labels[one.labels > 0], return_counts=True)
        for label, count in zip(labels, counts, strict=True):
            islands[f"{one.level}.{label}"] = (one.level, int(count))
    for parent, node in _edges(root):
        expected = islands.pop(node.id, None)
        _need(expected is not None, "tree", "each island of the labels once", node.id)
        _need(
            (node.level, node.columns) == expected,
            f"node {node.id}",
            f"(level, columns) {expected} as in the labels",
            (node.level, node.columns),
        )
        _need(node.level < parent.level, f"node {node.id}", "a parent of a higher level", parent.id)
    _need(not islands, "tree", "every island of the labels", f"none for {list(islands)[:3]}")


def _edges(node: Node) -> Iterator[tuple[Node, Node]]:
    for child in node.children:
        yield node, child
        yield from _edges(child)
