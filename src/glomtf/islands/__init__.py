"""Islands of agreement: labels, scores, parse trees and pictures from an array of states."""

from glomtf.islands.agreement import (
    cosines_within_and_between,
    island_agreements,
    level_agreement,
    mean_cosine,
)
from glomtf.islands.build import build_tree
from glomtf.islands.follow import Follower, follow
from glomtf.islands.gif import settling_gif, video_gif
from glomtf.islands.overlap import parents
from glomtf.islands.pca import pca_rgb
from glomtf.islands.plot import levels_figure
from glomtf.islands.plot_pca import vectors_figure
from glomtf.islands.plot_time import time_figure
from glomtf.islands.plot_tree import tree_figure
from glomtf.islands.report import render_report
from glomtf.islands.scores import (
    adjusted_rand,
    edge_f1,
    foreground_ari,
    mean_best_overlap,
    nestedness,
    parent_accuracy,
)
from glomtf.islands.segment import segment, segment_k, tune, tune_threshold
from glomtf.islands.tree import Level, Node, ParseTree, Picture

__all__ = [
    "Follower",
    "Level",
    "Node",
    "ParseTree",
    "Picture",
    "adjusted_rand",
    "build_tree",
    "cosines_within_and_between",
    "edge_f1",
    "follow",
    "foreground_ari",
    "island_agreements",
    "level_agreement",
    "levels_figure",
    "mean_best_overlap",
    "mean_cosine",
    "nestedness",
    "parent_accuracy",
    "parents",
    "pca_rgb",
    "render_report",
    "segment",
    "segment_k",
    "settling_gif",
    "time_figure",
    "tree_figure",
    "tune",
    "tune_threshold",
    "vectors_figure",
    "video_gif",
]
