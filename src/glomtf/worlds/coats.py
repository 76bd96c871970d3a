"""Random coats of paint for figures: plain ones, and woven ones in which colour tells little."""

from __future__ import annotations

import numpy as np

from .backgrounds import colours
from .stencil import Coat, Floats, Weave

SHARED = 0.2  # the probability that a part takes its colours from the object beside it
FAINT = 0.1  # the probability that a part is painted nearly as the one before it


def plain_coat(
    rng: np.random.Generator,
    parts: int,
    before: Floats,
    shaded: bool,
    inked: bool,
    ink_width: int,
) -> Coat:
    """Random colours for the parts, each unlike the ones drawn before it and the last object's."""
    chosen = before
    for _ in range(parts):
        candidates = colours(rng, 5)
        if len(chosen):
            gaps = ((candidates[:, None] - chosen) ** 2).sum(axis=2).min(axis=1)
            candidates = candidates[gaps.argmax() :]
        chosen = np.concatenate([chosen, candidates[:1]])
    slopes = rng.uniform(-0.35, 0.35, (parts, 2)).astype(np.float32) if shaded else None
    ink = colours(rng, 1)[0] * np.float32(0.25) if inked else None
    return Coat(chosen[len(before) :], slopes, ink, ink_width)


def woven_coat(rng: np.random.Generator, parts: int, beside: Coat | None) -> Coat:
    """Shaded parts, most of them striped or checked.

    Some parts have the colours of a part of ``beside`` (another object's coat), others nearly the
    colours and the very pattern of the part before them: the object's shape has to tell them.
    """
    ground = colours(rng, parts)
    # Stripes and checks of any two colours, from a hint to full contrast.
    second = ground + (colours(rng, parts) - ground) * rng.uniform(0.25, 1.0, (parts, 1))
    direction, length = rng.uniform(0, 2 * np.pi, parts), rng.uniform(3.0, 7.0, parts)
    waves = (2 * np.pi / length * np.array([np.cos(direction), np.sin(direction)])).T
    kind = rng.random(parts)
    waves[kind < 0.3] = 0  # one colour
    crossed = kind > 0.75
    chance = rng.random(parts)
    for part in range(parts):
        if beside is not None and beside.weave is not None and chance[part] < SHARED:
            other = int(rng.integers(len(beside.colours)))
            ground[part], second[part] = beside.colours[other], beside.weave.colours[other]
        elif part and chance[part] > 1 - FAINT:
            change = rng.uniform(-25, 25, 3)
            ground[part], second[part] = ground[part - 1] + change, second[part - 1] + change
            waves[part], crossed[part] = waves[part - 1], crossed[part - 1]
    weave = Weave(
        np.clip(second, 0, 255).astype(np.float32),
        waves.astype(np.float32),
        rng.uniform(0, 2 * np.pi, parts).astype(np.float32),
        crossed,
    )
    slopes = rng.uniform(-0.35, 0.35, (parts, 2)).astype(np.float32)
    return Coat(np.clip(ground, 0, 255).astype(np.float32), slopes, weave=weave)
