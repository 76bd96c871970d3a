"""Which steps a training takes: Adam, or Muon for kernels of every shape."""

import math

import keras
from keras import ops


@keras.saving.register_keras_serializable("glomtf")
class KernelMuon(keras.optimizers.Muon):
    """Muon for the kernels of all layers, Adam for everything else.

    Muon replaces a matrix of gradients by the nearest orthogonal one, so that a step moves all
    directions alike. Keras' own does so for kernels of two dimensions; here those of convolutions
    and of attention are matrices, too, split into rows and columns where that is most nearly
    square: a convolution's into what enters and what leaves (unless it has few channels), an
    attention's into the vector and all heads. Crowds of figures then need half the steps that Adam
    needs (docs/experiments.md).

    References:
        Jordan et al., "Muon: an optimizer for hidden layers in neural networks", 2024; Liu et al.,
        "Muon is scalable for LLM training", 2025, for the length of a step.
    """

    def _should_use_adamw(self, variable):
        return variable.name != "kernel"

    def zeropower_via_newtonschulz5(self, x, steps):
        """The nearest orthogonal matrix, nearly: any shape of two or more dimensions to same."""
        return ops.reshape(super().zeropower_via_newtonschulz5(_matrix(x), steps), x.shape)

    def lr_adjust(self, x):
        """A step of any shape, as long as one of Adam's."""
        return ops.reshape(super().lr_adjust(_matrix(x)), x.shape)


def _matrix(x):
    """Two or more dimensions to two, split where it is most nearly square."""
    size = math.prod(x.shape)
    rows = [math.prod(x.shape[:i]) for i in range(1, len(x.shape))]
    best = min(rows, key=lambda n: max(n, size // n))
    return ops.reshape(x, (best, size // best))


def optimizer(name, stage):
    """The optimizer of a stage: a short warm-up to its rate, then cosine decay to nearly 0.

    Args:
        name: "adam", gradients clipped; or "muon", whose steps do not depend on their length.
        stage: a :class:`glomtf.training.recipes.Stage`.
    """
    total = stage.epochs * stage.steps
    rate = keras.optimizers.schedules.CosineDecay(
        stage.learning_rate / 100, total, alpha=1e-2,
        warmup_target=stage.learning_rate, warmup_steps=min(200, total // 10),
    )  # fmt: skip
    if name == "muon":
        return KernelMuon(rate, weight_decay=None, adam_weight_decay=None)
    return keras.optimizers.Adam(rate, global_clipnorm=1.0)
