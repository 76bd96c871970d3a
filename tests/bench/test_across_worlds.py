"""The table across worlds: means and leads by hand, and what it says when files are missing."""

import importlib.util
import json
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "across_worlds.py"


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("across_worlds", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def net(value):
    """A net whose scores can be told apart: level 2 by parts, level 3 by objects, all else 9."""

    def both(parts, objects):
        return {
            "parts": {"fg_ari": parts, "ari": parts / 2},
            "objects": {"fg_ari": objects, "ari": objects / 2},
        }

    connected = both(value + 0.2, value + 0.3) | {"tree": {"edge_f1": value + 0.5}}
    levels = {"1": both(9, 9), "2": both(value, 9), "3": both(9, value + 0.1)}
    return {"levels": levels, "tree": {"edge_f1": value + 0.4}, "connected": connected}


@pytest.fixture
def folder(script, tmp_path):
    cue = {"parts": {"fg_ari": 0.11, "ari": 0.22}, "objects": {"fg_ari": 0.33, "ari": 0.44}}
    names = {name for cues in script.CUES.values() for name in cues}
    for world in script.WORLDS:
        for seed, (glom, control) in enumerate([(0.2, 0.1), (0.4, 0.2)]):
            result = {"model": net(glom), "control": net(control)}
            result["baselines"] = dict.fromkeys(names, cue)
            (tmp_path / f"{world}-mine-seed{seed}.json").write_text(json.dumps(result))
    return tmp_path


def row(printed, name):
    (line,) = [one for one in printed.splitlines() if one.startswith(f"| {name} |")]
    return line.split(" | ")[1]  # the first world


def test_means_over_seeds_stand_at_the_level_of_each_depth(script, folder, capsys):
    script.main(folder, "mine")
    printed = capsys.readouterr().out
    assert row(printed, "**parts: GLOM**") == "0.300 (0.15)"
    assert row(printed, "parts: feed-forward") == "0.150 (0.08)"
    assert row(printed, "**objects: GLOM**") == "0.400 (0.20)"
    assert row(printed, "objects: GLOM, connected islands") == "0.600 (0.30)"
    assert row(printed, "parts: connected flat colour") == "0.110 (0.22)"
    assert row(printed, "objects: position + colour") == "0.330 (0.44)"
    assert row(printed, "**edge F1: GLOM**") == "0.700"
    assert row(printed, "edge F1: feed-forward, connected islands") == "0.650"


def test_leads_are_taken_seed_by_seed(script, folder, capsys):
    script.main(folder, "mine")
    printed = capsys.readouterr().out
    assert row(printed, "parts FG-ARI") == "+0.150 (+0.100, +0.200)"
    assert row(printed, "objects ARI, connected islands") == "+0.075 (+0.050, +0.100)"
    assert row(printed, "edge F1, connected islands") == "+0.150 (+0.100, +0.200)"


def test_a_world_without_files_is_named_before_anything_is_printed(script, folder, capsys):
    for path in folder.glob("figures-*"):
        path.unlink()
    with pytest.raises(SystemExit, match="none for figures; write them with glomtf evaluate"):
        script.main(folder, "mine")
    assert not capsys.readouterr().out
