"""The command line: read the arguments, check every input, call one function, write files."""

from __future__ import annotations

import argparse
import io
import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from jsonargparse import ArgumentParser, DefaultHelpFormatter, Namespace

import glomtf


class Refused(Exception):
    """Bad usage or input: one line with what was expected, what came and what to do."""


class _Help(DefaultHelpFormatter, argparse.RawDescriptionHelpFormatter):
    """Keeps the line breaks of the examples."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; ``argv`` defaults to the process's arguments.

    Returns:
        0, 2 for bad usage or input, 1 for a failure of glomtf itself, 130 if interrupted. Errors
        are one line on stderr; with GLOMTF_TRACEBACK=1 failures of glomtf show their traceback.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # file names and trees in any terminal's encoding
            stream.reconfigure(errors="backslashreplace")
    try:
        options = _arguments(sys.argv[1:] if argv is None else argv)
        COMMANDS[options.subcommand][1](options[options.subcommand])
        return 0
    except Refused as error:
        return _fail(2, str(error))
    except SystemExit as stop:  # --help and --version
        return int(stop.code or 0)
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if os.environ.get("GLOMTF_TRACEBACK") == "1":
            traceback.print_exc()
        return _fail(
            1,
            f"expected to finish, got {type(error).__name__}: {error}; this is a fault of glomtf, "
            "please report it with what GLOMTF_TRACEBACK=1 shows",
        )


def declare_parse(parser: ArgumentParser) -> None:
    """The arguments and the help of `glomtf parse`."""
    parser.description = """Find parts, objects and the scene in pictures.

Writes levels.png, report.html and tree.json into a folder per picture, prints the trees.

examples:
  glomtf parse                                   the bundled samples
  glomtf parse photo.jpg                         to glomtf-out/photo/
  glomtf parse a.png b.png --out results --iters 24
  glomtf parse a.png --model runs/mine           a model that you trained"""
    images = parser.add_argument(
        "images", nargs="*", metavar="IMAGE", help="PNG, JPEG, WebP, GIF or BMP; none: the samples"
    )
    images.required = False  # or else the help says it is
    parser.add_argument(
        "--model", default="icons", metavar="PRESET_OR_RUN", help="a preset or a run's folder"
    )
    parser.add_argument("--out", default="glomtf-out", metavar="DIR", help="where results go")
    parser.add_argument("--iters", metavar="N", help="settling steps")


def run_parse(options: Namespace) -> None:
    """Check every input, then parse picture by picture, each into a folder of its own."""
    from glomtf.worlds.samples import SAMPLES, draw_sample

    images = list(options.images)
    iters = None if options.iters is None else _whole("--iters", options.iters, least=1)
    _check_pictures(images)
    out = Path(options.out)
    folders = [out / name for name in folder_names(images or SAMPLES)]
    for folder in folders:
        _check_folder(folder)
    with _refusing(), quiet_start():
        from glomtf.model.presets import load

        model = load(options.model)
    for number, (image, folder) in enumerate(zip(images or SAMPLES, folders, strict=True), 1):
        if len(folders) > 1:
            print(f"glomtf: {number} of {len(folders)}: {image}", file=sys.stderr, flush=True)
        with _refusing():
            picture = image if images else draw_sample(image)
            result = glomtf.parse(picture, model, iters=iters, name=image)
            result.save(folder)
        _say(f"{image}\n{result.tree.text()}\n")
    _say("levels.png, report.html and tree.json are in")
    for folder in folders:
        _say(f"  {folder}")


def declare_worlds(parser: ArgumentParser) -> None:
    """The arguments and the help of `glomtf worlds`."""
    parser.description = """Draw a contact sheet of scenes with their label maps.

Each scene's picture is followed by its true parts and its true objects.

examples:
  glomtf worlds --world figures --out figures.png
  glomtf worlds --world icons --data twemoji.tgz --out icons.png --count 8 --seed 1"""
    parser.add_argument("--world", choices=["figures", "icons"], required=True, help="which world")
    parser.add_argument("--data", help="folder or archive of SVG icons, for icons")
    parser.add_argument("--out", required=True, metavar="F.png", help="the picture to write")
    parser.add_argument("--count", default="16", metavar="N", help="scenes")
    parser.add_argument("--seed", default="0", metavar="N", help="other seed, other scenes")


def run_worlds(options: Namespace) -> None:
    """Draw scenes of a world into one picture."""
    from PIL import Image

    from glomtf.parse import write_files
    from glomtf.worlds import Figures, Icons, contact_sheet

    count = _whole("--count", options.count, least=1, most=1000)
    seed = _whole("--seed", options.seed, least=0)
    out = Path(options.out)
    if out.suffix.lower() != ".png" or out.is_dir():
        raise Refused(f"expected --out to name a .png file, got {options.out!r}; add the ending")
    _check_folder(out.parent)
    if (options.world == "icons") != (options.data is not None):
        raise Refused(
            f"expected --data with --world icons and only there, got --world {options.world} "
            f"and --data {options.data}; name a folder or archive of SVG icons"
        )
    with _refusing():
        world = Icons(options.data) if options.world == "icons" else Figures()
    drawing = io.BytesIO()
    Image.fromarray(contact_sheet(world.scenes(count, seed))).save(drawing, "PNG")
    with _refusing():
        write_files(out.parent, {out.name: drawing.getvalue()})
    _say(f"{count} scenes with their parts and objects are in {out}")


# name: (declare its arguments, run it, one line of help)
COMMANDS = {
    "parse": (declare_parse, run_parse, "find parts, objects and the scene in pictures"),
    "worlds": (declare_worlds, run_worlds, "draw scenes with their label maps"),
}


def folder_names(images: Sequence[str]) -> list[str]:
    """A folder name per picture, all different: its stem, numbered where that is taken."""
    names: list[str] = []
    taken: set[str] = set()
    for image in images:
        # The stem of "...png" would be "..", the folder above.
        stem = Path(image).stem.strip(". ") or "picture"
        name, number = stem, 1
        while name.casefold() in taken:  # some file systems do not tell a from A
            number += 1
            name = f"{stem}-{number}"
        taken.add(name.casefold())
        names.append(name)
    return names


@contextmanager
def quiet_start() -> Iterator[None]:
    """Import TensorFlow in here: what it writes to stderr while starting is not shown."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    # Some of it comes from C++ before TensorFlow looks at that variable.
    shown, hidden = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(hidden, 2)
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(shown, 2)
        os.close(shown)
        os.close(hidden)


def _arguments(argv: Sequence[str]) -> Namespace:
    settings = {"exit_on_error": False, "allow_abbrev": False, "formatter_class": _Help}
    parser = ArgumentParser(
        prog="glomtf",
        description="GLOM: parse pictures into part-whole hierarchies of islands of agreement.\n\n"
        "examples:\n  glomtf parse photo.jpg\n  glomtf worlds --world figures --out figures.png",
        version=glomtf.__version__,
        **settings,
    )
    commands = parser.add_subcommands(metavar="COMMAND")
    for name, (declare, _, line) in COMMANDS.items():
        command = ArgumentParser(**settings)
        declare(command)
        commands.add_subcommand(name, command, help=line)
    if not argv:
        raise Refused(f"expected a command ({', '.join(COMMANDS)}), got none; see glomtf --help")
    try:
        return parser.parse_args(list(argv))
    except argparse.ArgumentError as error:
        page = f"glomtf {argv[0]} --help" if argv[0] in COMMANDS else "glomtf --help"
        raise Refused(f"expected other arguments, got: {error}; see {page}") from None


def _check_pictures(images: Sequence[str]) -> None:
    """Read every picture once; one line for each that is none."""
    from glomtf.worlds.files import PictureError, read_picture

    refusals = []
    for image in images:
        try:
            read_picture(image)
        except PictureError as error:
            refusals.append(str(error))
    for refusal in refusals[:-1]:
        _fail(2, refusal)
    if refusals:
        raise Refused(refusals[-1])


def _check_folder(folder: Path) -> None:
    """Refuse a folder that cannot be made or written, without making it."""
    there = folder
    while not os.path.lexists(there) and there != there.parent:
        there = there.parent
    if not there.is_dir():
        raise Refused(f"expected a folder at {str(there)!r}, got a file; choose another --out")
    if not os.access(there, os.W_OK | os.X_OK):
        raise Refused(
            f"expected to write in {str(there)!r}, got no permission; choose another --out"
        )


def _whole(name: str, text: str, least: int, most: float = float("inf")) -> int:
    limits = f"from {least} to {most}" if most < float("inf") else f"of at least {least}"
    try:
        number = int(text)
    except ValueError:
        number = least - 1
    if not least <= number <= most:
        raise Refused(f"expected {name} as a whole number {limits}, got {text!r}; give another")
    return number


@contextmanager
def _refusing() -> Iterator[None]:
    """Around functions whose documented errors are the fault of inputs or of the disk."""
    try:
        yield
    except ValueError as error:
        raise Refused(str(error)) from error
    except OSError as error:
        raise Refused(f"expected usable files, got {error}; check paths and disk") from error


def _say(text: str) -> None:
    """Print. When nobody reads any more (``| head``), the files are still written."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail(code: int, message: str) -> int:
    print("glomtf: error:", " ".join(message.split()), file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
