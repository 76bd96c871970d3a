"""Islands that are heard of: who speaks for them, what masks tell, who takes what they say."""

import keras
import numpy as np
import pytest
from backends import gradients

from glomtf.model.assembly import CELLS, ShapeAssembly
from glomtf.model.tokens import coordinates

SPACING = 2 / 12


def numpy(x):
    return keras.ops.convert_to_numpy(x)


def net(dim=8, blocks=1, seed=0):
    """A net whose weights are far from where they start, but for what an island is."""
    layer = ShapeAssembly(dim, blocks, SPACING)
    layer.build()
    rng = np.random.default_rng(seed)
    for weight in layer.trainable_variables:
        if weight.path.rsplit("/")[-1] not in ("log_sharpness", "limit"):
            weight.assign_add(0.3 * rng.normal(size=weight.shape))
    return layer


def where(rows, cols):
    return keras.ops.convert_to_tensor(coordinates((rows, cols), 12).reshape(rows, cols, 2))


def picture(*boxes, side=12):
    """Labels of rectangles (top, left, height, width) before a background 0."""
    labels = np.zeros((side, side), int)
    for number, (top, left, height, width) in enumerate(boxes, start=1):
        labels[top : top + height, left : left + width] = number
    return labels


def states(labels, dim=8):
    """One vector per island, at right angles to each other: (1, N, D)."""
    return (3.0 * np.eye(dim, dtype="float32"))[labels.ravel()][None]


def test_each_island_is_heard_once_however_many_columns_it_has():
    labels = picture((0, 0, 2, 2), (2, 4, 4, 7), (7, 7, 5, 5), (8, 0, 1, 6))
    some = states(labels[::2, ::2]) / 3.0
    choices, gains = (numpy(x)[0] for x in net().speakers(some))
    heard = gains >= 0.5
    assert sorted(labels[::2, ::2].ravel()[choices[heard].argmax(-1)]) == [0, 1, 2, 3, 4]
    # The largest is the first, and each speaks for nearly all of its columns.
    assert labels[::2, ::2].ravel()[choices[0].argmax()] == 0
    sizes = np.bincount(labels[::2, ::2].ravel())
    np.testing.assert_allclose(sorted(gains[heard]), sorted(sizes), rtol=0.1)
    assert gains[~heard].max() < 0.2


def test_a_rectangle_tells_its_middle_its_spread_and_its_size():
    height, width = 4, 7
    mask = (picture((3, 2, height, width)) == 1).astype("float32").reshape(1, 1, -1)
    told = numpy(net().shapes(mask, where(12, 12)))[0, 0]
    np.testing.assert_allclose(told[:2], [(4.5 - 5.5) * SPACING, (5 - 5.5) * SPACING], atol=1e-4)
    # The variance of n even steps is (n^2 - 1) / 12 of a step, squared.
    square = ((height**2 - 1) + (width**2 - 1)) / 24 * SPACING**2 + (0.15 * SPACING) ** 2
    assert told[2] == pytest.approx(0.5 * np.log(square), abs=1e-3)
    assert told[3] == pytest.approx(np.log(height * width * SPACING**2), abs=1e-3)
    angles = np.pi * np.outer([0.5, 1, 2, 4], told[:2]).ravel()
    cut = told[4 : 4 + CELLS**2].reshape(CELLS, CELLS)
    np.testing.assert_allclose(told[4 + CELLS**2 :], [*np.sin(angles), *np.cos(angles)], atol=1e-4)
    np.testing.assert_allclose(cut, cut[::-1, ::-1], atol=1e-3)
    # Wide, not high: full in the middle row to the sides, empty above and below.
    assert cut[3, 2:6].min() > 0.5
    assert cut[0].max() < -0.5 > cut[-1].max()


def test_a_shape_is_the_same_wherever_and_however_large_it_is():
    layer, corner = net(), np.pad(picture((2, 2, 6, 2), (6, 4, 2, 4)) > 0, 6)

    def told(mask):
        flat = mask.astype("float32").reshape(1, 1, -1)
        return numpy(layer.shapes(flat, where(*mask.shape)))[0, 0, 4 : 4 + CELLS**2]

    moved = np.roll(corner, (2, 3), axis=(0, 1))
    np.testing.assert_allclose(told(moved), told(corner), atol=1e-3)
    large = corner.repeat(2, 0).repeat(2, 1)
    assert np.abs(told(large) - told(corner)).mean() < 0.1
    assert np.abs(told(corner[:, ::-1]) - told(corner)).mean() > 0.2, "a mirrored one is another"


def test_columns_of_one_island_take_the_same():
    labels = picture((0, 0, 4, 4), (2, 6, 6, 5), (8, 2, 4, 4))
    said = numpy(net()(states(labels), where(12, 12)))[0]
    means = np.stack([said[labels.ravel() == i].mean(0) for i in range(4)])
    np.testing.assert_allclose(said, means[labels.ravel()], atol=1e-4)
    apart = np.linalg.norm(means[:, None] - means[None], axis=-1)[~np.eye(4, dtype=bool)]
    assert apart.min() > 0.1


def test_it_says_what_the_shape_is_where_the_vectors_do_not():
    layer = net()
    tall = numpy(layer(states(picture((2, 4, 8, 4))), where(12, 12)))[0].reshape(12, 12, -1)
    flat = numpy(layer(states(picture((4, 2, 4, 8))), where(12, 12)))[0].reshape(12, 12, -1)
    assert np.abs(tall[5, 5] - flat[5, 5]).max() > 0.1


def test_nothing_is_added_before_training():
    layer = ShapeAssembly(8, 2, SPACING)
    layer.build()
    said = numpy(layer(states(picture((2, 4, 8, 4))), where(12, 12)))
    np.testing.assert_array_equal(said, np.zeros((1, 144, 8)))


def test_columns_that_are_all_alike_are_one_island():
    said = numpy(net()(np.ones((1, 1, 8), "float32"), where(5, 7)))
    assert said.shape == (1, 35, 8)
    np.testing.assert_allclose(said, np.broadcast_to(said[:, :1], said.shape), atol=1e-5)


class Told(keras.Model):
    """The layer on states of its own, for their gradients."""

    def __init__(self, layer, x):
        super().__init__()
        self.layer = layer
        self.x = self.add_weight(shape=x.shape, name="states")
        self.x.assign(x)
        self.built = True

    def call(self, img):
        return self.layer(self.x * 1.0, where(12, 12))


def test_everything_learns_what_an_island_is_too(rng):
    x = states(picture((0, 0, 4, 4), (2, 6, 6, 5))) + 0.3 * rng.normal(size=(1, 144, 8))
    model = Told(net(), x.astype("float32"))
    found = gradients(model, None, lambda y: keras.ops.sum(y * y))
    still = [name for name, value in found.items() if np.abs(value).max() == 0]
    # What every speaker hears alike moves no share of attention.
    assert all("key/bias" in name for name in still), still
    assert any(name.endswith("limit") for name in found)
