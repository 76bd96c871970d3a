"""`glomtf parse --video`: the frames of a video in, a film and a tree per frame out."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from jsonargparse import Namespace

from glomtf.cli.refusals import Refused, check_folder, quiet_start, refusing, say, whole

_MOST = 300


def run(options: Namespace, folder: Path) -> None:
    """Check the input, parse frame by frame into ``folder``, and say how steady the islands are.

    Where a later frame cannot be read, those before it are written before it is refused.
    """
    from glomtf.worlds.files import PictureError
    from glomtf.worlds.frames import MOST_FRAMES, read_frames

    others = {
        "IMAGE": options.images,
        "--settling": options.settling,
        "--tolerance": options.tolerance is not None,
    }
    if any(others.values()):
        raise Refused(
            f"expected --video alone, got it with {next(k for k, v in others.items() if v)}; "
            "parse pictures and videos one after the other"
        )
    iters = None if options.iters is None else whole("--iters", options.iters, least=1)
    most = _MOST
    if options.frames is not None:
        most = whole("--frames", options.frames, least=1, most=MOST_FRAMES)
    check_folder(folder)
    with refusing():
        source = read_frames(options.video, most)
    with refusing(), quiet_start():
        from glomtf.model.presets import load
        from glomtf.video import VideoParse, each_frame

        model = load(options.model)
    expected = min(most, source.announced or most)
    frames, problem = [], None
    with refusing():
        try:
            for frame in each_frame(source.read(), model, iters=iters, name=options.video):
                # The state is most of a frame, and only the next frame needed it.
                frames.append(replace(frame, state=frame.state[:0].copy()))
                if len(frames) % 10 == 1:
                    print(f"glomtf: frame {len(frames)} of {expected}", file=sys.stderr, flush=True)
        except PictureError as error:
            if not frames:
                raise
            problem = error
        result = VideoParse(tuple(frames), source.milliseconds, options.video)
        result.save(folder)
    say(f"{options.video}: {_summary(result)}")
    say(f"islands.gif and trees.json are in {folder}")
    if problem:
        raise Refused(f"{problem}; what came before, {_count(result)}, was parsed")


def _summary(result) -> str:
    """Lines about the number of islands, how steady they are, and the steps they took."""
    rows, cols = result.frames[0].tree.grid
    lines = [f"{_count(result)}, {rows} x {cols} columns"]
    lines.append("level  islands  identities  kept  ARI from frame to frame (settled afresh)")
    for one in result.consistency():
        lines.append(
            f"{one['level']:5}  {one['islands']:7.1f}  {one['identities']:10}  "
            f"{_share(one['kept']):>4}  {_share(one['ari'])} ({_share(one['ari_afresh'])})"
        )
    later = result.frames[1:]
    if later:
        carried = sum(frame.steps for frame in later) / len(later)
        afresh = sum(frame.steps_afresh for frame in later) / len(later)
        words = "saves" if carried <= afresh else "costs"
        lines.append(
            f"steps until still, per frame: {carried:.1f} carrying on, {afresh:.1f} afresh; "
            f"carrying on {words} {abs(afresh - carried) / afresh:.0%}"
        )
    return "\n".join(lines)


def _count(result) -> str:
    frames = len(result.frames)
    return f"{frames} frame{'s' if frames != 1 else ''}"


def _share(value: float) -> str:
    return "-" if value != value else f"{value:.2f}"
