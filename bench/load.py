"""Packets for the gateway, sealed beforehand where a clock runs, and sent at an even pace."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from sealwire import ccm, envelope, report, topics
from tests.end_to_end.line import publish
from tests.end_to_end.site import Enrolled


class Sealer:
    """One seal whose packets may be made long before they are sent: their age is always 0."""

    def __init__(self, enrolled: Enrolled) -> None:
        self.seal_id = enrolled.seal_id
        self.seq = 0
        self._topic = topics.report(enrolled.seal_id)
        self._cipher = ccm.cipher(enrolled.key)
        self._raw_id = bytes.fromhex(enrolled.seal_id)
        self._contact, self._counter = report.SHUT, 0

    def turn(self) -> bytes:
        """The door opens, or shuts if it was open: a whole PUBLISH packet."""
        self._contact = report.SHUT if self._contact == report.OPEN else report.OPEN
        self.seq += 1
        edges = self.seq % report.EDGES_MODULUS
        return self._packet(report.Report(self._contact, report.EDGE, self.seq, edges))

    def again(self) -> bytes:
        """The latest turn once more, as a seal sends what has no receipt yet."""
        edges = self.seq % report.EDGES_MODULUS
        return self._packet(report.Report(self._contact, report.EDGE, self.seq, edges))

    def heartbeat(self) -> bytes:
        """The seal says that it lives."""
        edges = self.seq % report.EDGES_MODULUS
        return self._packet(report.Report(self._contact, report.HEARTBEAT, 0, edges))

    def _packet(self, heartbeat: report.Report) -> bytes:
        self._counter += 1
        plain = report.pack(heartbeat)
        frame = envelope.seal_up(self._cipher, self._raw_id, envelope.UP, 1, self._counter, plain)
        return publish(self._topic, frame, self._counter)


async def paced(rate: float, count: int, send: Callable[[int], None]) -> float:
    """Call send(0) … send(count - 1) at `rate` a second; how late the latest was, in seconds."""
    began, done, worst_s = time.monotonic(), 0, 0.0
    while done < count:
        elapsed_s = time.monotonic() - began
        worst_s = max(worst_s, elapsed_s - done / rate)
        while done < min(count, int(elapsed_s * rate) + 1):
            send(done)
            done += 1
        await asyncio.sleep(max(0.0005, done / rate - (time.monotonic() - began)))
    return worst_s


def percentile(values: list[float], share: float) -> float:
    """The value that `share` of all lie below."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
