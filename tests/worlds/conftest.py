"""Tiny icons and an empty cache for the tests of worlds."""

from pathlib import Path

import pytest
from tiny_icons import SHAPES, svg


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "glomtf"


@pytest.fixture
def icon_folder(tmp_path: Path) -> Path:
    """Forty icons: three drawings under many names, so that both splits have some."""
    folder = tmp_path / "icons"
    folder.mkdir()
    for number in range(40):
        inside = list(SHAPES.values())[number % 3]
        (folder / f"{list(SHAPES)[number % 3]}-{number}.svg").write_text(svg(inside))
    return folder
