"""Consensus in windows is the masked dense one, wherever the blocks' and the grid's borders are."""

import keras
import numpy as np
import pytest

from glomtf.model import step as step_module
from glomtf.model.consensus import consensus, neighbourhood
from glomtf.model.glom import Glom
from glomtf.model.windows import block_side, windowed_consensus


def numpy(x):
    return keras.ops.convert_to_numpy(x)


# Grids that are and are not multiples of the blocks; blocks larger than the grid; one row.
@pytest.mark.parametrize("grid", [(8, 8), (7, 9), (13, 5), (3, 4), (1, 11), (4, 1)])
@pytest.mark.parametrize(("radius", "side"), [(1, 4), (1.5, 4), (2, 2), (3.7, 4), (5, 6)])
@pytest.mark.parametrize("top_k", [None, 1, 3, 1000])
def test_equals_the_masked_dense_form(grid, radius, side, top_k, rng):
    x = rng.normal(size=(2, grid[0] * grid[1], 6)).astype("float32")
    for similarity, attend_self in (("mixed", False), ("cosine", True), ("dot", False)):
        how = {
            "beta": 2.5, "similarity": similarity, "attend_self": attend_self, "top_k": top_k,
        }  # fmt: skip
        expected = numpy(consensus(x, allowed=neighbourhood(grid, radius), **how))
        received = numpy(windowed_consensus(x, grid=grid, radius=radius, side=side, **how))
        np.testing.assert_allclose(received, expected, rtol=1e-5, atol=1e-5)


def test_large_scores_and_zero_vectors_stay_exact(rng):
    """Padding is zeros: it must not be seen, though its score beats any negative one."""
    signs = np.array([-20, 20, -20, 20], "float32")
    x = np.abs(rng.normal(size=(1, 35, 4))).astype("float32") * signs
    x[:, ::7] = 0
    how = {"beta": 3.0, "similarity": "dot", "attend_self": False, "top_k": 5}
    expected = numpy(consensus(x, allowed=neighbourhood((5, 7), 2), **how))
    received = numpy(windowed_consensus(x, grid=(5, 7), radius=2, side=4, **how))
    np.testing.assert_allclose(received, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_keeps_its_type(dtype, rng):
    x = keras.ops.cast(rng.normal(size=(1, 64, 4)), dtype)
    how = {"beta": 1.0, "similarity": "dot", "attend_self": True, "top_k": None}
    y = windowed_consensus(x, grid=(8, 8), radius=1, side=4, **how)
    assert keras.backend.standardize_dtype(y.dtype) == dtype


@pytest.mark.parametrize("radius", [1, 2.9, 7, 20])
@pytest.mark.parametrize("grid", [(4, 4), (16, 16), (64, 64), (112, 112), (5, 400)])
def test_blocks_only_where_they_score_less(grid, radius):
    columns = grid[0] * grid[1]
    side = block_side(grid, radius)
    if side is None:
        assert columns < 20 * (2 * int(radius) + 4) ** 2, "a large grid has room for windows"
        return
    assert side >= int(radius), "a window reaches no further than the next blocks"
    scores = -(-grid[0] // side) * -(-grid[1] // side) * side**2 * (side + 2 * int(radius)) ** 2
    assert scores < columns**2 / 2


def test_everywhere_and_nowhere_need_no_windows():
    assert block_side((64, 64), 0) is None and block_side((64, 64), 0.5) is None


def test_a_model_with_a_radius_per_level_uses_them(rng, monkeypatch):
    given = {
        "dim": 4, "levels": 4, "image_size": (46, 50), "patch_size": 2, "beta": 2.0,
        "local_consensus_radius": (1, 2.5, 7, 0), "neighbours": (None, 4, 6, None),
    }  # fmt: skip
    windowed = []
    real = step_module.windowed_consensus
    monkeypatch.setattr(
        step_module, "windowed_consensus", lambda *a, **k: windowed.append(k) or real(*a, **k)
    )
    local = Glom(**given)
    images = rng.normal(size=(2, 3, 46, 50)).astype("float32")
    levels = rng.normal(size=(2, 23 * 25, 4, 4)).astype("float32")
    received = numpy(local(images, iters=3, levels=levels))
    assert {k["radius"] for k in windowed} == {1, 2.5}, "7 sees too much of this grid"
    monkeypatch.setattr(step_module, "block_side", lambda grid, radius: None)
    dense = Glom(**given)
    dense.set_weights(local.get_weights())
    expected = numpy(dense(images, iters=3, levels=levels))
    np.testing.assert_allclose(received, expected, rtol=1e-5, atol=1e-5)
