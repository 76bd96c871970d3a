"""Painting each visible shape of an SVG icon in a flat colour that tells its number."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element

from .svg import CLIPS, PAINTS, SHAPES, SVG, SvgError, leading_number, name_of

MOST_CSS = 20_000  # characters
CODE_BLUE = 128  # the blue of every numbering colour; red and green hold the number

_PAINT_PROPERTIES = {
    "fill", "stroke", "stroke-width", "opacity", "fill-opacity", "stroke-opacity", "display",
    "visibility", "mix-blend-mode", "shape-rendering", "paint-order",
}  # fmt: skip
_INHERITED = {"fill", "stroke", "stroke-width", "visibility"}

Style = dict[str, str]


def number_shapes(root: Element) -> list[bool]:
    """Paint each visible shape of a parsed icon flat: red and green its number, from 1, blue 128.

    Changes the tree: all edges become crisp, all paints opaque. A stroke around a filling belongs
    to the same shape. Returns, for each number in turn, whether the shape is a stroke only.
    """
    rules = _css_rules(root)
    lines: list[bool] = []

    def visit(element: Element, inherited: Style, opacity: float, clip: bool) -> None:
        name = name_of(element)
        if name == "defs" or name in PAINTS or name == "style":
            # What clips and masks show must have crisp edges too; the rest is not drawn.
            for child in element:
                if name_of(child) in CLIPS:
                    visit(child, inherited, opacity, True)
            return
        clip = clip or name in CLIPS
        style = {k: v for k, v in element.attrib.items() if k in _PAINT_PROPERTIES}
        style |= rules.get(name, {})
        for css_class in element.get("class", "").split():
            style |= rules.get(f".{css_class}", {})
        style |= rules.get(f"#{element.get('id', '')}", {})
        style |= _declarations(element.attrib.pop("style", ""))
        style = {k: v for k, v in style.items() if v != "inherit"}
        known = inherited | {k: v for k, v in style.items() if k in _INHERITED}
        opacity *= leading_number(style.get("opacity", "1"))
        element.attrib.pop("class", None)
        for attribute in _PAINT_PROPERTIES & element.attrib.keys():
            del element.attrib[attribute]
        for attribute in ("clip-path", "clip-rule", "fill-rule", "mask", "stroke-linecap"):
            if attribute in style:
                element.set(attribute, style[attribute])
        if style.get("display") == "none":
            element.set("display", "none")
            return
        if name in SHAPES:
            element.set("shape-rendering", "crispEdges")
            if clip:
                element.set("fill", known.get("fill", "white"))
                return
            filled = _shows(known.get("fill", "black"), opacity, style, "fill-opacity")
            width = known.get("stroke-width", "1")
            stroked = leading_number(width) > 0 and _shows(
                known.get("stroke", "none"), opacity, style, "stroke-opacity"
            )
            colour = "none"
            if (filled or stroked) and known.get("visibility", "visible") == "visible":
                lines.append(not filled)
                colour = f"#{len(lines) >> 8:02x}{len(lines) & 255:02x}{CODE_BLUE:02x}"
            # A line around a filling belongs to the same shape.
            element.set("fill", colour if filled else "none")
            if stroked:
                element.set("stroke", colour)
                element.set("stroke-width", width)
        for child in element:
            visit(child, known, opacity, clip)

    visit(root, {}, 1.0, False)
    for element in list(root.iter()):
        for child in list(element):
            if name_of(child) == "style":
                element.remove(child)
    return lines


def _shows(paint: str, opacity: float, style: Style, own: str) -> bool:
    """Whether a paint is strong enough to be seen as a shape rather than a shadow or a shine."""
    return (
        paint not in ("none", "transparent")
        and opacity * leading_number(style.get(own, "1")) >= 0.1
    )


def _css_rules(root: Element) -> dict[str, Style]:
    """The rules of <style> elements whose selector is one class, id or element name."""
    rules: dict[str, Style] = {}
    for element in root.iter(f"{SVG}style"):
        if len(element.text or "") > MOST_CSS:
            raise SvgError(f"expected at most {MOST_CSS} characters of CSS in an icon, got more")
        text = re.sub(r"/\*.*?\*/", "", element.text or "", flags=re.DOTALL)
        for rule in text.split("}"):
            selectors, _, body = rule.partition("{")
            for selector in selectors.split(","):
                rules.setdefault(selector.strip(), {}).update(_declarations(body))
    return rules


def _declarations(text: str) -> Style:
    pairs = (item.partition(":") for item in text.split(";"))
    return {
        name.strip().lower(): value.replace("!important", "").strip()
        for name, colon, value in pairs
        if colon
    }
