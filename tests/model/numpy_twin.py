"""Glom's arithmetic in plain float64 NumPy, loop by loop, to compare the model with.

Written from the formulas of Hinton's paper and the meaning of Glom's arguments. It takes the
arguments as the user gives them and the trained weights by name; it shares no code with Glom.
"""

import math

import keras
import numpy as np

erf = np.vectorize(math.erf)


def parameters(model):
    """The weights of a Glom as float64 arrays, per net a dict of its matrices."""

    def array(variable):
        if variable is None:
            return None
        return np.asarray(keras.ops.convert_to_numpy(variable), "float64")

    def block(layer):
        a = layer.attention
        return {
            "norms": [array(norm.scale) for norm in layer.norms],
            "heads": [
                (array(dense.kernel), array(dense.bias))
                for dense in (a.query_dense, a.key_dense, a.value_dense)
            ],
            "join": (array(a.output_dense.kernel), array(a.output_dense.bias)),
            "hidden": (array(layer.hidden.kernel), array(layer.hidden.bias)),
            "out": (array(layer.out.kernel), array(layer.out.bias)),
        }

    def assembly(layer):
        if layer is None:
            return None
        dense = {
            name: (array(getattr(layer, name).kernel), array(getattr(layer, name).bias))
            for name in ("bend", "tell", "enter", "out")
        }
        learned = {"sharpness": math.exp(array(layer.log_sharpness)), "limit": array(layer.limit)}
        blocks = [block(each) for each in layer.blocks]
        return dense | learned | {"blocks": blocks, "norm": array(layer.norm.scale)}

    def net(layer):
        return {
            "w1": array(layer.hidden.kernel), "b1": array(layer.hidden.bias),
            "w2": array(layer.out.kernel), "b2": array(layer.out.bias),
            "where": None if layer.where is None else array(layer.where.kernel),
        }  # fmt: skip

    return {
        "bottom_up": [net(layer) for layer in model.step.bottom_up],
        "assembly": [assembly(layer) for layer in model.step.assembly],
        "top_down": [net(layer) for layer in model.step.top_down],
        "location": array(model.step.location),
        "initial": array(model.initial_levels),
        "log_weights": array(model.step.log_weights),
        "log_beta": array(model.step.log_beta),
    }


def spread(value, levels):
    return list(value) if isinstance(value, (list, tuple)) else [value] * levels


def location_code(grid, reference_grid, octaves):
    """Centres of the columns in units of half the longer side, then sines, then cosines."""
    code = []
    for row in range(grid[0]):
        for col in range(grid[1]):
            y = (row - (grid[0] - 1) / 2) / (max(reference_grid) / 2)
            x = (col - (grid[1] - 1) / 2) / (max(reference_grid) / 2)
            angles = [math.pi * 2**k * p for k in range(octaves) for p in (y, x)]
            code.append([y, x, *map(math.sin, angles), *map(math.cos, angles)])
    return np.array(code)


def mlp(net, x, unit="gelu", code=None):
    """One net at every column, the location's code beside the vector: (N, D) to (N, D)."""
    w1 = net["w1"]
    if code is not None:
        x, w1 = np.concatenate([x, code], axis=1), np.concatenate([w1, net["where"]])
    h = x @ w1 + net["b1"]
    h = np.sin(h) if unit == "sine" else 0.5 * h * (1 + erf(h / math.sqrt(2)))
    return h @ net["w2"] + net["b2"]


def root_mean_square(x, scale):
    return x / np.sqrt((x**2).mean(axis=-1, keepdims=True) + 1e-7) * scale


def bent(x):
    return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def attended(block, x, others, heard):
    """A block of attention, head by head: (N, W), (M, W) to (N, W); heard (M,) bool."""
    own, seen = (root_mean_square(v, n) for v, n in zip((x, others), block["norms"], strict=False))
    (qw, qb), (kw, kb), (vw, vb) = block["heads"]
    join, bias = block["join"]
    taken = np.zeros_like(x) + bias
    for head in range(qw.shape[1]):
        q, k = own @ qw[:, head] + qb[head], seen @ kw[:, head] + kb[head]
        scores = np.exp(q @ k.T / math.sqrt(q.shape[1])) * heard
        taken += (
            (scores / scores.sum(1, keepdims=True)) @ (seen @ vw[:, head] + vb[head]) @ join[head]
        )
    x = x + taken
    hidden, out = block["hidden"], block["out"]
    between = root_mean_square(x, block["norms"][2])
    return x + bent(between @ hidden[0] + hidden[1]) @ out[0] + out[1]


def mask_told(mask, where, grid, spacing):
    """What the mask of one island tells of it: (N,), (N, 2) to (84,)."""
    size = mask.sum() + 1e-3
    middle = sum(m * p for m, p in zip(mask, where, strict=True)) / size
    square = sum(m * p**2 for m, p in zip(mask, where, strict=True)) / size - middle**2
    spread = math.sqrt(max(square.mean(), 0) + (0.15 * spacing) ** 2)
    blur = spread / 4 + spacing / 2
    cells = np.zeros((8, 8))
    down, right = np.zeros((8, grid[0])), np.zeros((8, grid[1]))
    for weights, axis in ((down, 0), (right, 1)):
        for cell in range(8):
            at = middle[axis] + ((cell + 0.5) / 2 - 2) * spread
            for line in range(weights.shape[1]):
                p = where[line * grid[1] if axis == 0 else line][axis]
                weights[cell, line] = math.exp(-(((p - at) / blur) ** 2))
            weights[cell] /= weights[cell].sum() + 1e-3
    for i, m in enumerate(mask):
        row, col = divmod(i, grid[1])
        cells += m * np.outer(down[:, row], right[:, col])
    angles = np.concatenate([math.pi * octave * middle for octave in (0.5, 1, 2, 4)])
    simple = [*middle, math.log(spread), math.log(size * spacing**2)]
    return np.array([*simple, *(2 * cells.ravel() - 1), *np.sin(angles), *np.cos(angles)])


def assembled(net, x, where, grid, spacing):
    """What hearing of the islands of the level below adds: (N, D) to (N, D)."""
    unit = x / np.sqrt((x**2).sum(1, keepdims=True) + 1e-6)
    together = 1 / (1 + np.exp(-net["sharpness"] * (unit @ unit.T - net["limit"])))
    some = [r * grid[1] + c for r in range(0, grid[0], 2) for c in range(0, grid[1], 2)]
    left = dict.fromkeys(some, 1.0)
    speakers, gains = [], []
    for _ in some[:32]:
        votes = {i: sum(together[i, j] * left[j] for j in some) * (left[i] + 1e-3) for i in some}
        best = max(votes, key=votes.get)
        speakers.append(best)
        gains.append(sum(together[best, j] * left[j] for j in some))
        left = {j: left[j] * (1 - together[best, j]) for j in some}
    masks = together[speakers]
    told = np.stack([mask_told(mask, where, grid, spacing) for mask in masks])
    said = bent(told @ net["bend"][0] + net["bend"][1]) @ net["tell"][0] + net["tell"][1]
    said = said + x[speakers] @ net["enter"][0] + net["enter"][1]
    for block in net["blocks"]:
        said = attended(block, said, said, np.array(gains) >= min(0.5, gains[0]))
    said = root_mean_square(said, net["norm"]) @ net["out"][0] + net["out"][1]
    return masks.T @ said / (masks.sum(0)[:, None] + 0.1)


def upwards(p, level, below, code, told, grid, spacing):
    """A level's bottom-up input: the column's own net, which hears of the location only where it
    is told, and what hearing of islands adds where a level does."""
    alone = mlp(p["bottom_up"][level], below, code=code if told else None)
    around = p["assembly"][level]
    if around is None:
        return alone
    return alone + assembled(around, below, code[:, :2], grid, spacing)


def attention_row(x, i, *, beta, similarity, attend_self, radius, neighbours, grid):
    """a_ij = softmax over the columns j that i may see: (N, D) to (N,)."""
    scores = {}
    for j in range(len(x)):
        away = math.dist(divmod(i, grid[1]), divmod(j, grid[1]))
        if radius and away > radius:
            continue
        score = x[i] @ x[j]
        if similarity in ("mixed", "cosine"):
            score /= np.linalg.norm(x[j])
        if similarity == "cosine":
            score /= np.linalg.norm(x[i])
        scores[j] = -5e-4 if i == j and not attend_self else beta * score
    kept = sorted(scores, key=scores.get, reverse=True)[:neighbours]
    row = np.zeros(len(x))
    row[kept] = np.exp([scores[j] - scores[kept[0]] for j in kept])
    return row / row.sum()


def normalised(x, norm):
    if norm == "layer":
        x = x - x.mean(axis=-1, keepdims=True)
    if norm is not None:
        x = x / np.sqrt((x**2).mean(axis=-1, keepdims=True) + 1e-6)
    return x / math.sqrt(x.shape[-1]) if norm == "unit" else x


def scheduled(schedule, t):
    """The entry for step t = 0, 1, ...; once a schedule has ended its last entry holds."""
    return np.array(schedule[t] if t < len(schedule) else schedule[-1], "float64")


def mixing(p, given, t):
    """The weights of (previous, bottom_up, top_down, consensus): (L, 4), rows sum to 1."""
    table = given.get("contribution_weights") or (1, 1, 1, 1)
    table = np.array(np.broadcast_to(table, (given["levels"], 4)), "float64")
    if p["log_weights"] is not None:
        table = np.exp(p["log_weights"])
    if given.get("contribution_schedule"):
        table = table * scheduled(given["contribution_schedule"], t)
    table[-1, 2] = 0
    return table / table.sum(axis=1, keepdims=True)


def step(p, given, state, tokens, grid, reference_grid, t):
    """One step of one picture: (N, L, D) and (N, D) to (N, L, D)."""
    columns, levels, dim = state.shape
    code = location_code(grid, reference_grid, given.get("location_frequencies", 4))
    told = given.get("bottom_up_location") == "fourier"
    where = given.get("top_down_location", "learned")
    weights = mixing(p, given, t)
    betas = spread(dim**-0.5 if given.get("beta") is None else given["beta"], levels)
    if p["log_beta"] is not None:
        betas = np.exp(p["log_beta"])
    factor = scheduled(given["beta_schedule"], t) if given.get("beta_schedule") else 1.0
    new = np.zeros_like(state)
    for n in range(levels):
        x = state[:, n]
        below = tokens if n == 0 else state[:, n - 1]
        up = upwards(p, n, below, code, told, grid, 2 / max(reference_grid))
        mixed = weights[n, 0] * x + weights[n, 1] * up
        if n + 1 < levels:
            above = state[:, n + 1] + (p["location"] if where == "learned" else 0)
            unit = given.get("top_down_activation", "gelu")
            field = code if where == "fourier" else None
            mixed = mixed + weights[n, 2] * mlp(p["top_down"][n], above, unit, field)
        how = {
            "beta": betas[n] * factor,
            "similarity": given.get("similarity", "mixed"),
            "attend_self": given.get("consensus_self", False),
            "radius": spread(given.get("local_consensus_radius", 0), levels)[n],
            "neighbours": spread(given.get("neighbours"), levels)[n],
            "grid": grid,
        }
        rows = np.array([attention_row(x, i, **how) for i in range(columns)])
        mixed = mixed + weights[n, 3] * (rows @ x)
        new[:, n] = normalised(mixed, given.get("state_norm"))
    return new


def start(p, given, tokens, grid, reference_grid):
    """The initial state of one picture: (N, L, D)."""
    if p["initial"] is not None:
        return np.stack([p["initial"]] * len(tokens))
    code = location_code(grid, reference_grid, given.get("location_frequencies", 4))
    told = given.get("bottom_up_location") == "fourier"
    state, below = [], tokens
    for level in range(len(p["bottom_up"])):
        up = upwards(p, level, below, code, told, grid, 2 / max(reference_grid))
        below = normalised(up, given.get("state_norm"))
        state.append(below)
    return np.stack(state, axis=1)
