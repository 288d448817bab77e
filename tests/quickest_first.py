"""A pytest plugin of `make mutants`: of the tests that may kill one, the quickest look first."""

import json
from pathlib import Path

import pytest

STATISTICS = Path("mutmut-stats.json")  # in the folder in which the mutants are made


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort by how long each took without a mutant; one that was not timed comes last."""
    if STATISTICS.exists():
        took = json.loads(STATISTICS.read_text(encoding="utf-8"))["duration_by_test"]
        items.sort(key=lambda item: took.get(item.nodeid, float("inf")))
