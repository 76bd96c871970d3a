"""Score what columns say of their object's class: by column, and by object."""

import numpy as np


def class_accuracy(logits, objects, classes):
    """How often columns, and the objects they lie on, are given their true class.

    An object's class is the one with the highest mean log-probability over its columns: each
    column has a say by how sure it is. Which columns are an object's is told by the truth.

    Args:
        logits: (S, rows, cols, K) what each column says, before the softmax.
        objects: (S, rows, cols) integers, 0 = background.
        classes: (S, rows, cols) integers, the class of each column's object.

    Returns:
        {"columns", "objects"}: the share of foreground columns, and of objects, that are right;
        nan without any.
    """
    logits, objects, classes = np.asarray(logits, "float64"), np.asarray(objects), classes
    logs = logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True)
    columns, wholes = [], []
    for said, segments, truth in zip(logs, objects, classes, strict=True):
        for label in np.unique(segments[segments > 0]):
            here = segments == label
            columns.append(said[here].argmax(axis=-1) == truth[here])
            wholes.append(said[here].mean(axis=0).argmax() == truth[here][0])
    if not wholes:
        return {"columns": float("nan"), "objects": float("nan")}
    return {"columns": float(np.concatenate(columns).mean()), "objects": float(np.mean(wholes))}
