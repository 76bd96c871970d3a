"""What Glom accepts: every refusal says what was expected and what came."""

import keras
import numpy as np

from glomtf.model.backend import concrete

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


def check_arguments(given):
    """Refuse constructor arguments of Glom that cannot work."""
    for name, choices in CHOICES.items():
        if given[name] not in choices:
            raise ValueError(f"{name} must be one of {choices}. Received: {given[name]!r}")
    for name in ("dim", "levels", "patch_size", "channels", "mlp_ratio"):
        if not isinstance(given[name], int) or given[name] < 1:
            raise ValueError(f"{name} must be a positive integer. Received: {given[name]!r}")
    size, patch = given["image_size"], given["patch_size"]
    sides = (size,) if isinstance(size, int) else tuple(size)
    if len(sides) > 2 or any(side < patch or side % patch for side in sides):
        raise ValueError(
            "image_size must be one or two multiples of patch_size. "
            f"Received: image_size={size}, patch_size={patch}"
        )
    if not isinstance(given["stem"], keras.layers.Layer) and given["stem"] not in ("linear", "conv"):
        raise ValueError(
            f"stem must be 'linear', 'conv' or a Keras layer. Received: {given['stem']!r}"
        )
    _check_numbers(given)


def _check_numbers(given):
    levels = given["levels"]
    for name in ("local_consensus_radius", "beta", "neighbours"):
        least = 0 if name == "local_consensus_radius" else 1 if name == "neighbours" else 1e-12
        for value in per_level(name, given[name], levels):
            if value is not None and not value >= least:
                raise ValueError(f"{name} must be at least {least:g}. Received: {given[name]}")
    weights = given["contribution_weights"]
    rows = [] if weights is None else [weights]
    for name, table in [
        ("contribution_weights", rows),
        ("contribution_schedule", given["contribution_schedule"] or []),
    ]:
        for row in table:
            row = np.asarray(row, "float64")
            shapes = [(4,), (levels, 4)] if name == "contribution_weights" else [(4,)]
            usable = row[..., [0, 1, 3]].sum(-1).min() > 0 if row.shape in shapes else False
            if not usable or row.min() < 0:
                raise ValueError(
                    f"{name} takes rows of four numbers >= 0 (previous, bottom_up, top_down, "
                    "consensus) that leave something to mix at the top level, which has no "
                    f"top-down. Received: {row.tolist()}"
                )
    if given["learn_contribution_weights"] and weights is not None and np.min(weights) <= 0:
        raise ValueError(
            "Learned contribution weights start from numbers > 0: their logarithms are trained. "
            f"Received: contribution_weights={weights}"
        )
    for factor in given["beta_schedule"] or ():
        if not factor >= 0:
            raise ValueError(
                f"beta_schedule takes factors >= 0. Received: {given['beta_schedule']}"
            )


def check_iters(iters, least):
    """``iters`` is a whole number of steps, at least ``least``."""
    if not isinstance(iters, (int, np.integer)) or isinstance(iters, bool) or iters < least:
        raise ValueError(f"iters must be a whole number >= {least}. Received: {iters!r}")


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
        raise ValueError(
            "Glom expects finite pixels. Received: "
            f"{int((~np.isfinite(values)).sum())} NaN or infinite values in a batch of shape {shape}"
        )


def check_state(model, levels, tokens, grid):
    """A given state is (B, N, L, D) of this model and this batch."""
    expected = (tokens.shape[0], grid[0] * grid[1], model.levels, model.dim)
    received = tuple(levels.shape)
    same = len(received) == 4 and all(
        a == b or a is None or b is None for a, b in zip(expected, received, strict=True)
    )
    if not same:
        raise ValueError(
            f"levels must be a state (B, N, L, D): expected {expected}. Received shape: {received}"
        )
