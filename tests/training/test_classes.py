"""Accuracy of columns and objects: cases worked out by hand."""

import numpy as np
import pytest

from glomtf.training.classes import class_accuracy


def test_a_sure_column_outvotes_two_unsure_ones():
    """Object 1: two columns lean to class 1, a sure one says 0. Object 2 is told right."""
    objects = np.array([[[1, 1, 1, 0, 2]]])
    classes = np.array([[[0, 0, 0, -1, 2]]])
    chances = [[0.4, 0.5, 0.1], [0.4, 0.5, 0.1], [0.98, 0.01, 0.01], [0, 1, 0], [0.2, 0.2, 0.6]]
    logits = np.log(np.array(chances) + 1e-9).reshape(1, 1, 5, 3)
    assert class_accuracy(logits, objects, classes) == pytest.approx({"columns": 0.5, "objects": 1})
    # log-probabilities, not logits: a column's own offset has no say.
    offset = np.array([0, 7, -300, 5, 1]).reshape(1, 1, 5, 1)
    shifted = class_accuracy(logits + offset, objects, classes)
    assert shifted == pytest.approx({"columns": 0.5, "objects": 1})


def test_the_mean_is_of_logarithms():
    """Two columns: the product of what they say speaks for class 1, the sum for class 0."""
    logits = np.log([[[[0.95, 0.04, 0.01], [0.01, 0.6, 0.39]]]])
    found = class_accuracy(logits, np.ones((1, 1, 2), int), np.ones((1, 1, 2), int))
    assert found == pytest.approx({"columns": 0.5, "objects": 1})


def test_objects_are_counted_over_all_scenes_alike():
    objects = np.array([[[1, 2]], [[1, 1]]])
    classes = np.array([[[0, 1]], [[1, 1]]])
    logits = np.zeros((2, 1, 2, 2))
    logits[..., 0] = 1.0  # all say class 0
    found = class_accuracy(logits, objects, classes)
    assert found == pytest.approx({"columns": 1 / 4, "objects": 1 / 3})
    nothing = class_accuracy(logits, objects * 0, classes)
    assert np.isnan(nothing["objects"]) and np.isnan(nothing["columns"])
