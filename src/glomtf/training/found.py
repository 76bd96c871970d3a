"""Training scenes whose parts and objects are found from motion and texture, not known."""

from dataclasses import replace

import numpy as np
from joblib import Parallel, cpu_count, delayed

from glomtf.training.layers import moving_layers
from glomtf.training.textures import texture_areas
from glomtf.worlds.repaint import in_order, repaint, unlabelled
from glomtf.worlds.scene import Scenes

AT_A_TIME = 50  # scenes that one process looks at before it gets more


def found(scenes, seed=0, repaints=0):
    """The pictures with what two frames tell of their parts and objects; the truth is not read.

    Objects are :func:`moving_layers`, parts :func:`texture_areas` of these. Both are wrong in
    places. So each layout is also painted anew: of such a picture the maps are true whatever they
    were found in, and only its shapes are as good as the cues.
    All cores look for them.

    Args:
        scenes: S scenes with their next frames.
        seed: of the paint.
        repaints: how often each layout is painted anew.

    Returns:
        Scenes, S * (1 + repaints): the pictures as they are, then repainted ones; no classes.
    """
    if scenes.later is None:
        raise ValueError(
            "Parts and objects are found by motion: scenes with their next frames are needed, "
            "such as those of the world 'moving'."
        )
    starts = range(0, len(scenes.images), AT_A_TIME)
    shares = [slice(start, start + AT_A_TIME) for start in starts]
    found_in = Parallel(n_jobs=min(cpu_count(), len(shares)))(
        delayed(_maps)(scenes.images[share], scenes.later[share]) for share in shares
    )
    areas, layers = (np.concatenate(maps) for maps in zip(*found_in, strict=True))
    maps = [in_order(*each)[:2] for each in zip(areas, layers, strict=True)]
    result = [unlabelled(image, *each) for image, each in zip(scenes.images, maps, strict=True)]
    rng = np.random.default_rng(seed)
    result += [repaint(*each, rng) for _ in range(repaints) for each in maps]
    return _stack(result)


def _maps(images, later):
    """Parts and objects found in (S, H, W, 3) pictures with their next frames: each (S, H, W)."""
    return texture_areas(images, moving_layers(images, later))


def _stack(scenes):
    """One batch of scenes with different numbers of objects."""
    most = max(len(scene.classes) for scene in scenes)

    def longer(values, fill):
        wanted = [(0, most - len(values))] + [(0, 0)] * (values.ndim - 1)
        return np.pad(values, wanted, constant_values=fill)

    return Scenes.stack(
        [
            replace(scene, classes=longer(scene.classes, -1), poses=longer(scene.poses, 0))
            for scene in scenes
        ]
    )
