"""Agreement, the tree and its boxes, its JSON, its drawing as text."""

import copy
import itertools
import json
from typing import Any

import numpy as np
import pytest

from glomtf.islands.agreement import (
    cosines_within_and_between,
    island_agreements,
    level_agreement,
    mean_cosine,
)
from glomtf.islands.build import build_tree
from glomtf.islands.tree import Node, ParseTree

LOW = np.zeros((6, 8), dtype=int)
LOW[1:3, 1:3] = 1
LOW[1:3, 3:5] = 2
LOW[4:6, 5:8] = 3
LOW[5, 0] = 4
MIDDLE = np.zeros_like(LOW)
MIDDLE[1:3, 1:5] = 1
MIDDLE[4:6, 4:8] = 2
HIGH = np.zeros_like(LOW)
HIGH[1:3, 1:5] = 1
VECTORS = [np.random.default_rng(i).normal(size=(6, 8, 5)) for i in range(3)]


def tree(**changes: Any) -> ParseTree:
    arguments = {
        "levels": [1, 2, 4],
        "image": (100, 60),
        "patch": (10.5, 14.0),
        "vectors": VECTORS,
        "path": "a.png",
    }
    return build_tree([LOW, MIDDLE, HIGH], **{**arguments, **changes})


def shape(node: Node) -> Any:
    return {node.id: [shape(child) for child in node.children]} if node.children else node.id


def test_mean_cosine_is_the_mean_over_pairs() -> None:
    vectors = np.random.default_rng(3).normal(size=(7, 4)) * np.arange(1, 8)[:, None]
    pairs = [
        p @ q / np.linalg.norm(p) / np.linalg.norm(q) for p, q in itertools.combinations(vectors, 2)
    ]
    assert mean_cosine(vectors) == pytest.approx(np.mean(pairs), abs=1e-12)
    assert mean_cosine(vectors[:1]) == 1.0
    assert mean_cosine([[1.0, 0.0], [-2.0, 0.0]]) == -1.0
    assert mean_cosine([[1.0, 0.0], [0.0, 0.0], [3.0, 0.0]]) == pytest.approx(1 / 3)


def test_cosines_within_and_between_are_means_over_pairs_of_columns() -> None:
    def cosine(a: np.ndarray, b: np.ndarray) -> float:
        return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))

    vectors = np.random.default_rng(4).normal(size=(3, 4, 5))
    labels = np.array([[1, 1, 0, 2], [1, 3, 0, 2], [0, 0, 2, 2]])
    groups = {i: vectors[labels == i] for i in (1, 2, 3)}
    inside = [
        np.mean([cosine(a, b) for a, b in itertools.combinations(groups[i], 2)]) for i in (1, 2)
    ]
    across = [
        np.mean([cosine(a, b) for a, b in itertools.product(groups[i], groups[j])])
        for i, j in ((1, 2), (1, 3), (2, 3))
    ]
    found = cosines_within_and_between(vectors, labels)
    assert found == pytest.approx((np.mean(inside), np.mean(across)), abs=1e-12)
    alone = cosines_within_and_between(vectors, labels * (labels == 2))
    assert alone[0] == pytest.approx(inside[1]) and np.isnan(alone[1])
    assert np.isnan(cosines_within_and_between(vectors, labels * (labels == 3))).all()
    assert np.isnan(cosines_within_and_between(vectors, labels * 0)).all()


def test_level_agreement_is_weighted_by_columns() -> None:
    agreements = island_agreements(VECTORS[0], LOW)
    assert agreements.keys() == {1, 2, 3, 4}
    assert agreements[3] == pytest.approx(mean_cosine(VECTORS[0][LOW == 3]))
    expected = (4 * agreements[1] + 4 * agreements[2] + 6 * agreements[3] + 1) / 15
    assert level_agreement(agreements, LOW) == pytest.approx(expected)
    assert level_agreement({}, LOW) is None


def test_islands_nest_in_the_level_above_or_in_the_scene() -> None:
    assert shape(tree().tree) == {
        "scene": [{"4.1": [{"2.1": ["1.1", "1.2"]}]}, {"2.2": ["1.3"]}, "1.4"]
    }


def test_nodes_carry_level_columns_and_agreement() -> None:
    root = tree().tree
    assert (root.level, root.columns, root.bbox) == (5, 48, (0, 0, 100, 60))
    assert root.agreement == pytest.approx(mean_cosine(VECTORS[2].reshape(48, 5)))
    node = root.children[1]
    assert (node.id, node.level, node.columns) == ("2.2", 2, 8)
    assert node.agreement == pytest.approx(mean_cosine(VECTORS[1][MIDDLE == 2]))
    assert tree(vectors=None).tree.agreement is None
    assert tree(vectors=None).levels[0].agreement is None


def test_boxes_are_pixels_clipped_to_the_picture() -> None:
    boxes = {n["id"]: n["bbox"] for n in walk(tree().to_dict()["tree"])}
    # Columns 1 to 4 of 14 pixels, rows 1 to 2 of 10.5.
    assert boxes["4.1"] == [14, 10, 70, 32]
    # Columns 4 to 7 would end at 112, rows 4 to 5 at 63.
    assert boxes["2.2"] == [56, 42, 100, 60]


def test_an_island_in_the_padding_keeps_a_box() -> None:
    labels = np.zeros((4, 4), dtype=int)
    labels[3, 3] = 1
    node = build_tree([labels], levels=[1], image=(20, 20), patch=(10.0, 10.0)).tree.children[0]
    assert node.bbox == (19, 19, 20, 20)


@pytest.mark.parametrize("error", [-1e-9, 0.0, 1e-9])
def test_rounding_of_a_patch_does_not_leak_into_the_next_pixel(error: float) -> None:
    labels = np.array([[0, 0, 0, 1, 1, 1, 0]])
    patch = (5.0, 14 / 3 + error)
    node = build_tree([labels], levels=[1], image=(40, 5), patch=patch).tree.children[0]
    assert node.bbox == (14, 0, 28, 5)


def test_labels_are_frozen_copies() -> None:
    labels = LOW.copy()
    built = build_tree([labels], levels=[1], image=(8, 6), patch=(1, 1))
    labels[:] = 0
    assert built.levels[0].labels.dtype == np.int32
    np.testing.assert_array_equal(built.levels[0].labels, LOW)
    with pytest.raises(ValueError, match="read-only"):
        built.levels[0].labels[0, 0] = 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"levels": [1, 2]}, "3 rising"),
        ({"levels": [1, 1, 2]}, "rising"),
        ({"levels": [0, 1, 2]}, "from 1"),
        ({"image": (0, 4)}, "positive"),
        ({"patch": (0.0, 4.0)}, "positive"),
        ({"patch": (float("nan"), 4.0)}, "positive"),
        ({"vectors": VECTORS[:2]}, "one array per level"),
        ({"vectors": [v[:3] for v in VECTORS]}, "vectors"),
    ],
)
def test_bad_arguments_are_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        tree(**changes)
    with pytest.raises(ValueError, match="one shape"):
        build_tree([LOW, MIDDLE[:3]], levels=[1, 2], image=(8, 6), patch=(1, 1))


def test_the_format_is_the_contract() -> None:
    data = json.loads(tree().to_json())
    assert list(data) == ["schema", "image", "grid", "levels", "tree"]
    assert data["schema"] == "glomtf.parse/1"
    assert data["image"] == {"path": "a.png", "width": 100, "height": 60}
    assert data["grid"] == [6, 8]
    assert [list(one) for one in data["levels"]] == [["level", "labels", "agreement"]] * 3
    assert data["levels"][1]["labels"] == MIDDLE.tolist()
    keys = ["id", "level", "bbox", "columns", "agreement", "children"]
    assert all(list(node) == keys for node in walk(data["tree"]))
    assert all(node["agreement"] == round(node["agreement"], 6) for node in walk(data["tree"]))


def test_json_round_trip_is_exact() -> None:
    for one in (tree(), tree(vectors=None), tree(path="ünï\udcff\n.png"), tree(steps=7)):
        text = one.to_json()
        again = ParseTree.from_json(text)
        assert again.to_json() == text
        assert ParseTree.from_dict(one.to_dict()).to_dict() == one.to_dict()
        assert again.grid == one.grid and again.image == one.image and again.steps == one.steps
        np.testing.assert_array_equal(again.levels[2].labels, HIGH)


def test_steps_are_written_where_they_are_known() -> None:
    assert "steps" not in tree().to_dict() and tree(steps=0).to_dict()["steps"] == 0


def test_numpy_numbers_are_written() -> None:
    numbers = np.array([1, 2, 4])
    size = np.int64(100), np.int64(60)
    text = tree(levels=list(numbers), image=size, steps=np.int64(3)).to_json()
    assert text == tree(steps=3).to_json()


def test_islands_of_a_video_may_have_higher_numbers_than_there_are_columns() -> None:
    one = build_tree([[[17, 0], [0, 0]]], levels=[1], image=(8, 8), patch=(4, 4))
    assert ParseTree.from_json(one.to_json()).to_json() == one.to_json()


def test_unknown_keys_are_ignored_as_the_format_may_grow() -> None:
    data = {**tree().to_dict(), "states": "later"}
    assert ParseTree.from_dict(data).to_json() == tree().to_json()


@pytest.mark.parametrize(
    ("place", "value", "words"),
    [
        (["schema"], "glomtf.parse/2", r"schema: expected 'glomtf.parse/1', got 'glomtf.parse/2'"),
        (["image"], [], "image: expected an object"),
        (["image", "path"], None, "image.path"),
        (["image", "width"], 0, "image.width.*>= 1, got 0"),
        (["image", "height"], True, "image.height"),
        (["grid"], [6], "grid: expected a list of 2"),
        (["grid"], [6, 9], "labels row: expected a list of 9"),
        (["steps"], -1, "steps: expected a whole number >= 0"),
        (["levels"], [], "levels"),
        (["levels", 0], 3, r"levels\[0\]"),
        (["levels", 0, "level"], 2, "rising"),
        (["levels", 0, "agreement"], float("nan"), "null or -1 to 1"),
        (["levels", 0, "agreement"], 1.5, "null or -1 to 1"),
        (["levels", 0, "labels", 2, 3], 1.0, "whole number"),
        (["levels", 0, "labels", 2, 3], -1, "whole number"),
        (["levels", 0, "labels", 2, 3], 10**30, "whole number"),
        (["levels", 0, "labels", 0, 0], 9, "every island"),
        (["tree"], None, "tree: expected an object"),
        (["tree", "id"], "root", "scene"),
        (["tree", "columns"], 47, "scene"),
        (["tree", "children", 0, "id"], 41, "children.0..id"),
        (["tree", "children", 0, "id"], "9.9", "each island.*'9.9'"),
        (["tree", "children", 1, "id"], "4.1", "each island"),
        (["tree", "children", 1, "columns"], 7, r"node 2.2.*\(2, 8\)"),
        (["tree", "children", 1, "bbox"], [56, 42, 101, 60], "inside 100 x 60"),
        (["tree", "children", 1, "bbox"], [56, 42, 56, 60], "inside 100 x 60"),
        (["tree", "children", 1, "children"], {}, "list"),
        (["tree", "children"], [], "every island"),
    ],
)
def test_what_a_stranger_wrote_is_checked(place: list[Any], value: Any, words: str) -> None:
    data = copy.deepcopy(tree().to_dict())
    inner = data
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    with pytest.raises(ValueError, match=words) as error:
        ParseTree.from_dict(data)
    assert "\n" not in str(error.value) and len(str(error.value)) < 300


def test_a_child_above_its_parent_is_refused() -> None:
    data = tree().to_dict()
    top, orphan = data["tree"]["children"][0], data["tree"]["children"][2]
    data["tree"]["children"] = [orphan, data["tree"]["children"][1]]
    orphan["children"] = [top]
    with pytest.raises(ValueError, match="parent of a higher level"):
        ParseTree.from_dict(data)


@pytest.mark.parametrize("text", ["", "{", b"\xff\xfe", "[" * 100_000, "null", "3", '"x"'])
def test_text_that_is_no_parse_is_refused(text: str | bytes) -> None:
    with pytest.raises(ValueError, match="expected") as error:
        ParseTree.from_json(text)
    assert "\n" not in str(error.value)


def test_endless_depth_is_refused() -> None:
    data = tree().to_dict()
    node = data["tree"]
    for _ in range(100_000):
        node["children"] = [{**data["tree"], "children": []}]
        node = node["children"][0]
    with pytest.raises(ValueError, match="endless depth"):
        ParseTree.from_dict(data)
    # Taken apart by hand: freeing so deep a nest at once is the interpreter's affair, not ours.
    node = data["tree"]
    while node["children"]:
        node = node["children"].pop()


def test_text_draws_the_tree() -> None:
    built = build_tree([LOW, MIDDLE], levels=[1, 2], image=(8, 6), patch=(1, 1))
    assert built.text().splitlines() == [
        "scene      48 columns  [0, 0, 8, 6)",
        "├─ 2.1      8 columns  [1, 1, 5, 3)",
        "│  ├─ 1.1   4 columns  [1, 1, 3, 3)",
        "│  └─ 1.2   4 columns  [3, 1, 5, 3)",
        "├─ 2.2      8 columns  [4, 4, 8, 6)",
        "│  └─ 1.3   6 columns  [5, 4, 8, 6)",
        "└─ 1.4       1 column  [0, 5, 1, 6)",
    ]
    assert tree().text().splitlines()[-1].endswith("agreement 1.00")


def walk(node: dict[str, Any]) -> list[dict[str, Any]]:
    return [node, *(one for child in node["children"] for one in walk(child))]
