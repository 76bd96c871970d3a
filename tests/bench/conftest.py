"""Scripts find their neighbours, as where they are run."""

import sys
from pathlib import Path

import pytest

SCRIPTS = str(Path(__file__).parents[2] / "benchmarks")


@pytest.fixture(scope="session", autouse=True)
def neighbours():
    sys.path.insert(0, SCRIPTS)
    yield
    sys.path.remove(SCRIPTS)
