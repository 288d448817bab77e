"""What the real firmware does in each kind of wake, as counted on the bench by the tests.

`ledger.json` is written by `python -m tests.firmware.charge`, which runs the compiled firmware on
MicroPython; a test counts anew and fails where a wake has become dearer by more than 5 %.
"""

import json
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("ledger.json")
SLACK = 1.05

# The wakes, each with what happens in it.
BEAT, BEAT_BY_AIR, OPENING, OPENING_FAR, COLD, RETRY = (
    "beat",
    "beat_by_air",
    "opening",
    "opening_far",
    "cold",
    "retry",
)
WAKES = {
    BEAT: "a heartbeat over Wi-Fi, the access point where it was",
    BEAT_BY_AIR: "a heartbeat by Bluetooth",
    OPENING: "an opening, over Wi-Fi",
    OPENING_FAR: "an opening, and the access point is not where it was",
    COLD: "the first start, or fresh cells",
    RETRY: "a wake that finds no network",
}


@cache
def counts() -> dict[str, dict[str, int]]:
    """How often each step is taken, by wake."""
    found: dict[str, dict[str, int]] = json.loads(FILE.read_text(encoding="utf-8"))
    return found
