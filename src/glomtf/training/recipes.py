"""Named trainings: what is learned from which scenes by which Glom, in which stages."""

from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class Stage:
    """A stretch of training with its own settling and learning rate.

    Args:
        iters: settling steps; 0 = the feed-forward sweep alone.
        epochs: number of epochs.
        steps: batches per epoch.
        learning_rate: peak; a short warm-up, then cosine decay to nearly 0.
    """

    iters: int
    epochs: int
    steps: int
    learning_rate: float = 2e-3


@dataclass(frozen=True)
class Recipe:
    """Everything that decides a run, besides the seed.

    Args:
        task: "masks", "class_pose" or "reconstruction".
        figures, icons: how many scenes of each world the pool holds.
        stages: in order; the weights carry on.
        glom: keyword arguments of :class:`glomtf.Glom`.
        part_level, object_level: where parts and objects are meant to be islands.
        batch_size: pictures per step.
        temperature: of the contrast on masks.
    """

    task: str
    figures: int
    icons: int
    stages: tuple[Stage, ...]
    glom: dict = field(default_factory=dict)
    part_level: int = 2
    object_level: int = 3
    batch_size: int = 16
    temperature: float = 0.1


# The Glom of all recipes: 16 x 16 columns on 64 x 64 pixels, three levels. Level 2 is meant for
# parts and level 3 for objects; range grows with level (paper, section on sparse attention at
# higher levels). Settling starts as little more than the feed-forward pass: small top-down and
# consensus weights, which training may raise.
SMALL = {
    "dim": 64,
    "levels": 3,
    "image_size": 64,
    "patch_size": 4,
    "stem": "conv",
    "mlp_ratio": 2,
    "top_down_location": "fourier",
    "top_down_activation": "sine",
    "bottom_up_location": "fourier",
    "similarity": "cosine",
    "beta": 8.0,
    "learn_beta": True,
    "local_consensus_radius": (1.5, 3.0, 0.0),
    "contribution_weights": (1.0, 1.0, 0.1, 0.5),
    "learn_contribution_weights": True,
    "state_norm": "rms",
    "initial_state": "bottom_up",
}

SEE = Stage(iters=0, epochs=20, steps=500)

ICONS = Recipe(
    task="masks",
    figures=8_000,
    icons=24_000,
    stages=(SEE, Stage(iters=4, epochs=10, steps=250, learning_rate=1e-3)),
    glom=SMALL,
)

RECIPES = {"icons": ICONS}
