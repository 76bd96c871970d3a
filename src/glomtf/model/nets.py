"""The nets between levels: one small MLP per level, shared by all columns."""

import math

import keras
from keras import ops

from glomtf.model.tokens import torch_linear


@ops.custom_gradient
def gelu(x):
    """Exact GELU, x Phi(x), whose gradient needs nothing but x.

    Left to the backend, each of its operations keeps an input of its own for the way back, and
    hidden layers are the widest arrays that there are.
    """

    def gradient(*args, upstream=None):
        upstream = args[0] if upstream is None else upstream
        z = ops.cast(x, "float32")
        below = 0.5 + 0.5 * ops.erf(z * math.sqrt(0.5))
        density = ops.exp(-0.5 * z * z) * (1 / math.sqrt(2 * math.pi))
        return upstream * ops.cast(below + z * density, x.dtype)

    return ops.gelu(x, approximate=False), gradient


ACTIVATIONS = {"gelu": gelu, "sine": ops.sin}


@keras.saving.register_keras_serializable("glomtf")
class ColumnNet(keras.layers.Layer):
    """D -> ratio * D -> D at every column, optionally told where the column is.

    Used upwards (the part's view of its whole) and downwards (a neural field: the whole's vector
    and a location give the part that belongs there; Hinton 2021, the section on neural fields).

    Args:
        dim: D.
        ratio: hidden width over D.
        activation: ``"gelu"`` (exact) or ``"sine"`` (sinusoidal units, as Hinton suggests for
            the top-down field).
        location_dim: width of the location code that ``call`` receives; 0 for none. The code
            joins the hidden layer through its own matrix, which is the same as concatenating it
            to the input but is computed once for the whole batch.
    """

    def __init__(self, dim, ratio=4, activation="gelu", location_dim=0, **kwargs):
        super().__init__(**kwargs)
        self.dim, self.ratio = dim, ratio
        self.activation, self.location_dim = activation, location_dim
        hidden = dim * ratio
        self.hidden = keras.layers.Dense(
            hidden, dtype=self.dtype_policy, name="hidden", **torch_linear(dim)
        )
        self.out = keras.layers.Dense(
            dim, dtype=self.dtype_policy, name="out", **torch_linear(hidden)
        )
        self.where = None
        if location_dim:
            self.where = keras.layers.Dense(
                hidden, use_bias=False, dtype=self.dtype_policy, name="where",
                kernel_initializer=torch_linear(location_dim)["kernel_initializer"],
            )  # fmt: skip

    def build(self, input_shape=None):
        self.hidden.build((None, self.dim))
        self.out.build((None, self.dim * self.ratio))
        if self.where is not None:
            self.where.build((None, self.location_dim))

    def place(self, location):
        """What the hidden layer hears: (rows, cols, location_dim) to (N, ratio * D), or None."""
        if self.where is None:
            return None
        flat = ops.reshape(ops.cast(location, self.compute_dtype), (-1, self.location_dim))
        return self.where(flat)

    def call(self, x, there=None):
        """(B, N, D) and, if built to expect it, what :meth:`place` says, to (B, N, D).

        Of x, B and N may be 1 where pictures or columns do not differ; the place spreads N.
        """
        columns = x.shape[1]
        hidden = self.hidden(ops.reshape(x, (-1, self.dim)))
        if there is not None:
            hidden = ops.reshape(hidden, (-1, columns, self.dim * self.ratio)) + there
            columns = hidden.shape[1]
            hidden = ops.reshape(hidden, (-1, self.dim * self.ratio))
        out = self.out(ACTIVATIONS[self.activation](hidden))
        return ops.reshape(out, (-1, columns, self.dim))
