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
_INHERITED = {
    "fill", "stroke", "stroke-width", "fill-opacity", "stroke-opacity", "visibility",
}  # fmt: skip
# What is set back when an element's style is taken away: it tells the drawing's outline.
_KEPT = (
    "clip-path", "clip-rule", "fill-rule", "mask", "mask-type", "overflow", "stroke-linecap",
)  # fmt: skip

Style = dict[str, str]


def number_shapes(root: Element) -> list[bool]:
    """Paint each visible shape of a parsed icon flat: red and green its number, from 1, blue 128.

    Changes the tree: all edges become crisp, all paints opaque. A stroke around a filling belongs
    to the same shape. Returns, for each number in turn, whether the shape is a stroke only.
    """
    rules = _css_rules(root)
    gradients = {element.get("id") for element in root.iter() if name_of(element) in PAINTS}
    lines: list[bool] = []

    def visit(element: Element, inherited: Style, opacity: float, clip: bool) -> None:
        name = name_of(element)
        if name == "defs" or name in PAINTS or name == "style":
            # What clips and masks show must have crisp edges too; the rest is not drawn.
            for child in element:
                if name_of(child) in CLIPS:
                    visit(child, inherited, opacity, clip)
            return
        style = {k: v for k, v in element.attrib.items() if k in _PAINT_PROPERTIES}
        style |= rules.get(name, {})
        for css_class in element.get("class", "").split():
            style |= rules.get(f".{css_class}", {})
        style |= rules.get(f"#{element.get('id', '')}", {})
        style |= _declarations(element.attrib.pop("style", ""))
        style = {k: v for k, v in style.items() if v != "inherit"}
        known = inherited | {k: v for k, v in style.items() if k in _INHERITED}
        opacity *= leading_number(style.get("opacity", "1"))
        if name in CLIPS:
            # They cut as strongly as ever, however faint the group is in which they stand.
            clip, opacity = True, 1.0
        element.attrib.pop("class", None)
        for attribute in _PAINT_PROPERTIES & element.attrib.keys():
            del element.attrib[attribute]
        for attribute in _KEPT:
            if attribute in style:
                element.set(attribute, style[attribute])
        if style.get("display") == "none":
            element.set("display", "none")
            return
        if name in SHAPES:
            element.set("shape-rendering", "crispEdges")
            fill, stroke = known.get("fill", "black"), known.get("stroke", "none")
            width = known.get("stroke-width", "1")
            visible = known.get("visibility", "visible") == "visible"
            # Opacities below a tenth are a shadow or a shine, no shape to be seen.
            strength = opacity * leading_number(known.get("fill-opacity", "1"))
            filled = visible and strength * _strength(fill, gradients) >= 0.1
            strength = opacity * leading_number(known.get("stroke-opacity", "1"))
            stroked = visible and strength * _strength(stroke, gradients) >= 0.1
            stroked = stroked and leading_number(width) > 0
            # A mask shows by how bright its own colours are; a clip's colours do not matter.
            if not clip and (filled or stroked):
                lines.append(not filled)
                # A line around a filling belongs to the same shape.
                fill = stroke = f"#{len(lines) >> 8:02x}{len(lines) & 255:02x}{CODE_BLUE:02x}"
            element.set("fill", fill if filled else "none")
            if stroked:
                element.set("stroke", stroke)
                element.set("stroke-width", width)
        for child in element:
            visit(child, known, opacity, clip)

    visit(root, {}, 1.0, False)
    for element in list(root.iter()):
        for child in list(element):
            if name_of(child) == "style":
                element.remove(child)
    return lines


def _strength(paint: str, gradients: set[str | None]) -> float:
    """How opaque a paint is by itself, 0 to 1, where every gradient is 1."""
    reference = re.match(r"url\(\s*['\"]?#([^)'\"\s]*)['\"]?\s*\)", paint)
    if reference:
        if reference[1] in gradients:
            return 1.0
        # Of what is not there, such as a pattern, only the colour to use instead is drawn.
        paint = paint[reference.end() :].strip() or "none"
    if paint in ("none", "transparent"):
        return 0.0
    if re.fullmatch(r"#(?:[\da-fA-F]{4}){1,2}", paint):
        return int(paint[4], 16) / 15 if len(paint) == 5 else int(paint[7:], 16) / 255
    # The one way to write it that resvg knows; others, as rgb(0 0 0 / 0%), it draws black.
    called = re.match(r"(?:rgb|hsl)a?\(\s*(?:[^\s,/]+[\s,]+){3}([\d.]+)\s*\)", paint, re.IGNORECASE)
    return leading_number(called[1]) if called else 1.0


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
