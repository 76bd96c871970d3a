"""Glom: tokens, an initial state, and steps until the columns agree."""

import keras
import numpy as np
from keras import ops

from glomtf.model.checks import (
    check_arguments,
    check_images,
    check_iters,
    check_levels_wanted,
    check_state,
    check_tolerance,
    check_wanted,
    per_level,
    plain,
)
from glomtf.model.pyramid import PyramidStem
from glomtf.model.settle import Settled, settle, settle_until
from glomtf.model.step import Step
from glomtf.model.tokens import ConvStem, LinearStem


@keras.saving.register_keras_serializable("glomtf")
class Glom(keras.Model):
    """A grid of identical columns, each a stack of levels, that settle until neighbours agree.

    The defaults are glom-pytorch 0.0.14's, number for number. Everything after ``*`` is a
    mechanism of Hinton's paper ("How to represent part-whole hierarchies in a neural network",
    arXiv 2102.12627) that is off by default.

    Shapes: B batch, H x W pixels, N = rows * cols columns, L levels, D = dim, T = iters.

    Args:
        dim: D, width of a level's vector.
        levels: L. Level 1 is the lowest.
        image_size: pixels, an int or (H, W); multiples of ``patch_size``.
        patch_size: pixels per side of a column's patch.
        consensus_self: whether a column's own vector counts in its consensus.
        local_consensus_radius: in columns, one number or one per level; 0 = everywhere.
        channels: C of the pictures.
        data_format: "channels_first" (B, C, H, W), as the original's examples, or
            "channels_last" (B, H, W, C).
        stem: "linear", "conv", "pyramid", "normed_pyramid" (better in long trainings), or a Keras
            layer (B, H, W, C) -> (B, rows, cols, D).
        mlp_ratio: hidden width of the nets over D.
        top_down_location: how top-down learns where it is: "learned" (a vector per column added
            to its input), "fourier" (a neural field: Fourier features of the location enter the
            hidden layer) or None.
        top_down_activation: "gelu" or "sine".
        bottom_up_location: None or "fourier".
        location_frequencies: octaves of the Fourier features.
        assembly: blocks of attention among the islands of the level below and their shapes, which
            add to what a column's own net says upwards
            (:class:`glomtf.model.assembly.ShapeAssembly`), one number or one per level; 0 = from a
            column's own vector alone, as in the paper.
        similarity: "mixed" (``x . y/|y|``, glom-pytorch's), "cosine" or "dot".
        beta: inverse temperature of the consensus, one number or one per level;
            None = dim ** -0.5.
        learn_beta: train beta, one per level, from there.
        beta_schedule: factors on beta at step 1, 2, ...; the last one holds ever after.
        neighbours: attend to the k most similar columns only, one int or one per level.
        contribution_weights: weights of (previous, bottom_up, top_down, consensus), four numbers
            or L rows of four, scaled to sum to 1 at each level over what is present there;
            None = equal.
        learn_contribution_weights: train them, per level, from there.
        contribution_schedule: rows of four factors on those weights at step 1, 2, ...; the last
            one holds ever after; the sums stay 1.
        state_norm: None, "unit", "rms" or "layer": scale every vector over its features after
            each step.
        initial_state: "learned" (a vector per level) or "bottom_up" (one sweep of the bottom-up
            nets from the token to the top).
        remat: in training, keep only the states and compute what happened inside each step again
            on the way back: memory grows with the states, not with the hidden layers, for about
            a third more time.

    Raises:
        ValueError: an argument or input that does not fit, with what was expected and received.
    """

    def __init__(
        self,
        dim=512,
        levels=6,
        image_size=224,
        patch_size=14,
        consensus_self=False,
        local_consensus_radius=0,
        *,
        channels=3,
        data_format="channels_first",
        stem="linear",
        mlp_ratio=4,
        top_down_location="learned",
        top_down_activation="gelu",
        bottom_up_location=None,
        location_frequencies=4,
        assembly=0,
        similarity="mixed",
        beta=None,
        learn_beta=False,
        beta_schedule=None,
        neighbours=None,
        contribution_weights=None,
        learn_contribution_weights=False,
        contribution_schedule=None,
        state_norm=None,
        initial_state="learned",
        remat=False,
        **kwargs,
    ):
        arguments = {k: v for k, v in locals().items() if k not in ("self", "kwargs", "__class__")}
        super().__init__(**kwargs)
        check_arguments(arguments)
        self._arguments = {name: plain(value) for name, value in arguments.items()}
        self.dim, self.levels, self.patch_size = dim, levels, patch_size
        sides = image_size if isinstance(image_size, (list, tuple)) else (image_size, image_size)
        self.image_size = tuple(sides)
        self.channels, self.data_format = channels, data_format
        self.top_down_location, self.state_norm = top_down_location, state_norm
        self.grid = tuple(side // patch_size for side in self.image_size)

        if stem == "linear":
            self.stem = LinearStem(dim, patch_size, dtype=self.dtype_policy, name="stem")
        elif stem == "conv":
            self.stem = ConvStem(dim, patch_size, dtype=self.dtype_policy, name="stem")
        elif stem in ("pyramid", "normed_pyramid"):
            self.stem = PyramidStem(
                dim, patch_size, stem == "normed_pyramid", dtype=self.dtype_policy, name="stem"
            )
        else:
            self.stem = stem
        self._build_stem()
        self.step = Step(
            dim=dim,
            levels=levels,
            extent=max(self.grid),
            learned_grid=self.grid,
            mlp_ratio=mlp_ratio,
            top_down_location=top_down_location,
            top_down_activation=top_down_activation,
            bottom_up_location=bottom_up_location,
            location_frequencies=location_frequencies,
            assembly=per_level("assembly", assembly, levels),
            similarity=similarity,
            beta=per_level("beta", dim**-0.5 if beta is None else beta, levels),
            learn_beta=learn_beta,
            beta_schedule=beta_schedule,
            consensus_self=consensus_self,
            radius=per_level("local_consensus_radius", local_consensus_radius, levels),
            neighbours=per_level("neighbours", neighbours, levels),
            weights=np.broadcast_to(
                np.float32(1 if contribution_weights is None else contribution_weights), (levels, 4)
            ),
            learn_weights=learn_contribution_weights,
            weight_schedule=contribution_schedule,
            state_norm=state_norm,
            remat=remat,
            dtype=self.dtype_policy,
            name="step",
        )
        self.initial_levels = None
        if initial_state == "learned":
            self.initial_levels = self.add_weight(
                shape=(levels, dim),
                initializer=keras.initializers.RandomNormal(stddev=1.0),
                name="initial_levels",
            )
        self.step.built = True
        self.built = True

    def _build_stem(self):
        pictures = keras.KerasTensor((None, *self.image_size, self.channels), self.compute_dtype)
        out = tuple(self.stem(pictures).shape[1:])
        if out != (*self.grid, self.dim):
            raise ValueError(
                "The stem must turn (B, H, W, C) into (B, rows, cols, dim): expected "
                f"{(*self.grid, self.dim)} after the batch. Received: {out}"
            )

    def get_config(self):
        config = super().get_config() | self._arguments
        if isinstance(self.stem, keras.layers.Layer) and not isinstance(config["stem"], str):
            config["stem"] = keras.saving.serialize_keras_object(self.stem)
        return config

    @classmethod
    def from_config(cls, config, custom_objects=None):
        if isinstance(config.get("stem"), dict):
            stem = keras.saving.deserialize_keras_object(config["stem"], custom_objects)
            config = config | {"stem": stem}
        return cls(**config)

    def tokens(self, img):
        """What the stem sees: pictures to ((B, N, D) tokens, (rows, cols))."""
        img = ops.convert_to_tensor(img)
        check_images(self, img)
        x = ops.cast(img, self.compute_dtype)
        if self.data_format == "channels_first":
            x = ops.transpose(x, (0, 2, 3, 1))
        x = self.stem(x)
        rows, cols = x.shape[1:3]
        return ops.reshape(x, (-1, rows * cols, self.dim)), (rows, cols)

    def initial_state(self, tokens, grid):
        """The state at t = 0: L arrays (B, N, D).

        With ``initial_state="bottom_up"`` this is the feed-forward pass of the same nets.
        """
        return _spread(self._begin(self.step.still(tokens, grid=grid)), tokens)

    def _begin(self, still):
        """The state at t = 0, (1, 1, D) where it is learned: no picture has been seen yet."""
        if self.initial_levels is not None:
            levels = ops.cast(self.initial_levels, still.seen.dtype)
            return tuple(levels[None, None, i] for i in range(self.levels))
        return self.step.sweep(still)

    def sweep_on(self, state, level):
        """The feed-forward pass of the bottom-up nets from the state of one level on.

        Args:
            state: (B, N, D) of ``level``, N columns on the grid of ``image_size``.
            level: its number, 1 = lowest.

        Returns:
            L - level + 1 arrays (B, N, D), ``state`` first, the top last.
        """
        return self.step.sweep_on(state, level, self.step.still(state, grid=self.grid))

    def settle(self, img, iters=None, levels=None, start=0, wanted=None):
        """The trajectory: iters + 1 states, each a tuple of L arrays (B, N, D), level 1 first.

        Args:
            img: pictures in ``data_format``.
            iters: steps; None = 2 L. 0 gives the initial state alone.
            levels: (B, N, L, D), a state to carry on from instead of the initial one.
            start: number of the first step for the schedules; give the steps already taken
                when you carry on.
            wanted: pairs (t, level) with t = 0 .. iters and level 1 .. L: compute, exactly, no
                more than these need, and give None for the others. None = everything.
        """
        iters = 2 * self.levels if iters is None else iters
        check_iters(iters, least=0)
        check_iters(start, least=0, name="start")
        check_wanted(wanted, iters, self.levels)
        state, still, tokens, grid = self._look(img, levels)
        trajectory = settle(self.step, state, still, grid, iters, start, wanted)
        return [_spread(state, tokens) for state in trajectory]

    def settle_until(self, img, tolerance, iters=None, levels=None, start=0):
        """Settle each picture until it is at rest, and say after how many steps.

        At rest: in the last step vectors changed by no more than ``tolerance`` of their length,
        in the root mean square over all columns and levels.
        Pictures at rest leave the computation. From the learned initial state none takes fewer
        than L steps, for the top to hear of it. Runs eagerly only.

        Args:
            img, levels, start: as of :meth:`settle`.
            tolerance: that change, > 0.
            iters: the most steps to take; None = 8 L.

        Returns:
            :class:`glomtf.model.settle.Settled`: state (B, N, L, D) and steps (B,); a picture
            that never came to rest has ``iters`` steps.
        """
        iters = 8 * self.levels if iters is None else iters
        check_iters(iters, least=1)
        check_iters(start, least=0, name="start")
        check_tolerance(tolerance)
        state, still, tokens, grid = self._look(img, levels)
        learned = levels is None and self.initial_levels is not None
        rested, steps = settle_until(
            self.step, state, still, grid, iters, tolerance, start,
            least=self.levels if learned else 1,
        )  # fmt: skip
        full = [_spread(state, tokens[0]) for state in rested]
        return Settled(ops.stack([ops.stack(state, axis=1) for state in full]), steps)

    def _look(self, img, levels):
        """Where settling starts: (state at t = 0, Still, tokens, grid)."""
        tokens, grid = self.tokens(img)
        still = self.step.still(tokens, grid=grid)
        if levels is None:
            return self._begin(still), still, tokens, grid
        levels = ops.cast(ops.convert_to_tensor(levels), self.compute_dtype)
        check_state(self, levels, tokens, grid)
        return tuple(levels[:, :, i] for i in range(self.levels)), still, tokens, grid

    def call(self, img, iters=None, levels=None, return_all=False, levels_wanted=None):
        """Settle on pictures.

        Args:
            img: (B, C, H, W), or (B, H, W, C) with ``data_format="channels_last"``.
            iters: number of steps, at least 1; None = 2 L.
            levels: (B, N, L, D) state to carry on from (video), else the initial one.
            return_all: also return the states on the way.
            levels_wanted: numbers of the levels to return, 1 = lowest, in this order; what only
                the others need is not computed. None = all.

        Returns:
            (B, N, L, D), or (T + 1, B, N, L, D) with ``return_all``, the initial state first;
            with ``levels_wanted`` as many levels as it names.
        """
        iters = 2 * self.levels if iters is None else iters
        check_iters(iters, least=1)
        numbers = range(1, self.levels + 1) if levels_wanted is None else levels_wanted
        check_levels_wanted(numbers, self.levels)
        times = range(iters + 1) if return_all else [iters]
        wanted = [(t, level) for t in times for level in numbers]
        trajectory = self.settle(img, iters, levels, wanted=wanted)
        states = [ops.stack([trajectory[t][n - 1] for n in numbers], axis=2) for t in times]
        return ops.stack(states) if return_all else states[0]

    def compute_output_spec(
        self, img, iters=None, levels=None, return_all=False, levels_wanted=None
    ):
        """Shape and dtype of what :meth:`call` returns for the same arguments."""
        batch, columns, count, dim = self.compute_output_shape(img.shape)
        if levels_wanted is not None:
            check_levels_wanted(levels_wanted, self.levels)
            count = len(levels_wanted)
        steps = 2 * self.levels if iters is None else iters
        states = (steps + 1,) if return_all else ()
        return keras.KerasTensor((*states, batch, columns, count, dim), self.compute_dtype)

    def compute_output_shape(self, input_shape):
        height, width = (
            input_shape[-2:] if self.data_format == "channels_first" else input_shape[1:3]
        )
        columns = (height // self.patch_size) * (width // self.patch_size)
        return (input_shape[0], columns, self.levels, self.dim)


def _spread(state, tokens):
    """Every array of a state at its full width, (B, N, D) as the tokens."""
    return tuple(None if x is None else ops.broadcast_to(x, ops.shape(tokens)) for x in state)
