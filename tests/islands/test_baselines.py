"""Baselines on scenes whose right answer is known."""

import numpy as np
import pytest

from glomtf.islands import baselines
from glomtf.islands.segment import tune

GRID = (8, 8)
TRUTH = np.zeros(GRID, dtype=int)
TRUTH[1:4, 1:4] = 1
TRUTH[3:7, 4:7] = 2
ALL = [
    baselines.colour_clusters,
    baselines.position_colour_clusters,
    baselines.raw_patches,
    baselines.flat_components,
]


def picture(truth: np.ndarray = TRUTH, seed: int = 0) -> np.ndarray:
    colours = np.array([[0.1, 0.1, 0.1], [0.9, 0.2, 0.2], [0.2, 0.8, 0.3], [0.3, 0.3, 0.9]])
    flat = colours[truth].repeat(4, axis=0).repeat(4, axis=1)
    return flat + np.random.default_rng(seed).uniform(-0.02, 0.02, flat.shape)


@pytest.mark.parametrize("baseline", ALL)
def test_flat_colours_are_found_at_a_tuned_threshold(baseline) -> None:
    cuts = [baseline(picture(seed=seed), GRID) for seed in range(2)]
    threshold, scores = tune(cuts, np.stack([TRUTH] * 2))
    assert scores.max() == 1.0
    np.testing.assert_array_equal(baseline(picture(seed=5), GRID)(threshold), TRUTH)


@pytest.mark.parametrize("baseline", ALL)
def test_bytes_and_floats_are_the_same_picture(baseline) -> None:
    image = np.rint(picture() * 255).astype(np.uint8)
    np.testing.assert_array_equal(baseline(image, GRID)(0.8), baseline(image / 255.0, GRID)(0.8))


@pytest.mark.parametrize("baseline", ALL)
def test_bad_pictures_are_refused(baseline) -> None:
    broken = picture()
    broken[0, 0, 0] = np.nan
    for image, words in [(broken, "NaN"), (picture()[:-1], "divisible"), (picture()[0], "H, W, C")]:
        with pytest.raises(ValueError, match=words):
            baseline(image, GRID)


@pytest.mark.parametrize("baseline", ALL)
@pytest.mark.parametrize("side", [2, 8])
def test_a_threshold_is_one_minus_a_colour_distance(baseline, side: int) -> None:
    image = np.zeros((4 * side, 4 * side, 1))
    image[side : 3 * side, side : 3 * side] = 0.5
    cuts = baseline(image, (4, 4))
    assert cuts(0.55).max() >= 1
    # Place can only add to the distance.
    if baseline is not baselines.position_colour_clusters:
        assert cuts(0.45).max() == 0


def test_only_place_tells_objects_of_one_colour_apart() -> None:
    same = np.zeros(GRID, dtype=int)
    same[1:3, 1:3] = 1
    same[5:7, 5:7] = 1
    assert baselines.colour_clusters(picture(same), GRID)(0.7).max() == 1
    assert baselines.raw_patches(picture(same), GRID)(0.7).max() == 1
    assert baselines.flat_components(picture(same), GRID)(0.7).max() == 2
    placed = baselines.position_colour_clusters(picture(same), GRID)(0.7)
    assert placed[1, 1] != placed[6, 6]
    assert (placed[1:3, 1:3] == placed[1, 1]).all()


def test_weight_of_place() -> None:
    flat = np.zeros((32, 32, 3))
    without = baselines.position_colour_clusters(flat, GRID, weight=0.0)
    assert without(0.9).max() == 0
    with_place = baselines.position_colour_clusters(flat, GRID, weight=1.0)
    assert with_place(0.9).max() > 4


def test_the_colour_of_a_column_is_one_of_its_pixels_colours() -> None:
    image = np.zeros((4, 4, 1))
    image[:, 1:] = 1.0
    np.testing.assert_array_equal(baselines.patch_colours(image, (1, 1)), [[[1.0]]])
    image = (image * 255).astype(np.uint8)
    np.testing.assert_array_equal(baselines.patch_colours(image, (1, 1)), [[[1.0]]])
    rows = np.arange(16.0).reshape(4, 4, 1) / 16
    expected = [[np.median(rows[r : r + 2, c : c + 2]) for c in (0, 2)] for r in (0, 2)]
    np.testing.assert_allclose(baselines.patch_colours(rows, (2, 2))[..., 0], expected)


def test_a_column_takes_the_area_of_most_of_its_pixels() -> None:
    image = np.zeros((8, 8, 1))
    image[2:6, 2:7] = 1.0
    expected = np.zeros((4, 4), dtype=int)
    expected[1:3, 1:3] = 1
    # The last column holds the object's edge in half of its pixels; the first area met wins.
    np.testing.assert_array_equal(baselines.flat_components(image, (4, 4))(0.5), expected)


def test_oracles_get_the_right_count() -> None:
    tiles = baselines.position_clusters(GRID, 4)
    np.testing.assert_array_equal(np.unique(tiles, return_counts=True)[1], [16] * 4)
    assert tiles[0, 0] == 1 and tiles[3, 3] == 1 and tiles[0, 7] == 2
    found = baselines.true_foreground_clusters(TRUTH)
    np.testing.assert_array_equal(found > 0, TRUTH > 0)
    assert set(np.unique(found)) == {0, 1, 2}
    assert not baselines.true_foreground_clusters(np.zeros(GRID, dtype=int)).any()
    with pytest.raises(ValueError, match="1 to 64"):
        baselines.position_clusters(GRID, 65)
    with pytest.raises(ValueError, match="rows, cols"):
        baselines.true_foreground_clusters(TRUTH[None])
