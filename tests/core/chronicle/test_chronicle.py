"""Days in which everything happens, written down once: a rule that changes changes a line here.

The chronicles are read by people when they change; `python -m tests.core.chronicle` writes them.
"""

from pathlib import Path

import pytest

from tests.core.chronicle.days import DAYS


def path_of(name: str) -> Path:
    return Path(__file__).with_name(f"{name}.txt")


def written(name: str) -> str:
    """The chronicle of a day as the core makes it now."""
    day = DAYS[name]
    return f"{day.__doc__}\n" + "\n".join(day().lines) + "\n"


@pytest.mark.parametrize("name", DAYS)
def test_a_day_goes_as_it_was_written_down(name: str) -> None:
    kept = path_of(name).read_text(encoding="utf-8").splitlines()
    now = written(name).splitlines()
    for number, (was, it) in enumerate(zip(kept, now, strict=False), 1):
        assert it == was, f"line {number} of {name}.txt says something else"
    assert len(now) == len(kept)
