"""Which scenes a recipe trains on, and which fix the thresholds of its runs."""

from glomtf.training.found import found
from glomtf.worlds.icons import Icons
from glomtf.worlds.named import WORLDS, world_of

# Seeds of scenes. Training scenes use TRAINING + the run's seed; every run is validated on the
# same scenes. `glomtf evaluate` draws others.
VALIDATION, TRAINING = 1, 1000
VALIDATION_SCENES = 200


def validation_scenes(recipe, icons, image_size):
    """The scenes on which thresholds are fixed, from every world the recipe trains on.

    Icons of the validation split in both styles: varied as in training, original as in use.
    """
    scenes = []
    if recipe.icons:
        scenes += [
            Icons(icons, image_size, split="validation", style=style).scenes(
                VALIDATION_SCENES, VALIDATION
            )
            for style in ("varied", "original")
        ]
    return scenes + [
        world_of(name, image_size).scenes(VALIDATION_SCENES, VALIDATION)
        for name in recipe.generated()
    ]


def training_scenes(recipe, icons, seed, image_size):
    """The pool of a run: as many scenes of each world as the recipe says, labelled as it says.

    ``image_size`` in pixels, in worlds that come in sizes; in validation scenes likewise.
    """
    scenes = []
    if recipe.icons:
        world = Icons(icons, image_size, split="train")
        scenes.append(world.scenes(recipe.icons, TRAINING + seed))
    scenes += [
        world_of(name, image_size).scenes(count, TRAINING + seed)
        for name, count in recipe.generated().items()
    ]
    if recipe.labels == "found":
        return [found(part, seed, recipe.repaints) for part in scenes]
    return scenes


def class_count(recipe):
    """How many classes the recipe's worlds have; refuses worlds that number them differently."""
    lists = {WORLDS[name]().classes for name in recipe.generated()}
    if len(lists) != 1:
        raise ValueError(
            f"expected worlds of the same classes to train class and pose on, got "
            f"{', '.join(recipe.generated())}; train on one of them"
        )
    return len(lists.pop())
