"""Pure losses on states, unreduced: one value per column unless they say otherwise."""

from glomtf.objectives.agreement import consensus_contrast, consensus_distance, variance_floor
from glomtf.objectives.contrast import pair_contrast
from glomtf.objectives.cooccurrence import cooccurrence_contrast
from glomtf.objectives.masks import segment_contrast, segment_pairs, segment_weights
from glomtf.objectives.motion import common_fate, estimate_motion
from glomtf.objectives.reconstruction import masked_patch_error
from glomtf.objectives.supervised import column_cross_entropy, column_pose_error
from glomtf.objectives.views import view_contrast
from glomtf.objectives.votes import centre_vote_error

__all__ = [
    "centre_vote_error",
    "column_cross_entropy",
    "column_pose_error",
    "common_fate",
    "consensus_contrast",
    "consensus_distance",
    "cooccurrence_contrast",
    "estimate_motion",
    "masked_patch_error",
    "pair_contrast",
    "segment_contrast",
    "segment_pairs",
    "segment_weights",
    "variance_floor",
    "view_contrast",
]
