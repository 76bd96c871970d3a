"""The README's Python runs as it stands there."""

import re
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

from glomtf.worlds import draw_sample

README = (Path(__file__).parents[1] / "README.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.S)


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
