"""The floor: what the bare broker does on this machine, with nothing behind it.

The same broker with the same settings, the same packets, and a subscriber inside the bench that
only counts. No gateway can be better than this.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from bench.load import paced, percentile
from bench.stage import CannotMeasure, mosquitto, running, until
from sealwire import topics
from tests.end_to_end.line import Line, open_line, publish

RATE = 100
FLOOD = 50_000
WINDOW = 2_000  # packets of the flood that may be on their way
_TOPIC = topics.report("00" * 8)
_FRAME = bytes(27)


async def measure(folder: Path, seconds: float) -> dict[str, float]:
    """floor_p50_ms, floor_p99_ms and floor_reports_per_s."""
    arrived: list[int] = []
    with running(mosquitto(folder / "broker")) as broker:
        taker = await open_line(
            broker.port,
            lambda _topic, _frame: arrived.append(time.monotonic_ns()),
            [topics.EVERY_REPORT],
            client_id="taker",
            qos=1,
        )
        giver = await open_line(broker.port, lambda *_: None, client_id="giver")
        late_ms = await _steady(giver, arrived, seconds)
        per_s = await _flood(giver, arrived)
        taker.cut()
        giver.cut()
    return {
        "floor_p50_ms": percentile(late_ms, 0.5),
        "floor_p99_ms": percentile(late_ms, 0.99),
        "floor_reports_per_s": per_s,
    }


async def _steady(giver: Line, arrived: list[int], seconds: float) -> list[float]:
    """How late each of RATE reports a second came, in milliseconds."""
    sent: list[int] = []

    def send(number: int) -> None:
        packet = publish(_TOPIC, _FRAME, number)
        sent.append(time.monotonic_ns())
        giver.write(packet)

    await paced(RATE, int(RATE * seconds), send)
    await until(lambda: len(arrived) >= len(sent), "the broker lost a report")
    if len(arrived) != len(sent):
        raise CannotMeasure("the broker doubled a report")
    return [(came - went) / 1e6 for went, came in zip(sent, arrived, strict=True)]


async def _flood(giver: Line, arrived: list[int]) -> float:
    """Reports a second that go through as fast as they can."""
    packets = [publish(_TOPIC, _FRAME, number) for number in range(FLOOD)]
    before, sent, began = len(arrived), 0, time.monotonic()
    while len(arrived) - before < FLOOD:
        free = min(len(arrived) - before + WINDOW - sent, FLOOD - sent)
        if free > 0:
            giver.write(b"".join(packets[sent : sent + free]))
            sent += free
        if time.monotonic() - began > 60:
            raise CannotMeasure("the broker swallowed the flood")
        await asyncio.sleep(0)
    return FLOOD / (time.monotonic() - began)
