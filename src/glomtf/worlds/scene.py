"""Pictures with their ground truth at every level, one scene or a stacked batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Scene:
    """One picture and its true parts and objects, at the picture's own resolution.

    - ``image`` (H, W, 3) uint8.
    - ``parts`` (H, W) int16: 0 is background, visible parts are numbered 1.. over all objects.
    - ``objects`` (H, W) int16: 0 is background, visible objects are numbered 1.. from back to
      front. It is 0 exactly where ``parts`` is, and every part lies in one object.
    - ``classes`` (M + 1,) int16: the class of object ``i`` at index ``i``, an index into the
      world's ``classes``; -1 at index 0 and for absent objects.
    - ``poses`` (M + 1, 4) float32: x and y of the object's centre in pixels, its scale (radius
      over half the image) and its angle in radians (clockwise as seen); 0 when absent. Objects
      may also be mirrored, which the pose does not record.
    """

    image: NDArray[np.uint8]
    parts: NDArray[np.int16]
    objects: NDArray[np.int16]
    classes: NDArray[np.int16]
    poses: NDArray[np.float32]

    @classmethod
    def of_objects(
        cls,
        image: NDArray[np.uint8],
        objects: NDArray[np.integer[Any]],
        classes: Sequence[int],
        poses: Sequence[Sequence[float]],
    ) -> Scene:
        """A scene of objects without parts: each is its own only part.

        ``objects`` (H, W): 0 is background, i is the i-th object, of ``classes[i - 1]`` and with
        ``poses[i - 1]`` = (x, y, scale, angle). Hidden objects are left out.
        """
        visible = np.unique(objects[objects > 0])
        number = np.zeros(len(classes) + 1, np.int16)
        number[visible] = np.arange(1, len(visible) + 1)
        seen_classes = np.full(len(classes) + 1, -1, np.int16)
        seen_classes[1 : len(visible) + 1] = np.array(classes, np.int16)[visible - 1]
        seen_poses = np.zeros((len(classes) + 1, 4), np.float32)
        seen_poses[1 : len(visible) + 1] = np.array(poses, np.float32)[visible - 1]
        labels = number[objects]
        return cls(image, labels, labels, seen_classes, seen_poses)

    def tree(self) -> dict[str, Any]:
        """The true tree of what is visible: scene, its objects, their parts.

        Returns nested dicts ``{id, level, label, bbox, children}``: ``id`` counts the nodes from
        0 in reading order (parents first), ``level`` is "scene", "object" or "part", ``label``
        is the number in that level's map (0 for the scene), ``bbox`` is [x0, y0, x1, y1) in
        pixels.
        """
        height, width = self.parts.shape
        root: dict[str, Any] = {
            "id": 0,
            "level": "scene",
            "label": 0,
            "bbox": [0, 0, width, height],
            "children": [],
        }
        identity = 0
        for label in np.unique(self.objects[self.objects > 0]):
            inside = self.objects == label
            identity += 1
            node: dict[str, Any] = {
                "id": identity,
                "level": "object",
                "label": int(label),
                "bbox": _bbox(inside),
                "children": [],
            }
            for part in np.unique(self.parts[inside]):
                identity += 1
                node["children"].append(
                    {
                        "id": identity,
                        "level": "part",
                        "label": int(part),
                        "bbox": _bbox(self.parts == part),
                        "children": [],
                    }
                )
            root["children"].append(node)
        return root


@dataclass(frozen=True)
class Scenes:
    """A batch of S scenes: the fields of `Scene`, stacked along a first axis.

    ``later`` (S, H, W, 3) uint8 are the next frames of pictures from a world that moves, or None.
    """

    images: NDArray[np.uint8]
    parts: NDArray[np.int16]
    objects: NDArray[np.int16]
    classes: NDArray[np.int16]
    poses: NDArray[np.float32]
    later: NDArray[np.uint8] | None = None

    @classmethod
    def stack(cls, scenes: Sequence[Scene]) -> Scenes:
        """The batch of these scenes (at least one, all of one size)."""
        return cls(
            images=np.stack([scene.image for scene in scenes]),
            parts=np.stack([scene.parts for scene in scenes]),
            objects=np.stack([scene.objects for scene in scenes]),
            classes=np.stack([scene.classes for scene in scenes]),
            poses=np.stack([scene.poses for scene in scenes]),
        )

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> Scene:
        return Scene(
            self.images[index],
            self.parts[index],
            self.objects[index],
            self.classes[index],
            self.poses[index],
        )

    def __iter__(self) -> Iterator[Scene]:
        return (self[index] for index in range(len(self)))


def column_labels(label_maps: NDArray[np.integer[Any]], patch_size: int) -> NDArray[np.int16]:
    """The label of each column: the most frequent one of its patch, ties to the lowest label.

    ``label_maps`` (S, H, W) of integers >= 0, or one map (H, W); returns (S, H/p, W/p) or
    (H/p, W/p) int16. Raises ValueError when the patch size does not divide the maps.
    """
    *batch, height, width = label_maps.shape
    if patch_size < 1 or height % patch_size or width % patch_size:
        raise ValueError(
            f"expected a patch size that divides the label maps' {height} x {width} pixels, "
            f"got {patch_size}: choose a divisor of both"
        )
    rows, columns = height // patch_size, width // patch_size
    patches = label_maps.reshape(-1, rows, patch_size, columns, patch_size).swapaxes(2, 3)
    # Sorted, equal labels of a patch become runs. An entry equal to the one `run` places before
    # it shows a run longer than `run`; raising `run` until no patch has one finds the mode, and
    # argmax takes the first such entry, so the lowest label.
    ordered = np.sort(patches.reshape(-1, patch_size**2), axis=1)
    best = ordered[:, 0].copy()
    open_patches = np.flatnonzero(ordered[:, 0] != ordered[:, -1])
    for run in range(1, patch_size**2):
        rest = ordered[open_patches]
        longer = rest[:, run:] == rest[:, :-run]
        found = longer.any(axis=1)
        if not found.any():
            break
        open_patches, rest, longer = open_patches[found], rest[found], longer[found]
        best[open_patches] = rest[np.arange(len(rest)), longer.argmax(axis=1)]
    return best.astype(np.int16).reshape(*batch, rows, columns)


def _bbox(mask: NDArray[np.bool_]) -> list[int]:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return [int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1]
