"""What two views of a picture keep and change, and the vector that stands for a picture."""

import keras
import numpy as np
from keras import ops

from glomtf.model.glom import Glom
from glomtf.model.heads import Summary
from glomtf.training.tasks import Views

TINY = {
    "dim": 8, "levels": 3, "image_size": 16, "patch_size": 4, "data_format": "channels_last",
    "mlp_ratio": 1, "initial_state": "bottom_up", "state_norm": "rms", "similarity": "cosine",
    "top_down_location": "fourier", "learn_beta": True, "learn_contribution_weights": True,
}  # fmt: skip


def views(images, **more):
    task = Views(Glom(**TINY), 3, 3, **more)
    return ops.convert_to_numpy(task.view(ops.convert_to_tensor(images, "float32")))


def test_without_colour_a_flat_picture_stays_what_it_is():
    flat = np.linspace(0, 1, 8, dtype="f4")[:, None, None, None] * np.ones((8, 16, 16, 3), "f4")
    np.testing.assert_allclose(views(flat), flat, atol=1e-6)


def test_colour_changes_each_picture_in_its_own_way_and_keeps_the_range():
    flat = np.full((8, 16, 16, 3), (0.7, 0.2, 0.4), "f4")
    seen = views(flat, colour=0.5)
    assert seen.min() >= 0 and seen.max() <= 1
    assert np.ptp(seen, axis=(1, 2)).max() < 1e-5  # one change all over a picture
    assert len(np.unique(seen[:, 0, 0].round(3), axis=0)) == 8
    # On average nothing is lost: a saturation of 0 on all of them would leave no colour.
    assert np.ptp(seen[:, 0, 0], axis=-1).mean() > 0.25


def test_views_move_what_they_show():
    dot = np.zeros((16, 16, 16, 3), "f4")
    dot[:, 7:9, 3:5] = 1
    seen = views(dot)
    where = [np.argwhere(one[..., 0] > 0.3).mean(axis=0) for one in seen]
    assert np.std([x for _, x in where]) > 1  # mirrored and shifted
    sizes = seen[..., 0].sum(axis=(1, 2))  # 4 pixels as they were
    assert sizes.mean() > 4.5 and np.std(sizes) > 0  # enlarged


def test_a_picture_is_what_its_columns_say_most():
    head = Summary(2)
    x = np.array([[[3.0, 4.0], [-1.0, 0.0], [0.0, -2.0]]], "f4")
    found = ops.convert_to_numpy(head(x))
    hidden = np.maximum(np.array([[0.6, 0.8]]) @ head.hidden.kernel.numpy(), 0)
    np.testing.assert_allclose(found, hidden @ head.out.kernel.numpy(), rtol=1e-5)


def test_every_weight_learns_from_views():
    keras.utils.set_random_seed(0)
    task = Views(Glom(**TINY), 3, 3)
    images = np.random.default_rng(0).random((6, 16, 16, 3), "f4")
    before = [w.numpy().copy() for w in (task(images), task.trainable_variables)[1]]
    task.compile(optimizer=keras.optimizers.SGD(1.0))
    task.train_on_batch(images)
    moved = [
        w.path
        for w, old in zip(task.trainable_variables, before, strict=True)
        if np.array_equal(w.numpy(), old)
    ]
    assert moved == []
