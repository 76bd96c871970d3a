"""Kept states are those of the sweep, and what is learned from them is what pictures teach."""

import keras
import numpy as np
import pytest

from glomtf import Glom
from glomtf.training.data import ScenePool
from glomtf.training.kept import KeptStates
from glomtf.training.recipes import SMALL
from glomtf.training.tasks import Masks
from glomtf.worlds import Figures

TINY = SMALL | {"dim": 8, "mlp_ratio": 1, "assembly": (0, 0, 1)}
DEPTHS = ("parts", "objects")


@pytest.fixture(scope="module")
def glom():
    keras.utils.set_random_seed(0)
    glom = Glom(**TINY, data_format="channels_last")
    for weight in glom.step.assembly[2].trainable_variables:  # away from saying nothing
        weight.assign_add(0.1 * keras.random.normal(weight.shape, seed=1))
    return glom


@pytest.fixture(scope="module")
def scenes():
    return Figures().scenes(8, 5)


def test_they_are_the_states_and_targets_of_the_pool(glom, scenes):
    pool = ScenePool([scenes], 4, 4, steps=2, seed=3)
    kept = KeptStates(glom, 2, pool, DEPTHS, batch_size=2, steps=3, seed=9)
    images, targets = (
        np.concatenate(parts) if isinstance(parts[0], np.ndarray) else parts
        for parts in zip(*[pool[0], pool[1]], strict=True)
    )
    states = keras.ops.convert_to_numpy(glom.settle(images, 0)[0][1])
    assert len(kept) == 3
    for i in range(3):
        batch, told = kept[i]
        chosen = kept.order[2 * i : 2 * i + 2]
        assert batch.dtype == "float32"
        np.testing.assert_allclose(batch, states[chosen], atol=2e-3)
        for depth in DEPTHS:
            all_told = np.concatenate([target[depth] for target in targets])
            np.testing.assert_array_equal(told[depth], all_told[chosen])


def test_an_order_belongs_to_its_seed_and_epoch(glom, scenes):
    def kept(**how):
        pool = ScenePool([scenes], 4, 4, steps=2)
        return KeptStates(glom, 2, pool, DEPTHS, 2, 4, **how)

    first, resumed = kept(seed=7), kept(seed=7, start_epoch=1)
    assert sorted(first.order) == list(range(8))
    assert list(first.order) != list(kept(seed=8).order)
    first.on_epoch_end()
    np.testing.assert_array_equal(first.order, resumed.order)
    with pytest.raises(ValueError, match=r"expected 5 x 2 = 10 or more\. Received: 8"):
        KeptStates(glom, 2, ScenePool([scenes], 4, 4, steps=2), DEPTHS, 2, 5)


def test_the_loss_on_them_is_the_loss_on_pictures(glom, scenes, monkeypatch):
    monkeypatch.setattr(Masks, "JUDGED", 256)  # every column, in another order
    pool = ScenePool([scenes], 4, 8, steps=1, shuffle=False, augment=False)
    images, targets = pool[0]
    whole, above = (Masks(glom, 0, 2, 3, pairs=True, levels=levels) for levels in (None, (3,)))
    states, told = KeptStates(glom, 2, pool, above.depths, 8, 1)[0]
    assert list(told) == ["objects"]
    seen = whole(images)
    expected = whole.compute_loss(y=targets, y_pred={"objects": seen["objects"]})
    found = above.compute_loss(y=told, y_pred=above(states))
    found, expected = (float(keras.ops.convert_to_numpy(loss)) for loss in (found, expected))
    assert found == pytest.approx(expected, rel=1e-3)
