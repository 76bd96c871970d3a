"""Named trainings: what is learned from which scenes by which Glom, in which stages."""

from dataclasses import dataclass, field, replace

TASKS = ("masks", "class_pose", "reconstruction", "views", "common_fate")
LABELS = ("true", "found")
OPTIMIZERS = ("adam", "muon")


@dataclass(frozen=True)
class Stage:
    """A stretch of training with its own settling and learning rate.

    Args:
        iters: settling steps; 0 = the feed-forward sweep alone.
        epochs: number of epochs.
        steps: batches per epoch.
        learning_rate: peak; a short warm-up, then cosine decay to nearly 0.
        levels: whose bottom-up nets learn, in order, by the depths that lie there, with the task
            "masks" and the sweep; None = all. Where the lowest is not level 1, the states of the
            level below it are computed once for the whole pool and learned from instead of
            pictures, several times as many scenes a minute.
        batch_size: pictures per step; None = the recipe's.
        noise: on half of the pictures, of a standard deviation up to this; white is 1.
    """

    iters: int
    epochs: int
    steps: int
    learning_rate: float = 2e-3
    levels: tuple[int, ...] | None = None
    batch_size: int | None = None
    noise: float = 0.0


@dataclass(frozen=True)
class Recipe:
    """Everything that decides a run, besides the seed.

    Args:
        task: "masks", "class_pose", "reconstruction", "views", or "common_fate" with the world
            "moving".
        figures, icons: how many scenes of each world the pool holds.
        stages: in order; the weights carry on.
        glom: keyword arguments of :class:`glomtf.Glom`.
        part_level, object_level: where parts and objects are meant to be islands.
        batch_size: pictures per step.
        temperature: of the contrast on masks, of common fate and of views.
        worlds: how many scenes of each further world (a name in ``glomtf.worlds.WORLDS``).
        labels: "true" from the worlds, or "found" by motion and texture
            (:func:`glomtf.training.found.found`) in worlds that move.
        repaints: how often the layout of each scene is painted anew where labels are found.
        recolour: how much colours change from view to view, 0 to 1, with the task "views".
        pairs: whether objects are learned pair by pair of columns instead of by contrast, with the
            task "masks".
        optimizer: "adam" or "muon" (:class:`glomtf.training.optimizers.KernelMuon`).
        read_iters: settling steps of the finished model; None = those of the last stage.

    Raises:
        ValueError: a word that is not among these, scenes that the task cannot learn from, or a
            stage that asks for more of them, or for other levels, than there are.
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
    worlds: dict = field(default_factory=dict)
    labels: str = "true"
    repaints: int = 0
    recolour: float = 0.0
    pairs: bool = False
    optimizer: str = "adam"
    read_iters: int | None = None

    def __post_init__(self):
        for name, words in (("task", TASKS), ("labels", LABELS), ("optimizer", OPTIMIZERS)):
            if getattr(self, name) not in words:
                raise ValueError(
                    f"expected {name} as one of {', '.join(words)}, got {getattr(self, name)!r}"
                )
        moving = not self.icons and set(self.generated()) == {"moving"}
        if not moving and (self.task == "common_fate" or self.labels == "found"):
            raise ValueError(
                "expected scenes of the world 'moving' alone, which have a next frame, for the "
                f"task 'common_fate' and for labels 'found', got {self.scene_counts()}"
            )
        for number, stage in enumerate(self.stages, start=1):
            self._check(stage, f"stage {number}")

    def _check(self, stage, where):
        depths = {self.part_level, self.object_level}
        if stage.levels and (self.task != "masks" or stage.iters or not depths & set(stage.levels)):
            raise ValueError(
                f"expected {where}, of some levels, to be the sweep of the task 'masks' with parts "
                f"(level {self.part_level}) or objects ({self.object_level}) among them, got "
                f"levels {stage.levels} of task {self.task!r} with {stage.iters} iterations"
            )
        pool = (self.icons + sum(self.generated().values())) * (1 + self.repaints)
        if stage.levels and stage.levels[0] > 1:
            pool -= pool % self.batch_size  # looked at once, in whole batches
        batch = stage.batch_size or self.batch_size
        if stage.steps * batch > pool:
            raise ValueError(
                f"expected {where} to take no more scenes an epoch than there are, {pool}, got "
                f"{stage.steps} steps of {batch}; give fewer steps or more scenes"
            )

    def generated(self):
        """{name: scenes} of the worlds in ``glomtf.worlds.WORLDS`` that it trains on."""
        counts = {"figures": self.figures, **self.worlds}
        return {name: count for name, count in counts.items() if count}

    def scene_counts(self):
        """How many scenes of which worlds, for people."""
        worlds = {**self.generated(), "icons": self.icons}
        return " + ".join(f"{count:,} {name}" for name, count in worlds.items() if count)

    def summary(self):
        """One line for people: the task, the scenes and the stages."""
        scenes = self.scene_counts()
        if self.labels == "found":
            scenes += f" without labels, each repainted {self.repaints} times"
        stages = ", then ".join(
            f"{stage.epochs * stage.steps:,} steps of "
            + (f"{stage.iters} iterations" if stage.iters else "the feed-forward sweep")
            + (f" for level {' and '.join(map(str, stage.levels))}" if stage.levels else "")
            + (f" with noise up to {stage.noise:g}" if stage.noise else "")
            for stage in self.stages
        )
        return f"{self.task.replace('_', ' and ')} on {scenes}: {stages}"


# The Glom that recipes start from: 16 x 16 columns on 64 x 64 pixels, three levels. Level 2 is
# meant for parts and level 3 for objects; range grows with level (paper, section on sparse
# attention at higher levels). Settling starts as little more than the feed-forward pass: small
# top-down and consensus weights, which training may raise.
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
    "beta": 16.0,
    "learn_beta": True,
    "local_consensus_radius": (1.5, 3.0, 0.0),
    "contribution_weights": (1.0, 1.0, 0.2, 0.7),
    "learn_contribution_weights": True,
    "state_norm": "rms",
    "initial_state": "bottom_up",
}

# Learn to see first, feed-forward, which shows several times as many pictures a minute; then
# learn to settle. The control spends the second stage's minutes feed-forward as well.
SEE = Stage(iters=0, epochs=6, steps=500)
SETTLE = Stage(iters=4, epochs=4, steps=300, learning_rate=1e-3)

FIGURES = Recipe("masks", figures=8_000, icons=0, stages=(SEE, SETTLE), glom=SMALL)
# Crowded figures: parts first; then the top level, which hears of their shapes before it says what
# they make up and needs many scenes; then both by settling. A stem and an optimizer for long
# trainings. Larger pictures, 24 x 24 columns on them: many parts are as small as a column of
# 16 x 16 (docs/experiments.md).
CROWD = Recipe(
    "masks",
    figures=0,
    icons=0,
    worlds={"crowd": 24_000},
    stages=(
        Stage(iters=0, epochs=15, steps=600, learning_rate=4e-3, levels=(1, 2)),
        Stage(iters=0, epochs=8, steps=375, levels=(3,), batch_size=64),
        Stage(iters=4, epochs=4, steps=150, learning_rate=1e-3),
    ),
    glom=SMALL
    | {
        "image_size": 96,
        "stem": "normed_pyramid",
        "bottom_up_location": None,
        "assembly": (0, 0, 4),
    },
    batch_size=8,
    pairs=True,
    optimizer="muon",
)
CROWD_SEE_ON = Stage(iters=0, epochs=6, steps=290, learning_rate=1e-3)
# Likewise on finer columns, 32 x 32 of them, which small parts need more than more steps.
# Settling is dear there: fewer steps of it, and smaller ones, which keep what others have learned.
# Noise from the first stage on: without, a little of it shatters backgrounds.
CROWD_FINE = replace(
    CROWD,
    stages=(
        replace(CROWD.stages[0], epochs=10, noise=0.15),
        replace(CROWD.stages[1], noise=0.15),
        replace(CROWD.stages[2], steps=75, learning_rate=3e-4, noise=0.15),
    ),
    glom=CROWD.glom | {"image_size": 128},
)
# Likewise icons, with plain figures among them: shapes say which parts are one drawing's.
ICONS = replace(
    CROWD,
    worlds={},
    figures=8_000,
    icons=24_000,
    stages=(CROWD.stages[0], replace(CROWD.stages[1], epochs=6, steps=500), CROWD.stages[2]),
)
# No labels: what two frames tell of moving crowds, layouts as they were and in seven other paints.
CROWD_MOTION = replace(
    CROWD,
    worlds={"moving": 2_400},
    stages=(CROWD.stages[0], replace(CROWD.stages[1], epochs=10, steps=300), CROWD.stages[2]),
    labels="found",
    repaints=7,
)
# No labels, single still pictures, two views of each. The sweep alone is taught, and sees no more
# than its own small patch; what belongs together is then found by settling with near columns, which
# needs no teaching. Nothing taught the top-down nets, so they have no say.
TETROMINOES = Recipe(
    "views",
    figures=0,
    icons=0,
    worlds={"tetrominoes-36": 8_000},
    stages=(Stage(iters=0, epochs=10, steps=125, learning_rate=1e-3),),
    glom=SMALL
    | {
        "stem": "linear",
        "image_size": 36,
        "patch_size": 2,
        "local_consensus_radius": (1.5, 3.0, 6.0),
        "contribution_weights": (1.0, 1.0, 0.0, 0.7),
        "learn_contribution_weights": False,
    },
    batch_size=64,
    read_iters=16,
)
# Here the background's grey would tell pictures apart, were it the same in both views.
DSPRITES = replace(
    TETROMINOES,
    worlds={"dsprites": 8_000},
    stages=(Stage(iters=0, epochs=8, steps=125, learning_rate=1e-3),),
    glom=TETROMINOES.glom | {"image_size": 64},
    recolour=0.4,
    read_iters=8,
)
RECIPES = {
    "tetrominoes": TETROMINOES,
    "dsprites": DSPRITES,
    "icons": ICONS,
    "icons-feedforward": replace(ICONS, stages=(*ICONS.stages[:2], CROWD_SEE_ON)),
    "crowd": CROWD,
    "crowd-feedforward": replace(CROWD, stages=(*CROWD.stages[:2], CROWD_SEE_ON)),
    "crowd-fine": CROWD_FINE,
    "crowd-fine-feedforward": replace(
        CROWD_FINE, stages=(*CROWD_FINE.stages[:2], replace(CROWD_SEE_ON, steps=235, noise=0.15))
    ),
    "crowd-motion": CROWD_MOTION,
    "crowd-motion-feedforward": replace(
        CROWD_MOTION, stages=(*CROWD_MOTION.stages[:2], CROWD_SEE_ON)
    ),
    "figures": FIGURES,
    "figures-class-pose": replace(FIGURES, task="class_pose"),
    "figures-reconstruction": replace(
        FIGURES, task="reconstruction", stages=(replace(SETTLE, epochs=6),)
    ),
}
