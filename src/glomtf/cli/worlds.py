"""`glomtf worlds`: a contact sheet of scenes with their truth."""

from __future__ import annotations

import io
from pathlib import Path

from jsonargparse import ArgumentParser, Namespace

from glomtf.cli.refusals import Refused, check_folder, refusing, say, whole


def declare(parser: ArgumentParser) -> None:
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


def run(options: Namespace) -> None:
    """Draw scenes of a world into one picture."""
    from PIL import Image

    from glomtf.parse import write_files
    from glomtf.worlds import Figures, Icons, contact_sheet

    count = whole("--count", options.count, least=1, most=1000)
    seed = whole("--seed", options.seed, least=0)
    out = Path(options.out)
    if out.suffix.lower() != ".png" or out.is_dir():
        raise Refused(f"expected --out to name a .png file, got {options.out!r}; add the ending")
    check_folder(out.parent)
    if (options.world == "icons") != (options.data is not None):
        raise Refused(
            f"expected --data with --world icons and only there, got --world {options.world} "
            f"and --data {options.data}; name a folder or archive of SVG icons"
        )
    with refusing():
        world = Icons(options.data) if options.world == "icons" else Figures()
    drawing = io.BytesIO()
    Image.fromarray(contact_sheet(world.scenes(count, seed))).save(drawing, "PNG")
    with refusing():
        write_files(out.parent, {out.name: drawing.getvalue()})
    say(f"{count} scenes with their parts and objects are in {out}")
