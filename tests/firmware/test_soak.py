"""A seal's hours in a bad world, on MicroPython with an ESP32's words and a chip's first heap.

A broker that takes a connection and never answers, one that is gone, rude or passes nothing on; a
Wi-Fi that comes and goes; a door that is used, and flutters. A few hours here, and 24 by
`make soak` (MENSHEN_SOAK_HOURS).
"""

import json
import os
from typing import Any

import pytest

from tests.firmware.seal_bench import Bench

HOURS = int(os.environ.get("MENSHEN_SOAK_HOURS", "3"))
HEAP = "64k"
GROWN_MAX = 512  # bytes, over all hours: a report that waits is not there for good
S_MAX = 60 + 30 * HOURS


def soak(bench: Bench, mains: bool) -> list[dict[str, Any]]:
    """Live the hours; what the seal was like after each."""
    process = bench.run(f"import soak; soak.main({HOURS}, {mains})", HEAP)
    said, _ = process.communicate(timeout=S_MAX)
    assert process.returncode == 0, said
    *hours, last = said.splitlines()
    assert last == "well", said
    return [json.loads(hour) for hour in hours]


@pytest.mark.parametrize("mains", [True, False], ids=["mains", "battery"])
def test_hours_in_a_bad_world_leave_heap_and_spool_as_they_were(
    bench_i386: Bench, mains: bool
) -> None:
    hours = soak(bench_i386, mains)
    assert len(hours) == HOURS
    assert max(abs(hour["grown"]) for hour in hours) <= GROWN_MAX
    for hour in hours:
        assert hour["streams"] <= 1, "a connection was not let go"
        assert (hour["waiting"], hour["dropped"]) == (0, 0)
        assert hour["contact"] == hour["level"]
    last = hours[-1]
    assert last["seq"] == last["told"] > 10 * HOURS
    if mains:
        assert (last["heard"], last["boots"]) == (last["edges"], 1)
    else:
        assert last["boots"] > 20 * HOURS
    print(f"{HOURS} hours, heap live {last['live']} of {HEAP}, grown by {last['grown']} bytes")
