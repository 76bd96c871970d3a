"""The parse tree of a picture: frozen nodes, their labels, and their drawing as text.

Positions are pixels of the original picture, x to the right and y down, a box being
[x0, y0, x1, y1) with whole numbers. The grid of columns starts at the picture's top left corner
and may reach past its right and lower sides where the picture was padded.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class Node:
    """One island, or the scene at the root.

    id: "level.label", "scene" for the root; level: 1 is the lowest, the root is one above the
    highest; bbox: pixels; columns: how many; agreement: mean cosine of its columns, None where
    the states were not given; children: islands of lower levels, highest level first.
    """

    id: str
    level: int
    bbox: Box
    columns: int
    agreement: float | None
    children: tuple["Node", ...] = ()


@dataclass(frozen=True, eq=False)
class Level:
    """The islands of one level: labels (rows, cols) int32, 0 = background, read-only.

    agreement: mean over the islands, weighted by columns; None without islands or states.
    """

    level: int
    labels: NDArray[np.int32]
    agreement: float | None


@dataclass(frozen=True)
class Picture:
    """Which picture was parsed: its path as given and its size in pixels."""

    path: str
    width: int
    height: int


@dataclass(frozen=True, eq=False)
class ParseTree:
    """A picture's islands, lowest level first, and the tree they form ("glomtf.parse/1").

    steps: how many settling steps led there; None where that is not known.
    """

    image: Picture
    grid: tuple[int, int]
    levels: tuple[Level, ...]
    tree: Node
    steps: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """The tree as plain JSON values, floats rounded to 6 digits."""
        from glomtf.islands.tree_json import to_dict

        return to_dict(self)

    @classmethod
    def from_dict(cls, data: Any) -> "ParseTree":
        """Read ``to_dict``'s result. ValueError, in one line, for anything else."""
        from glomtf.islands.tree_json import from_dict

        return from_dict(data)

    def to_json(self) -> str:
        """The tree as JSON text: the content of tree.json, the same bytes for the same tree."""
        from glomtf.islands.tree_json import to_json

        return to_json(self)

    @classmethod
    def from_json(cls, text: str | bytes) -> "ParseTree":
        """Read ``to_json``'s text. ValueError, in one line, for anything else."""
        from glomtf.islands.tree_json import from_json

        return from_json(text)

    def text(self) -> str:
        """Draw the tree for a terminal, one line per node."""
        lines = list(_rows(self.tree, "", ""))
        wide = [max(len(line[i]) for line in lines) for i in range(3)]
        cells = ((n.ljust(wide[0]), c.rjust(wide[1]), b.ljust(wide[2]), a) for n, c, b, a in lines)
        return "\n".join("  ".join(line).rstrip() for line in cells)


def _rows(node: Node, stem: str, below: str) -> Iterator[tuple[str, str, str, str]]:
    """Cells of the node and of its descendants: branch and id, columns, box, agreement."""
    columns = f"{node.columns} column" + ("s" if node.columns != 1 else "")
    agreement = "" if node.agreement is None else f"agreement {node.agreement:.2f}"
    box = "[{}, {}, {}, {})".format(*node.bbox)
    yield f"{stem}{node.id}", columns, box, agreement
    for child in node.children:
        last = child is node.children[-1]
        branch, pad = ("└─ ", "   ") if last else ("├─ ", "│  ")
        yield from _rows(child, below + branch, below + pad)
