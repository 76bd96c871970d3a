"""What bfloat16 and settling early do to states and islands: no timings, exact on any machine.

python benchmarks/islands.py
"""

import keras
import numpy as np
from keras import ops

import glomtf
from glomtf.islands import adjusted_rand, segment
from glomtf.model.glom import Glom
from glomtf.model.presets import reading_of
from glomtf.worlds import Figures

SCENES, TOLERANCES, LONG = 100, (0.03, 0.01, 0.003, 0.001), 24


def numpy(x):
    """Any tensor as float32 NumPy."""
    return ops.convert_to_numpy(ops.cast(x, "float32"))


def half(model):
    """The same model in mixed bfloat16."""
    other = Glom.from_config(model.get_config() | {"dtype": "mixed_bfloat16"})
    other.set_weights(model.get_weights())
    return other


def labels(state, model, reading):
    """States (B, N, L, D) to label maps, [picture][level]."""
    maps = state.reshape(len(state), *model.grid, *state.shape[2:])
    return [
        [segment(one[:, :, i], threshold=t) for i, t in enumerate(reading.thresholds)]
        for one in maps
    ]


def same(one, other):
    """Mean adjusted Rand index of two sets of label maps, per level."""
    pairs = [
        [adjusted_rand(a, b) for a, b in zip(x, y, strict=True)]
        for x, y in zip(one, other, strict=True)
    ]
    return np.round(np.mean(pairs, axis=0), 3).tolist()


def main():
    """Print both studies."""
    keras.utils.set_random_seed(0)
    seed = Glom(dim=512, levels=5, image_size=224, patch_size=14)
    pictures = np.random.default_rng(0).normal(size=(2, 3, 224, 224)).astype("float32")
    full, short = (numpy(m(pictures, iters=12)) for m in (seed, half(seed)))
    error = np.linalg.norm(short - full) / np.linalg.norm(full)
    print(f"bfloat16, seed's configuration, 12 steps: relative error of the states {error:.4f}")

    icons = glomtf.load("icons")
    reading = reading_of(icons)
    images = Figures(icons.image_size[0]).scenes(SCENES, 0).images.astype("float32") / 255
    full = labels(numpy(icons(images, iters=reading.iters)), icons, reading)
    short = labels(numpy(half(icons)(images, iters=reading.iters)), icons, reading)
    print(f"bfloat16, icons preset, {SCENES} figures: ARI with float32's islands per level "
          f"{same(full, short)}")  # fmt: skip

    long = labels(numpy(icons(images, iters=LONG)), icons, reading)
    print(f"icons preset: ARI of the islands after {reading.iters} steps with those after {LONG} "
          f"{same(full, long)}")  # fmt: skip
    for tolerance in TOLERANCES:
        state, steps = icons.settle_until(images, tolerance, iters=LONG)
        early, all_at_once = (
            labels(numpy(x), icons, reading)
            for x in (state, icons(images, iters=round(steps.mean())))
        )
        print(f"tolerance {tolerance}: steps {steps.min()} to {steps.max()}, mean "
              f"{steps.mean():.1f}, ARI with {LONG} steps {same(early, long)}; all pictures after "
              f"{round(steps.mean())} steps {same(all_at_once, long)}")  # fmt: skip


if __name__ == "__main__":
    main()
