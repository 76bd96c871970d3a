"""The two things Keras has no neutral words for: gradients and a compiled call."""

import keras


def gradients(model, images, loss, **call):
    """d loss(model(images, **call)) / d w for every trainable weight: {path: array}."""
    backend = keras.backend.backend()
    # Unused weights are None on TensorFlow and PyTorch and zeros on JAX.
    if backend == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            value = loss(model(images, **call))
        found = tape.gradient(value, [v.value for v in model.trainable_variables])
    elif backend == "torch":
        import torch

        value = loss(model(images, **call))
        weights = [v.value for v in model.trainable_variables]
        found = torch.autograd.grad(value, weights, allow_unused=True)
    else:
        import jax

        fixed = [v.value for v in model.non_trainable_variables]

        def value(trainable):
            return loss(model.stateless_call(trainable, fixed, images, **call)[0])

        found = jax.grad(value)([v.value for v in model.trainable_variables])
    return {
        v.path: None if g is None else keras.ops.convert_to_numpy(g)
        for v, g in zip(model.trainable_variables, found, strict=True)
    }


def compiled(model, **call):
    """``model(images, **call)`` as one traced and compiled function of the pictures.

    On PyTorch, which needs no tracing, it is simply called.
    """
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        return tf.function(lambda images: model(images, **call))
    if backend == "torch":
        return lambda images: model(images, **call)
    import jax

    trainable = [v.value for v in model.trainable_variables]
    fixed = [v.value for v in model.non_trainable_variables]
    return jax.jit(lambda images: model.stateless_call(trainable, fixed, images, **call)[0])
