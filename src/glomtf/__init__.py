"""GLOM for Keras 3: parse a picture into a part-whole hierarchy of islands of agreement.

    import glomtf
    result = glomtf.parse("picture.png")           # a path, or an array (H, W, C)
    result.tree, result.levels[1].labels, result.states

    model = glomtf.Glom(dim=512, levels=5, image_size=224, patch_size=14)
    x = model(images, iters=12)                    # (B, N, L, D)
    model = glomtf.load("icons")                   # a preset's name or a run's folder
    glomtf.load_glom_pytorch(model, "weights.pt")

Shapes, in code and documentation alike: B pictures in a batch, H x W pixels, C channels,
N = rows * cols columns in reading order, L levels (level 1 is the lowest), D = dim, width of a
level's vector, T = iters, settling steps. A state is (B, N, L, D), a trajectory
(T + 1, B, N, L, D) with the initial state first, a label map (rows, cols) with 0 = background.
"""

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from glomtf.parse import parse

if TYPE_CHECKING:
    from glomtf.model.glom import Glom
    from glomtf.model.port import load_glom_pytorch
    from glomtf.model.presets import load
    from glomtf.video import parse_video

__all__ = ["Glom", "__version__", "load", "load_glom_pytorch", "parse", "parse_video"]

try:
    __version__ = version("glom-tf")
except PackageNotFoundError:  # a source tree that was not installed
    __version__ = "0+unknown"

# Imported when first used: Keras takes seconds to start, `glomtf --help` must not wait for it.
_LATER = {
    "Glom": "glomtf.model.glom",
    "load": "glomtf.model.presets",
    "load_glom_pytorch": "glomtf.model.port",
    "parse_video": "glomtf.video",
}


def __getattr__(name):
    if name not in _LATER:
        raise AttributeError(f"module 'glomtf' has no attribute {name!r}")
    return getattr(import_module(_LATER[name]), name)


def __dir__():
    return sorted(__all__)
