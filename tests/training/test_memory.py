"""A training's freed memory stays with the process where that can be told."""

import ctypes
import platform
import subprocess
import sys

import pytest

from glomtf.training.memory import keep_freed_memory

# In a process of its own: what is told holds for the rest of it.
FAULTS = """
import resource, sys
import numpy as np
from glomtf.training.memory import keep_freed_memory
if sys.argv[1] == "keep":
    assert keep_freed_memory()
def step():
    return sum(len(np.ones(2**22)) for _ in range(4))
faults = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_minflt
step()
before = faults()
for _ in range(5):
    step()
print(faults() - before)
"""


def faults(how):
    """Page faults of five rounds of arrays of 32 MB each, after a first round."""
    run = [sys.executable, "-c", FAULTS, how]
    return int(subprocess.run(run, capture_output=True, text=True, check=True).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="needs glibc")
def test_the_same_buffers_are_fetched_from_the_system_once():
    # Given back and fetched anew, each of the five rounds meets every page of its arrays again.
    # Huge pages make those few; then there is little to keep and nothing to see.
    kept, given_back = faults("keep"), faults("leave")
    assert kept < 50
    assert given_back > 4 * kept


@pytest.mark.parametrize("missing", [AttributeError, OSError, TypeError])
def test_other_systems_are_left_alone(monkeypatch, missing):
    def none(name):
        raise missing

    monkeypatch.setattr(ctypes, "CDLL", none)
    assert keep_freed_memory() is False
