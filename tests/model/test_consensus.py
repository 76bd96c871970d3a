"""Who listens to whom: attention, its temperature, its neighbourhoods."""

import math

import keras
import numpy as np
import pytest

from glomtf.model.consensus import attention, consensus, neighbourhood, normalise, similarities
from glomtf.model.glom import Glom

SIMILARITIES = ["mixed", "cosine", "dot"]


def rows(x, beta=1.0, similarity="mixed", **how):
    return keras.ops.convert_to_numpy(attention(x, beta=beta, similarity=similarity, **how))


@pytest.fixture
def x(rng):
    return rng.normal(size=(2, 20, 8)).astype("float32")


@pytest.mark.parametrize("similarity", SIMILARITIES)
@pytest.mark.parametrize("attend_self", [True, False])
@pytest.mark.parametrize("radius", [0, 1.5])
@pytest.mark.parametrize("top_k", [None, 3])
def test_rows_sum_to_one(x, similarity, attend_self, radius, top_k):
    a = rows(
        x, 2.0, similarity, attend_self=attend_self,
        allowed=neighbourhood((4, 5), radius), top_k=top_k,
    )  # fmt: skip
    assert a.shape == (2, 20, 20) and (a >= 0).all()
    np.testing.assert_allclose(a.sum(-1), 1.0, rtol=1e-6)


@pytest.mark.parametrize("similarity", SIMILARITIES)
def test_similarities_are_what_their_names_say(x, similarity):
    length = np.linalg.norm(x, axis=-1)
    dot = np.einsum("bid,bjd->bij", x, x)
    expected = {
        "dot": dot,
        "mixed": dot / length[:, None, :],
        "cosine": dot / length[:, None, :] / length[:, :, None],
    }
    received = keras.ops.convert_to_numpy(similarities(x, similarity))
    np.testing.assert_allclose(received, expected[similarity], rtol=1e-5, atol=1e-5)


def test_equal_columns_share_equally():
    x = np.ones((1, 6, 4), "float32")
    np.testing.assert_allclose(rows(x, 3.0, attend_self=True), 1 / 6, rtol=1e-6)


def test_island_of_orthogonal_vectors_closed_form():
    """16 equal unit columns among 240 orthogonal ones: 16 e^beta / (16 e^beta + 240)."""
    x = np.zeros((1, 256, 241), "float32")
    x[0, :16, 0] = 1
    x[0, 16:, 1:] = np.eye(240)
    for beta in (1.0, 5.0):
        on_island = rows(x, beta, "cosine")[0, 0, :16].sum()
        expected = 16 * math.exp(beta) / (16 * math.exp(beta) + 240)
        np.testing.assert_allclose(on_island, expected, rtol=1e-5)


def test_a_large_beta_picks_the_most_similar(x):
    scores = keras.ops.convert_to_numpy(similarities(x, "cosine"))
    scores[:, np.arange(20), np.arange(20)] = -2
    a = rows(x, 1e5, "cosine", attend_self=False)
    np.testing.assert_array_equal(a.argmax(-1), scores.argmax(-1))
    assert a.max(-1).min() > 0.999
    picked = np.take_along_axis(x, scores.argmax(-1)[..., None], axis=1)
    agreed = consensus(x, beta=1e5, similarity="cosine", attend_self=False)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(agreed), picked, atol=1e-2)


@pytest.mark.parametrize("similarity", SIMILARITIES)
def test_a_bigger_beta_sharpens(x, similarity):
    a = np.stack([rows(x, beta, similarity) for beta in (0.1, 0.5, 1, 2, 4)])
    entropy = -(a * np.log(np.maximum(a, 1e-30))).sum(-1)
    assert (np.diff(entropy, axis=0) < 0).all()


def test_own_score_without_consensus_self(x):
    a = rows(x, 0.5, "dot", attend_self=False)
    scores = 0.5 * np.einsum("bid,bjd->bij", x, x, dtype="float64")
    scores[:, np.arange(20), np.arange(20)] = -5e-4
    e = np.exp(scores)
    np.testing.assert_allclose(a, e / e.sum(-1, keepdims=True), rtol=2e-5)


@pytest.mark.parametrize("grid", [(4, 5), (1, 7), (6, 2)])
@pytest.mark.parametrize("radius", [0.5, 1, 1.5, math.sqrt(5), 3])
def test_neighbourhood_is_a_disc(x, grid, radius):
    places = [(r, c) for r in range(grid[0]) for c in range(grid[1])]
    brute = [[(a - c) ** 2 + (b - d) ** 2 <= radius**2 for c, d in places] for a, b in places]
    allowed = neighbourhood(grid, radius)
    np.testing.assert_array_equal(allowed, brute)
    if grid == (4, 5):
        np.testing.assert_array_equal(rows(x, 1.0, allowed=allowed) > 0, np.stack([brute] * 2))


def test_radius_zero_is_everywhere():
    assert neighbourhood((4, 5), 0) is None


@pytest.mark.parametrize("radius", [0, 1.5])
@pytest.mark.parametrize("k", [1, 3, 19, 20, 50])
def test_top_k_keeps_exactly_the_k_most_similar_in_reach(x, k, radius):
    allowed = neighbourhood((4, 5), radius)
    everyone = rows(x, 2.0, allowed=allowed)
    kept = rows(x, 2.0, allowed=allowed, top_k=k)
    reach = 20 if allowed is None else allowed.sum(-1)
    np.testing.assert_array_equal(
        (kept > 0).sum(-1), np.broadcast_to(np.minimum(k, reach), (2, 20))
    )
    least = np.where(kept > 0, everyone, np.inf).min(-1)
    most_left_out = np.where(kept > 0, 0, everyone).max(-1)
    assert (least >= most_left_out).all()
    again = np.where(kept > 0, everyone, 0)
    np.testing.assert_allclose(kept, again / again.sum(-1, keepdims=True), rtol=1e-5)


def test_consensus_moves_with_its_columns(x, rng):
    order = rng.permutation(20)
    how = {"beta": 2.0, "similarity": "mixed", "attend_self": False, "top_k": 4}
    there = keras.ops.convert_to_numpy(consensus(x[:, order], **how))
    back = keras.ops.convert_to_numpy(consensus(x, **how))[:, order]
    np.testing.assert_allclose(there, back, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("given", "equal"),
    [
        ({"top_down_location": None}, True),
        ({"top_down_location": None, "local_consensus_radius": 1}, False),
        ({"top_down_location": None, "bottom_up_location": "fourier"}, False),
        ({"top_down_location": "learned"}, False),
        ({"top_down_location": "fourier"}, False),
    ],
)
def test_step_moves_with_its_columns_unless_it_knows_where_they_are(given, equal, rng):
    model = Glom(dim=6, levels=3, image_size=8, patch_size=2, **given)
    state = [rng.normal(size=(2, 16, 6)).astype("float32") for _ in range(3)]
    tokens, order = rng.normal(size=(2, 16, 6)).astype("float32"), rng.permutation(16)
    moved = model.step(tuple(s[:, order] for s in state), tokens[:, order], grid=(4, 4))
    still = model.step(tuple(state), tokens, grid=(4, 4))
    difference = [
        np.abs(keras.ops.convert_to_numpy(m) - keras.ops.convert_to_numpy(s)[:, order]).max()
        for m, s in zip(moved, still, strict=True)
    ]
    assert bool(max(difference) < 1e-5) is equal


def test_zero_vectors_stay_zero_and_finite():
    x = np.zeros((1, 4, 3), "float32")
    assert (keras.ops.convert_to_numpy(normalise(x)) == 0).all()
    np.testing.assert_allclose(rows(x, 1.0, "cosine"), 0.25)
