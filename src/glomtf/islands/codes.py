"""Press the states of one level into a few bytes per column that keep the cosines between columns.

The codes are coordinates on the principal directions of the unit vectors of all steps, so a cosine
is the dot product of two codes: nobody needs the directions themselves to compare columns.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

# Errors of a cosine that nobody sees in a picture; more components are kept until they are met.
_GOOD_MEAN, _GOOD_MOST = 0.004, 0.02
# Columns on which numbers of components are tried out; the errors given are those of all columns.
_SAMPLE = 256

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Codes:
    """The states of one level, small, and what that costs.

    numbers: (T, N, K) int8; scales: (K,), what a number counts in each component. The unit vector
    of ``numbers * scales`` stands for the unit vector of the state, zero for a zero state.
    mean_error, most_error: of the cosine, over all pairs of columns within each step.
    """

    numbers: NDArray[np.int8]
    scales: Floats
    mean_error: float
    most_error: float

    def unit(self) -> Floats:
        """(T, N, K) unit vectors whose dot products are the cosines."""
        return _unit(self.numbers * self.scales)


def encode(states: ArrayLike, most: int) -> Codes:
    """Code the states (T, N, D) of one level in at most ``most`` bytes per column and step.

    As few components are kept as leave errors that cannot be seen. Raises ValueError for another
    shape, NaN or infinite states, or ``most`` below 1.
    """
    array = np.asarray(states, dtype=np.float64)
    if array.ndim != 3 or array.size == 0:
        raise ValueError(f"states: expected a non-empty (T, N, D), got {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError("states: expected finite numbers, got NaN or infinity")
    if most < 1:
        raise ValueError(f"most: expected at least 1 component, got {most}")
    unit = _unit(array)
    components = _principal(unit, min(most, array.shape[2]))
    every = -(-array.shape[1] // _SAMPLE)
    true = [one @ one.T for one in unit[:, ::every]]

    def good(count: int) -> bool:
        numbers, scales = _quantised(components[..., :count])
        mean, worst = _errors(true, _unit(numbers[:, ::every] * scales))
        return mean <= _GOOD_MEAN and worst <= _GOOD_MOST

    low, high = 1, components.shape[2]
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if good(middle) else (middle + 1, high)
    numbers, scales = _quantised(components[..., :low])
    return Codes(numbers, scales, *_errors((one @ one.T for one in unit), _unit(numbers * scales)))


def _unit(vectors: Floats) -> Floats:
    """Vectors (..., D) of length 1; zero vectors stay zero."""
    # Scaling by the largest entry first keeps the length of tiny or huge vectors from vanishing.
    largest = np.abs(vectors).max(axis=-1, keepdims=True)
    scaled = vectors / np.where(largest > 0, largest, 1.0)
    length = np.linalg.norm(scaled, axis=-1, keepdims=True)
    return scaled / np.where(length > 0, length, 1.0)


def _principal(unit: Floats, count: int) -> Floats:
    """Coordinates (T, N, count) of unit vectors (T, N, D) on their main directions, largest first.

    No mean is taken off, as that would change the cosines.
    """
    flat = unit.reshape(-1, unit.shape[-1])
    directions = np.linalg.eigh(flat.T @ flat)[1][:, ::-1]
    return unit @ directions[:, :count]


def _quantised(components: Floats) -> tuple[NDArray[np.int8], Floats]:
    """(T, N, K) as int8 and the (K,) scales, rounded to what the page will write."""
    largest = np.abs(components).max(axis=(0, 1))
    scales = np.array([float(f"{one:.6g}") for one in np.where(largest > 0, largest, 1.0) / 127])
    numbers = np.clip(np.rint(components / scales), -127, 127)
    return numbers.astype(np.int8), scales


def _errors(true: Iterable[Floats], coded: Floats) -> tuple[float, float]:
    """Mean and largest difference of the cosines, over all pairs of columns within each step.

    true: (N, N) per step; coded: (T, N, K) unit vectors.
    """
    total, worst = 0.0, 0.0
    for cosines, seen in zip(true, coded, strict=True):
        difference = np.abs(cosines - seen @ seen.T)
        total += float(difference.mean())
        worst = max(worst, float(difference.max()))
    return total / len(coded), worst
