"""Glom equals its plain NumPy twin over combinations of every mechanism."""

import itertools

import keras
import numpy as np
import pytest
from numpy_twin import parameters, start, step

from glomtf.model.glom import Glom

SIZES = {"dim": 6, "levels": 3, "image_size": (8, 6), "patch_size": 2, "mlp_ratio": 2}
GRID = (4, 3)
RISING = [(0.2, 3, 0.1, 0.5), (1, 1, 0.5, 1), (1, 1, 2, 2)]
PER_LEVEL = [(1, 2, 3, 4), (0.5, 0, 1, 0.5), (2, 1, 7, 0)]

# Option: the values that are combined. The first of each is Glom's default.
OPTIONS = {
    "similarity": ["mixed", "cosine", "dot"],
    "beta": [None, 2.5, (0.5, 1.0, 4.0)],
    "learn_beta": [False, True],
    "beta_schedule": [None, (0.5, 1.5)],
    "local_consensus_radius": [0, 1.5, (1, 2.5, 0)],
    "neighbours": [None, 3, (2, 5, None)],
    "consensus_self": [False, True],
    "contribution_weights": [None, (1, 2, 3, 4), PER_LEVEL],
    "learn_contribution_weights": [False, True],
    "contribution_schedule": [None, RISING],
    "state_norm": [None, "unit", "rms", "layer"],
    "top_down_location": ["learned", "fourier", None],
    "top_down_activation": ["gelu", "sine"],
    "bottom_up_location": [None, "fourier"],
    "location_frequencies": [4, 2],
    "assembly": [0, (0, 0, 2), 1],
    "initial_state": ["learned", "bottom_up"],
    "stem": ["linear", "conv", "pyramid", "normed_pyramid"],
}


def allowed(given):
    """Learned weights start from logarithms, so not from zeros."""
    return not (
        given.get("learn_contribution_weights") and given.get("contribution_weights") is PER_LEVEL
    )


def every_pair():
    """Few configurations in which every two values of two options meet (greedy, fixed seed)."""
    rng = np.random.default_rng(0)
    choices = [(name, i) for name in OPTIONS for i in range(len(OPTIONS[name]))]
    left = {p for p in itertools.combinations(choices, 2) if p[0][0] != p[1][0]}
    left.discard((("contribution_weights", 2), ("learn_contribution_weights", 1)))
    found = []
    while left:
        picks = []
        for _ in range(60):
            pick = {name: int(rng.integers(len(values))) for name, values in OPTIONS.items()}
            pick |= dict(min(left))
            if allowed({name: OPTIONS[name][i] for name, i in pick.items()}):
                picks.append(set(itertools.combinations(pick.items(), 2)))
        best = max(picks, key=lambda pairs: len(pairs & left))
        left -= best
        found.append({name: OPTIONS[name][i] for pair in best for name, i in pair})
    return found


SINGLE = [{name: value} for name, values in OPTIONS.items() for value in values[1:]]
CONFIGURATIONS = [{}, *SINGLE, *every_pair()]


@pytest.mark.parametrize("given", CONFIGURATIONS, ids=range(len(CONFIGURATIONS)))
def test_equals_the_twin(given, rng):
    given = SIZES | given
    model = Glom(**given)
    for variable in (model.step.log_weights, model.step.log_beta):
        if variable is not None:  # trained away from where it started
            variable.assign_add(0.3 * rng.normal(size=variable.shape))
    for net in filter(None, model.step.assembly):  # what starts at zero, and biases
        for variable in net.weights:
            # What an island is stays where columns agree with themselves: else near ties decide.
            far = 0.3 if len(variable.shape) else 0.05
            variable.assign_add(far * rng.normal(size=variable.shape))
    images = rng.normal(size=(2, 3, 8, 6)).astype("float32")
    tokens, grid = model.tokens(images)
    # Columns that differ at every level, so that no near ties decide who the neighbours are.
    levels = rng.normal(size=(2, 12, 3, 6)).astype("float32")
    first = keras.ops.convert_to_numpy(keras.ops.stack(model.initial_state(tokens, grid), axis=2))
    states = keras.ops.convert_to_numpy(model(images, iters=3, levels=levels, return_all=True))
    p, tokens = parameters(model), keras.ops.convert_to_numpy(tokens).astype("float64")
    for b in range(2):
        expected = start(p, given, tokens[b], grid, GRID)
        np.testing.assert_allclose(first[b], expected, rtol=1e-5, atol=1e-5)
        expected = levels[b].astype("float64")
        for t in range(3):
            expected = step(p, given, expected, tokens[b], grid, GRID, t)
            np.testing.assert_allclose(states[t + 1, b], expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("weights", [None, (1, 2, 3, 4), PER_LEVEL[:1] * 3])
def test_learned_weights_and_beta_start_from_the_given_ones(weights, pictures):
    given = {"dim": 6, "levels": 3, "image_size": 8, "patch_size": 2, "beta": (0.5, 1.0, 4.0)}
    fixed = Glom(**given, contribution_weights=weights)
    learned = Glom(
        **given, contribution_weights=weights, learn_contribution_weights=True, learn_beta=True
    )
    for t in (0, 5):
        np.testing.assert_allclose(
            keras.ops.convert_to_numpy(learned.step.weights_at(t)), fixed.step.weights_at(t), 1e-6
        )
        np.testing.assert_allclose(
            keras.ops.convert_to_numpy(learned.step.beta_at(t)), fixed.step.beta_at(t), 1e-6
        )
