"""Write one parse as a self-contained HTML page: the island explorer."""

import base64
import hashlib
import io
import json
from collections.abc import Mapping
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from glomtf.islands.overlay import Pixels, canvas
from glomtf.islands.plot import check_size
from glomtf.islands.report_data import report_data
from glomtf.islands.tree import ParseTree

# One script, in this order: later files use what earlier ones define.
_SCRIPTS = (
    "shapes.js",
    "codes.js",
    "painter.js",
    "view.js",
    "tree.js",
    "curves.js",
    "show.js",
    "report.js",
    "start.js",
)


def render_report(
    tree: ParseTree,
    image: ArrayLike,
    patch: tuple[float, float] | None = None,
    *,
    states: ArrayLike | None = None,
    maps: ArrayLike | None = None,
    truth: Mapping[str, ArrayLike] | None = None,
    scores: Mapping[str, float] | None = None,
) -> str:
    """One HTML page to explore a parse: islands by level and step, similarities, the tree.

    The page loads nothing and runs no script but its own; names cannot become markup.

    Args:
        tree: the parse of the last step.
        image: (H, W, C), the picture that was parsed.
        patch: height and width of one column in its pixels if the grid does not just cover it.
        states: (T + 1, N, L, D), all settling steps; they travel in codes whose error is measured
            and stated in the page. None = only the last step's islands, no similarities.
        maps: (T + 1, L, rows, cols) integer label maps of these states, 0 = background; the last
            step's are the tree's. To be given exactly when ``states`` are.
        truth: true (rows, cols) label maps by name, from low to high.
        scores: numbers by name, shown beside the truth.

    Raises:
        ValueError: in one line: a picture of another size, or arrays that do not fit the tree.
    """
    from jinja2 import Environment, StrictUndefined

    check_size(np.asarray(image), tree)
    data = report_data(tree, image, patch, states, maps, truth or {}, scores or {})
    script = "\n".join(_asset(name) for name in _SCRIPTS)
    style = _asset("report.css")
    page = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    return page.from_string(_asset("report.html")).render(
        picture=_data_uri(canvas(image)),
        data=_script_json(data),
        script=script,
        style=style,
        script_hash=_hash(script),
        style_hash=_hash(style),
    )


def _asset(name: str) -> str:
    return resources.files("glomtf.islands").joinpath("explorer", name).read_text("utf-8")


def _script_json(data: dict[str, Any]) -> str:
    """JSON that cannot end the script element it stands in; other than ASCII is escaped too."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def _hash(text: str) -> str:
    """The source expression by which a Content-Security-Policy allows this inline text."""
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


def _data_uri(pixels: Pixels) -> str:
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
