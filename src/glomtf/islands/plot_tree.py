"""Draw the parse tree, each node as its crop of the picture."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from glomtf.islands.colours import island_colours
from glomtf.islands.overlay import canvas
from glomtf.islands.plot import check_size
from glomtf.islands.tree import Node, ParseTree

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def tree_figure(image: ArrayLike, tree: ParseTree) -> "Figure":
    """A figure of the tree, the scene on top, each node shown as its crop of the picture.

    image: (H, W, C), the picture that was parsed. Frames have the colours of ``island_colours``
    for the tree's levels. Raises ValueError for a picture of another size.
    """
    from matplotlib.figure import Figure
    from matplotlib.offsetbox import AnnotationBbox, OffsetImage

    picture = np.asarray(image)
    check_size(picture, tree)
    places: dict[str, tuple[float, float]] = {}
    leaves = _place(tree.tree, 0, places)
    numbers = [one.level for one in tree.levels] + [tree.tree.level]
    colours = _node_colours(tree)
    # Beyond this width the crops shrink instead.
    wide = min(max(0.62 * leaves, 4.0), 24.0)
    side = min(0.5, 0.8 * wide / leaves)
    figure = Figure(figsize=(wide, 1.0 * len(numbers)), dpi=150, layout="constrained")
    ax = figure.subplots()
    for node in _nodes(tree.tree):
        x, level = places[node.id]
        y = numbers.index(int(level))
        for child in node.children:
            below, depth = places[child.id]
            ax.plot([x, below], [y, numbers.index(int(depth))], color="0.6", lw=0.8, zorder=0)
        x0, y0, x1, y1 = node.bbox
        crop = canvas(picture[y0:y1, x0:x1], side=160)
        zoom = side * 72 / max(crop.shape[:2])
        frame = {"edgecolor": np.array(colours.get(node.id, (90, 90, 90))) / 255, "lw": 1.5}
        box = AnnotationBbox(
            OffsetImage(crop, zoom=zoom), (x, y), pad=0.1, bboxprops=frame, zorder=2
        )
        ax.add_artist(box)
    ax.set_xlim(-0.6, leaves - 0.4)
    ax.set_ylim(-0.5, len(numbers) - 0.5)
    ax.set_yticks(range(len(numbers)), [f"level {n}" for n in numbers[:-1]] + ["scene"], fontsize=8)
    ax.set_xticks([])
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    return figure


def _place(node: Node, left: int, places: dict[str, tuple[float, float]]) -> int:
    """Give the node and those below it (x, level) from leaf ``left`` on; count their leaves."""
    leaves = 0
    for child in node.children:
        leaves += _place(child, left + leaves, places)
    middle = [places[child.id][0] for child in node.children] or [left]
    places[node.id] = (middle[0] + middle[-1]) / 2, node.level
    return max(leaves, 1)


def _nodes(node: Node) -> Sequence[Node]:
    return [node, *(one for child in node.children for one in _nodes(child))]


def _node_colours(tree: ParseTree) -> dict[str, tuple[int, int, int]]:
    """RGB (0 to 255) by node id, the scene excepted."""
    per_level = island_colours([one.labels for one in tree.levels])
    return {
        f"{one.level}.{label}": colour
        for one, colours in zip(tree.levels, per_level, strict=True)
        for label, colour in colours.items()
    }
