"""When an edge was, by every transmission of its report: the ages of the copies are compared.

A seal sends a report until it has a receipt, each time with the edge's age at that moment. However
a copy travelled, the edge was no later than its arrival less its age. So the earliest of them
counts; a copy that says later was held back on its way, by a broker or by a man in the middle. What
the copies before said stands in the door's state, so a start changes nothing.
"""

from collections.abc import Iterable
from enum import Enum, auto

from gateway.core.doors.observation import edge_ms
from gateway.core.events import ReportCame, ReportHeld
from gateway.core.model import SHUT, Door

TOGETHER_MS = 200  # copies that came together date an edge by the earliest, beyond so much
REDATED_MS = 1_000  # and a later copy, beyond so much
HELD_MS = 2_000  # what differs by less travelled as usual: nobody held it back

Number = tuple[str, int]  # seal_id, seq


class Copy(Enum):
    """What a further copy of a report shows, where it is not that the first was held back."""

    NOTHING = auto()
    HELD = auto()  # it was held back itself


def earliest(copies: Iterable[tuple[ReportCame, int]]) -> dict[Number, int]:
    """The earliest date of each edge among what came together, with when each came."""
    dates: dict[Number, int] = {}
    for event, at_ms in copies:
        date_ms = edge_ms(event, at_ms)
        if date_ms is not None:
            number = event.seal_id, event.seq
            dates[number] = min(date_ms, dates.get(number, date_ms))
    return dates


def held_ms(event: ReportCame, at_ms: int, dates: dict[Number, int]) -> int:
    """How long a report that counts was held back at least, by what came with it."""
    date_ms = edge_ms(event, at_ms)
    if date_ms is None:
        return 0
    held_ms = date_ms - dates.get((event.seal_id, event.seq), date_ms)
    return held_ms if held_ms > TOGETHER_MS else 0


def compared(event: ReportCame, at_ms: int, door: Door | None) -> Copy | ReportHeld:
    """What a copy of a report that counted already shows.

    Args:
        event: the copy.
        at_ms: when it came.
        door: where its seal hangs; what is believed stands there.
    """
    date_ms = edge_ms(event, at_ms)
    if door is None or date_ms is None:
        return Copy.NOTHING
    known = next((told for told in door.edges_told if told.seq == event.seq), None)
    if known is None or door.seal_id != event.seal_id:
        return _by_opening(event, door, date_ms)
    if date_ms >= known.edge_ms - REDATED_MS:
        return Copy.HELD if date_ms > known.edge_ms + HELD_MS else Copy.NOTHING
    its = event.seal_id, event.seq, date_ms, event.waited_ms, known.edge_ms - known.wait
    return ReportHeld(*its, event.edges if event.contact is SHUT and not event.first else None)


def _by_opening(event: ReportCame, door: Door, date_ms: int) -> Copy | ReportHeld:
    """What a copy of an earlier report shows by the opening that the door tells, the one that goes
    on or the latest, if its edge began it, or told that it shut."""
    opening = door.opening or door.ended
    if opening is None:
        return Copy.NOTHING
    its = event.seal_id, event.seq, date_ms, event.waited_ms
    if opening.opening_id == f"{event.seal_id}-{event.seq}":
        is_held = date_ms < opening.opened_ms - REDATED_MS
        return ReportHeld(*its, opening.opened_ms) if is_held else Copy.NOTHING
    is_its = event.contact is SHUT and not event.first and event.edges == door.edges
    if not is_its or opening.shut_ms is None or opening.inferred:
        return Copy.NOTHING
    if date_ms >= opening.shut_ms - REDATED_MS:
        return Copy.NOTHING
    from_ms = opening.shut_ms if opening.shut_from_ms is None else opening.shut_from_ms
    return ReportHeld(*its, from_ms, event.edges)
