"""What it saves and costs to settle islands instead of columns, as Hinton (2021) suggests.

python benchmarks/shortcut.py runs/figures      # a run of the recipe figures

At every step and level, neighbouring columns whose vectors agree (cosine) make one island with one
vector, their mean. The first layer of every net then runs once per island; what it hears of the
location is added per column, which is exact, and so the second layer runs per column. (Without a
location for bottom-up, which that recipe has, the whole bottom-up net could run once per island.)
Where all columns see all, consensus is among islands, each counting as often as it has columns: the
logarithm of their number is added to its score. Plain and short are the same NumPy code on one
picture at a time, so that times compare; plain is checked against the model.
"""

import sys
import time

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.special import erf, softmax

import glomtf
from glomtf.islands import adjusted_rand, segment
from glomtf.model.consensus import SELF_SIMILARITY, neighbourhood
from glomtf.worlds import Figures

SCENES, STEPS, AGREEMENTS = 40, (4, 12), (None, 0.9999, 0.999, 0.99, 0.95)
BENDS = {"gelu": lambda x: 0.5 * x * (1 + erf(x * np.float32(0.5**0.5))), "sine": np.sin}


def unit(x):
    """Rows of unit length."""
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


class Short:
    """The model's steps on one picture; ``agreement`` None = column by column."""

    def __init__(self, model, agreement):
        self.step, self.grid, self.agreement = model.step, model.grid, agreement
        self.nets = [
            [([np.asarray(w) for w in (*n.hidden.weights, *n.out.weights)], BENDS[n.activation])
             for n in nets] for nets in (model.step.bottom_up, model.step.top_down)
        ]  # fmt: skip
        self.weights, self.betas = (
            np.asarray(f(0)) for f in (self.step.weights_at, self.step.beta_at)
        )
        self.multiplied = self.islands = 0

    def product(self, a, b):
        """A matrix product, its multiplications counted."""
        self.multiplied += a.shape[0] * a.shape[1] * b.shape[1]
        return a @ b

    def group(self, x):
        """Islands of a level (N, D): (their means (K, D), island of each column, sizes)."""
        every = np.arange(len(x)).reshape(self.grid)
        if self.agreement is None:
            return x, every.ravel(), np.ones(len(x))
        looks = unit(x)
        one = np.concatenate([every[:, :-1].ravel(), every[:-1].ravel()])
        two = np.concatenate([every[:, 1:].ravel(), every[1:].ravel()])
        self.multiplied += len(one) * x.shape[1]
        same = np.einsum("nd,nd->n", looks[one], looks[two]) >= self.agreement
        links = coo_array((np.ones(same.sum()), (one[same], two[same])), shape=(len(x), len(x)))
        count, label = connected_components(links, directed=False)
        size = np.bincount(label)
        starts = np.concatenate([[0], np.cumsum(size)[:-1]])
        means = np.add.reduceat(x[np.argsort(label, kind="stable")], starts, axis=0)
        self.islands += count
        return means / size[:, None].astype("float32"), label, size

    def net(self, net, place, means, label):
        """A net's output at every column, its first layer once per island."""
        (first, first_bias, second, second_bias), bend = net
        hidden = (self.product(means, first) + first_bias)[label] + place
        return self.product(bend(hidden), second) + second_bias

    def consensus(self, level, x, means, label, size):
        """The mean that each column hears, from islands where it sees everything."""
        beta, sight = self.betas[level], neighbourhood(self.grid, self.step.radius[level])
        if sight is not None or self.agreement is None:
            looks = unit(x)
            scores = self.product(looks * beta, looks.T)
            np.fill_diagonal(scores, SELF_SIMILARITY)
            scores = scores if sight is None else np.where(sight, scores, -np.inf)
            return self.product(softmax(scores, axis=-1), x)
        looks = unit(means)
        scores = self.product(looks * beta, looks.T)
        # Of its own island, a column sees all others, and itself at the score that it has there.
        own = np.logaddexp(beta + np.log(np.maximum(size - 1, 1e-30)), SELF_SIMILARITY)
        scores = scores + np.log(size)
        np.fill_diagonal(scores, own)
        return self.product(softmax(scores, axis=-1).astype("float32"), means)[label]

    def settle(self, still, state, steps):
        """The state after some steps, L arrays (N, D)."""
        levels = len(state)
        for _ in range(steps):
            found = [self.group(x) for x in state]
            new = []
            for i in range(levels):
                parts = [state[i], still.seen, None, self.consensus(i, state[i], *found[i])]
                if i > 0:
                    parts[1] = self.net(self.nets[0][i], still.up[i], *found[i - 1][:2])
                if i + 1 < levels:
                    parts[2] = self.net(self.nets[1][i], still.down[i], *found[i + 1][:2])
                mixed = sum(
                    w * p for w, p in zip(self.weights[i], parts, strict=True) if p is not None
                )
                mean = np.mean(mixed * mixed, axis=-1, keepdims=True)
                new.append(mixed / np.sqrt(mean + np.float32(1e-6)))
            state = new
        return state


def starts(model, images):
    """Of each picture what stands still, and the state at t = 0, as NumPy."""
    tokens, grid = model.tokens(images)
    still = model.step.still(tokens, grid=grid)
    seen, state = np.asarray(still.seen), [np.asarray(x) for x in model.initial_state(tokens, grid)]
    up, down = ([np.asarray(x) for x in places] for places in (still.up, still.down))
    return [
        (still._replace(seen=seen[i], up=up, down=down), [x[i] for x in state])
        for i in range(len(images))
    ]


def main():
    """Print, per number of steps and agreement, what is saved and what it costs."""
    model = glomtf.load(sys.argv[1])
    if any(model.step.assembly):
        sys.exit(f"expected a model without assembly, got {sys.argv[1]}; train the recipe figures")
    images = np.stack([s.image for s in Figures().scenes(SCENES, 0)]).astype("float32") / 255
    begun = starts(model, images)
    for steps in STEPS:
        exact = np.asarray(model(images, iters=steps))
        for agreement in AGREEMENTS:
            short = Short(model, agreement)
            before = time.process_time()
            ends = np.stack([np.stack(short.settle(*one, steps), axis=1) for one in begun])
            seconds = time.process_time() - before
            if agreement is None:
                np.testing.assert_allclose(ends, exact, atol=1e-3)
                maps, whole, plain = islands(ends, model), short.multiplied, seconds
                print(f"{steps} steps, columns: {1000 * plain / SCENES:.1f} ms per picture")
                continue
            error = np.linalg.norm(ends - exact) / np.linalg.norm(exact)
            pairs = zip(maps, islands(ends, model), strict=True)
            same = np.mean(
                [[adjusted_rand(a, b) for a, b in zip(x, y, strict=True)] for x, y in pairs], 0
            )
            mean = short.islands / (SCENES * steps * model.levels)
            print(f"{steps} steps, agreement {agreement}: {mean:.0f} islands per level, "
                  f"{1 - short.multiplied / whole:.0%} of the multiplications saved, "
                  f"{seconds / plain:.2f} of the time, states off by {error:.3f}, "
                  f"ARI with plain islands {np.round(same, 3).tolist()}")  # fmt: skip


def islands(states, model):
    """Label maps by the model's own reading, [picture][level]."""
    return [
        [segment(x.reshape(*model.grid, -1), threshold=t)
         for x, t in zip(np.moveaxis(one, 1, 0), model.reading.thresholds, strict=True)]
        for one in states
    ]  # fmt: skip


if __name__ == "__main__":
    main()
