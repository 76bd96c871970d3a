"""The two examples in the README of the original glom-tf, word for word."""

import keras
import pytest

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="the examples draw with tf.random"
)


def test_the_original_readme():
    import tensorflow as tf

    from glomtf import Glom

    model = Glom(dim = 512, levels = 5, image_size = 224, patch_size = 14)  # fmt: skip

    img = tf.random.normal([1, 3, 224, 224])
    levels = model(img, iters = 12)  # (1, 256, 5, 512)  # fmt: skip
    assert levels.shape == (1, 256, 5, 512)

    all_levels = model(img, iters = 12, return_all = True)  # (13, 1, 256, 5, 512)  # fmt: skip
    assert all_levels.shape == (13, 1, 256, 5, 512)

    top_level_output = all_levels[7, :, :, -1]  # (1, 256, 512)  # fmt: skip
    assert top_level_output.shape == (1, 256, 512)

    assert bool(tf.reduce_all(tf.math.is_finite(all_levels)))
    tf.debugging.assert_near(all_levels[-1], levels, atol=1e-5)
