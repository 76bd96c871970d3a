"""Scenes, their trees and their column labels."""

import numpy as np
import pytest

from glomtf.worlds import Figures, Scene, Scenes, column_labels


def small_scene() -> Scene:
    parts = np.zeros((6, 8), np.int16)
    parts[1:5, 1:4] = 1
    parts[2:3, 2:7] = 2
    parts[4:6, 5:8] = 3
    objects = np.array([0, 1, 1, 2], np.int16)[parts]
    return Scene(
        np.zeros((6, 8, 3), np.uint8),
        parts,
        objects,
        np.array([-1, 4, 0], np.int16),
        np.zeros((3, 4), np.float32),
    )


def test_tree_of_a_known_scene():
    tree = small_scene().tree()
    assert (tree["id"], tree["level"], tree["label"]) == (0, "scene", 0)
    assert tree["bbox"] == [0, 0, 8, 6]
    first, second = tree["children"]
    assert first == {
        "id": 1,
        "level": "object",
        "label": 1,
        "bbox": [1, 1, 7, 5],
        "children": [
            {"id": 2, "level": "part", "label": 1, "bbox": [1, 1, 4, 5], "children": []},
            {"id": 3, "level": "part", "label": 2, "bbox": [2, 2, 7, 3], "children": []},
        ],
    }
    assert [second["id"], second["bbox"]] == [4, [5, 4, 8, 6]]
    assert [child["label"] for child in second["children"]] == [3]


def test_tree_agrees_with_a_walk_over_every_pixel():
    for scene in Figures().scenes(5, seed=3):
        boxes: dict[tuple[str, int], list[int]] = {}
        parents: dict[int, int] = {}
        for y, x in np.argwhere(scene.parts > 0):
            part, whole = int(scene.parts[y, x]), int(scene.objects[y, x])
            parents[part] = whole
            for key in (("part", part), ("object", whole)):
                x0, y0, x1, y1 = boxes.get(key, [x, y, x, y])
                boxes[key] = [min(x0, x), min(y0, y), max(x1, x + 1), max(y1, y + 1)]
        seen = {}
        ids = [0]
        for whole in scene.tree()["children"]:
            seen["object", whole["label"]] = whole["bbox"]
            ids.append(whole["id"])
            for part in whole["children"]:
                seen["part", part["label"]] = part["bbox"]
                ids.append(part["id"])
                assert parents[part["label"]] == whole["label"]
        assert seen == boxes
        assert ids == list(range(len(ids)))


@pytest.mark.parametrize("patch", [1, 2, 4, 6])
@pytest.mark.parametrize("most", [1, 2, 5, 40])
def test_column_labels_agree_with_counting(patch, most):
    rng = np.random.default_rng(patch * 100 + most)
    maps = rng.integers(0, most + 1, (5, 12, 24)).astype(np.int16)
    maps[3:] = 7  # patches of one label, too
    found = column_labels(maps, patch)
    assert found.dtype == np.int16
    assert found.shape == (5, 12 // patch, 24 // patch)
    for s, i, j in np.ndindex(found.shape):
        block = maps[s, i * patch : (i + 1) * patch, j * patch : (j + 1) * patch]
        assert found[s, i, j] == np.bincount(block.ravel()).argmax()


def test_column_labels_of_one_map():
    parts = small_scene().parts
    assert column_labels(parts, 2).tolist() == column_labels(parts[None], 2)[0].tolist()


@pytest.mark.parametrize("patch", [0, 5])
def test_column_labels_refuse_a_patch_that_does_not_fit(patch):
    with pytest.raises(ValueError, match="6 x 8 pixels"):
        column_labels(small_scene().parts, patch)


def test_stacked_scenes_come_apart_again():
    scene = small_scene()
    scenes = Scenes.stack([scene, scene, scene])
    assert len(scenes) == 3
    assert len(list(scenes)) == 3
    for name, value in vars(scenes[-1]).items():
        assert np.array_equal(value, getattr(scene, name))
