"""The two things Keras has no neutral words for: gradients and a compiled call."""

import keras


def gradients(model, images, loss, **call):
    """d loss(model(images, **call)) / d w for every trainable weight: {path: array}."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            value = loss(model(images, **call))
        # Unused weights are None here and zeros on JAX.
        found = tape.gradient(value, [v.value for v in model.trainable_variables])
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
    """``model(images, **call)`` as one traced and compiled function of the pictures."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        return tf.function(lambda images: model(images, **call))
    import jax

    trainable = [v.value for v in model.trainable_variables]
    fixed = [v.value for v in model.non_trainable_variables]
    return jax.jit(lambda images: model.stateless_call(trainable, fixed, images, **call)[0])
