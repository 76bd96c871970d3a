"""`glomtf evaluate`: a model against the truth of scenes it never saw."""

from __future__ import annotations

from pathlib import Path

from jsonargparse import ArgumentParser, Namespace

from glomtf.cli.refusals import Refused, check_folder, quiet_start, refusing, say, whole
from glomtf.cli.worlds import NAMES


def declare(parser: ArgumentParser) -> None:
    """The arguments and the help of `glomtf evaluate`."""
    parser.description = """Score a model's islands, level by depth of the truth, with baselines.

Scenes are drawn afresh, in the model's image size (those of published datasets in their own); no
run is trained or tuned on them. The model is read with the thresholds it was saved with. ARI counts
the background as a segment, FG-ARI counts foreground columns only, mBO is the mean best overlap.
Baselines get their thresholds from other scenes of the same world, and so do connected islands: the
same states read more strictly, neighbour by neighbour.

examples:
  glomtf evaluate --world figures
  glomtf evaluate --model runs/mine --world crowd-classes
  glomtf evaluate --model runs/mine --world icons --data icons.tgz --json scores.json
  glomtf evaluate --model runs/mine --control runs/feedforward --world figures
  glomtf evaluate --world icons --data other-designer/ --split all"""
    parser.add_argument(
        "--model", default="icons", metavar="PRESET_OR_RUN", help="a preset or a run's folder"
    )
    parser.add_argument("--control", metavar="RUN", help="a feed-forward run, shown beside it")
    parser.add_argument("--world", choices=NAMES, required=True, help="which world")
    parser.add_argument("--data", help="folder or archive of SVG icons, for icons")
    parser.add_argument(
        "--split", choices=["validation", "all"], default="validation",
        help="which icons: those never trained on, or all of a set that training never saw",
    )  # fmt: skip
    parser.add_argument(
        "--style", choices=["original", "varied"], default="original", help="colours of the icons"
    )
    parser.add_argument("--scenes", default="300", metavar="N", help="how many")
    parser.add_argument("--seed", default="7", metavar="N", help="of the scenes; 1 is validation")
    parser.add_argument("--json", metavar="F", help="also write the scores to this file")


def _grid(model) -> str:
    height, width = model.image_size
    return f"{height} x {width} pixels in patches of {model.patch_size}"


def run(options: Namespace) -> None:
    """Print the matrix, write it as JSON if asked."""
    count = whole("--scenes", options.scenes, least=1, most=100_000)
    seed = whole("--seed", options.seed, least=0, most=999)
    if seed == 1:
        raise Refused("expected --seed other than 1, whose scenes fix thresholds, got 1")
    if (options.world == "icons") != (options.data is not None):
        raise Refused(
            f"expected --data with --world icons and only there, got --world {options.world} "
            f"and --data {options.data}; name a folder or archive of SVG icons"
        )
    if options.world != "icons" and (options.split, options.style) != ("validation", "original"):
        raise Refused(
            f"expected --split and --style with --world icons alone, got --world {options.world}; "
            "leave them out"
        )
    if options.json:
        if Path(options.json).is_dir():
            raise Refused(
                f"expected --json to name a file, got the folder {options.json!r}; add a name"
            )
        check_folder(Path(options.json).parent, "--json")
    with refusing(), quiet_start():
        from glomtf.model.presets import load

        model = load(options.model)
        control = load(options.control) if options.control else None
    if control and _grid(control) != _grid(model):
        raise Refused(
            f"expected --control on pictures and columns like --model's, {_grid(model)}, got "
            f"{_grid(control)}; name a run trained on such"
        )
    from glomtf.parse import write_files
    from glomtf.training import evaluate
    from glomtf.training.scenes import VALIDATION
    from glomtf.worlds import Icons, world_of

    size = model.image_size[0]
    with refusing():
        if options.world == "icons":
            world = Icons(options.data, size, split=options.split, style=options.style)
        else:
            world = world_of(options.world, size)
        test = world.scenes(count, seed)
        known = world.scenes(min(count, 60), VALIDATION)
        result = {"world": options.world, "scenes": count, "seed": seed}
        for who, one in (("model", model), ("control", control)):
            if one:
                connected = evaluate.score_connected(one, known, test)
                result[who] = evaluate.score_model(one, test) | {"connected": connected}
        result["baselines"] = evaluate.score_baselines(model, known, test)
        say(f"{count} scenes of {options.world}, seed {seed}\n{evaluate.table(result)}")
        if options.json:
            file = Path(options.json)
            write_files(file.parent, {file.name: evaluate.to_json(result).encode()})
