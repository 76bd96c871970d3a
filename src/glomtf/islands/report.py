"""Write one parse as a self-contained HTML page."""

import base64
import io
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from glomtf.islands.overlay import Pixels, paint_levels
from glomtf.islands.plot import check_size, level_title, node_colours
from glomtf.islands.tree import Node, ParseTree

_CROP_SIDE = 56


def render_report(
    tree: ParseTree, image: ArrayLike, patch: tuple[float, float] | None = None
) -> str:
    """One HTML page with the picture, the islands of every level and the tree.

    image: (H, W, C), the picture that was parsed; patch: height and width of one column in its
    pixels if the grid does not just cover it. The page loads nothing and runs no script; names
    are escaped. Raises ValueError for a picture of another size.
    """
    from jinja2 import Environment, StrictUndefined

    check_size(np.asarray(image), tree)
    picture, *panels = paint_levels(image, [one.labels for one in tree.levels], patch)
    colours = node_colours(tree)
    template = resources.files("glomtf.islands").joinpath("report.html").read_text("utf-8")
    page = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    levels = []
    for one, panel in zip(tree.levels, panels, strict=True):
        islands = len(np.unique(one.labels[one.labels > 0]))
        levels.append(
            {
                "level": one.level,
                "islands": islands,
                "agreement": one.agreement,
                "title": level_title(one.level, islands, one.agreement),
                "image": _data_uri(panel),
            }
        )
    return page.from_string(template).render(
        # File names may hold bytes that are no UTF-8; the page has to be written as UTF-8.
        name=tree.image.path.encode("utf-8", "replace").decode() or "picture",
        tree=tree,
        levels=levels,
        picture=_data_uri(picture),
        root=_row(tree.tree, tree, colours),
    )


def _row(node: Node, tree: ParseTree, colours: dict[str, tuple[int, int, int]]) -> dict[str, Any]:
    """What the template shows of a node: its words, colour and crop, in screen pixels."""
    x0, y0, x1, y1 = node.bbox
    scale = _CROP_SIDE / max(x1 - x0, y1 - y0)
    return {
        "node": node,
        "colour": "rgb({}, {}, {})".format(*colours.get(node.id, (128, 128, 128))),
        "size": (round((x1 - x0) * scale, 2), round((y1 - y0) * scale, 2)),
        "whole": (round(tree.image.width * scale, 2), round(tree.image.height * scale, 2)),
        "offset": (round(-x0 * scale, 2), round(-y0 * scale, 2)),
        "children": [_row(child, tree, colours) for child in node.children],
    }


def _data_uri(pixels: Pixels) -> str:
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
