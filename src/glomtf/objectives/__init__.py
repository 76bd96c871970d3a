"""Pure losses on states, unreduced: one value per column."""

from glomtf.objectives.masks import segment_contrast, segment_weights
from glomtf.objectives.reconstruction import masked_patch_error
from glomtf.objectives.supervised import column_cross_entropy, column_pose_error

__all__ = [
    "column_cross_entropy",
    "column_pose_error",
    "masked_patch_error",
    "segment_contrast",
    "segment_weights",
]
