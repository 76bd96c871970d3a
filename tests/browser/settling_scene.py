"""A parse made by hand: two objects of two parts take shape; the grid reaches past the picture."""

from dataclasses import dataclass

import numpy as np

from glomtf.islands import ParseTree, build_tree, follow, segment

ROWS, COLS, DIM = 6, 8, 12
LEVELS, STEPS = 3, 4
PATCH = (8.0, 8.0)


@dataclass(frozen=True)
class Scene:
    """image (44, 60, 3); states (STEPS, N, LEVELS, DIM); maps (STEPS, LEVELS, ROWS, COLS).

    The maps' islands keep their numbers over the steps, as in the page.
    """

    image: np.ndarray
    states: np.ndarray
    maps: np.ndarray
    truth: dict[str, np.ndarray]
    tree: ParseTree

    def cosine(self, step, level, one, other):
        """Of two columns, from the states."""
        a, b = self.states[step, [one, other], level].astype(np.float64)
        return a @ b / np.linalg.norm(a) / np.linalg.norm(b)

    def islands(self, step, level):
        """How many there are."""
        return len(np.unique(self.maps[step, level][self.maps[step, level] > 0]))

    def nodes(self):
        """All nodes by their id, each with the ids from itself up to the scene."""
        found = {}

        def add(node, above):
            found[node.id] = (node, [node.id, *above])
            for child in node.children:
                add(child, [node.id, *above])

        add(self.tree.tree, [])
        return found


def settling_scene(path="a & b.png"):
    """The scene; its noise fades from step to step, so early islands fall apart."""
    rng = np.random.default_rng(5)
    parts = np.zeros((ROWS, COLS), int)
    parts[1:3, 1:4], parts[3:5, 1:4], parts[1:5, 5], parts[1:5, 6] = 1, 2, 3, 4
    objects = (parts + 1) // 2
    depths = [parts, parts, objects]
    kinds = rng.normal(size=(LEVELS, 5, DIM))
    clear = np.stack([kinds[i][depth] for i, depth in enumerate(depths)], axis=2)
    fading = np.linspace(0.9, 0.1, STEPS).reshape(STEPS, 1, 1, 1, 1)
    states = (clear + fading * rng.normal(size=(STEPS, *clear.shape))).astype(np.float32)
    maps = np.array(
        [[segment(one[:, :, i], threshold=0.5) for i in range(LEVELS)] for one in states]
    )
    for i in range(LEVELS):
        maps[:, i] = follow(list(maps[::-1, i]))[::-1]
    image = np.full((44, 60, 3), 235, np.uint8)
    colours = rng.integers(40, 220, (5, 3))
    shown = np.kron(parts, np.ones((8, 8), int))[:44, :60]
    image[shown > 0] = colours[shown[shown > 0]]
    last = [states[-1, :, :, i] for i in (1, 2)]
    tree = build_tree(
        list(maps[-1, 1:]), levels=[2, 3], image=(60, 44), patch=PATCH, vectors=last, path=path
    )
    flat = states.reshape(STEPS, ROWS * COLS, LEVELS, DIM)
    return Scene(image, flat, maps, {"parts": parts, "objects": objects}, tree)
