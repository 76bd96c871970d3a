"""The worlds that need nothing but their name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Protocol

from .arrangements import UNSEEN
from .crowd import UNSEEN_BACKGROUNDS, crowd
from .dsprites import DSprites
from .ellipses import Ellipses
from .figures import INVENTED, Figures
from .moving import Moving
from .scene import Scenes
from .tetrominoes import Tetrominoes


class World(Protocol):
    """What every world is: class names, and scenes by seed and number."""

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes that `Scenes.classes` counts."""

    def scenes(self, count: int, seed: int = 0) -> Scenes:
        """``count`` >= 1 scenes; scene i of a seed depends on the seed and i only."""


def _moving(image_size: int = 64) -> Moving:
    """Moving crowds, as fast for their size in every size."""
    return Moving(crowd(image_size), speed=(image_size / 64, 3 * image_size / 64))


# Those that begin with another one's name vary one thing that the other never shows.
WORLDS: dict[str, Callable[..., World]] = {
    "figures": Figures,
    "crowd": crowd,
    "crowd-classes": partial(crowd, figures=tuple(UNSEEN)),
    "crowd-invented": partial(crowd, figures=(INVENTED,)),
    "crowd-counts": partial(crowd, objects=(7, 9)),
    "crowd-backgrounds": partial(crowd, backgrounds=UNSEEN_BACKGROUNDS),
    "moving": _moving,
    "ellipses": Ellipses,
    "ellipses-many": partial(Ellipses, objects=(2, 4)),
    "ellipses-noise": partial(Ellipses, noise=0.1),
    "ellipses-ambiguous": partial(Ellipses, ambiguity=0.8),
    "ellipses-transforms": partial(Ellipses, unseen=True),
    "tetrominoes": Tetrominoes,
    "tetrominoes-36": partial(Tetrominoes, 36),
    "dsprites": DSprites,
    "dsprites-binarized": partial(DSprites, "binarized"),
    "dsprites-colored": partial(DSprites, "colored_on_colored"),
}


def world_of(name: str, image_size: int) -> World:
    """The world of that name with pictures of ``image_size`` pixels, where it comes in sizes.

    The regenerated datasets have the one size that was published.
    """
    make = WORLDS[name]
    return make() if name.startswith(("tetrominoes", "dsprites")) else make(image_size)
