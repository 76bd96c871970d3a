"""`glomtf parse`: pictures in, a folder with their parse out."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from jsonargparse import ArgumentParser, Namespace

import glomtf
from glomtf.cli import video
from glomtf.cli.refusals import Refused, check_folder, fail, quiet_start, refusing, say, whole


def declare(parser: ArgumentParser) -> None:
    """The arguments and the help of `glomtf parse`."""
    parser.description = """Find parts, objects and the scene in pictures.

Writes levels.png, report.html and tree.json into a folder per picture, prints the trees. With
--video the state is carried from frame to frame: writes islands.gif and trees.json, in which an
island that carries on keeps its id, and prints how steady the islands are.

examples:
  glomtf parse                                   the bundled samples
  glomtf parse photo.jpg                         to glomtf-out/photo/
  glomtf parse photo.jpg --settling              how its islands form, as pictures and a film
  glomtf parse a.png b.png --out results --iters 24
  glomtf parse a.png --tolerance 0.01            until a step changes vectors by 1 % at most
  glomtf parse a.png --model runs/mine           a model that you trained
  glomtf parse --video film.mp4 --frames 100     frame by frame, to glomtf-out/film/"""
    images = parser.add_argument(
        "images", nargs="*", metavar="IMAGE", help="PNG, JPEG, WebP, GIF or BMP; none: the samples"
    )
    images.required = False  # or else the help says it is
    parser.add_argument(
        "--model", default="icons", metavar="PRESET_OR_RUN", help="a preset or a run's folder"
    )
    parser.add_argument("--out", default="glomtf-out", metavar="DIR", help="where results go")
    parser.add_argument("--iters", metavar="N", help="settling steps")
    parser.add_argument(
        "--tolerance",
        metavar="X",
        help="settle until a step changes the vectors by no more than this share, N steps at most",
    )
    parser.add_argument(
        "--settling",
        action="store_true",
        help="also draw every settling step: settling.png, settling.gif, vectors.png",
    )
    parser.add_argument(
        "--video",
        metavar="FILE_OR_FOLDER",
        help="a video, an animated GIF, WebP or PNG, or a folder of pictures, instead of IMAGE",
    )
    parser.add_argument("--frames", metavar="N", help="of --video: at most so many (default: 300)")


def run(options: Namespace) -> None:
    """Pictures, or the frames of a video."""
    if options.video is not None:
        name, *_ = folder_names([options.video])
        folder = Path(options.out) / name
        if folder.resolve() == Path(options.video).resolve():
            raise Refused(
                f"expected --out other than where the folder --video {options.video} is, got "
                f"{options.out}: results would lie among the frames; choose another --out"
            )
        video.run(options, folder)
    elif options.frames is not None:
        raise Refused("expected --frames with --video, got it alone; add --video or leave it out")
    else:
        _run_pictures(options)


def _run_pictures(options: Namespace) -> None:
    """Check every input, then parse picture by picture, each into a folder of its own."""
    from glomtf.worlds.samples import SAMPLES, draw_sample

    images = list(options.images)
    iters = None if options.iters is None else whole("--iters", options.iters, least=1)
    tolerance = None if options.tolerance is None else _tolerance(options.tolerance)
    _check_pictures(images)
    out = Path(options.out)
    folders = [out / name for name in folder_names(images or SAMPLES)]
    for folder in folders:
        check_folder(folder)
    with refusing(), quiet_start():
        from glomtf.model.presets import load

        model = load(options.model)
    for number, (image, folder) in enumerate(zip(images or SAMPLES, folders, strict=True), 1):
        if len(folders) > 1:
            print(f"glomtf: {number} of {len(folders)}: {image}", file=sys.stderr, flush=True)
        with refusing():
            picture = image if images else draw_sample(image)
            result = glomtf.parse(picture, model, iters=iters, tolerance=tolerance, name=image)
            result.save(folder, settling=options.settling)
        steps = "" if tolerance is None else f", {result.tree.steps} steps"
        say(f"{image}{steps}\n{result.tree.text()}\n")
    say("levels.png, report.html and tree.json are in")
    for folder in folders:
        say(f"  {folder}")


def _tolerance(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise Refused(f"expected --tolerance as a number, got {text!r}; give another") from None


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
        fail(2, refusal)
    if refusals:
        raise Refused(refusals[-1])
