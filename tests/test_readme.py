"""The Python of README and docs runs as it stands there."""

import re
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

from glomtf.worlds import draw_sample

ROOT = Path(__file__).parents[1]


def blocks(path):
    return re.findall(r"```python\n(.*?)```", (ROOT / path).read_text(), re.S)


BLOCKS = blocks("README.md")


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="its examples use TensorFlow")
def test_the_blocks_run_in_order(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Image.fromarray(draw_sample("robot")).save("picture.png")
    names = {"images": np.zeros((2, 64, 64, 3), "float32")}
    assert len(BLOCKS) == 3
    for block in BLOCKS:
        exec(compile(block, "README.md", "exec"), names)
    assert {path.name for path in Path("out").iterdir()} == {
        "levels.png", "tree.json", "report.html",
    }  # fmt: skip
    assert names["state"][-1].shape == (1, 256, 512)
    assert names["xs"].shape == (13, 1, 256, 5, 512) and names["top"].shape == (1, 256, 512)
    assert len(names["trajectory"]) == 13


def test_objectives_work_together_on_a_glom():
    names = {}
    (block,) = blocks("docs/objectives.md")
    exec(compile(block, "docs/objectives.md", "exec"), names)
    for name in ("upwards", "downwards", "fate"):
        value = keras.ops.convert_to_numpy(names[name])
        assert value.shape == (4, 256) and np.isfinite(value).all() and value.max() > 0
    assert not keras.ops.convert_to_numpy(names["fate"])[names["sure"] == 0].any()
