"""Scenes of a run: of the recipe's worlds and seed, labelled as it says, others for validation."""

import numpy as np
import pytest

from glomtf.training import scenes
from glomtf.training.found import found
from glomtf.training.recipes import Recipe, Stage
from glomtf.worlds import WORLDS, Figures, Moving


@pytest.fixture(autouse=True)
def few_scenes(monkeypatch):
    monkeypatch.setattr(scenes, "VALIDATION_SCENES", 8)


def test_a_recipe_may_mix_worlds():
    recipe = Recipe("masks", 3, 0, (), worlds={"crowd": 5, "crowd-counts": 0})
    assert recipe.summary() == "masks on 3 figures + 5 crowd: "
    figures, crowd = scenes.training_scenes(recipe, None, 2, image_size=96)
    assert (len(figures), len(crowd)) == (3, 5)
    np.testing.assert_array_equal(crowd.images, WORLDS["crowd"](96).scenes(5, 1002).images)
    held_out = scenes.validation_scenes(recipe, None, image_size=96)
    assert [part.images.shape for part in held_out] == [(8, 96, 96, 3)] * 2
    assert scenes.class_count(recipe) == len(Figures.classes)


def test_the_summary_of_a_recipe_tells_of_noise():
    recipe = Recipe("masks", 32, 0, (Stage(4, 1, 2, noise=0.15), Stage(4, 1, 2)))
    assert recipe.summary() == (
        "masks on 32 figures: 2 steps of 4 iterations with noise up to 0.15, "
        "then 2 steps of 4 iterations"
    )


def test_labels_are_found_where_the_recipe_says_so():
    recipe = Recipe("masks", 0, 0, (), worlds={"moving": 3}, labels="found", repaints=2)
    assert recipe.summary().startswith("masks on 3 moving without labels, each repainted 2 times: ")
    (pool,) = scenes.training_scenes(recipe, None, 2, image_size=64)
    moving = Moving().scenes(3, 1002)
    np.testing.assert_array_equal(pool.images[:3], moving.images)
    np.testing.assert_array_equal(pool.objects, found(moving, 2, 2).objects)
    assert len(pool) == 9
    # Thresholds are fixed by the truth.
    (held_out,) = scenes.validation_scenes(recipe, None, image_size=64)
    np.testing.assert_array_equal(held_out.objects, Moving().scenes(8, scenes.VALIDATION).objects)
