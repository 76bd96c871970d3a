"""The nets' exact GELU: its gradient is the closed form, and needs its input alone."""

import keras
import numpy as np
import pytest
from backends import gradients
from scipy.stats import norm

from glomtf.model.nets import gelu


class Bend(keras.Model):
    """GELU of weights of its own."""

    def __init__(self, values):
        super().__init__()
        self.x = self.add_weight(shape=values.shape, name="x")
        self.x.assign(values)
        self.built = True

    def call(self, img):
        return gelu(self.x * 1.0)


def test_value_and_gradient_are_the_closed_form(rng):
    x = np.linspace(-6, 6, 49, dtype="float32")
    away = rng.normal(size=x.shape).astype("float32")
    model = Bend(x)
    value = keras.ops.convert_to_numpy(model(None))
    np.testing.assert_allclose(value, x * norm.cdf(x), atol=1e-6)
    (found,) = gradients(model, None, lambda y: keras.ops.sum(keras.ops.multiply(y, away))).values()
    expected = away * (norm.cdf(x) + x * norm.pdf(x))
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="looks at TensorFlow's graph")
def test_the_way_back_needs_the_input_alone():
    import tensorflow as tf

    with tf.Graph().as_default() as graph:
        x = tf.compat.v1.placeholder("float32", (5,))
        y = gelu(x)
        forwards = set(graph.get_operations())
        tf.gradients(y, x)
        kept = {
            t.op.type for op in graph.get_operations() if op not in forwards
            for t in op.inputs if t.op in forwards and t.shape == (5,)
        }  # fmt: skip
    assert kept <= {"Placeholder", "Identity", "IdentityN"}
