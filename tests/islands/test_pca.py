"""Principal components as colours, against a twin made of numpy.linalg.svd."""

import numpy as np
import pytest
from numpy.typing import NDArray

from glomtf.islands.pca import pca_rgb
from glomtf.islands.plot_pca import vectors_figure

RNG = np.random.default_rng(0)
STEPS, GRID, LEVELS, DIM = 5, (4, 6), 3, 7
# Directions of unlike weight, and a place of its own for each level.
STATES = RNG.normal(size=(STEPS, 24, LEVELS, DIM)) * [3, 2.5, 2, 1, 1, 0.5, 0.2]
STATES = STATES + 5 * RNG.normal(size=(LEVELS, DIM))


def twin(states: NDArray) -> tuple[NDArray, NDArray]:
    """The same maps by a singular value decomposition, one loop per thing."""
    unit = states / np.sqrt((states**2).sum(-1))[..., None]
    for level in range(states.shape[2]):
        unit[:, :, level] -= unit[:, :, level].reshape(-1, states.shape[3]).mean(0)
    rows = unit.reshape(-1, states.shape[3])
    _, sizes, axes = np.linalg.svd(rows, full_matrices=False)
    colours = []
    for axis in axes[:3]:
        axis = axis if axis[np.abs(axis).argmax()] > 0 else -axis
        part = rows @ axis
        low, high = np.percentile(part, [2, 98])
        colours.append(np.clip((part - low) / (high - low), 0, 1))
    maps = np.stack(colours, axis=-1).reshape(*states.shape[:3], 3)
    maps = maps.transpose(0, 2, 1, 3).reshape(len(states), states.shape[2], *GRID, 3)
    return maps, sizes[:3] ** 2 / (sizes**2).sum()


def test_it_is_the_twins() -> None:
    maps, shares = pca_rgb(STATES, GRID)
    expected, expected_shares = twin(STATES.copy())
    assert maps.shape == (STEPS, LEVELS, *GRID, 3)
    np.testing.assert_allclose(maps, expected, atol=1e-9)
    np.testing.assert_allclose(shares, expected_shares, atol=1e-12)
    assert 0 < shares.sum() < 1 and (np.diff(shares) <= 0).all()


def test_one_basis_for_all_steps_and_levels() -> None:
    """Equal vectors have equal colours whenever they occur; a level's place does not matter."""
    states = STATES.copy()
    states[3, :12] = states[0, 12:]
    maps = pca_rgb(states, GRID)[0].reshape(STEPS, LEVELS, 24, 3)
    np.testing.assert_array_equal(maps[3, :, :12], maps[0, :, 12:])
    # Swapping steps or columns swaps their colours and changes nothing else.
    order, places = RNG.permutation(STEPS), RNG.permutation(24)
    mixed = pca_rgb(states[order][:, places], GRID)[0].reshape(STEPS, LEVELS, 24, 3)
    np.testing.assert_allclose(mixed, maps[order][:, :, places], atol=1e-9)


def test_length_does_not_matter_and_outliers_do_not_spoil_it() -> None:
    lengths = RNG.uniform(0.1, 10, (STEPS, 24, LEVELS, 1))
    maps = pca_rgb(STATES, GRID)[0]
    np.testing.assert_allclose(pca_rgb(STATES * lengths, GRID)[0], maps, atol=1e-9)
    # A few columns beyond the percentiles on either side are full or without colour.
    for component in range(3):
        assert 0.01 < (maps[..., component] == 0).mean() < 0.03
        assert 0.01 < (maps[..., component] == 1).mean() < 0.03


def test_fewer_components_than_three() -> None:
    line = RNG.choice([-1.0, 1.0], (2, 24, 1, 1)) * np.array([1.0, 2.0])
    maps, shares = pca_rgb(line, GRID)
    np.testing.assert_allclose(shares, [1, 0, 0])
    assert set(np.unique(maps[..., 0].round(6))) == {0, 1} and (maps[..., 1:] == 0.5).all()
    maps, shares = pca_rgb(np.ones((2, 24, 2, 5)), GRID)
    assert (maps == 0.5).all() and (shares == 0).all()


@pytest.mark.parametrize(
    "bad", [np.zeros((2, 25, 3, 4)), np.zeros((24, 3, 4)), np.full((1, 24, 1, 4), np.nan)]
)
def test_what_are_no_states_is_refused(bad: NDArray) -> None:
    with pytest.raises(ValueError, match="states: expected"):
        pca_rgb(bad, GRID)


def test_the_figure_says_what_is_explained() -> None:
    image = np.zeros((32, 48, 3))
    figure = vectors_figure(image, STATES, GRID, [1, 2, 3])
    figure.canvas.draw()
    maps, shares = pca_rgb(STATES, GRID)
    assert len(figure.axes) == 1 + STEPS * LEVELS
    words = " ".join(text.get_text() for text in figure.texts)
    assert f"explain {shares.sum():.0%} of the variance" in words
    # The panel of step 1, level 3: its middle pixels are the map's colours.
    shown = figure.axes[1 + 1 * LEVELS + 2].get_images()[0].get_array()
    np.testing.assert_array_equal(shown[20::40, 20::40], np.rint(maps[1, 2] * 255))
    with pytest.raises(ValueError, match="states: expected 2 levels"):
        vectors_figure(image, STATES, GRID, [1, 2])
