"""Common fate: columns that move alike belong together. Motion is estimated from two frames."""

import numpy as np
from keras import ops

from glomtf.objectives.contrast import pair_contrast

RIVAL = 1.5  # pixels: shifts that close to the best one are no other answer
NOISE = 2.0  # of 255: differences as small as this say nothing


def estimate_motion(first, second, patch_size, *, reach=4):
    """How far the picture under each column moves from one frame to the next, by block matching.

    Each column looks for the shift, up to ``reach`` pixels along each axis, at which its patch and
    half of each neighbour's differ least (mean absolute difference) from the next frame; a
    parabola through the neighbouring shifts gives the fraction.

    Args:
        first, second: (S, H, W, C) frames, 0 to 255.
        patch_size: pixels per column; must divide H and W.
        reach: pixels.

    Returns:
        motion (S, rows, cols, 2) float32, right and down in pixels, and sureness (S, rows, cols)
        float32 in 0..1: 1 - (least difference + `NOISE`) / (least difference at a shift more than
        `RIVAL` pixels from the best + `NOISE`); 0 where another shift is as good, as in a flat
        area or along an edge.

    References:
        Jain and Jain, "Displacement measurement and its application in interframe image coding",
        1981.
    """
    count, height, width, _ = first.shape
    if first.shape != second.shape or height % patch_size or width % patch_size:
        raise ValueError(
            f"Two stacks of frames of one size that {patch_size} divides are needed. "
            f"Received: {first.shape} and {second.shape}"
        )
    rows, cols = height // patch_size, width // patch_size
    now = first.astype("float32")
    later = np.pad(
        second.astype("float32"), ((0, 0), (reach, reach), (reach, reach), (0, 0)), mode="edge"
    )
    shifts = range(-reach, reach + 1)
    costs = np.empty((len(shifts), len(shifts), count, rows, cols), "float32")
    for down in shifts:
        for right in shifts:
            y, x = reach + down, reach + right
            gap = np.abs(later[:, y : y + height, x : x + width] - now).mean(axis=-1)
            patches = gap.reshape(count, rows, patch_size, cols, patch_size).mean(axis=(2, 4))
            around = np.pad(patches, ((0, 0), (1, 1), (1, 1)), mode="edge")
            beside = around[:, :-2, 1:-1] + around[:, 2:, 1:-1]
            beside = beside + around[:, 1:-1, :-2] + around[:, 1:-1, 2:]
            costs[y, x] = (patches + 0.5 * beside) / 3.0
    flat = costs.reshape(len(shifts) ** 2, count, rows, cols)
    best = flat.argmin(axis=0)
    down, right = np.divmod(best, len(shifts))
    at = np.indices(best.shape)

    def fraction(y_step, x_step):
        """Where between the neighbouring shifts the least cost lies, -0.5 to 0.5."""
        y, x = np.clip(down, y_step, 2 * reach - y_step), np.clip(right, x_step, 2 * reach - x_step)
        before = costs[(y - y_step, x - x_step, *at)]
        after = costs[(y + y_step, x + x_step, *at)]
        bend = before + after - 2 * costs[(y, x, *at)]
        inside = (y == down) & (x == right) & (bend > 1e-6)  # the farthest shifts have no fraction
        return np.where(inside, 0.5 * (before - after) / np.maximum(bend, 1e-6), 0.0)

    motion = np.stack([right - reach + fraction(0, 1), down - reach + fraction(1, 0)], axis=-1)
    shift = np.arange(len(shifts))
    far = (shift[:, None, None, None, None] - down) ** 2 + (
        shift[None, :, None, None, None] - right
    ) ** 2 > RIVAL**2
    rival = np.where(far, costs, np.inf).min(axis=(0, 1))
    sureness = 1.0 - (flat.min(axis=0) + NOISE) / (rival + NOISE)
    return motion.astype("float32"), sureness.astype("float32")


def common_fate(states, motion, sureness, *, tolerance=0.5, temperature=0.1):
    """Contrast of the columns that move alike with those that move otherwise.

    :func:`glomtf.objectives.contrast.pair_contrast` with ::

        w_ij = q_i q_j exp(-|m_i - m_j|^2 / (2 tolerance^2))

    for motions m and their sureness q; unsure columns are neither partners nor alternatives. A
    constant state is not a minimum: it scores log(N - 1) where all are sure.

    Args:
        states: (B, N, D) one level, of the first frame.
        motion: (B, N, 2) in pixels, as :func:`estimate_motion` finds it.
        sureness: (B, N) in 0..1.
        tolerance: pixels by which the motions of one thing differ.
        temperature: tau.

    Returns:
        (B, N) float32; weigh it by the sureness when reducing.

    References:
        Wertheimer, "Untersuchungen zur Lehre von der Gestalt II", 1923, common fate.
    """
    motion, sureness = ops.cast(motion, "float32"), ops.cast(sureness, "float32")
    gap = motion[:, :, None] - motion[:, None, :]
    alike = ops.exp(-ops.sum(gap * gap, axis=-1) / (2.0 * tolerance**2))
    affinity = sureness[:, :, None] * sureness[:, None, :] * alike
    return pair_contrast(states, affinity, temperature=temperature, counted=sureness)
