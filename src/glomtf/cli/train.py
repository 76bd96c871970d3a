"""`glomtf train`: a recipe in, a run's folder out."""

from __future__ import annotations

from pathlib import Path

from jsonargparse import ArgumentParser, Namespace

from glomtf.cli.refusals import Refused, check_folder, quiet_start, refusing, say, whole
from glomtf.training.recipes import RECIPES


def declare(parser: ArgumentParser) -> None:
    """The arguments and the help of `glomtf train`."""
    parser.description = """Train a Glom by a recipe.

Writes recipe.json, history.csv (loss per epoch), tensorboard/ (islands and scores of a few
scenes per epoch), checkpoints while it runs, and at the end model.json and model.weights.h5,
which --model of the other commands takes.

examples:
  glomtf train --recipe figures --out runs/figures
  glomtf train --recipe icons --data icons.tgz --out runs/icons --seed 1
  glomtf train --recipe icons --data icons.tgz --out runs/icons --seed 1 --resume

recipes:
""" + "\n".join(f"  {name:24} {recipe.summary()}" for name, recipe in RECIPES.items())
    parser.add_argument("--recipe", choices=list(RECIPES), required=True, help="see the list above")
    parser.add_argument("--data", help="folder or archive of SVG icons, for icons recipes")
    parser.add_argument("--out", required=True, metavar="RUN", help="the run's folder")
    parser.add_argument("--seed", default="0", metavar="N", help="of weights and scenes")
    parser.add_argument("--resume", action="store_true", help="carry on a run that was killed")


def run(options: Namespace) -> None:
    """Train, and say where the run is."""
    recipe = RECIPES[options.recipe]
    seed = whole("--seed", options.seed, least=0, most=10**6)
    out = Path(options.out)
    check_folder(out)
    if bool(recipe.icons) != (options.data is not None):
        raise Refused(
            f"expected --data with recipes that train on icons and only there, got recipe "
            f"{options.recipe} and --data {options.data}; name a folder or archive of SVG icons"
        )
    with quiet_start():
        from glomtf.training.run import train
    with refusing():
        model = train(
            recipe, out, icons=options.data, seed=seed, resume=options.resume, name=options.recipe
        )
    say(f"{model.count_params():,} weights, read at {model.reading}, are in {out}")
