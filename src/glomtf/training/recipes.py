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
    batch_size: int = 32
    temperature: float = 0.1
