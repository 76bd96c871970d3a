"""Layers: what moves as one rigid piece from one frame to the next, found without any label."""

from functools import cache

import numpy as np
from scipy import ndimage, sparse
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import splu

from glomtf.objectives import estimate_motion

# A motion is (right, down, turn): pixels, and radians about the picture's centre.
PRICE = 5.0  # a motion must explain this many pixels (of every fourth) that no other explains
LARGEST_TURN = 0.1  # radians from one frame to the next
SAME_COLOUR = 8.0  # of 255, all channels together: neighbours closer than this are one flat area
_UNEXPLAINED = 0.8  # the misfit from which on no motion counts as explaining a pixel
_RIDGE = np.diag([20.0, 20.0, 600.0])  # keeps a fit from turning where the picture tells little


def moving_layers(first, second, patch_size=4):
    """Split pictures into pieces that move rigidly, each pixel to the piece it moves with.

    Per picture:

    1. Rigid motions are fitted to the surroundings of columns whose motion is sure, by robust
       Gauss-Newton on the colours, from what :func:`estimate_motion` finds.
    2. The background drifts without turning, and most of the rim is background: its motion is
       the shift that explains most of the rim.
    3. Of the fitted motions those are taken, one by one, that explain most of what is unexplained
       (misfit: squared difference of the colours after the motion, relative to what a small
       fraction of a pixel does at edges); each is fitted again to all it explains, and what does
       not pay then is dropped.
    4. Pixels of one flat area move together, rim areas with the background where motion does not
       say otherwise. A random walk along similar colours carries this to pixels without an
       opinion of their own: flat ones, and those that the next frame hides.

    Args:
        first, second: (S, H, W, 3) uint8 frames; square.
        patch_size: pixels per column of the motion that fits start from.

    Returns:
        (S, H, W) int16: 0 the background, 1, 2, ... the other pieces. Things that move alike are
        one piece, and a thing whose views move on their own several.

    References:
        Wang and Adelson, "Representing moving images with layers", 1994 (fitted motions
        compete for pixels); Lucas and Kanade, "An iterative image registration technique", 1981;
        Grady, "Random walks for image segmentation", 2006, with priors.
    """
    if first.shape != second.shape or first.shape[1] != first.shape[2]:
        raise ValueError(
            "Two stacks of square frames of one size are needed. "
            f"Received: {first.shape} and {second.shape}"
        )
    found = np.zeros(first.shape[:3], np.int16)
    for start in range(0, len(first), 100):  # some 40 MB at a time
        part = slice(start, start + 100)
        motion, sureness = estimate_motion(first[part], second[part], patch_size)
        for i, (shift, sure) in enumerate(zip(motion, sureness, strict=True), start):
            now, later = first[i].astype("float32"), second[i].astype("float32")
            found[i] = _walk(now, _misfits_of_motions(now, later, shift, sure)).argmax(axis=0)
    return found


def _misfits_of_motions(now, later, shift, sure):
    """(K, H, W) misfits of the motions found, the background's first."""
    slopes = np.stack([ndimage.sobel(now, 1), ndimage.sobel(now, 0)], axis=-1) / 8  # H, W, 3, 2
    steep = np.sqrt((slopes**2).sum(axis=-1).mean(axis=-1))

    def around(motions):
        return ndimage.uniform_filter(misfit(now, later, steep, motions), (0, 5, 5))

    def sparsely(maps):
        return maps[:, ::2, ::2].reshape(len(maps), -1)

    motions = _drift(now, later, steep)
    guesses = _guess(now, later, slopes, shift, sure)
    if len(guesses):
        fits = ndimage.uniform_filter(misfit(now, later, steep, guesses, step=2), (0, 3, 3))
        motions = np.concatenate(
            [motions, guesses[_choose(fits.reshape(len(fits), -1), sparsely(around(motions))[0])]]
        )
    for _ in range(2):
        if len(motions) > 1:
            motions = _fit_again(now, later, slopes, motions, around(motions))
            motions = motions[_that_pay(sparsely(around(motions)))]
    return misfit(now, later, steep, motions)


def misfit(now, later, steep, motions, step=1):
    """How badly each motion explains each pixel, 0 to 1.

    Args:
        now, later: (H, W, C) float32 frames.
        steep: (H, W) the slope of ``now``, per pixel.
        motions: (K, 3).
        step: every ``step``-th pixel of every ``step``-th row.

    Returns:
        (K, H / step, W / step): 1 - exp(-d / (2 s^2)), d the mean squared difference from where
        the pixel goes and s = 1 + 0.2 steep; 0.3 where it leaves the picture.
    """
    side = len(now)
    y, x = (v.ravel() for v in np.mgrid[:side:step, :side:step])
    middle = (side - 1) / 2
    to_x, to_y = (v + middle for v in _moved(motions, x - middle, y - middle))
    gap = ((_sample(later, to_x, to_y) - now[y, x]) ** 2).mean(axis=-1)
    result = 1 - np.exp(-gap / (2 * (1 + 0.2 * steep[y, x]) ** 2))
    result[_outside(to_x, side) | _outside(to_y, side)] = 0.3
    return result.reshape(len(motions), -1, len(range(0, side, step)))


def _outside(where, side):
    return (where < -0.5) | (where > side - 0.5)


def _moved(motions, x, y):
    """Where points (n,) about the picture's centre go: x and y, each (K, n) float32."""
    right, down, turn = motions.T[:, :, None].astype("float32")
    cosine, sine = np.cos(turn), np.sin(turn)
    x, y = x.astype("float32"), y.astype("float32")
    return cosine * x - sine * y + right, sine * x + cosine * y + down


def _sample(picture, x, y):
    """Bilinear values (..., C) of (H, W, C) at x and y (...), the nearest ones outside."""
    height, width, channels = picture.shape
    x, y = np.clip(x, 0, width - 1.001), np.clip(y, 0, height - 1.001)
    left, top = x.astype(np.int32), y.astype(np.int32)
    right, low = (x - left)[..., None].astype("f4"), (y - top)[..., None].astype("f4")
    flat, at = picture.reshape(-1, channels), top * width + left
    above, below = (
        flat.take(row, 0) * (1 - right) + flat.take(row + 1, 0) * right for row in (at, at + width)
    )
    return above + (below - above) * low


def _gauss_newton(now, later, slopes, x, y, centre, start, weights):
    """Fit n rigid motions about ``centre`` (n, 2) to m pixels each: x, y, weights (n, m)."""
    at = y * now.shape[1] + x
    here, slope = now.reshape(-1, 3).take(at, 0), slopes.reshape(-1, 3, 2).take(at, 0)
    u, v = ((p - c[:, None]).astype("f4") for p, c in zip((x, y), centre.T, strict=True))
    turning = u[..., None] * slope[..., 1] - v[..., None] * slope[..., 0]
    jacobian = np.concatenate([slope, turning[..., None]], axis=-1)  # n, m, 3 colours, 3
    squares = np.einsum("nmci,nmcj->nmij", jacobian, jacobian)
    scale = 2 * (4 + 0.35 * np.sqrt((slope**2).sum(axis=-1).mean(axis=-1)))
    motions = start.astype("f4")
    for _ in range(3):
        cosine, sine = np.cos(motions[:, 2:]), np.sin(motions[:, 2:])
        to_x = cosine * u - sine * v + motions[:, :1] + centre[:, :1]
        to_y = sine * u + cosine * v + motions[:, 1:2] + centre[:, 1:]
        gap = _sample(later, to_x, to_y) - here
        robust = weights / (1 + (gap**2).mean(axis=-1) / scale**2) ** 2
        towards = np.einsum("nm,nmci,nmc->ni", robust, jacobian, gap, optimize=True)
        bend = np.einsum("nm,nmij->nij", robust, squares) + _RIDGE
        motions = motions - np.clip(np.linalg.solve(bend, towards[..., None])[..., 0], -1, 1)
        motions[:, 2] = np.clip(motions[:, 2], -LARGEST_TURN, LARGEST_TURN)
    return motions


def _guess(now, later, slopes, shift, sure, half=6, most=140):
    """Motions (K, 3) fitted to the surroundings of up to ``most`` columns, the surest."""
    side, cols = len(now), shift.shape[1]
    chosen = np.argsort(-sure.ravel(), kind="stable")[:most]
    chosen = chosen[sure.ravel()[chosen] > 0.1]
    patch = side // cols
    row, col = np.divmod(chosen, cols)
    centre = np.stack([col, row], axis=-1) * patch + patch // 2
    reach = np.arange(-half, half + 1)
    down, right = (v.ravel() for v in np.meshgrid(reach, reach, indexing="ij"))
    x, y = centre[:, :1] + right, centre[:, 1:] + down
    weights = np.exp(-(right**2 + down**2) / (2 * (0.7 * half) ** 2))
    weights = weights * ((x >= 0) & (x < side) & (y >= 0) & (y < side))
    start = np.concatenate([shift.reshape(-1, 2)[chosen], np.zeros((len(chosen), 1))], axis=1)
    x, y = np.clip(x, 0, side - 1), np.clip(y, 0, side - 1)
    fitted = _gauss_newton(now, later, slopes, x, y, centre, start, weights)
    near = np.abs(fitted[:, :2] - start[:, :2]).max(axis=1, initial=0) < 2  # others ran away
    turn, (u, v) = fitted[near, 2], (centre[near] - (side - 1) / 2).T
    cosine, sine = np.cos(turn), np.sin(turn)
    right, down = fitted[near, 0] + u - cosine * u + sine * v, fitted[near, 1] + v
    return np.stack([right, down - sine * u - cosine * v, turn], axis=-1)


def _drift(now, later, steep, band=6, reach=3.5):
    """The shift (1, 3) that explains most of the rim, to an eighth of a pixel."""
    side = len(now)
    inner = np.zeros((side, side), bool)
    inner[band:-band, band:-band] = True
    rim_y, rim_x = np.nonzero(~inner)

    def best(right, down, softness, every):
        x, y = rim_x[::every], rim_y[::every]
        to_x, to_y = x + right[:, None], y + down[:, None]
        gap = ((_sample(later, to_x, to_y) - now[y, x]) ** 2).mean(axis=-1)
        wrong = 1 - np.exp(-gap / (2 * (1 + softness * steep[y, x]) ** 2))
        inside = (to_x >= 0) & (to_x <= side - 1) & (to_y >= 0) & (to_y <= side - 1)
        share = (wrong * inside).sum(axis=1) / np.maximum(inside.sum(axis=1), 1)
        return right[share.argmin()], down[share.argmin()]

    tried = np.arange(-reach, reach + 0.1, 0.5)
    right, down = best(*(v.ravel() for v in np.meshgrid(tried, tried)), 0.35, every=3)
    for step in (0.25, 0.125):
        near = np.array([-step, 0, step])
        around = np.meshgrid(right + near, down + near)
        right, down = best(*(v.ravel() for v in around), 0.15, every=2)
    return np.array([[right, down, 0.0]])


def _choose(fits, explained, most=9):
    """Which of the motions (K, n) to take: one by one what explains most of the rest."""
    left, chosen = np.minimum(explained, _UNEXPLAINED), []
    while len(chosen) < most:
        gain = np.maximum(left - fits, 0).sum(axis=1)
        if gain.max() < PRICE:
            break
        chosen.append(int(gain.argmax()))
        left = np.minimum(left, fits[chosen[-1]])
    return chosen


def _that_pay(fits):
    """Which motions to keep, (K, n) without those that others can stand in for; 0 always stays."""
    keep = list(range(len(fits)))
    while len(keep) > 1:
        nobody = np.full((1, fits.shape[1]), _UNEXPLAINED)
        first, second = np.sort(np.concatenate([fits[keep], nobody]), axis=0)[:2]
        owner = np.concatenate([fits[keep], nobody]).argmin(axis=0)
        worth = np.bincount(owner, second - first, minlength=len(keep) + 1)[: len(keep)]
        worth[0] = np.inf
        if worth.min() >= PRICE:
            break
        keep.pop(int(worth.argmin()))
    return keep


def _fit_again(now, later, slopes, motions, fits):
    """The motions but the first fitted to the pixels they explain best; lost ones are dropped."""
    owner, (first, second) = fits.argmin(axis=0), np.sort(fits, axis=0)[:2]
    weights = (second - first + 0.05) * (1 - first)
    centre = np.full((1, 2), (len(now) - 1) / 2)
    result = [motions[:1]]
    for k in range(1, len(motions)):
        y, x = np.nonzero(owner == k)
        if len(x) >= 12:
            result.append(
                _gauss_newton(
                    now, later, slopes, x[None], y[None], centre, motions[k : k + 1],
                    weights[y, x][None],
                )
            )  # fmt: skip
    return np.concatenate(result)


@cache
def _mesh(side):
    """Pairs of neighbouring pixels with weights, straight ones first, their number, the rim."""
    i = np.arange(side * side).reshape(side, side)
    pairs = [
        (i[:, :-1], i[:, 1:]),
        (i[:-1], i[1:]),
        (i[:-1, :-1], i[1:, 1:]),
        (i[1:, :-1], i[:-1, 1:]),
    ]
    start, end = (np.concatenate([pair[k].ravel() for pair in pairs]) for k in (0, 1))
    straight = 2 * side * (side - 1)
    weights = np.where(np.arange(len(start)) < straight, 1.0, 0.5)
    rim = np.ones((side, side), bool)
    rim[1:-1, 1:-1] = False
    return start, end, weights, straight, rim


def _walk(now, fits):
    """How much each pixel belongs to each motion (K, H, W), from the motions' misfits."""
    count, side = len(fits), len(now)
    if count == 1:
        return np.ones_like(fits)
    start, end, weights, straight, rim = _mesh(side)
    colours = now.reshape(-1, 3)
    gaps = ((colours[start] - colours[end]) ** 2).sum(axis=-1)
    near = np.flatnonzero(gaps[:straight] <= SAME_COLOUR**2)
    graph = sparse.coo_array((np.ones(len(near)), (start[near], end[near])), (side**2, side**2))
    area = connected_components(graph, directed=False)[1]
    against = np.stack([np.bincount(area, fit.ravel()) for fit in fits])
    against[0] -= 3.0 * np.bincount(area, rim.ravel())
    against = np.minimum(against - against.min(axis=0), 12.0)[:, area].reshape(fits.shape)
    own = ndimage.uniform_filter(fits, (0, 5, 5))
    opinion = -0.5 * against - 10.0 * own
    opinion = np.exp(opinion - opinion.max(axis=0))
    opinion /= opinion.sum(axis=0)
    decided = 1 + (opinion * np.log(opinion + 1e-9)).sum(axis=0) / np.log(count)
    # Where no motion fits, as where the next frame hides the pixel, its opinion is worth little.
    worth = 0.1 * decided * np.maximum(1 - own.min(axis=0), 0.05) + 1e-5
    anchor = rim * np.exp(-6 * (own[0] - own.min(axis=0)))
    links = weights * (np.exp(-gaps / 96.0) + 0.005)
    links = sparse.coo_array((links, (start, end)), (side**2, side**2)).tocsr()
    links = links + links.T
    system = sparse.diags_array(links.sum(axis=1) + (worth + anchor).ravel()) - links
    known = (opinion * worth).reshape(count, -1).T.copy()
    known[:, 0] += anchor.ravel()
    solver = splu(system.tocsc(), permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True})
    return solver.solve(known).T.reshape(fits.shape)
