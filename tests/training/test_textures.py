"""Areas of one texture: stripes hold together, other paint is another area, crumbs go."""

import numpy as np

from glomtf.training.textures import texture_areas

y, x = np.mgrid[:48, :48]


def picture():
    """A piece of a striped left half and a flat right half, before grey."""
    image = np.full((48, 48, 3), 128, "uint8")
    stripes = np.where((y % 4 < 2)[..., None], [200, 30, 30], [240, 220, 60])
    piece = (abs(x - 24) < 18) & (abs(y - 24) < 14)
    image[piece] = np.where((x < 24)[..., None], stripes, [30, 60, 180])[piece]
    return image, piece.astype("int16")


def test_stripes_are_one_part_and_another_paint_is_another():
    image, piece = picture()
    areas, kept = texture_areas(image[None], piece[None])
    np.testing.assert_array_equal(kept[0], piece)
    np.testing.assert_array_equal(areas[0] > 0, piece > 0)
    left, right = (areas[0][(piece > 0) & half] for half in (x < 23, x > 24))
    assert len(np.unique(left)) == len(np.unique(right)) == 1
    assert left[0] != right[0]


def test_pieces_that_look_alike_stay_apart():
    image = np.broadcast_to(np.where(y < 24, 90, 200)[..., None], (48, 48, 3)).astype("uint8")
    pieces = np.where(x < 20, 1, np.where(x < 34, 2, 0))
    areas, _ = texture_areas(image[None], pieces[None])
    squares = [(pieces == k) & half for k in (1, 2) for half in (y < 22, y > 25)]
    assert [len(np.unique(areas[0][square])) for square in squares] == [1] * 4
    assert len({areas[0][square][0] for square in squares}) == 4


def test_crumbs_go_to_what_is_nearest():
    image, piece = picture()
    piece[2:4, 2:4] = 2  # four pixels of another piece in the background
    piece[20:23, 12:15] = 0  # nine of the background in the striped half
    areas, kept = texture_areas(image[None], piece[None])
    assert not kept[0, :6, :6].any() and not areas[0, :6, :6].any()
    assert (kept[0, 20:23, 12:15] == 1).all()
    assert len(np.unique(areas[0][12:36, 8:23])) == 1
