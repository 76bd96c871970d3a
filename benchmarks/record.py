"""A study's JSON while it grows: written whole or not at all, taken up by what may add to it."""

import json

from glomtf.parse import write_files


def write(path, text):
    """Write a file whole or not at all: one that is there stays until the new one is."""
    write_files(path.parent, {path.name: text.encode()})


def taken_up(path, fresh, parser):
    """The study in a file, ``fresh`` where there is none; other ``sizes`` are refused in a line."""
    if not path.exists():
        return fresh
    try:
        found = json.loads(path.read_text())
        known = found["sizes"]
    except (ValueError, KeyError, TypeError):
        parser.error(
            f"expected a study of this script in {path}, got something else; choose another --out"
        )
    sizes = fresh["sizes"]
    if known != sizes:
        parser.error(f"expected a study of {sizes} in {path}, got {known}; choose another --out")
    return found
