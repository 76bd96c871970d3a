"""The command line: read the arguments, hand them to one command, one line when refused."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Sequence

from jsonargparse import ArgumentParser, DefaultHelpFormatter, Namespace

import glomtf
from glomtf.cli import bench, evaluate, explore, parse, train, worlds
from glomtf.cli.refusals import Refused, fail

# name: (the module with its declare and run, one line of help)
COMMANDS = {
    "parse": (parse, "find parts, objects and the scene in pictures"),
    "train": (train, "train a Glom by a recipe"),
    "evaluate": (evaluate, "score a model's islands against the truth, with baselines"),
    "explore": (explore, "open a local web page to drop pictures on"),
    "worlds": (worlds, "draw scenes with their label maps"),
    "bench": (bench, "measure time and memory beside glom-pytorch"),
}


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
        options = arguments(sys.argv[1:] if argv is None else argv)
        COMMANDS[options.subcommand][0].run(options[options.subcommand])
        return 0
    except Refused as error:
        return fail(2, str(error))
    except SystemExit as stop:  # --help and --version
        return int(stop.code or 0)
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if os.environ.get("GLOMTF_TRACEBACK") == "1":
            traceback.print_exc()
        return fail(
            1,
            f"expected to finish, got {type(error).__name__}: {error}; this is a fault of glomtf, "
            "please report it with what GLOMTF_TRACEBACK=1 shows",
        )


def arguments(argv: Sequence[str]) -> Namespace:
    """What the command line says: the subcommand and its options. Raises Refused, or SystemExit."""
    settings = {"exit_on_error": False, "allow_abbrev": False, "formatter_class": _Help}
    parser = ArgumentParser(
        prog="glomtf",
        description="GLOM: parse pictures into part-whole hierarchies of islands of agreement.\n\n"
        "examples:\n  glomtf parse photo.jpg\n  glomtf worlds --world figures --out figures.png",
        version=glomtf.__version__,
        **settings,
    )
    commands = parser.add_subcommands(metavar="COMMAND")
    for name, (module, line) in COMMANDS.items():
        command = ArgumentParser(**settings)
        module.declare(command)
        commands.add_subcommand(name, command, help=line)
    if not argv:
        raise Refused(f"expected a command ({', '.join(COMMANDS)}), got none; see glomtf --help")
    try:
        return parser.parse_args(list(argv))
    except argparse.ArgumentError as error:
        page = f"glomtf {argv[0]} --help" if argv[0] in COMMANDS else "glomtf --help"
        raise Refused(f"expected other arguments, got: {error}; see {page}") from None
