"""Refusing in one line, and the checks that the commands share."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Refused(Exception):
    """Bad usage or input: one line with what was expected, what came and what to do."""


def fail(code: int, message: str) -> int:
    """Say on stderr, in one line, what was wrong; gives the exit code back."""
    print("glomtf: error:", " ".join(message.split()), file=sys.stderr)
    return code


@contextmanager
def refusing() -> Iterator[None]:
    """Around functions whose documented errors are the fault of inputs or of the disk."""
    try:
        yield
    except ValueError as error:
        raise Refused(str(error)) from error
    except OSError as error:
        raise Refused(f"expected usable files, got {error}; check paths and disk") from error


def whole(name: str, text: str, least: int, most: float = float("inf")) -> int:
    """The whole number that an option's text says; refuses other text and numbers out of range."""
    limits = f"from {least} to {most}" if most < float("inf") else f"of at least {least}"
    try:
        number = int(text)
    except ValueError:
        number = least - 1
    if not least <= number <= most:
        raise Refused(f"expected {name} as a whole number {limits}, got {text!r}; give another")
    return number


def check_folder(folder: Path, option: str = "--out") -> None:
    """Refuse a folder that cannot be made or written, without making it."""
    there = folder
    while not os.path.lexists(there) and there != there.parent:
        there = there.parent
    if not there.is_dir():
        raise Refused(f"expected a folder at {str(there)!r}, got a file; choose another {option}")
    if not os.access(there, os.W_OK | os.X_OK):
        raise Refused(
            f"expected to write in {str(there)!r}, got no permission; choose another {option}"
        )


def say(text: str) -> None:
    """Print. When nobody reads any more (``| head``), the files are still written."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


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
