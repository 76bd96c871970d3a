"""One synchronous update: four named contributions and the weights that mix them."""

from typing import NamedTuple

import keras
import numpy as np
from keras import ops

from glomtf.model.assembly import ShapeAssembly
from glomtf.model.backend import compiled
from glomtf.model.consensus import consensus, neighbourhood
from glomtf.model.nets import ColumnNet
from glomtf.model.tokens import coordinates, fourier_features
from glomtf.model.windows import block_side, windowed_consensus


class Contributions(NamedTuple):
    """What the next state is made of: four tuples of L arrays (B, N, D), lowest level first.

    ``top_down`` ends with None: nothing is above the top level.
    """

    previous: tuple
    bottom_up: tuple
    top_down: tuple
    consensus: tuple


class Still(NamedTuple):
    """What does not move while the columns settle, computed once.

    ``seen`` (B, N, D) is level 1's bottom-up contribution; the others say what each net hears of
    the locations: ``up`` and ``down`` (N, ratio * D) or None where it is not told, ``around``
    (rows, cols, 2) or None where nothing is assembled.
    """

    seen: object
    up: tuple
    around: tuple
    down: tuple


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


def recomputed(update, *nests):
    """``update(*nests)``, whose inside the backward pass computes again instead of keeping it.

    Nests of tensors and None in, a tuple of tensors and None out.
    """
    leaves = keras.tree.flatten(nests)
    tensors = [x for x in leaves if x is not None]
    there = []  # which results there are, known once it ran

    def flat(*tensors):
        left = iter(tensors)
        given = [None if x is None else next(left) for x in leaves]
        new = update(*keras.tree.pack_sequence_as(nests, given))
        there[:] = [x is not None for x in new]
        return tuple(x for x in new if x is not None)

    new = iter(keras.remat(flat)(*tensors))
    return tuple(next(new) if made else None for made in there)


class Step(keras.layers.Layer):
    """One synchronous update of all levels.

        x_l <- norm( w_prev x_l + w_bu BU_l(x_(l-1)) + w_td TD_l(x_(l+1), where) + w_con C(x_l) )

    All on the right are of time t (Hinton 2021, the four contributions); level 1's bottom-up
    input is the token. The weights are convex at every level: they sum to 1 over what is present.
    The arguments are those of :class:`glomtf.Glom`, per-level ones already spread to L values.
    """

    def __init__(
        self, *, dim, levels, extent, learned_grid, mlp_ratio, top_down_location,
        top_down_activation, bottom_up_location, location_frequencies, assembly, similarity,
        beta, learn_beta, beta_schedule, consensus_self, radius, neighbours, weights, learn_weights,
        weight_schedule, state_norm, remat, **kwargs,
    ):  # fmt: skip
        super().__init__(**kwargs)
        self.dim, self.levels, self.extent = dim, levels, extent
        self.top_down_location = top_down_location
        self.location_frequencies = location_frequencies
        self.similarity, self.consensus_self = similarity, consensus_self
        self.radius, self.neighbours, self.state_norm = radius, neighbours, state_norm
        self.remat = remat
        self.beta_schedule, self.weight_schedule = beta_schedule, weight_schedule

        code = 2 + 4 * location_frequencies
        self.bottom_up = [
            ColumnNet(
                dim, mlp_ratio, dtype=self.dtype_policy, name=f"bottom_up_{level}",
                location_dim=code if bottom_up_location else 0,
            )
            for level in range(1, levels + 1)
        ]  # fmt: skip
        self.assembly = [
            ShapeAssembly(
                dim, blocks, 2 / extent, dtype=self.dtype_policy, name=f"assembly_{level}"
            )
            if blocks
            else None
            for level, blocks in enumerate(assembly, start=1)
        ]
        self.top_down = [
            ColumnNet(
                dim, mlp_ratio, top_down_activation, dtype=self.dtype_policy,
                name=f"top_down_{level}",
                location_dim=code if top_down_location == "fourier" else 0,
            )
            for level in range(1, levels)
        ]  # fmt: skip
        for net in [*self.bottom_up, *self.assembly, *self.top_down]:
            if net is not None:
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
        factors = self.present
        if self.weight_schedule:
            factors = factors * np.asarray(at_step(self.weight_schedule, t), "float32")
        if self.log_weights is None:
            weights = self.fixed_weights * factors
            return weights / weights.sum(axis=-1, keepdims=True)
        weights = ops.exp(ops.cast(self.log_weights, "float32")) * ops.convert_to_tensor(factors)
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

    def present_at(self, t):
        """Whether each contribution has a weight at step ``t``: (L, 4) bool."""
        there = self.fixed_weights > 0
        if self.weight_schedule:
            there = there & (np.asarray(at_step(self.weight_schedule, t)) > 0)
        return there

    def steady(self):
        """The first step from which on every step has the same weights and betas."""
        return max(len(s or (0,)) - 1 for s in (self.beta_schedule, self.weight_schedule))

    @compiled
    def still(self, tokens, *, grid):
        """What settling on these (B, N, D) tokens computes only once."""
        code = fourier_features(coordinates(grid, self.extent), self.location_frequencies)
        code = code.reshape(*grid, -1)

        def places(nets):
            return tuple(None if net is None else net.place(code) for net in nets)

        heard = [places(nets) for nets in (self.bottom_up, self.assembly, self.top_down)]
        still = Still(None, *heard)
        return still._replace(seen=self.upwards(tokens, 1, still))

    @compiled
    def sweep(self, still):
        """One feed-forward pass of the bottom-up nets from the token to the top: L arrays."""
        return self.sweep_on(normalise_state(still.seen, self.state_norm), 1, still)

    def sweep_on(self, state, level, still):
        """That pass from the state of ``level`` (B, N, D) on: L - level + 1 arrays, it first."""
        states = [state]
        for higher in range(level + 1, self.levels + 1):
            below = self.upwards(states[-1], higher, still)
            states.append(normalise_state(below, self.state_norm))
        return tuple(states)

    def upwards(self, below, level, still):
        """Bottom-up input of ``level`` from the level below it, level 1's from the tokens."""
        alone = self.bottom_up[level - 1](below, still.up[level - 1])
        assembly = self.assembly[level - 1]
        return alone if assembly is None else alone + assembly(below, still.around[level - 1])

    def downwards(self, above, level, still):
        """Top-down input of ``level`` from the level above, as a field over locations."""
        if self.top_down_location == "learned":
            above = above + ops.cast(self.location, above.dtype)
        return self.top_down[level - 1](above, still.down[level - 1])

    def agree(self, x, level, grid, t=0):
        """Consensus of ``level`` at step ``t``: (B, N, D) to (B, N, D)."""
        if x.shape[1] == 1:  # columns that are all alike agree on what they are
            return x
        radius = self.radius[level - 1]
        how = {
            "beta": self.beta_at(t)[level - 1],
            "similarity": self.similarity,
            "attend_self": self.consensus_self,
            "top_k": self.neighbours[level - 1],
        }
        side = block_side(grid, radius)
        if side is None:
            return consensus(x, allowed=neighbourhood(grid, radius), **how)
        return windowed_consensus(x, grid=grid, radius=radius, side=side, **how)

    def contributions(self, state, tokens, grid, t=0):
        """The four contributions to the state after step ``t``, by name.

        Args:
            state: L arrays (B, N, D), lowest level first.
            tokens: (B, N, D) what the stem saw.
            grid: (rows, cols).
            t: number of the step, 0 = first; only schedules look at it.
        """
        everything = np.ones((self.levels, 4), bool)
        return self._contributions(state, self.still(tokens, grid=grid), grid, t, everything)

    def _contributions(self, state, still, grid, t, present):
        """Those contributions of step ``t`` that ``present`` (L, 4) names, None elsewhere."""
        previous, bottom_up, top_down, agreed = [], [], [], []
        for level, (stay, rise, fall, agree) in enumerate(present, start=1):
            x = state[level - 1]
            previous.append(x if stay else None)
            up = None
            if rise:
                up = still.seen if level == 1 else self.upwards(state[level - 2], level, still)
            bottom_up.append(up)
            fall = fall and level < self.levels
            top_down.append(self.downwards(state[level], level, still) if fall else None)
            agreed.append(self.agree(x, level, grid, t) if agree else None)
        return Contributions(tuple(previous), tuple(bottom_up), tuple(top_down), tuple(agreed))

    def combine(self, contributions, t=0):
        """Mix the contributions of step ``t`` and normalise: L arrays (B, N, D).

        A level without any contribution is left out: None.
        """
        weights = self.weights_at(t)
        new = []
        for level, parts in enumerate(zip(*contributions, strict=True)):
            mixed = [
                ops.cast(weights[level, i], part.dtype) * part
                for i, part in enumerate(parts)
                if part is not None
            ]
            new.append(normalise_state(sum(mixed), self.state_norm) if mixed else None)
        return tuple(new)

    @compiled
    def advance(self, state, still, *, grid, t, levels):
        """The state after step ``t``, of some levels only; compiled underneath.

        Args:
            state: L arrays (B, N, D), lowest level first, B and N 1 where nothing differs; None
                where no wanted level asks for it.
            still: see :class:`Still`.
            grid: (rows, cols).
            t: number of the step.
            levels: the levels wanted, a tuple of numbers; the others are None in the result.
        """
        wanted = np.isin(np.arange(1, self.levels + 1), levels)
        present = self.present_at(t) & wanted[:, None]

        def update(state, still):
            return self.combine(self._contributions(state, still, grid, t, present), t)

        return recomputed(update, state, still) if self.remat else update(state, still)

    def call(self, state, tokens, grid, t=0):
        """One step: L arrays (B, N, D) to L arrays (B, N, D)."""
        return self.combine(self.contributions(state, tokens, grid, t), t)
