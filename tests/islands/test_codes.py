"""States in a few bytes per column: the cosines survive, and the error given is the true one."""

import numpy as np
import pytest

from glomtf.islands.codes import encode


def smooth_states(steps: int = 4, columns: int = 60, dim: int = 24, rank: int = 6) -> np.ndarray:
    """States near a plane of ``rank`` dimensions, of very different lengths."""
    rng = np.random.default_rng(0)
    states = rng.normal(size=(steps, columns, rank)) @ rng.normal(size=(rank, dim))
    states += 0.01 * rng.normal(size=states.shape)
    return (states * rng.uniform(0.01, 100, (steps, columns, 1))).astype(np.float32)


def cosines(vectors: np.ndarray) -> np.ndarray:
    unit = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    return unit @ unit.swapaxes(-1, -2)


@pytest.mark.parametrize("columns", [60, 300])
@pytest.mark.parametrize("most", [3, 24])
def test_stated_errors_are_those_of_all_cosines(columns: int, most: int) -> None:
    states = smooth_states(columns=columns)
    codes = encode(states, most)
    unit = codes.unit()
    error = np.abs(cosines(states.astype(np.float64)) - unit @ unit.swapaxes(-1, -2))
    assert codes.mean_error == pytest.approx(error.mean(), rel=1e-6)
    assert codes.most_error == pytest.approx(error.max(), rel=1e-6)


def test_no_more_components_than_needed_or_allowed() -> None:
    plane = encode(smooth_states(), most=24)
    assert plane.numbers.dtype == np.int8 and plane.numbers.shape == (4, 60, 6)
    assert plane.most_error < 0.02 and plane.mean_error < 0.004
    short = encode(smooth_states(), most=3)
    assert short.numbers.shape == (4, 60, 3) and short.most_error > 0.05


def test_zero_and_extreme_states() -> None:
    states = np.zeros((1, 4, 3))
    states[0, 1] = [1e-200, 0, 0]
    states[0, 2] = [0, 1e200, 0]
    unit = encode(states, 3).unit()[0]
    np.testing.assert_allclose(unit @ unit.T, np.diag([0, 1, 1, 0]), atol=1e-9)


@pytest.mark.parametrize(
    ("states", "most", "words"),
    [
        (np.zeros((2, 3)), 4, r"\(T, N, D\), got \(2, 3\)"),
        (np.zeros((1, 0, 3)), 4, r"non-empty"),
        (np.full((1, 2, 3), np.nan), 4, "finite"),
        (np.zeros((1, 2, 3)), 0, "at least 1"),
    ],
)
def test_what_cannot_be_coded_is_refused(states: np.ndarray, most: int, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        encode(states, most)
