"""The stem that looks at coarser grids, against plain NumPy loops."""

import keras
import numpy as np
import pytest
from backends import gradients

from glomtf.model.glom import Glom
from glomtf.model.pyramid import PyramidStem
from glomtf.model.tokens import ConvStem


def gelu(x):
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


def convolved(x, layer, stride=1):
    """A convolution (H, W, C) to (ceil(H / s), ceil(W / s), F), zeros around, pixel by pixel."""
    kernel, bias = (keras.ops.convert_to_numpy(w).astype("float64") for w in layer.weights)
    size = kernel.shape[0]
    out = [-(-side // stride) for side in x.shape[:2]]
    pads = []
    for length, count in zip(x.shape[:2], out, strict=True):
        missing = max((count - 1) * stride + size - length, 0)
        pads.append((missing // 2, missing - missing // 2))
    x = np.pad(x, [*pads, (0, 0)])
    result = np.empty((*out, kernel.shape[-1]))
    for row in range(out[0]):
        for col in range(out[1]):
            window = x[row * stride : row * stride + size, col * stride : col * stride + size]
            result[row, col] = np.tensordot(window, kernel, 3) + bias
    return result


def enlarged(x):
    """Twice as many rows and columns, bilinear between the centres, the rim repeated."""
    for axis in (0, 1):
        x = np.moveaxis(x, axis, 0)
        before, after = np.concatenate([x[:1], x[:-1]]), np.concatenate([x[1:], x[-1:]])
        x = np.stack([0.75 * x + 0.25 * before, 0.75 * x + 0.25 * after], axis=1)
        x = np.moveaxis(x.reshape(-1, *x.shape[2:]), 0, axis)
    return x


def twin(stem, picture):
    def refined(x, name):
        first, second = stem.pairs[name]
        seen = x / np.sqrt((x**2).mean(axis=-1, keepdims=True) + 1e-6) if stem.normed else x
        return x + convolved(gelu(convolved(seen, first)), second)

    def added(fine, coarse, layer):
        rows, cols = fine.shape[:2]
        return fine + enlarged(convolved(coarse, layer))[:rows, :cols]

    x = picture.astype("float64") - 0.5
    for number, layer in enumerate(stem.down):
        x = gelu(convolved(x, layer, 2))
        if number == 0:
            x = x + gelu(convolved(x, stem.look))
    stride = 2 if stem.patch_size > 1 else 1
    x = refined(gelu(convolved(x, stem.reach, stride)), "before")
    half = refined(gelu(convolved(x, stem.halve, 2)), "half")
    fourth = refined(gelu(convolved(half, stem.quarter, 2)), "fourth")
    half = added(half, fourth, stem.back[0])
    return refined(added(x, half, stem.back[1]), "after")


@pytest.mark.parametrize("normed", [False, True])
@pytest.mark.parametrize(
    ("patch", "grid", "dim"),
    # The last stem widens from halving to halving.
    [(1, (4, 4), 8), (2, (5, 7), 8), (4, (6, 3), 8), (8, (1, 2), 8), (8, (2, 1), 64)],
)
def test_equals_the_twin_on_even_and_odd_grids(patch, grid, dim, normed, rng):
    pictures = rng.uniform(size=(2, grid[0] * patch, grid[1] * patch, 3)).astype("float32")
    stem = PyramidStem(dim, patch, normed)
    tokens = keras.ops.convert_to_numpy(stem(pictures))
    assert tokens.shape == (2, *grid, dim)
    for picture, found in zip(pictures, tokens, strict=True):
        np.testing.assert_allclose(found, twin(stem, picture), rtol=1e-4, atol=1e-4)


def test_sees_across_a_grid_that_the_conv_stem_does_not(rng):
    picture = rng.uniform(size=(1, 64, 64, 3)).astype("float32")
    other = picture.copy()
    other[:, 28:36, 28:36] += 1.0
    for stem, far in ((PyramidStem(8, 4), True), (ConvStem(8, 4), False)):
        before, after = (keras.ops.convert_to_numpy(stem(x)) for x in (picture, other))
        assert (np.abs(after - before)[0, 0].max() > 0) == far


def test_every_weight_gets_a_gradient_where_the_quarter_grid_has_neighbours(rng):
    model = Glom(dim=4, levels=1, image_size=16, patch_size=2, stem="pyramid")
    away = keras.ops.convert_to_tensor(rng.normal(size=(2, 64, 1, 4)), "float32")
    pictures = rng.uniform(size=(2, 3, 16, 16)).astype("float32")
    found = gradients(model, pictures, lambda x: keras.ops.sum(x * away), iters=1)
    stem = {path: gradient for path, gradient in found.items() if "stem" in path}
    assert len(stem) == len(model.stem.weights) == 26
    for path, gradient in stem.items():
        assert gradient is not None and (gradient != 0).all(), path
