"""What a study has measured outlives a call that is killed while it writes."""

import importlib.util
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def record():
    spec = importlib.util.spec_from_file_location("record", SCRIPTS / "record.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_file_stays_until_the_new_one_is_whole(record, tmp_path, monkeypatch):
    path = tmp_path / "study.json"
    record.write(path, "old")

    def cut(self, text):
        self.open("wb").close()
        raise OSError("no space left on device")

    monkeypatch.setattr(Path, "write_bytes", cut)
    with pytest.raises(OSError, match="no space"):
        record.write(path, "new")
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]
