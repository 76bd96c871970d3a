"""From one SVG to the map of its shapes."""

import numpy as np
import pytest
from tiny_icons import SHAPES, svg

from glomtf.worlds.render import index_map
from glomtf.worlds.svg import SvgError

SQUARE = '<rect id="s" x="3" y="3" width="30" height="30" fill="#3366cc"/>'
DOT = '<circle cx="18" cy="18" r="9" fill="#ee2211"/>'
# What a mask m leaves of it is to be the dot.
MASKED = '<rect mask="url(#m)" width="36" height="36" fill="#ee2211"/>'
# Each level shows the one below ten times: a thousand million squares.
NESTED_USES = svg(
    '<g id="g0"><rect width="1" height="1"/></g>'
    + "".join(
        f'<g id="g{level + 1}">' + f'<use href="#g{level}"/>' * 10 + "</g>" for level in range(9)
    )
)


def test_shapes_become_parts_with_their_colours():
    shapes, palette = index_map(svg(SQUARE + DOT).encode())
    assert shapes.dtype == palette.dtype == np.uint8
    assert shapes.shape == (96, 96)
    assert palette.tolist() == [[0x33, 0x66, 0xCC], [0xEE, 0x22, 0x11]]
    assert np.unique(shapes).tolist() == [0, 1, 2]
    assert shapes[48, 48] == 2
    assert shapes[12, 12] == 1
    assert shapes[2, 2] == 0
    assert (shapes > 0).sum() == 80 * 80
    assert (shapes == 2).sum() == pytest.approx(np.pi * 24**2, rel=0.01)


@pytest.mark.parametrize(
    "inside",
    [
        f'<g fill="#ee2211">{SQUARE}<circle cx="18" cy="18" r="9"/></g>',
        f'{SQUARE}<circle cx="18" cy="18" r="9" style="fill: #ee2211 !important; opacity:1"/>',
        f'<style>/* c */ .a, .b {{fill:#ee2211}}</style>{SQUARE}<g class="x b">'
        '<circle cx="18" cy="18" r="9"/></g>',
        f'<style>#dot {{fill:#ee2211}}</style>{SQUARE}<circle id="dot" cx="18" cy="18" r="9"/>',
        f'<style>circle {{fill:#ee2211}}</style>{SQUARE}<circle cx="18" cy="18" r="9"/>',
        f'<defs><circle id="d" cx="8" cy="8" r="9"/></defs>{SQUARE}'
        '<use xlink:href="#d" x="10" y="10" fill="#ee2211"/>',
        f'<defs><circle id="d" cx="8" cy="8" r="9" fill="#ee2211"/></defs>{SQUARE}'
        '<use href="#d" transform="translate(10 10)"/>',
        f'<symbol id="d"><circle cx="18" cy="18" r="9" fill="#ee2211"/></symbol>{SQUARE}'
        '<use href="#d"/>',
        f'<clipPath id="c"><circle cx="18" cy="18" r="9"/></clipPath>{SQUARE}'
        '<rect clip-path="url(#c)" width="36" height="36" fill="#ee2211"/>',
        f'<mask id="m"><circle cx="18" cy="18" r="9" fill="#fff"/></mask>{SQUARE}'
        '<rect style="mask:url(#m)" width="36" height="36" fill="#ee2211"/>',
        '<mask id="m"><rect width="36" height="36"/><circle cx="18" cy="18" r="9" fill="#fff"/>'
        f"</mask>{SQUARE}{MASKED}",
        '<mask id="m" fill="none"><circle cx="18" cy="18" r="4.5" stroke="#fff" stroke-width="9"/>'
        f"</mask>{SQUARE}{MASKED}",
        '<mask id="m"><rect width="36" height="36" fill="#fff"/><circle cx="18" cy="18" r="18" '
        f'fill="none" stroke="#000" stroke-width="18"/></mask>{SQUARE}{MASKED}',
        '<mask id="m" style="mask-type:alpha"><circle cx="18" cy="18" r="9"/></mask>'
        f"{SQUARE}{MASKED}",
        '<g opacity=".05"><mask id="m"><circle cx="18" cy="18" r="9" fill="#fff"/></mask></g>'
        f"{SQUARE}{MASKED}",
        '<mask id="m"><circle cx="18" cy="18" r="9" fill="#fff"/><rect width="36" height="36" '
        f'visibility="hidden"/></mask>{SQUARE}{MASKED}',
        '<clipPath id="c"><circle cx="18" cy="18" r="9" fill="none"/></clipPath>'
        f'{SQUARE}<rect clip-path="url(#c)" width="36" height="36" fill="#ee2211"/>',
        '<symbol id="d" viewBox="0 0 512 512"><circle cx="256" cy="256" r="256" fill="#ee2211"/>'
        f'</symbol>{SQUARE}<use href="#d" x="9" y="9" width="18" height="18"/>',
        '<symbol id="d" viewBox="-9 -9 18 18" width="18" height="18" style="overflow:visible">'
        f'<circle cx="9" cy="9" r="9" fill="#ee2211"/></symbol>{SQUARE}<use href="#d"/>',
        f'{SQUARE}<circle cx="18" cy="18" r="8" fill="#ee2211" stroke="#ee2211" stroke-width="2"/>',
        f'{SQUARE}{DOT}<rect width="36" height="36" fill="none"/>',
        f'{SQUARE}{DOT}<g fill="none"><rect width="36" height="36"/></g>',
        f'{SQUARE}{DOT}<rect width="36" height="36" opacity="0"/>',
        f'{SQUARE}{DOT}<g opacity=".2"><rect width="36" height="36" fill-opacity="20%"/></g>',
        f'{SQUARE}{DOT}<g fill-opacity="0"><rect width="36" height="36"/></g>',
        f'{SQUARE}{DOT}<g fill="none" stroke="#fff" stroke-width="9" stroke-opacity=".04">'
        '<circle cx="18" cy="18" r="14"/></g>',
        *(
            f'{SQUARE}{DOT}<rect width="36" height="36" fill="{paint}"/>'
            for paint in (
                "#fff0",
                "#FFFFFF06",
                "rgba(0,0,0,0)",
                "RGBA(0 0 0 0.02)",
                "hsla(9, 9%, 9%, .02)",
                "url(#absent)",
            )
        ),
        '<pattern id="p" width="4" height="4"><path d="M0 0h2v2z"/></pattern>'
        f'{SQUARE}{DOT}<rect width="36" height="36" fill="url(#p)"/>',
        f'{SQUARE}<circle cx="18" cy="18" r="9" fill="url(#absent) #ee2211"/>',
        f'{SQUARE}<circle cx="18" cy="18" r="9" fill="#ee2211ff"/>',
        f'{SQUARE}<circle cx="18" cy="18" r="9" fill="rgba(238, 34, 17, 1)"/>',
        f'{SQUARE}{DOT}<rect width="36" height="36" display="none"/>',
        f'{SQUARE}{DOT}<g style="visibility:hidden"><rect width="36" height="36"/></g>',
        f'{SQUARE}{DOT}<circle cx="18" cy="18" r="0.4" fill="#fff"/>',
        f'{SQUARE}{DOT}<circle cx="1" cy="1" r="0.5" fill="#fff"/>',
        f'{SQUARE}{DOT}<text x="3" y="30">text</text>',
        f'{SQUARE}<path d="M18 9a9 9 0 1 0 0 18z" fill="#ee2211"/>'
        '<path d="M18 9a9 9 0 1 1 0 18z" fill="#ed2212"/>',
        f'{SQUARE}{DOT}<rect x="3" y="3" width="30" height="30" fill="none" stroke="#000"/>',
    ],
)
def test_every_way_to_draw_a_dot_on_a_square_gives_the_same_two_parts(inside):
    expected, _ = index_map(svg(SQUARE + DOT).encode())
    shapes, palette = index_map(svg(inside).encode())
    assert np.abs(palette.astype(int) - [[0x33, 0x66, 0xCC], [0xEE, 0x22, 0x11]]).max() <= 10
    # Strokes reach half their width outside.
    assert (shapes != expected)[8:-8, 8:-8].mean() < 0.01


def test_gradients_show_their_middle_colour():
    _, palette = index_map(
        svg(
            '<defs><linearGradient id="g"><stop stop-color="#000000"/>'
            '<stop offset="1" stop-color="#c86432"/></linearGradient></defs>'
            '<rect width="36" height="36" fill="url(#g)"/>'
        ).encode()
    )
    assert np.abs(palette[0].astype(int) - (100, 50, 25)).max() <= 3


def test_where_a_gradient_has_faded_to_nothing_is_no_part():
    shapes, _ = index_map(
        svg(
            '<defs><linearGradient id="g"><stop offset=".5" stop-color="#06c"/>'
            '<stop offset=".5" stop-opacity="0"/></linearGradient></defs>'
            '<rect width="36" height="36" fill="url(#g)"/>'
        ).encode()
    )
    assert shapes[:, :47].all() and not shapes[:, 49:].any()


def test_each_use_is_a_part():
    shapes, _ = index_map(
        svg(
            '<defs><rect id="r" width="8" height="8"/></defs><use href="#r"/>'
            '<use href="#r" x="20" fill="red"/>'
        ).encode()
    )
    assert [shapes[5, 5], shapes[5, 60]] == [1, 2]


def test_icons_of_lines_keep_their_lines():
    shapes, palette = index_map(
        svg(
            '<g fill="none" stroke="#123456" stroke-width="2"><circle cx="18" cy="18" r="14"/>'
            '<path d="M12 18h12" stroke="#aa0000" stroke-dasharray="1 1"/></g>'
        ).encode()
    )
    assert palette.tolist() == [[0x12, 0x34, 0x56], [0xAA, 0, 0]]
    assert (shapes == 2).sum() == pytest.approx(12 * 2 * (96 / 36) ** 2, rel=0.15)


def test_touching_shapes_of_one_colour_are_one_part_and_distant_ones_are_two():
    beside = (
        '<rect width="18" height="36" fill="#555"/><rect x="{}" width="8" height="36" fill="#555"/>'
    )
    assert index_map(svg(beside.format(18)).encode())[0].max() == 1
    assert index_map(svg(beside.format(20)).encode())[0].max() == 2


def test_size_without_a_viewbox():
    shapes, _ = index_map(
        svg('<rect width="50" height="50"/>', 'width="100px" height="100"').encode()
    )
    assert (shapes > 0).sum() == 48 * 48


@pytest.mark.parametrize("size", ["48pt", "4pc", "16.9333mm", "1.69333CM", ".666667in", "64 px"])
def test_sizes_with_units_are_in_pixels(size):
    shapes, _ = index_map(
        svg('<rect width="31.9" height="31.9"/>', f'width="{size}" height="{size}"').encode()
    )
    assert (shapes > 0).sum() == 48 * 48


def test_wide_icons_keep_their_proportions():
    shapes, _ = index_map(
        svg(
            '<rect width="40" height="20"/>', 'viewBox="0 0 40 20" preserveAspectRatio="none"'
        ).encode()
    )
    assert shapes.any(axis=1).sum() == 48


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "XML that is refused"),
        (b"hello", "XML that is refused"),
        (b"\x89PNG\r\n", "XML that is refused"),
        (b"<html/>", "root element 'html'"),
        (svg("").encode(), "got 0"),
        (svg('<rect width="1" height="1"/>').encode(), "got 0"),
        (svg('<rect width="9" height="9"/>', "").encode(), "viewBox"),
        (svg('<rect width="9" height="9"/>', 'width="9" height="100%"').encode(), "got '100%'"),
        (svg('<rect width="9" height="9"/>', 'width="2em" height="2em"').encode(), "got '2em'"),
        (b'<?xml version="1.0" encoding="no-such"?><svg/>', "XML that is refused"),
        (
            b'<!DOCTYPE s [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
            b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><desc>&b;</desc></svg>',
            "EntitiesForbidden",
        ),
        (
            b'<!DOCTYPE s [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
            b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><desc>&a;</desc></svg>',
            "EntitiesForbidden",
        ),
        (svg("<g>" * 5000 + "</g>" * 5000).encode(), "at most 4000 elements"),
        (svg("<g/>" * 5000).encode(), "at most 4000 elements"),
        (svg('<g id="a"><use href="#a"/></g>').encode(), "once <use> is expanded"),
        (svg(f"<style>{'/*' * 20000}</style>{SQUARE}").encode(), "characters of CSS"),
        (NESTED_USES.encode(), "once <use> is expanded"),
    ],
)
def test_unusable_icons_are_refused_in_one_line(content, reason):
    with pytest.raises(SvgError, match=reason) as caught:
        index_map(content)
    assert "\n" not in str(caught.value)


def test_pictures_inside_an_icon_are_never_read(tmp_path):
    from PIL import Image

    Image.new("RGB", (8, 8), "red").save(tmp_path / "red.png")
    _, palette = index_map(
        svg(
            f'{SQUARE}<image href="file://{tmp_path}/red.png" width="36" height="36"/>'
            f'<use href="{tmp_path}/other.svg#x"/>'
        ).encode()
    )
    assert palette.tolist() == [[0x33, 0x66, 0xCC]]


def test_many_shapes():
    """More than one byte's worth of shapes, of which most are covered by later ones."""
    hidden = '<rect width="36" height="36" fill="#000"/>' * 700
    shapes, palette = index_map(svg(hidden + SHAPES["face"]).encode())
    assert len(palette) == 5
    assert [shapes[0, 0], shapes[2, 48], shapes[35, 29], shapes[35, 67], shapes[69, 48]] == [
        1, 2, 3, 4, 5
    ]  # fmt: skip
