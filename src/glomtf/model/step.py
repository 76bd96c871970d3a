"""One synchronous update: four named contributions and the weights that mix them."""

from typing import NamedTuple

import keras
import numpy as np
from keras import ops

from glomtf.model.consensus import consensus, neighbourhood
from glomtf.model.nets import ColumnNet
from glomtf.model.tokens import coordinates, fourier_features


class Contributions(NamedTuple):
    """What the next state is made of: four tuples of L arrays (B, N, D), lowest level first.

    ``top_down`` ends with None: nothing is above the top level.
    """

    previous: tuple
    bottom_up: tuple
    top_down: tuple
    consensus: tuple


def at_step(schedule, t):
    """The entry of a schedule for step ``t`` (0 = first); the last entry holds ever after."""
    return schedule[min(t, len(schedule) - 1)]


def normalise_state(x, norm):
    """Scale each column's vector, over its D features and never over space: (B, N, D) to same.

    None leaves it; "unit" gives length 1; "rms" gives length sqrt(D); "layer" also removes the
    mean over the features first. Computed in float32.
    """
    if norm is None:
        return x
    y = ops.cast(x, "float32")
    if norm == "layer":
        y = y - ops.mean(y, axis=-1, keepdims=True)
    mean_square = ops.mean(y * y, axis=-1, keepdims=True)
    y = y * ops.rsqrt(mean_square + 1e-6)
    if norm == "unit":
        y = y * x.shape[-1] ** -0.5
    return ops.cast(y, x.dtype)


class Step(keras.layers.Layer):
    """One synchronous update of all levels.

        x_l <- norm( w_prev x_l + w_bu BU_l(x_(l-1)) + w_td TD_l(x_(l+1), where) + w_con C(x_l) )

    All on the right are of time t (Hinton 2021, the four contributions); level 1's bottom-up
    input is the token. The weights are convex at every level: they sum to 1 over what is present.
    The arguments are those of :class:`glomtf.Glom`, per-level ones already spread to L values.
    """

    def __init__(
        self, *, dim, levels, extent, learned_grid, mlp_ratio, top_down_location,
        top_down_activation, bottom_up_location, location_frequencies, similarity, beta, learn_beta,
        beta_schedule, consensus_self, radius, neighbours, weights, learn_weights, weight_schedule,
        state_norm, **kwargs,
    ):  # fmt: skip
        super().__init__(**kwargs)
        self.dim, self.levels, self.extent = dim, levels, extent
        self.top_down_location, self.bottom_up_location = top_down_location, bottom_up_location
        self.location_frequencies = location_frequencies
        self.similarity, self.consensus_self = similarity, consensus_self
        self.radius, self.neighbours, self.state_norm = radius, neighbours, state_norm
        self.beta_schedule, self.weight_schedule = beta_schedule, weight_schedule

        code = 2 + 4 * location_frequencies
        self.bottom_up = [
            ColumnNet(
                dim, mlp_ratio, dtype=self.dtype_policy, name=f"bottom_up_{level}",
                location_dim=code if bottom_up_location else 0,
            )
            for level in range(1, levels + 1)
        ]  # fmt: skip
        self.top_down = [
            ColumnNet(
                dim, mlp_ratio, top_down_activation, dtype=self.dtype_policy,
                name=f"top_down_{level}",
                location_dim=code if top_down_location == "fourier" else 0,
            )
            for level in range(1, levels)
        ]  # fmt: skip
        for net in [*self.bottom_up, *self.top_down]:
            net.build()
        self.location = None
        if top_down_location == "learned":
            self.location = self.add_weight(
                shape=(learned_grid[0] * learned_grid[1], dim), name="location",
                initializer=keras.initializers.RandomNormal(stddev=1.0),
            )  # fmt: skip

        present = np.ones((levels, 4), "float32")
        present[-1, 2] = 0.0  # nothing above the top level
        self.present = present
        self.fixed_weights = np.asarray(weights, "float32") * present
        self.log_weights = self.log_beta = None
        if learn_weights:
            floor = np.where(self.fixed_weights > 0, self.fixed_weights, 1.0)
            self.log_weights = self.add_weight(
                shape=(levels, 4), name="log_weights", autocast=False,
                initializer=lambda shape, dtype=None: ops.convert_to_tensor(np.log(floor), dtype),
            )  # fmt: skip
        self.fixed_beta = np.asarray(beta, "float32")
        if learn_beta:
            self.log_beta = self.add_weight(
                shape=(levels,), name="log_beta", autocast=False,
                initializer=lambda shape, dtype=None: ops.convert_to_tensor(
                    np.log(self.fixed_beta), dtype
                ),
            )  # fmt: skip

    def weights_at(self, t):
        """The convex weights of step ``t`` (0 = first): (L, 4), columns as in Contributions."""
        if self.log_weights is None:
            weights = self.fixed_weights
        else:
            weights = ops.exp(ops.cast(self.log_weights, "float32")) * self.present
        if self.weight_schedule:
            weights = weights * np.asarray(at_step(self.weight_schedule, t), "float32")
        if isinstance(weights, np.ndarray):
            return weights / weights.sum(axis=-1, keepdims=True)
        return weights / ops.sum(weights, axis=-1, keepdims=True)

    def beta_at(self, t):
        """The inverse temperatures of step ``t``: (L,)."""
        beta = self.fixed_beta
        if self.log_beta is not None:
            beta = ops.exp(ops.cast(self.log_beta, "float32"))
        return beta * at_step(self.beta_schedule, t) if self.beta_schedule else beta

    def train_settling(self, on):
        """Whether training moves what only settling uses: top-down, consensus and the weights.

        The bottom-up nets, which the feed-forward sweep uses too, always train.
        """
        for net in self.top_down:
            net.trainable = on
        for variable in (self.location, self.log_weights, self.log_beta):
            if variable is not None:
                variable.trainable = on

    def _location_code(self, grid):
        return fourier_features(coordinates(grid, self.extent), self.location_frequencies)

    def upwards(self, below, level, grid):
        """Bottom-up input of ``level`` (1 = lowest) from the level below, or from the token."""
        code = self._location_code(grid) if self.bottom_up_location else None
        return self.bottom_up[level - 1](below, code)

    def downwards(self, above, level, grid):
        """Top-down input of ``level`` from the level above, as a field over locations."""
        if self.top_down_location == "learned":
            return self.top_down[level - 1](above + ops.cast(self.location, above.dtype))
        code = self._location_code(grid) if self.top_down_location == "fourier" else None
        return self.top_down[level - 1](above, code)

    def agree(self, x, level, grid, t=0):
        """Consensus of ``level`` at step ``t``: (B, N, D) to (B, N, D)."""
        return consensus(
            x,
            beta=self.beta_at(t)[level - 1],
            similarity=self.similarity,
            attend_self=self.consensus_self,
            allowed=neighbourhood(grid, self.radius[level - 1]),
            top_k=self.neighbours[level - 1],
        )

    def contributions(self, state, tokens, grid, t=0):
        """The four contributions to the state after step ``t``, by name.

        Args:
            state: L arrays (B, N, D), lowest level first.
            tokens: (B, N, D) what the stem saw.
            grid: (rows, cols).
            t: number of the step, 0 = first; only schedules look at it.
        """
        numbered = range(1, self.levels + 1)
        below = (tokens, *state[:-1])
        return Contributions(
            previous=tuple(state),
            bottom_up=tuple(self.upwards(below[n - 1], n, grid) for n in numbered),
            top_down=(*(self.downwards(state[n], n, grid) for n in numbered[:-1]), None),
            consensus=tuple(self.agree(state[n - 1], n, grid, t) for n in numbered),
        )

    def combine(self, contributions, t=0):
        """Mix the contributions of step ``t`` and normalise: L arrays (B, N, D)."""
        weights = self.weights_at(t)
        new = []
        for level, parts in enumerate(zip(*contributions, strict=True)):
            mixed = sum(
                ops.cast(weights[level, i], part.dtype) * part
                for i, part in enumerate(parts)
                if part is not None
            )
            new.append(normalise_state(mixed, self.state_norm))
        return tuple(new)

    def call(self, state, tokens, grid, t=0):
        """One step: L arrays (B, N, D) to L arrays (B, N, D)."""
        return self.combine(self.contributions(state, tokens, grid, t), t)
