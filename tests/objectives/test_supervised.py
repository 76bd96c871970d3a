"""Class and pose at every column, and masked patches: closed forms."""

import numpy as np
from keras import ops

from glomtf.objectives import column_cross_entropy, column_pose_error, masked_patch_error


def numpy(x):
    return ops.convert_to_numpy(x)


def test_cross_entropy_of_uniform_logits_is_log_k():
    classes = np.array([[0, 3, -1, 4]])
    loss = numpy(column_cross_entropy(np.zeros((1, 4, 5), "float32"), classes))
    np.testing.assert_allclose(loss, [[np.log(5), np.log(5), 0, np.log(5)]], rtol=1e-6)


def test_cross_entropy_against_numpy():
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(2, 7, 5)).astype("float32")
    classes = rng.integers(-1, 5, (2, 7))
    p = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    expected = -np.log(np.take_along_axis(p, np.maximum(classes, 0)[..., None], -1))[..., 0]
    expected[classes < 0] = 0
    np.testing.assert_allclose(
        numpy(column_cross_entropy(logits, classes)), expected, rtol=1e-5, atol=1e-6
    )


def test_pose_error_counts_foreground_only():
    predicted = np.ones((1, 3, 3), "float32")
    poses = np.array([[[1, 1, 1], [0, 0, 0], [5, 5, 5]]], "float32")
    loss = numpy(column_pose_error(predicted, poses, np.array([[2, 0, -1]])))
    np.testing.assert_allclose(loss, [[0, 1, 0]])


def test_masked_patch_error_sees_hidden_patches_only():
    predicted = np.zeros((1, 3, 4), "float32")
    patches = np.full((1, 3, 4), 2, "float32")
    loss = numpy(masked_patch_error(predicted, patches, np.array([[True, False, True]])))
    np.testing.assert_allclose(loss, [[4, 0, 4]])
