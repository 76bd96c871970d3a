"""The schedule computes what is wanted, all of it and nothing else, at the least width."""

import itertools

import keras
import numpy as np
import pytest

from glomtf.model.glom import Glom
from glomtf.model.schedule import Width, schedule
from glomtf.model.settle import settle

LEVELS = 3
FRESH = (Width.ONCE,) * LEVELS
GIVEN = (Width.IMAGE,) * LEVELS
TABLES = {
    "all": np.ones((LEVELS, 4), bool),
    "no top-down": np.array([(1, 1, 0, 1)] * LEVELS, bool),
    "bottom-up alone": np.array([(0, 1, 0, 0)] * LEVELS, bool),
    "no bottom-up": np.array([(1, 0, 1, 1)] * LEVELS, bool),
    "consensus alone": np.array([(0, 0, 0, 1)] * LEVELS, bool),
    "top-down but at the top": np.array([(0, 0, 1, 0)] * 2 + [(1, 0, 0, 0)], bool),
    "each another": np.array([(1, 0, 1, 0), (0, 1, 1, 0), (0, 1, 0, 1)], bool),
}

# Which bottom-up nets are told the location: none, all, the top's alone.
UP = ([False] * LEVELS, [True] * LEVELS, [False] * (LEVELS - 1) + [True])


def causes(t, level, table):
    """What the state of time t + 1 at this level (0 = lowest) is made of: nodes, "image",
    "place of bottom-up 0", "top-down place" (where the nets are told the location)."""
    previous, bottom_up, top_down, consensus = table[level]
    found = set()
    if previous or consensus:
        found.add((t, level))
    if bottom_up:
        found |= {(t, level - 1) if level else "image"} | {f"place of bottom-up {level}"}
    if top_down and level + 1 < LEVELS:
        found |= {(t, level + 1), "top-down place"}
    return found


def ancestors(node, tables):
    """Every node and source that this node's value can depend on, itself included, by search."""
    seen, left = set(), [node]
    while left:
        one = left.pop()
        if one in seen:
            continue
        seen.add(one)
        if not isinstance(one, str) and one[0] > 0:
            left.extend(causes(one[0] - 1, one[1], tables[one[0] - 1]))
    return seen


def brute(widths, tables, wanted, placed_up, placed_down):
    """The schedule from the ancestors of every single node."""
    times = range(len(tables) + 1)
    needed = set().union(*(ancestors((t, level - 1), tables) for t, level in wanted))
    rows = []
    for t in times:
        row = []
        for level in range(LEVELS):
            roots = ancestors((t, level), tables)
            wide = [widths[n[1]] for n in roots if not isinstance(n, str) and n[0] == 0]
            wide += [Width.IMAGE] * ("image" in roots)
            told = {f"place of bottom-up {i}" for i in range(LEVELS) if placed_up[i]}
            wide += [Width.PLACE] * bool(told & roots)
            wide += [Width.PLACE] * ("top-down place" in roots and placed_down)
            row.append(max(wide, default=Width.ONCE) if (t, level) in needed else None)
        rows.append(tuple(row))
    return rows


@pytest.mark.parametrize("start", [FRESH, GIVEN, (Width.IMAGE, Width.PLACE, Width.ONCE)])
@pytest.mark.parametrize("name", TABLES)
def test_equals_the_search_for_every_wanted_set(name, start):
    for iters in range(6):
        tables = [TABLES[name]] * iters
        nodes = list(itertools.product(range(iters + 1), range(1, LEVELS + 1)))
        sets = [[node] for node in nodes]  # every single state
        sets += [[(iters, level) for level in chosen] for k in range(4)
                 for chosen in itertools.combinations(range(1, LEVELS + 1), k)]  # fmt: skip
        sets += [nodes, nodes[::2]]
        for wanted, up, down in itertools.product(sets, UP, (False, True)):
            received = schedule(start, tables, wanted, up, down)
            assert received == brute(start, tables, wanted, up, down), (iters, wanted, up, down)


def test_contributions_that_come_and_go():
    """Every order of three different steps, as schedules of contributions make them."""
    for tables in itertools.permutations(TABLES.values(), 3):
        for level in range(1, LEVELS + 1):
            wanted = [(3, level)]
            received = schedule(FRESH, tables, wanted)
            assert received == brute(FRESH, tables, wanted, UP[0], True)


def test_the_light_cones_of_the_seeds_configuration():
    """Level l hears of the picture at step l; of the top alone, level l is last seen 5 - l ago."""
    tables = [np.ones((5, 4), bool)] * 12
    rows = schedule((Width.ONCE,) * 5, tables, [(12, 5)])
    for t in range(13):
        for level in range(1, 6):
            if t > 12 - (5 - level):
                assert rows[t][level - 1] is None
            elif t >= level:
                assert rows[t][level - 1] is Width.IMAGE
            elif t == 0 or (level == 5 and t == 1):
                assert rows[t][level - 1] is Width.ONCE
            else:
                assert rows[t][level - 1] is Width.PLACE


SIZES = {"dim": 6, "levels": 3, "image_size": 8, "patch_size": 2}
MODELS = {
    "defaults": {},
    "placed": {"top_down_location": "fourier", "bottom_up_location": "fourier", "neighbours": 3},
    "nowhere": {"top_down_location": None, "state_norm": "rms"},
    "sparse": {
        "contribution_weights": [(1, 2, 0, 4), (0, 1, 1, 0), (1, 1, 0, 1)],
        "contribution_schedule": [(1, 0, 1, 1), (1, 1, 0, 1), (1, 1, 1, 1)],
        "local_consensus_radius": (1, 0, 2), "beta_schedule": [1, 2, 3, 4],
    },
    "assembled": {"assembly": (0, 0, 1), "top_down_location": None},
    "swept": {"initial_state": "bottom_up", "learn_contribution_weights": True},
}  # fmt: skip


def numpy(x):
    return keras.ops.convert_to_numpy(x)


def plain(model, images, iters, levels=None):
    """Step by step, everything computed for every picture and column: (T + 1, B, N, L, D)."""
    tokens, grid = model.tokens(images)
    state = model.initial_state(tokens, grid)
    if levels is not None:
        state = tuple(levels[:, :, i] for i in range(3))
    states = [state]
    for t in range(iters):
        states.append(model.step(states[-1], tokens, grid=grid, t=t))
    return np.stack([np.stack([numpy(x) for x in s], axis=2) for s in states])


@pytest.mark.parametrize("given", [False, True])
@pytest.mark.parametrize("name", MODELS)
def test_settling_by_it_equals_settling_without(name, given, pictures, rng):
    model = Glom(**SIZES, **MODELS[name])
    levels = rng.normal(size=(2, 16, 3, 6)).astype("float32") if given else None
    every = plain(model, pictures, 5, levels)
    for iters in range(6):
        whole = model.settle(pictures, iters, levels)
        received = np.stack([np.stack([numpy(x) for x in s], axis=2) for s in whole])
        np.testing.assert_allclose(received, every[: iters + 1], rtol=1e-5, atol=1e-5)
        for pick in ([(iters, 3)], [(iters, 1)], [(iters, 2), (0, 1)], [(iters // 2, 3)], []):
            trajectory = model.settle(pictures, iters, levels, wanted=pick)
            assert len(trajectory) == iters + 1
            for t, state in enumerate(trajectory):
                for level, x in enumerate(state, start=1):
                    if (t, level) not in pick:
                        assert x is None
                        continue
                    np.testing.assert_allclose(
                        numpy(x), every[t, :, :, level - 1], rtol=1e-5, atol=1e-5
                    )


@pytest.mark.parametrize("wanted", [[3], [1], [2, 1], (3, 2, 1)])
@pytest.mark.parametrize("return_all", [False, True])
def test_levels_wanted_come_in_their_order(wanted, return_all, pictures):
    model = Glom(**SIZES)
    every = numpy(model(pictures, iters=4, return_all=return_all))
    some = numpy(model(pictures, iters=4, return_all=return_all, levels_wanted=wanted))
    expected = every[..., [level - 1 for level in wanted], :]
    np.testing.assert_allclose(some, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", MODELS)
def test_the_loop_computes_no_more_than_it_says(name, pictures, monkeypatch):
    """Every array that a step makes has the width of the schedule, and the others are not made."""
    model = Glom(**SIZES, **MODELS[name])
    tokens, grid = model.tokens(pictures)
    still = model.step.still(tokens, grid=grid)
    made = [model._begin(still)]
    advance = model.step.advance
    monkeypatch.setattr(
        model.step, "advance", lambda *a, **k: made.append(advance(*a, **k)) or made[-1]
    )
    settle(model.step, made[0], still, grid, 5, wanted=[(5, 3)])
    placed = {
        "placed_up": UP[{"placed": 1, "assembled": 2}.get(name, 0)],
        "placed_down": model.step.top_down_location is not None,
    }
    begin = FRESH if model.initial_levels is not None else GIVEN
    tables = [model.step.present_at(t) for t in range(5)]
    shapes = {Width.ONCE: (1, 1, 6), Width.PLACE: (1, 16, 6), Width.IMAGE: (2, 16, 6)}
    rows = schedule(begin, tables, [(5, 3)], **placed)
    for row, state in list(zip(rows, made, strict=True))[1:]:
        received = [None if x is None else tuple(x.shape) for x in state]
        assert received == [None if w is None else shapes[w] for w in row]


@pytest.mark.parametrize("pair", [(6, 1), (-1, 1), (0, 0), (0, 4), (0,), "ab", (0.0, 1), 3])
def test_refuses_states_that_do_not_exist(pair, pictures):
    with pytest.raises(ValueError, match=r"pairs \(t, level\).*t from 0 to 5.*1 to 3.*Received"):
        Glom(**SIZES).settle(pictures, 5, wanted=[(5, 1), pair])


@pytest.mark.parametrize("wanted", [[], 3, [0], [4], ["top"], [1.0]])
def test_refuses_levels_that_do_not_exist(wanted, pictures):
    with pytest.raises(ValueError, match=r"levels_wanted.*numbers from 1 to 3.*Received"):
        Glom(**SIZES)(pictures, iters=1, levels_wanted=wanted)
