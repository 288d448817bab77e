"""The whole table: where the door was, where it is, and by how many edges the counter moved.

Each cell says what must follow. "Blind" is an opening that nobody heard begin, with an interval;
"shut" means that an opening which was known ends; "inferred", that no report told of its shutting.
A reading is not an event: it may find a door open, which is told if it goes on, and never at once.
"""

import pytest

from gateway.core.effects import OpeningBegan, OpeningEnded
from gateway.core.events import ReportCame
from gateway.core.model import Contact
from gateway.core.reasons import Reason
from tests.core.story import HOUR, NOON, SEAL, SECOND, Story

# before -> after: what follows for 0, 1, 2 and 3 edges, told by a heartbeat or an edge's report.
TABLE = """
shut    shut     nothing          blind           blind           blind
shut    open     nothing          opens           blind,opens     blind,opens
shut    unknown  nothing          later           later           later
open    shut     inferred         shut            inferred,blind  inferred,blind
open    open     nothing          inferred,opens  inferred,opens  inferred,blind,opens
open    unknown  nothing          later           later           later
unknown shut     nothing          nothing         blind           blind
unknown open     nothing          opens           opens           blind,opens
unknown unknown  nothing          later           later           later
"""
CELLS = [
    (before, after, edges, set(cell.split(",")))
    for before, after, *cells in map(str.split, TABLE.strip().splitlines())
    for edges, cell in enumerate(cells)
]
MINUTE = 60 * SECOND


def a_door_that_is(before: str) -> Story:
    """Heard once; for "open" with the opening that made it so. Heartbeats count as not promised."""
    story = Story()
    if before == "open":
        story.opens()
    elif before == "unknown":
        story.door = type(story.door)(
            story.door.door_id,
            seal_id=SEAL,
            orders=story.door.orders,
            edges=0,
            observed_until_ms=NOON,
        )
    story.effects.clear()
    story.after(20 * MINUTE)
    story.effects.clear()
    return story


def said(story: Story, after: str, edges: int, kind: str) -> None:
    """A report, and the time that it takes until everything it means has been told."""
    story.seq += 1
    story.edges += edges
    is_edge = kind != "heartbeat"
    report = ReportCame(
        SEAL, story.seq if is_edge else 0, Contact(after), story.edges, is_edge, kind == "first"
    )
    story.tell(report)


def followed(story: Story) -> set[str]:
    kinds = set()
    for effect in story.effects:
        if isinstance(effect, OpeningBegan):
            kinds.add(
                {Reason.OPENED_BLIND: "blind", Reason.OPEN_AFTER_RESTART: "found"}.get(
                    effect.reason, "opens"
                )
            )
        elif isinstance(effect, OpeningEnded) and not effect.opening_id.endswith("-blind"):
            kinds.add("inferred" if effect.inferred else "shut")
    return kinds or {"nothing"}


@pytest.mark.parametrize(("before", "after", "edges", "must"), CELLS)
@pytest.mark.parametrize("kind", ["heartbeat", "edge", "first"])
def test_every_cell(before: str, after: str, edges: int, must: set[str], kind: str) -> None:
    story = a_door_that_is(before)
    said(story, after, edges, kind)
    at_once = followed(story) & {"blind", "opens", "found"}
    story.after(6 * SECOND)
    if must == {"later"}:
        assert followed(story) == {"nothing"}
        assert story.door.edges == story.edges - edges  # they wait for the next that knows
        return
    if kind != "edge" and must == {"shut"}:
        must = {"inferred"}  # no edge's own report told of it
    waits = edges == 0 and must == {"inferred"}  # a mere reading must last
    if waits:
        assert followed(story) == {"nothing"}
        story.after(5 * MINUTE)
    assert followed(story) == must
    assert at_once == must & {"blind", "opens"}


@pytest.mark.parametrize(("before", "after", "edges", "must"), CELLS)
def test_whoever_is_told_is_told_of_an_opening(
    before: str, after: str, edges: int, must: set[str]
) -> None:
    story = a_door_that_is(before)
    said(story, after, edges, "heartbeat")
    told = sorted(page.reason for page in story.pages())
    wanted = {"blind": Reason.OPENED_BLIND, "opens": Reason.NO_PERMIT}
    assert told == sorted(wanted[word] for word in must if word in wanted)


@pytest.mark.parametrize(
    ("before", "now", "edges"),
    [
        ("shut", "open", 1),
        ("shut", "shut", 2),
        ("shut", "open", 3),
        ("open", "shut", 1),
        ("open", "open", 2),
        ("open", "shut", 3),
    ],
)
def test_what_an_unknown_contact_hides_the_next_report_tells(
    before: str, now: str, edges: int
) -> None:
    told = a_door_that_is(before)
    said(told, "unknown", edges, "heartbeat")
    said(told.after(10 * SECOND), now, 0, "heartbeat")
    at_once = a_door_that_is(before)
    said(at_once, now, edges, "heartbeat")
    assert followed(told.after(HOUR)) == followed(at_once.after(HOUR))


def test_a_first_reading_that_finds_a_shut_door_open_is_told_if_it_goes_on() -> None:
    story = a_door_that_is("shut")
    said(story, "open", 0, "first")
    assert story.pages() == []
    story.after(2 * MINUTE).heartbeat(Contact.OPEN)
    story.after(3 * MINUTE)
    assert [page.reason for page in story.pages()] == [Reason.OPEN_AFTER_RESTART]


def test_a_first_reading_that_nothing_confirms_is_not_told() -> None:
    story = a_door_that_is("shut")
    said(story, "open", 0, "first")
    story.after(HOUR)
    assert story.pages() == []


def test_a_first_reading_that_finds_a_shut_door_open_for_a_moment_is_recorded() -> None:
    story = a_door_that_is("shut")
    said(story, "open", 0, "first")
    story.after(MINUTE).shuts()
    story.after(HOUR)
    assert story.pages() == []
    assert followed(story) == {"found", "shut"}
