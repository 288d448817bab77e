"""What the edge counter tells, held against a door that truly moved so often."""

import pytest

from gateway.core.doors.edge_counter import HALF, EdgeDelta, edge_delta
from gateway.core.events import ReportCame
from gateway.core.model import Contact, Door
from sealwire.report import EDGES_MODULUS

OTHER = {Contact.OPEN: Contact.SHUT, Contact.SHUT: Contact.OPEN}


def moved(start: Contact, edges: int, count: int = 40) -> EdgeDelta:
    """The report of a door that stood there at `count`, and moved so many times."""
    now = start if edges % 2 == 0 else OTHER[start]
    door = Door("d", contact=start, edges=count % EDGES_MODULUS)
    return edge_delta(door, ReportCame("s", 1, now, (count + edges) % EDGES_MODULUS, True))


@pytest.mark.parametrize("count", [0, 40, EDGES_MODULUS - 3])
@pytest.mark.parametrize("edges", [1, 2, 3, 4, 5, 6, 7, 12, 13, HALF - 1])
@pytest.mark.parametrize("start", [Contact.OPEN, Contact.SHUT])
def test_k2_openings_between_two_counts_are_every_second_edge(
    start: Contact, edges: int, count: int
) -> None:
    stands, openings = start, 0
    for _ in range(edges):
        stands = OTHER[stands]
        openings += stands is Contact.OPEN
    is_open = stands is Contact.OPEN
    wanted = EdgeDelta(False, edges, openings - is_open, is_open, not is_open)
    assert moved(start, edges, count) == wanted


def test_k2_half_the_counter_ahead_is_a_report_from_before() -> None:
    assert moved(Contact.SHUT, HALF - 1).late is False
    assert moved(Contact.SHUT, HALF).late is True
    assert moved(Contact.SHUT, EDGES_MODULUS - 1).late is True


def test_k2_an_opening_without_power_is_one_more_than_the_counter_shows() -> None:
    """Shut when last heard, and an even count later open: it opened while no edge was counted."""
    door = Door("d", contact=Contact.SHUT, edges=10)
    delta = edge_delta(door, ReportCame("s", 1, Contact.OPEN, 12, True))
    assert (delta.hidden, delta.opens) == (1, True)


@pytest.mark.parametrize(
    ("edge", "first", "edges"), [(True, False, 1), (True, True, 0), (False, False, 0)]
)
def test_k2_of_a_seal_that_was_never_heard_an_edge_counts_and_a_reading_does_not(
    edge: bool, first: bool, edges: int
) -> None:
    report = ReportCame("s", 1, Contact.OPEN, 900, edge, first=first)
    assert edge_delta(Door("d"), report).edges == edges


def test_k2_who_does_not_know_its_contact_leaves_its_edges_for_the_next() -> None:
    door = Door("d", contact=Contact.SHUT, edges=3)
    assert edge_delta(door, ReportCame("s", 1, Contact.UNKNOWN, 5, True)) == EdgeDelta(edges=2)
