"""Areas of one texture: a label-free guess at the parts of what moves as one piece."""

import numpy as np
from scipy import ndimage, sparse
from sklearn.cluster import AgglomerativeClustering

WIDTH = 0.2  # of the colour kernel, 0 = black to 1 = white: colours that far apart still resemble
BLUR = 1.0  # pixels: the surroundings whose mixture of colours is a pixel's texture
DIFFERENCE = 5.0  # Ward's distance at which two areas are two parts
LEAST = 10  # pixels: smaller areas are given to the nearest larger one
_FEATURES = 48
# Brightness and two colour axes, of which brightness, which shading changes, counts less.
_AXES = np.array([[0.4, 0.4, 0.4], [0.7, -0.7, 0.0], [0.35, 0.35, -0.7]])


def texture_areas(images, pieces):
    """Split pieces of pictures into areas of one mixture of colours.

    A pixel's texture is the mean of a kernel embedding of the colours around it, within its piece,
    so that stripes and checks are one thing where their mixture is (maximum mean discrepancy).
    Connected pixels are joined by Ward's criterion, as long as that raises the spread of an
    area by less than `DIFFERENCE`.

    Args:
        images: (S, H, W, 3) uint8.
        pieces: (S, H, W) integers, 0 = background, which stays whole.

    Returns:
        areas (S, H, W) int16, 0 where the background is, and the pieces (S, H, W) int16; in both,
        what is smaller than `LEAST` pixels is part of what is nearest, the background included.

    References:
        Rahimi and Recht, "Random features for large-scale kernel machines", 2007; Gretton et al.,
        "A kernel two-sample test", 2012; Ward, "Hierarchical grouping to optimize an objective
        function", 1963.
    """
    rng = np.random.default_rng(0)
    waves = _AXES.T @ rng.normal(size=(3, _FEATURES)) / WIDTH / 255
    phases = rng.uniform(0, 2 * np.pi, _FEATURES)
    areas, kept = np.zeros(pieces.shape, np.int16), pieces.astype(np.int16)
    for i, (image, piece) in enumerate(zip(images, pieces, strict=True)):
        colours = np.cos(image.astype("f4") @ waves.astype("f4") + phases.astype("f4"))
        colours *= np.sqrt(2 / _FEATURES)
        areas[i], kept[i] = _without_crumbs(_areas(colours, piece), kept[i])
    return areas, kept


def _areas(colours, pieces):
    """Areas (H, W) of the embedded colours (H, W, F), each within one connected piece."""
    result, count = np.zeros(pieces.shape, np.int64), 0
    for label in np.unique(pieces[pieces > 0]):
        where = ndimage.find_objects((pieces == label).astype(np.int64))[0]
        mask = pieces[where] == label
        share = ndimage.gaussian_filter(mask.astype("f4"), BLUR, mode="constant")[mask]
        around = ndimage.gaussian_filter(
            colours[where] * mask[..., None], (BLUR, BLUR, 0), mode="constant"
        )
        textures = np.zeros((*mask.shape, _FEATURES), "f4")
        textures[mask] = around[mask] / share[:, None]
        connected, number = ndimage.label(mask)
        for each in range(1, number + 1):
            inside = connected == each
            count += 1
            if np.count_nonzero(inside) < LEAST:
                result[where][inside] = count
                continue
            ward = AgglomerativeClustering(
                n_clusters=None, distance_threshold=DIFFERENCE, connectivity=_beside(inside)
            )
            found = ward.fit(textures[inside]).labels_
            result[where][inside] = count + found
            count += found.max()
    return result


def _beside(mask):
    """Which of the n pixels of a mask are neighbours: (n, n), sparse."""
    number = np.full(mask.shape, -1)
    number[mask] = np.arange(np.count_nonzero(mask))
    pairs = [(number[:, :-1], number[:, 1:]), (number[:-1], number[1:])]
    both = [(a >= 0) & (b >= 0) for a, b in pairs]
    start, end = (
        np.concatenate([pair[k][here] for pair, here in zip(pairs, both, strict=True)])
        for k in (0, 1)
    )
    size = np.count_nonzero(mask)
    links = sparse.coo_array((np.ones(len(start)), (start, end)), (size, size)).tocsr()
    return sparse.csr_matrix(links + links.T)


def _without_crumbs(areas, pieces):
    """Give connected bits of fewer than `LEAST` pixels to the nearest larger ones."""
    bits, count = np.zeros(areas.shape, np.int64), 0
    for label in np.unique(areas):
        connected, number = ndimage.label(areas == label)
        bits[connected > 0] = count + connected[connected > 0]
        count += number
    small = np.bincount(bits.ravel())[bits] < LEAST
    if small.any():
        nearest = ndimage.distance_transform_edt(small, return_distances=False, return_indices=True)
        areas, pieces = areas[tuple(nearest)], pieces[tuple(nearest)]
    return areas, pieces
