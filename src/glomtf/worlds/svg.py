"""Parsing an SVG icon, from anybody, into a tree that is safe and holds nothing but shapes."""

from __future__ import annotations

import copy
import re
from xml.etree.ElementTree import Element, ParseError

MOST_ELEMENTS = 4000  # also after <use> is expanded, which can be nested to grow without end
MOST_DEPTH = 40

SVG = "{http://www.w3.org/2000/svg}"
_HREF = "{http://www.w3.org/1999/xlink}href"
SHAPES = {"path", "rect", "circle", "ellipse", "line", "polyline", "polygon"}
_GROUPS = {"svg", "g", "a", "symbol", "switch"}
CLIPS = {"clipPath", "mask"}
PAINTS = {"linearGradient", "radialGradient", "stop"}
# Everything else is left out: pictures, text, scripts, filters and foreign content are no shapes
# and can refer to other files.
_KNOWN = SHAPES | _GROUPS | CLIPS | PAINTS | {"use", "defs", "style"}
# Filters blur shapes into each other, and dashes can be made too many to draw in any time.
_UNWANTED = re.compile(r"(?:filter|stroke-dasharray)\s*:[^;}]*")
_NUMBER = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)", re.IGNORECASE)
_PIXELS_OF = {"": 1, "px": 1, "pt": 4 / 3, "pc": 16, "mm": 96 / 25.4, "cm": 96 / 2.54, "in": 96}


class SvgError(ValueError):
    """An icon that cannot be read or has no filled shape; the message says why in one line."""


def parse_icon(svg: bytes) -> Element:
    """The icon as a tree of shapes, groups and paints only, each <use> replaced by its copy.

    The tree has a viewBox and refers to nothing outside itself. Raises SvgError for anything
    that is no SVG, declares entities or is too large.
    """
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root: Element = fromstring(svg)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise SvgError(f"expected an SVG picture, got XML that is refused: {error!r}") from None
    if root.tag != f"{SVG}svg":
        raise SvgError(f"expected an SVG picture, got a root element {root.tag[:60]!r}")
    _check_size(root)
    _prune(root)
    _expand_uses(root)
    if root.get("viewBox") is None:
        if root.get("width") is None or root.get("height") is None:
            raise SvgError("expected an SVG picture with a viewBox or a width and height, got none")
        width, height = _pixels(root.attrib["width"]), _pixels(root.attrib["height"])
        root.set("viewBox", f"0 0 {width} {height}")
    return root


def name_of(element: Element) -> str:
    """The element's tag without SVG's namespace; "" for a comment or processing instruction."""
    return element.tag.removeprefix(SVG) if isinstance(element.tag, str) else ""


def _check_size(root: Element) -> None:
    """Refuse trees too deep for recursion or too large; does not recurse itself."""
    level, count = [root], 1
    for _ in range(MOST_DEPTH):
        level = [child for element in level for child in element]
        count += len(level)
        if not level and count <= MOST_ELEMENTS:
            return
    raise SvgError(
        f"expected an icon of at most {MOST_ELEMENTS} elements and {MOST_DEPTH} levels, got more"
    )


def _prune(element: Element) -> None:
    """Keep the known elements only, and no reference out of the file."""
    for child in list(element):
        if name_of(child) not in _KNOWN:
            element.remove(child)
        else:
            _prune(child)
    for name in ("filter", "stroke-dasharray"):
        element.attrib.pop(name, None)
    if "style" in element.attrib:
        element.set("style", _UNWANTED.sub("", element.attrib["style"]))
    if name_of(element) == "style":
        element.text = _UNWANTED.sub("", element.text or "")
    for href in ("href", _HREF):
        if not element.get(href, "#").startswith("#"):
            del element.attrib[href]


def _expand_uses(root: Element) -> None:
    """Replace each <use> by a group with a copy of what it shows, so that copies are parts."""
    # From a copy, as expanding changes the tree itself.
    targets = {e.get("id", ""): e for e in copy.deepcopy(root).iter() if e.get("id")}
    budget = MOST_ELEMENTS

    def expand(element: Element, depth: int) -> None:
        nonlocal budget
        budget -= 1
        if budget < 0 or depth > MOST_DEPTH:
            raise SvgError(
                f"expected an icon of at most {MOST_ELEMENTS} elements and {MOST_DEPTH} levels, "
                "got more once <use> is expanded"
            )
        if name_of(element) == "use":
            target = targets.get((element.get("href") or element.get(_HREF) or "")[1:])
            move = f"translate({element.get('x', '0')} {element.get('y', '0')})"
            element.tag = f"{SVG}g"
            element.set("transform", f"{element.get('transform', '')} {move}".strip())
            size = {k: v for k, v in element.attrib.items() if k in ("width", "height")}
            for name in ("x", "y", "width", "height", "href", _HREF):
                element.attrib.pop(name, None)
            if target is not None:
                shown = copy.deepcopy(target)
                del shown.attrib["id"]
                if name_of(shown) in ("symbol", "svg"):
                    # Both fit their viewBox into the size that they are used with.
                    shown.tag = f"{SVG}svg"
                    shown.attrib.update(size)
                element.append(shown)
        for child in element:
            expand(child, depth + 1)

    expand(root, 0)


def leading_number(text: str) -> float:
    """The leading number of a length, a share or a percentage; 1 if there is none."""
    match = _NUMBER.match(text)
    if match is None:
        return 1.0
    return float(match[1]) / (100 if text[match.end() :].lstrip().startswith("%") else 1)


def _pixels(length: str) -> float:
    """A length with its unit in px, which are what an icon without a viewBox is drawn in."""
    match = _NUMBER.match(length)
    unit = length[match.end() :].strip().lower() if match else None
    if match is None or unit not in _PIXELS_OF:
        raise SvgError(
            "expected an SVG picture with a viewBox or a width and height in px, pt, pc, mm, cm "
            f"or in, got {length[:60]!r}"
        )
    return float(match[1]) * _PIXELS_OF[unit]
