"""A folder or archive of SVG icons, read in memory, rendered once and kept in a cache."""

from __future__ import annotations

import hashlib
import io
import lzma
import os
import re
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from .render import RENDER_SIDE, index_map
from .stencil import Stencil
from .svg import SvgError

RENDER_VERSION = 2  # raise it whenever the same icons would render to other maps
MOST_FILES = 100_000
MOST_TOTAL_BYTES = 2_000_000_000
MOST_BYTES = 1_000_000  # of one icon, and of one header in a tar archive
STENCIL_SIDE = RENDER_SIDE + 2
_UNREADABLE = (
    tarfile.TarError, zipfile.BadZipFile, OSError, EOFError, zlib.error, lzma.LZMAError,
    RuntimeError,  # what an encrypted .zip raises
)  # fmt: skip
# What tarfile reads whole before it gives a member.
_READ_AT_ONCE = (
    tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK,
    tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE,
)  # fmt: skip

# In sets named by Unicode code points, the five skin tones repeat a drawing in other colours, and
# flags are all one rectangle with details too fine to see: together most of such a set, and
# almost nothing to learn from.
_REPEATS = re.compile(r"(?:^|[-_u])1f(?:3f[b-f]|1e[6-9a-f]|1f[0-9a-f])(?=$|[-_])", re.IGNORECASE)


@dataclass(frozen=True)
class IconSet:
    """Rendered icons, in the order of their names.

    ``names`` are the files' paths below the folder they share, without ending; ``stencils`` and
    ``palettes`` ((P, 3) uint8 each) their parts and the parts' own colours. ``skipped`` counts
    the icons that could not be used. ``digest`` is that of the files they were rendered from.
    """

    names: tuple[str, ...]
    stencils: tuple[Stencil, ...]
    palettes: tuple[NDArray[np.uint8], ...]
    skipped: int
    digest: str = ""


def icon_set(source: str | os.PathLike[str]) -> IconSet:
    """The icons of a folder (searched in depth), .zip or .tar(.gz, .tgz) archive.

    The first call renders them, some 6 ms each; later ones read
    ``$XDG_CACHE_HOME/glomtf/icons-*.npz`` (``~/.cache`` by default), keyed by the icons'
    contents. Archives are never unpacked to disk. Raises ValueError, in one line, when the
    source cannot be read or holds no usable icon, and where icons are to be rendered without
    what ``pip install "glom-tf[icons]"`` brings.
    """
    path = Path(source)
    icons = dict(sorted(_read(path).items()))
    digest = hashlib.sha256(f"{RENDER_VERSION}".encode())
    for name, svg in icons.items():
        # A file's name need not be UTF-8.
        digest.update(f"{name}\0{len(svg)}\0".encode(errors="surrogateescape"))
        digest.update(svg)
    cache = _cache_folder() / f"icons-{digest.hexdigest()[:32]}.npz"
    rendered = _load(cache)
    if rendered is None:
        rendered = _render(icons)
        _save(cache, rendered)
    if not rendered.names:
        raise ValueError(
            f"expected SVG icons made of filled shapes in {path}, got {len(icons)} SVG files of "
            "which none can be used: name a folder, .zip or .tar.gz of SVG icons"
        )
    return replace(rendered, digest=digest.hexdigest())


def _read(path: Path) -> dict[str, bytes]:
    """The SVG files by their paths below the folder they share, without the ending.

    Those that only repeat another are left out.
    """
    expected = "expected a folder, .zip, .tar.gz or .tgz of SVG icons"
    if not path.exists():
        raise ValueError(f"{expected}, got {path}, which does not exist: check the path")
    icons: dict[PurePosixPath, bytes] = {}
    total = 0
    try:
        for count, (member, size, read) in enumerate(_members(path)):
            total += size
            if count >= MOST_FILES or total > MOST_TOTAL_BYTES:
                raise ValueError(
                    f"{expected} with at most {MOST_FILES} files and {MOST_TOTAL_BYTES} bytes, "
                    f"got more in {path}: choose fewer"
                )
            name = PurePosixPath(member.lstrip("/"))
            # Names with a leading dot are hidden files, such as copies that macOS leaves.
            wanted = name.suffix.lower() == ".svg" and not name.name.startswith(".")
            if wanted and 0 < size <= MOST_BYTES and not _REPEATS.search(name.stem):
                icons[name.with_suffix("")] = read()
    except _UNREADABLE as error:
        problem = (str(error).splitlines() or [type(error).__name__])[0]
        raise ValueError(
            f"{expected}, got {path}, which cannot be read ({problem}): check the file"
        ) from None
    folders = {os.fspath(name.parent) for name in icons}
    shared = os.path.commonpath(folders) if folders else ""
    return {name.relative_to(shared).as_posix(): svg for name, svg in icons.items()}


def _members(path: Path) -> Iterator[tuple[str, int, Callable[[], bytes]]]:
    """Name, size and reader of each file; the readers work until the next file is asked for."""
    if path.is_dir():
        for file in path.rglob("*"):
            if file.is_file():
                yield file.relative_to(path).as_posix(), file.stat().st_size, file.read_bytes
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                yield entry.filename, entry.file_size, partial(_unzip, archive, entry)
    else:
        with tarfile.open(path, tarinfo=_Header) as tar:
            for member in tar:
                # Or every header would be kept; the type stubs lack the attribute.
                tar.members.clear()  # type: ignore[attr-defined]
                if member.isreg():
                    yield member.name, member.size, partial(_untar, tar, member)


class _Header(tarfile.TarInfo):
    """A header of a tar archive; one whose long names or notes are too long to read is refused."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> _Header:
        header = super().frombuf(buf, encoding, errors)
        if header.type in _READ_AT_ONCE and header.size > MOST_BYTES:
            raise tarfile.TarError(f"a header of {header.size} bytes, at most {MOST_BYTES} may be")
        return header


def _unzip(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    # The size that an entry claims may be wrong: read no more than that.
    with archive.open(entry) as stream:
        return stream.read(entry.file_size)


def _untar(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    stream = tar.extractfile(member)
    return stream.read() if stream else b""


def _render(icons: dict[str, bytes]) -> IconSet:
    if find_spec("resvg_py") is None or find_spec("defusedxml") is None:
        raise ValueError(
            "expected resvg_py and defusedxml to read SVG icons, got none: "
            'run pip install "glom-tf[icons]"'
        )
    names: list[str] = []
    stencils: list[Stencil] = []
    palettes: list[NDArray[np.uint8]] = []
    for name, svg in icons.items():
        try:
            shapes, palette = index_map(svg)
        except SvgError:
            continue
        names.append(name)
        stencils.append(Stencil.centred(shapes, STENCIL_SIDE))
        palettes.append(palette)
    return IconSet(tuple(names), tuple(stencils), tuple(palettes), len(icons) - len(names))


def _cache_folder() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "glomtf"


def _save(cache: Path, icons: IconSet) -> None:
    """Write the cache in one step; without a place to write, the next call renders again."""
    side = STENCIL_SIDE
    maps = np.array([s.map for s in icons.stencils], np.uint8).reshape(-1, side, side)
    contents = io.BytesIO()
    np.savez_compressed(
        contents,
        names=np.array(icons.names, dtype=str),
        maps=maps,
        palettes=np.concatenate([np.zeros((0, 3), np.uint8), *icons.palettes]),
        sizes=np.array([len(palette) for palette in icons.palettes], np.int64),
        skipped=np.array(icons.skipped),
    )
    try:
        cache.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache.parent) as folder:
            file = Path(folder) / cache.name
            file.write_bytes(contents.getvalue())
            file.replace(cache)
    except OSError:
        return


def _load(cache: Path) -> IconSet | None:
    """The cached icons, or None if they are absent or damaged."""
    try:
        with np.load(io.BytesIO(cache.read_bytes()), allow_pickle=False) as stored:
            palettes = np.split(stored["palettes"], np.cumsum(stored["sizes"])[:-1])
            return IconSet(
                names=tuple(str(name) for name in stored["names"]),
                stencils=tuple(Stencil.centred(m, STENCIL_SIDE) for m in stored["maps"]),
                palettes=tuple(palettes[: len(stored["names"])]),
                skipped=int(stored["skipped"]),
            )
    except Exception:  # the decoders of damaged files raise errors of many kinds
        return None
