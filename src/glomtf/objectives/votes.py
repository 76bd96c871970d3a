"""Centre votes: every column points at the centre of what it belongs to."""

import numpy as np
from keras import ops


def centre_vote_error(offsets, segments, grid):
    """Squared distance of each column's vote from the centre of its segment.

    A column's vote is its place plus its offset; the centre is the mean place of its segment's
    columns. The segments may be any grouping at hand: pseudo-parts, separate blobs, what moves
    together, masks. One offset for all columns is not a minimum: each segment then scores the
    variance of its places.

    Args:
        offsets: (B, N, 2) right and down, in half pictures.
        segments: (B, N) integers; 0 = belongs to nothing.
        grid: (rows, cols), rows * cols = N.

    Returns:
        (B, N) float32 in half pictures squared; 0 for columns of segment 0.

    References:
        Ballard, "Generalizing the Hough transform to detect arbitrary shapes", 1981; as a
        learned field: Neven et al., "Instance segmentation by jointly optimizing spatial
        embeddings and clustering bandwidth", 2019.
    """
    row, col = np.divmod(np.arange(grid[0] * grid[1]), grid[1])
    places = 2.0 * np.stack([(col + 0.5) / grid[1], (row + 0.5) / grid[0]], axis=-1) - 1.0
    places = ops.convert_to_tensor(places, "float32")
    same = ops.cast(segments[:, :, None] == segments[:, None, :], "float32")
    centres = ops.matmul(same, places) / ops.sum(same, axis=-1, keepdims=True)
    error = ops.sum(ops.square(places + ops.cast(offsets, "float32") - centres), axis=-1)
    return ops.where(segments > 0, error, 0.0)
