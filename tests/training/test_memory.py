"""What steps of a training free stays with the process, and goes back to the system afterwards."""

import ctypes
import platform
import subprocess
import sys

import pytest

from glomtf.training.memory import freed_memory_kept

# In a process of its own, whose memory nothing else touches.
FAULTS = """
import resource
import numpy as np
from glomtf.training.memory import freed_memory_kept

def step():
    return sum(len(np.ones(2**22)) for _ in range(4))  # 32 MB each

def faults():
    step()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(5):
        step()
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

def resident():
    pages = int(open("/proc/self/statm").read().split()[1])
    return pages * resource.getpagesize() // 2**20

before = faults(), resident()
with freed_memory_kept():
    within = faults(), resident()
after = faults(), resident()
for count, size in (before, within, after):
    print(count, size)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="needs glibc")
def test_the_same_buffers_are_fetched_from_the_system_once():
    run = [sys.executable, "-c", FAULTS]
    out = subprocess.run(run, capture_output=True, text=True, check=True).stdout
    before, within, after = ([int(n) for n in line.split()] for line in out.splitlines())
    # Given back and fetched anew, each of the five rounds meets every page of its arrays again.
    assert within[0] < 50 < before[0]
    assert after[0] > 50
    # Megabytes: what was kept has gone back.
    assert within[1] > before[1] + 16 > after[1]


@pytest.mark.parametrize("missing", [AttributeError, OSError, TypeError])
def test_other_systems_are_left_alone(monkeypatch, missing):
    def none(name):
        raise missing

    monkeypatch.setattr(ctypes, "CDLL", none)
    with freed_memory_kept():
        pass
