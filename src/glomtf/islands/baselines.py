"""Segment pictures without a model: what a level's islands have to beat.

Each of the first four reads a picture (H, W, C), uint8 or in [0, 1], for a grid (rows, cols) of
columns and gives a function threshold -> (rows, cols) islands, the background being 0 by the
border rule of ``segment``. ``segment.tune`` fixes the threshold on validation scenes, exactly as
it does for states; here it is 1 - distance, colours having length at most sqrt(C). The last two
are oracles that get the true count, or the true foreground, and never see the picture.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from glomtf.islands.overlap import label_map
from glomtf.islands.segment import (
    Cuts,
    Labels,
    cuts_of,
    in_reading_order,
    merge,
    without_background,
)

Floats = NDArray[np.float64]


def colour_clusters(image: ArrayLike, grid: tuple[int, int]) -> Cuts:
    """Average-linkage clusters of the columns' colours (see ``patch_colours``)."""
    return _clusters(patch_colours(image, grid))


def position_colour_clusters(
    image: ArrayLike, grid: tuple[int, int], *, weight: float = 0.5
) -> Cuts:
    """Average-linkage clusters of colour and place together.

    weight: the colour distance that a distance of one picture side counts for.
    """
    places = weight * _places(*grid)
    return _clusters(np.concatenate([patch_colours(image, grid), places], axis=-1))


def raw_patches(image: ArrayLike, grid: tuple[int, int]) -> Cuts:
    """Average-linkage clusters of the patches' pixels, on root mean square colour distance."""
    patches = _patches(image, grid)
    pixels = patches.shape[2]
    return _clusters(patches.reshape(*grid, -1) / np.sqrt(pixels))


def flat_components(image: ArrayLike, grid: tuple[int, int]) -> Cuts:
    """Connected areas of flat colour: 4-neighbouring pixels closer than 1 - threshold are joined.

    A column takes the area that covers most of its pixels. Thin anti-aliased edges form areas of
    their own, which lose that vote.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    picture = _picture(image, grid)
    height, width, _ = picture.shape
    pixel = np.arange(height * width).reshape(height, width)
    start = np.concatenate([pixel[:, :-1].ravel(), pixel[:-1].ravel()])
    end = np.concatenate([pixel[:, 1:].ravel(), pixel[1:].ravel()])
    colours = picture.reshape(height * width, -1)
    distance = np.linalg.norm(colours[start] - colours[end], axis=1)
    column = _tiles(pixel[..., None], grid).reshape(grid[0] * grid[1], -1)

    def areas(threshold: float) -> Labels:
        near = distance <= 1.0 - threshold
        graph = coo_array(
            (np.ones(int(near.sum())), (start[near], end[near])), shape=(pixel.size, pixel.size)
        )
        area = connected_components(graph, directed=False)[1]
        votes = np.sort(area[column], axis=1)
        counts = (votes[:, :, None] == votes[:, None, :]).sum(axis=2)
        most = votes[np.arange(len(votes)), counts.argmax(axis=1)]
        return without_background((most.astype(np.int32) + 1).reshape(grid))

    return areas


def position_clusters(grid: tuple[int, int], k: int) -> Labels:
    """Cut the grid into ``k`` compact tiles: k-means on the columns' places, labels 1..k."""
    return _k_means(_places(*grid).reshape(-1, 2), k).reshape(grid)


def true_foreground_clusters(truth: ArrayLike) -> Labels:
    """K-means on place with the true foreground and the true number of segments.

    truth: (rows, cols) label map. Gives labels 1..k on its foreground, 0 elsewhere.
    """
    segments = label_map(truth, "truth")
    if segments.ndim != 2:
        raise ValueError(f"truth: expected (rows, cols), got {segments.shape}")
    labels = np.zeros(segments.shape, dtype=np.int32)
    foreground = segments > 0
    if foreground.any():
        k = len(np.unique(segments[foreground]))
        labels[foreground] = _k_means(_places(*segments.shape)[foreground], k)
    return labels


def patch_colours(image: ArrayLike, grid: tuple[int, int]) -> Floats:
    """Colour (rows, cols, C) of each column: the median of its pixels, channel by channel.

    The median keeps a column on an edge near one of its two colours; a mean would invent a third.
    """
    return np.median(_patches(image, grid), axis=2)


def _clusters(features: Floats) -> Cuts:
    from scipy.spatial.distance import pdist, squareform

    flat = features.reshape(-1, features.shape[-1])
    return cuts_of(merge(squareform(pdist(flat))), features.shape[:2])


def _k_means(points: Floats, k: int) -> Labels:
    from sklearn.cluster import KMeans

    if not 1 <= k <= len(points):
        raise ValueError(f"k: expected 1 to {len(points)} (the number of columns), got {k}")
    clusters = KMeans(n_clusters=k, n_init=4, random_state=0).fit_predict(points)
    return in_reading_order(clusters + 1)


def _places(rows: int, cols: int) -> Floats:
    """Centres (rows, cols, 2) of the columns, the longer side of the grid being 1."""
    row, col = np.mgrid[:rows, :cols] + 0.5
    return np.stack([row, col], axis=-1) / max(rows, cols)


def _picture(image: ArrayLike, grid: tuple[int, int]) -> Floats:
    """Check a picture and give it as float (H, W, C) in [0, 1]."""
    array = np.asarray(image)
    rows, cols = grid
    if array.ndim != 3 or array.size == 0 or array.shape[0] % rows or array.shape[1] % cols:
        raise ValueError(
            f"image: expected (H, W, C) divisible into {rows} x {cols} columns, got {array.shape}"
        )
    if array.dtype == np.uint8:
        return array / 255.0
    if not np.isfinite(array).all():
        raise ValueError("image: expected finite numbers, got NaN or infinity")
    return array.astype(np.float64)


def _patches(image: ArrayLike, grid: tuple[int, int]) -> Floats:
    """Pixels (rows, cols, pixels, C) of the columns."""
    return _tiles(_picture(image, grid), grid)


def _tiles(array: NDArray[np.generic], grid: tuple[int, int]) -> NDArray:
    """Cut (H, W, C) into (rows, cols, pixels of a column, C)."""
    rows, cols = grid
    height, width, channels = array.shape
    tiles = array.reshape(rows, height // rows, cols, width // cols, channels)
    return tiles.swapaxes(1, 2).reshape(rows, cols, -1, channels)
