"""From a seal's edge counter to what the door did since it was last heard.

Settled edges alternate: open, shut, open. So the contact now and the number of edges since then
tell how many openings there were, even if nobody heard any of them. A mere difference of contact
with no edge between (a boot reading, a retained or repeated message) tells nothing. A report that
does not know its contact leaves its edges for the next that does.
"""

from msgspec import Struct

from gateway.core.events import ReportCame
from gateway.core.model import OPEN, SHUT, UNKNOWN, Door
from sealwire.report import EDGES_MODULUS

HALF = EDGES_MODULUS // 2


class EdgeDelta(Struct, frozen=True):
    """What the counter shows since the door was last heard."""

    late: bool = False  # an older report than one heard already: tells nothing new
    edges: int = 0
    hidden: int = 0  # whole openings that nobody saw begin
    opens: bool = False  # the door opened, and this report is the first to say so
    shuts: bool = False


def edge_delta(door: Door, event: ReportCame) -> EdgeDelta:
    """Compare the report's counter with the door's."""
    edges = _advance(door, event)
    if edges < 0:
        return EdgeDelta(late=True)
    if edges == 0 or event.contact is UNKNOWN:
        return EdgeDelta(edges=edges)
    open_now = event.contact is OPEN
    open_before = open_now != bool(edges & 1)
    openings = edges // 2 if open_before else (edges + 1) // 2
    if open_before and door.contact is SHUT:
        openings += 1  # it was shut when last heard: it opened while its seal had no power
    return EdgeDelta(
        edges=edges,
        hidden=openings - open_now,
        opens=open_now,
        shuts=not open_now,
    )


def _advance(door: Door, event: ReportCame) -> int:
    """Edges since the door was last heard; negative for a report from before that."""
    if door.edges is None:  # the first that is heard of this seal: an edge counts, a reading not
        return int(event.edge and not event.first)
    ahead = (event.edges - door.edges) % EDGES_MODULUS
    return ahead if ahead < HALF else ahead - EDGES_MODULUS
