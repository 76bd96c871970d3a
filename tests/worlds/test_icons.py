"""The world of icons and the sources it reads."""

import gzip
import io
import os
import tarfile
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from tiny_icons import SHAPES, svg
from world_checks import check_labels, same

from glomtf.worlds import Icons
from glomtf.worlds import icon_source as source_module
from glomtf.worlds.icon_source import icon_set
from glomtf.worlds.icons import _Style

TWEMOJI = os.environ.get("GLOMTF_ICONS", "")


def packed(folder: Path, ending: str, inside: str = "package/svg/") -> Path:
    path = folder.parent / f"icons{ending}"
    files = sorted(folder.iterdir())
    if ending == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            for file in files:
                archive.write(file, inside + file.name)
    else:
        with tarfile.open(path, "w" if ending == ".tar" else "w:gz") as tar:
            for file in files:
                tar.add(file, inside + file.name)
    return path


def test_labels_hold(icon_folder):
    for style in ("varied", "original"):
        world = Icons(icon_folder, split="all", style=style)
        check_labels(world.scenes(40, seed=1), len(world.classes))


def test_scenes_depend_on_seed_and_number_only(icon_folder):
    ten = Icons(icon_folder).scenes(10, seed=5)
    assert same(ten, Icons(icon_folder).scenes(10, seed=5))
    four = Icons(icon_folder).scenes(4, seed=5)
    arrays = {
        k: v for k, v in vars(four).items() if v is not None
    }  # a still world has no later frames
    assert all(np.array_equal(v, getattr(ten, k)[:4]) for k, v in arrays.items())
    assert not np.array_equal(ten.images[0], ten.images[1])


def test_splits_share_no_icon_and_make_the_whole(icon_folder):
    names = {split: Icons(icon_folder, split=split).classes for split in ("train", "validation")}
    assert not set(names["train"]) & set(names["validation"])
    assert sorted(names["train"] + names["validation"]) == sorted(
        Icons(icon_folder, split="all").classes
    )
    assert 1 <= len(names["validation"]) < len(names["train"])


def test_variants_of_a_drawing_are_on_the_same_side(tmp_path):
    for first in range(60):
        for variant in ("", "-200d-2642", "-fe0f"):
            (tmp_path / f"1f{first + 512:x}{variant}.svg").write_text(svg(SHAPES["face"]))
    names = Icons(tmp_path, split="validation").classes
    assert 3 <= len(names) < 60
    starts = [name.partition("-")[0] for name in names]
    assert all(starts.count(start) == 3 for start in starts)


def test_skin_tones_and_flags_are_left_out(tmp_path):
    kept = ["1f600", "1f44b", "home", "emoji_u1f601"]
    for name in (*kept, "1f44b-1f3fb", "1F44B-1F3FF-200d", "1f1e9-1f1ea", "emoji_u1f44b_1f3fd"):
        (tmp_path / f"{name}.svg").write_text(svg(SHAPES["face"]))
    assert sorted(icon_set(tmp_path).names) == sorted(kept)


@pytest.mark.parametrize("ending", [".zip", ".tgz", ".tar.gz", ".tar"])
def test_archives_are_like_folders(icon_folder, ending):
    world, archive = (Icons(s, split="all") for s in (icon_folder, packed(icon_folder, ending)))
    assert same(world.scenes(3), archive.scenes(3))
    (icon_folder / "face-0.svg").write_text(svg(SHAPES["house"]))
    assert archive.digest == world.digest != Icons(icon_folder).digest


def test_the_cache_is_used_and_gives_the_same(icon_folder, cache, monkeypatch):
    before = Icons(icon_folder).scenes(3)
    (stored,) = cache.iterdir()
    with np.load(stored, allow_pickle=False) as arrays:
        assert arrays["maps"].dtype == np.uint8
    monkeypatch.setattr(source_module, "_render", lambda icons: pytest.fail("rendered again"))
    assert same(before, Icons(icon_folder).scenes(3))
    monkeypatch.undo()


def test_a_damaged_cache_is_replaced(icon_folder, cache):
    before = Icons(icon_folder).scenes(3)
    (stored,) = cache.iterdir()
    whole = stored.read_bytes()
    scratched = bytearray(whole)
    scratched[100:200] = b"\xff" * 100
    for damage in (b"", b"junk", whole[: len(whole) // 2], bytes(scratched)):
        stored.write_bytes(damage)
        assert same(before, Icons(icon_folder).scenes(3))
        assert stored.read_bytes() == whole
    assert [file.name for file in cache.iterdir()] == [stored.name]


def test_changed_icons_are_rendered_again(icon_folder, cache):
    Icons(icon_folder)
    (icon_folder / "face-0.svg").write_text(svg(SHAPES["face"].replace("FC0", "CF0")))
    Icons(icon_folder)
    assert len(list(cache.iterdir())) == 2


def test_a_cache_that_cannot_be_written_is_done_without(icon_folder, cache):
    cache.parent.mkdir(parents=True)
    cache.write_text("in the way")
    assert len(icon_set(icon_folder).names) == 40


def test_unusable_icons_are_skipped_and_counted(icon_folder):
    (icon_folder / "broken.svg").write_text("<svg")
    (icon_folder / "nothing.svg").write_text(svg(""))
    (icon_folder / "huge.svg").write_text(svg(SHAPES["face"] + " " * 1_000_001))
    (icon_folder / ".hidden.svg").write_text(svg(SHAPES["face"]))
    (icon_folder / "notes.txt").write_text("no icon")
    assert Icons(icon_folder).skipped == 2
    assert len(icon_set(icon_folder).names) == 40


def test_names_are_paths_below_the_shared_folder(tmp_path):
    for folder in ("lines", "filled/big"):
        (tmp_path / "set" / folder).mkdir(parents=True)
        (tmp_path / "set" / folder / "home.svg").write_text(svg(SHAPES["house"]))
    assert icon_set(tmp_path).names == ("filled/big/home", "lines/home")


def test_names_that_are_not_utf_8_are_names_too(icon_folder):
    before = Icons(icon_folder, split="validation").classes
    path, odd = packed(icon_folder, ".tar"), "caf\udce9"  # the Latin-1 byte of an accent
    with tarfile.open(path, "a") as tar:
        tar.add(icon_folder / "face-0.svg", f"package/svg/{odd}.svg")
    for _ in ("rendered", "cached"):
        names = icon_set(path).names
        train, validation = (Icons(path, split=one).classes for one in ("train", "validation"))
        assert odd in names and sorted(train + validation) == sorted(names)
        assert set(validation) - {odd} == set(before)


def test_archives_are_never_unpacked(icon_folder, tmp_path):
    path = tmp_path / "evil.tar"
    content = svg(SHAPES["face"]).encode()
    with tarfile.open(path, "w") as tar:
        for name in ("../../evil.svg", "/evil-absolute.svg"):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
        link = tarfile.TarInfo("link.svg")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    before = sorted(tmp_path.rglob("*"))
    try:
        assert len(icon_set(path).names) == 2
    finally:
        assert not Path("/evil-absolute.svg").exists()
    after = [p for p in sorted(tmp_path.rglob("*")) if "cache" not in p.parts]
    assert after == before


ONE_LINE = r"^expected [^\n]*, got [^\n]*: [^\n]*$"


def test_sources_that_cannot_be_used_are_refused_in_one_line(tmp_path, icon_folder):
    empty, text, cut = tmp_path / "empty", tmp_path / "text.tgz", tmp_path / "cut.tgz"
    empty.mkdir()
    text.write_text("hello")
    whole = packed(icon_folder, ".tgz").read_bytes()
    cut.write_bytes(whole[: len(whole) // 2])
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "a.svg").write_text("no icon")
    for source in (tmp_path / "absent", empty, text, cut, tmp_path / "bad"):
        with pytest.raises(ValueError, match=ONE_LINE):
            Icons(source)


@pytest.mark.parametrize("kind", [tarfile.GNUTYPE_LONGNAME, tarfile.XHDTYPE, tarfile.XGLTYPE])
@pytest.mark.parametrize("place", ["first", "later"])
def test_a_header_too_long_to_read_is_refused(tmp_path, kind, place):
    header = tarfile.TarInfo("long")
    header.type, header.size = kind, 50_000_000
    path, content = tmp_path / "long.tgz", svg(SHAPES["face"]).encode()
    with gzip.open(path, "wb", compresslevel=1) as file:
        if place == "later":
            one = tarfile.TarInfo("one.svg")
            one.size = len(content)
            file.write(one.tobuf() + content.ljust(512, b"\0"))
        file.write(header.tobuf(tarfile.GNU_FORMAT))
        file.write(b"a" * header.size)
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=ONE_LINE) as error:
            icon_set(path)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()
    assert "a header of 50000000 bytes, at most 1000000" in str(error.value)


def test_headers_are_not_kept(tmp_path):
    path = tmp_path / "notes.tar"
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as tar:
        for number in range(50):
            folder = tarfile.TarInfo(f"folder{number}")
            folder.type, folder.pax_headers = tarfile.DIRTYPE, {"comment": "a" * 500_000}
            tar.addfile(folder)
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="0 SVG files"):
            icon_set(path)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


def test_too_many_files_are_refused(icon_folder, monkeypatch):
    monkeypatch.setattr(source_module, "MOST_FILES", 39)
    with pytest.raises(ValueError, match="at most 39 files"):
        icon_set(icon_folder)
    monkeypatch.undo()
    monkeypatch.setattr(source_module, "MOST_TOTAL_BYTES", 1000)
    with pytest.raises(ValueError, match="1000 bytes"):
        icon_set(icon_folder)
    monkeypatch.undo()


@pytest.mark.parametrize(
    "options", [{"split": "test"}, {"style": "odd"}, {"objects": (0, 1)}, {"image_size": 9}]
)
def test_bad_options_are_refused_in_one_line(icon_folder, options):
    with pytest.raises(ValueError, match=ONE_LINE):
        Icons(icon_folder, **options)


def test_a_split_without_icons_is_refused(tmp_path):
    (tmp_path / "one.svg").write_text(svg(SHAPES["face"]))
    splits = []
    for split in ("train", "validation"):
        try:
            splits.append(Icons(tmp_path, split=split).classes)
        except ValueError as error:
            assert "use split all" in str(error)
    assert splits == [("one",)]


def test_missing_extra_packages_are_named(icon_folder, monkeypatch):
    monkeypatch.setattr(source_module, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"^expected [^\n]*, got none: [^\n]*glom-tf\[icons\]"):
        icon_set(icon_folder)
    monkeypatch.undo()


def test_original_style_shows_the_icons_own_colours_on_plain_ground(icon_folder):
    own = {(0xFF, 0xCC, 0), (0x66, 0x33, 0), (0xCC, 0, 0), (0xEE, 0xDD, 0xAA), (0xBB, 0x22, 0x22)}
    own |= {(0x55, 0x44, 0x33), (0, 0x66, 0xCC), (0xEE, 0xEE, 0xEE), (0xCC, 0x22, 0x22)}
    for scene in Icons(icon_folder, style="original").scenes(10):
        bare = np.pad(scene.objects == 0, 1, constant_values=True)
        inner = np.lib.stride_tricks.sliding_window_view(bare, (3, 3)).all(axis=(2, 3))
        # All but tips too thin to own a pixel.
        _, counts = np.unique(scene.image[inner], axis=0, return_counts=True)
        assert counts.max() > 0.97 * counts.sum()
        for part in range(1, scene.parts.max() + 1):
            seen, counts = np.unique(scene.image[scene.parts == part], axis=0, return_counts=True)
            if counts.max() >= 8:
                assert tuple(int(v) for v in seen[counts.argmax()]) in own


def test_varied_styles_keep_the_parts_apart():
    """Whatever the style, parts of one object hardly ever get one and the same colour."""
    palette = np.array([(255, 204, 0), (102, 51, 0), (204, 0, 0), (238, 238, 238)], np.float32)
    alike = 0
    for seed in range(300):
        rng = np.random.default_rng(seed)
        coat = _Style(rng).coat(rng, palette)
        assert coat.colours.shape == (4, 3)
        assert coat.colours.dtype == np.float32
        assert coat.colours.min() >= 0
        assert coat.colours.max() <= 255
        gaps = np.abs(coat.colours[:, None] - coat.colours).max(axis=2)
        alike += bool((gaps[np.triu_indices(4, 1)] < 4).any())
    assert alike < 30


@pytest.mark.skipif(not TWEMOJI, reason="GLOMTF_ICONS names no archive of icons")
def test_a_designers_icons():
    world = Icons(TWEMOJI)
    assert len(world.classes) > 1000
    check_labels(world.scenes(30), len(world.classes))
