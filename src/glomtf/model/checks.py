"""What Glom accepts: every refusal says what was expected and what came."""

import math
from numbers import Integral, Real

import keras
import numpy as np

from glomtf.model.backend import concrete

STEMS = ("linear", "conv", "pyramid", "normed_pyramid")
CHOICES = {
    "data_format": ("channels_first", "channels_last"),
    "top_down_location": ("learned", "fourier", None),
    "top_down_activation": ("gelu", "sine"),
    "bottom_up_location": (None, "fourier"),
    "similarity": ("mixed", "cosine", "dot"),
    "state_norm": (None, "unit", "rms", "layer"),
    "initial_state": ("learned", "bottom_up"),
}


def per_level(name, value, levels):
    """Spread one value to L, or check that L were given."""
    if isinstance(value, (list, tuple, np.ndarray)):
        if len(value) != levels:
            raise ValueError(
                f"{name} takes one value or one per level: expected {levels} values. "
                f"Received: {len(value)} ({value})"
            )
        return tuple(value)
    return (value,) * levels


def plain(value):
    """The same without NumPy's arrays and numbers, which would not come back from a file."""
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    if isinstance(value, (list, tuple)):
        return type(value)(map(plain, value))
    return value


def check_arguments(given):
    """Refuse constructor arguments of Glom that cannot work."""
    for name, choices in CHOICES.items():
        if given[name] not in choices:
            raise ValueError(f"{name} must be one of {choices}. Received: {given[name]!r}")
    for name in ("dim", "levels", "patch_size", "channels", "mlp_ratio"):
        if not _is_whole(given[name], 1):
            raise ValueError(f"{name} must be a positive integer. Received: {given[name]!r}")
    if not _is_whole(given["location_frequencies"], 0):
        raise ValueError(
            "location_frequencies must be an integer >= 0. "
            f"Received: {given['location_frequencies']!r}"
        )
    size, patch = given["image_size"], given["patch_size"]
    sides = size if isinstance(size, (list, tuple)) else (size, size)
    if len(sides) != 2 or not all(_is_whole(side, patch) and side % patch == 0 for side in sides):
        raise ValueError(
            "image_size must be one or two multiples of patch_size. "
            f"Received: image_size={size!r}, patch_size={patch}"
        )
    stem = given["stem"]
    if not isinstance(stem, keras.layers.Layer) and stem not in STEMS:
        raise ValueError(
            f"stem must be {', '.join(map(repr, STEMS))} or a Keras layer. Received: {stem!r}"
        )
    _check_numbers(given)
    _check_weights(given)


def _is_whole(value, least):
    return isinstance(value, Integral) and not isinstance(value, bool) and value >= least


def _is_number(value, least):
    real = isinstance(value, Real) and not isinstance(value, bool)
    return real and math.isfinite(value) and value >= least


def _check_numbers(given):
    for name, fits, least, words in (
        ("local_consensus_radius", _is_number, 0, "finite and at least 0"),
        ("beta", _is_number, 1e-12, "finite and at least 1e-12"),
        ("neighbours", _is_whole, 1, "a whole number of at least 1"),
        ("assembly", _is_whole, 0, "a whole number of at least 0"),
    ):
        if name == "beta" and given[name] is None:
            continue
        for value in per_level(name, given[name], given["levels"]):
            if not (fits(value, least) or (name == "neighbours" and value is None)):
                raise ValueError(f"{name} must be {words}. Received: {given[name]!r}")
    factors = given["beta_schedule"]
    if factors is not None and not (
        isinstance(factors, (list, tuple)) and all(_is_number(factor, 0) for factor in factors)
    ):
        raise ValueError(f"beta_schedule takes a list of factors >= 0. Received: {factors!r}")


def _check_weights(given):
    """Weights and their schedule: something is left to mix at every level and every step."""
    levels, weights = given["levels"], given["contribution_weights"]
    schedule = given["contribution_schedule"]
    table = np.ones((levels, 4))
    if weights is not None:
        table = _table("contribution_weights", weights, levels, [(4,), (levels, 4)])
    used = np.append(table[:-1], table[-1, [0, 1, 3]])
    if given["learn_contribution_weights"] and used.min() <= 0:
        raise ValueError(
            "Learned contribution weights start from numbers > 0: their logarithms are trained. "
            f"Received: contribution_weights={weights}"
        )
    if schedule is not None and not isinstance(schedule, (list, tuple)):
        raise ValueError(f"contribution_schedule takes a list of rows. Received: {schedule!r}")
    for row in schedule or ():
        if not _mixes(table * _table("contribution_schedule", row, levels, [(4,)])):
            raise ValueError(
                "contribution_schedule times contribution_weights must leave something to mix at "
                f"every level. Received: {row} times {weights}"
            )


def _table(name, value, levels, shapes):
    """Rows of four weights as (L, 4), or the refusal."""
    try:
        table = np.asarray(value, "float64")
    except (TypeError, ValueError):
        table = np.empty(0)
    if table.shape in shapes and np.isfinite(table).all() and table.min() >= 0:
        table = np.broadcast_to(table, (levels, 4))
        if _mixes(table):
            return table
    raise ValueError(
        f"{name} takes rows of four numbers >= 0 (previous, bottom_up, top_down, consensus) that "
        f"leave something to mix at every level; the top has no top-down. Received: {value}"
    )


def _mixes(table):
    return bool((table[:-1].sum(-1) > 0).all() and table[-1, [0, 1, 3]].sum() > 0)


def check_iters(iters, least, name="iters"):
    """``iters`` is a whole number of steps, at least ``least``."""
    if not _is_whole(iters, least):
        raise ValueError(f"{name} must be a whole number >= {least}. Received: {iters!r}")


def check_tolerance(tolerance):
    """A relative change that counts as none."""
    if not (_is_number(tolerance, 0) and tolerance > 0):
        raise ValueError(f"tolerance must be a finite number > 0. Received: {tolerance!r}")


def check_images(model, img):
    """Rank, channels, size and finite pixels of a batch of pictures."""
    first = model.data_format == "channels_first"
    layout = "(B, C, H, W)" if first else "(B, H, W, C)"
    shape = tuple(img.shape)
    height, width = model.image_size
    fixed = model.top_down_location == "learned"
    size = f"{height} x {width} pixels" if fixed else f"multiples of {model.patch_size} pixels"
    expected = f"{layout} with C = {model.channels} and {size} (data_format={model.data_format!r})"
    fits = len(shape) == 4
    if fits:
        channels, sides = (shape[1], shape[2:]) if first else (shape[3], shape[1:3])
        fits = channels == model.channels and (
            sides == (height, width)
            if fixed
            else all(side and side % model.patch_size == 0 for side in sides)
        )
    if not fits:
        raise ValueError(f"Glom expects pictures {expected}. Received shape: {shape}")
    values = concrete(img)
    if values is not None and not np.isfinite(values).all():
        wrong = int((~np.isfinite(values)).sum())
        raise ValueError(
            "Glom expects finite pixels. "
            f"Received: {wrong} NaN or infinite values in a batch of shape {shape}"
        )


def check_wanted(wanted, iters, levels):
    """Wanted states are pairs (t, level) of this trajectory."""
    for pair in () if wanted is None else wanted:
        fits = isinstance(pair, (tuple, list)) and len(pair) == 2 and _is_whole(pair[0], 0)
        if not (fits and _is_whole(pair[1], 1) and pair[0] <= iters and pair[1] <= levels):
            raise ValueError(
                f"Wanted states are pairs (t, level): expected t from 0 to {iters} and level from "
                f"1 to {levels}. Received: {pair!r}"
            )


def check_levels_wanted(wanted, levels):
    """At least one number of a level, 1 = lowest."""
    many = isinstance(wanted, (list, tuple, range)) and len(wanted) > 0
    if not (many and all(_is_whole(level, 1) and level <= levels for level in wanted)):
        raise ValueError(
            f"levels_wanted takes one or more numbers from 1 to {levels}, a list. "
            f"Received: {wanted!r}"
        )


def check_state(model, levels, tokens, grid):
    """A given state is (B, N, L, D) of this model and this batch, in finite numbers."""
    expected = (tokens.shape[0], grid[0] * grid[1], model.levels, model.dim)
    received = tuple(levels.shape)
    same = len(received) == 4 and all(
        a == b or a is None or b is None for a, b in zip(expected, received, strict=True)
    )
    if not same:
        raise ValueError(
            f"levels must be a state (B, N, L, D): expected {expected}. Received shape: {received}"
        )
    values = concrete(levels)
    if values is not None and not np.isfinite(values).all():
        raise ValueError(
            "levels must be finite numbers. "
            f"Received: {int((~np.isfinite(values)).sum())} NaN or infinite values"
        )
