"""The one place that asks which backend Keras runs on."""

import functools
import weakref

import keras
import numpy as np

WORTH_XLA = 1000  # steps of a training


def jit_compile(steps):
    """``jit_compile`` for a Keras model that is trained for so many steps, all alike.

    For TensorFlow on a CPU Keras leaves XLA to us. There it takes a tenth to a quarter off a step
    of the feed-forward sweep and makes the first some 5 s slower (docs/performance.md). Other
    backends choose themselves.
    """
    worth = keras.backend.backend() == "tensorflow" and steps >= WORTH_XLA
    return True if worth else "auto"


def concrete(x):
    """The values of ``x`` as NumPy (float32), or None while a graph is being traced."""
    if isinstance(x, keras.KerasTensor):
        return None
    name = keras.backend.backend()
    if name == "tensorflow":
        import tensorflow as tf

        if not isinstance(x, tf.__internal__.EagerTensor):
            return None
    elif name == "jax":
        import jax

        if isinstance(x, jax.core.Tracer):
            return None
    return np.asarray(keras.ops.convert_to_numpy(x), "float32")


def compiled(method):
    """Compile a method underneath where that is the backend's way to be fast (TensorFlow).

    Positional arguments are tensors, or nests of them and of None; keyword arguments are plain
    hashable values. Every combination of those values with the tensors' shapes gets one graph, for
    good. While a graph is being traced already, and on other backends, the method is simply called.

    Only for methods whose result depends on nothing else that may change but weights: no dropout,
    nothing that differs in training.
    """
    if keras.backend.backend() != "tensorflow":
        return method
    import tensorflow as tf

    graphs = weakref.WeakKeyDictionary()

    @functools.wraps(method)
    def call(self, *tensors, **static):
        if not tf.executing_eagerly():
            return method(self, *tensors, **static)
        shapes = [None if x is None else (x.dtype, *x.shape) for x in tf.nest.flatten(tensors)]
        made, key = graphs.setdefault(self, {}), (*shapes, *sorted(static.items()))
        if key not in made:
            here = weakref.proxy(self)  # the graphs must not keep the layer alive
            traced = tf.function(lambda *nest: method(here, *nest, **static), autograph=False)
            made[key] = traced.get_concrete_function(*tensors)
        return made[key](*tensors)

    call.graphs = graphs
    return call
