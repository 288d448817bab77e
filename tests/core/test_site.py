"""One step for a whole site: what an event means to others, in which order, and to nobody else."""

from collections import Counter

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.effects import OutageFound, SilenceBegan
from gateway.core.events import (
    DeadlineCame,
    DoorPlaced,
    Event,
    OutageBegan,
    PageReceived,
    PersonReached,
    ReportCame,
    SealBound,
    SealLost,
)
from gateway.core.model import Contact, Door
from gateway.core.paging import routing
from gateway.core.paging.person import GroupedPage, Person
from gateway.core.paging.staff import Staff
from gateway.core.rules import Rulebook, Rules
from gateway.core.site import SiteState, SiteTurn, Step
from gateway.core.site_model import Outages, Troubles
from gateway.core.subject import SITE, Subject, of_door
from tests.core.actors import HOUR, MINUTE, SECOND
from tests.core.peopled_site import HAPPENINGS, NARROW, PeopledSite

HEARTBEAT_MS = 100 * SECOND
FLATS = ("1-1", "1-2", "1-3", "1-4")
Happenings = list[tuple[str, int]]

quick = settings(max_examples=30, deadline=None, derandomize=True, print_blob=True)
happenings = st.lists(
    st.tuples(st.sampled_from(list(HAPPENINGS)), st.integers(0, 1_500)), max_size=25
)


def heard_at(turn: SiteTurn, door_id: str, at_ms: int) -> None:
    """A sealed door of building 1 sends its first heartbeat."""
    seal_id = f"seal-{door_id}"
    heartbeat = ReportCame(seal_id, 0, Contact.SHUT, 0, edge=False)
    for event in (DoorPlaced("g", ("building:1",)), SealBound(seal_id, HEARTBEAT_MS), heartbeat):
        turn.apply(at_ms, of_door(door_id), event)


def order_of(steps: list[Step]) -> list[tuple[str, type[Event]]]:
    return [(step.subject.id, type(step.event)) for step in steps]


def test_a_silence_goes_to_the_site_then_an_outage_to_its_doors_in_their_order() -> None:
    turn = SiteTurn(SiteState(Rulebook()))
    for number, door_id in enumerate(FLATS):
        heard_at(turn, door_id, number * 45 * SECOND)
    for door_id in FLATS[:3]:
        silent = turn.due_ms(of_door(door_id))
        assert silent is not None
        turn.apply(silent, of_door(door_id), DeadlineCame())
    gathered_ms, last_ms = turn.due_ms(SITE), turn.due_ms(of_door("1-4"))
    assert gathered_ms is not None
    assert last_ms is not None
    assert gathered_ms < last_ms, "the loop comes late to the site's own time"
    steps = turn.apply(last_ms, of_door("1-4"), DeadlineCame())
    assert order_of(steps) == [
        ("1-4", DeadlineCame),
        ("", SealLost),
        *((door_id, OutageBegan) for door_id in FLATS),
    ]
    assert isinstance(steps[0].effects[0], SilenceBegan)
    assert isinstance(steps[1].effects[0], OutageFound)
    assert [step.follows for step in steps] == [False, *[True] * 5]
    assert all(turn.door(door_id).outage == turn.outages.outages[0].outage_id for door_id in FLATS)


def test_a_receipt_of_a_grouped_page_goes_to_its_owner_then_to_each_of_its_cases() -> None:
    site = PeopledSite(rules=Rules(pages_most=1, pages_window_ms=10 * MINUTE))
    test_ms = site.turn.router.people["chen"].test_ms
    assert test_ms is not None
    site.live_until(test_ms)  # the silent test went out, and nothing has arrived since
    for flat in ("1-1", "1-2", "2-1"):
        site.live_until(site.now_ms + SECOND)
        site.door(flat).opens()
    site.live_until(site.now_ms + 11 * MINUTE)
    groups = [
        out.content
        for out in site.notified
        if isinstance(out.content, GroupedPage) and out.warden_id == "chen"
    ]
    group = next(content for content in groups if content.rings)
    assert sorted(page.door_id for page in group.pages) == ["1-1", "1-2", "2-1"]
    group = groups[-1]
    steps = site.turn.apply(
        site.now_ms, of_door(group.pages[0].door_id), PageReceived("", group.page_id, "chen")
    )
    assert [(step.subject, step.event) for step in steps[1:]] == [
        (SITE, PersonReached("chen")),
        *(
            (of_door(page.door_id), PageReceived(page.case_id, page.page_id, "chen"))
            for page in group.pages
        ),
    ]


def stored(site: SiteState | SiteTurn) -> bytes:
    """All of a site, as it would be stored; or of a turn that has lived on an empty one."""
    known = site.rulebook, site.doors, site.outages, site.troubles, +site.sealed
    parts = (*known, site.router.staff, site.router.people)
    return msgspec.json.encode(parts, order="sorted")


@quick
@given(happenings, happenings)
def test_two_sites_stepped_alternately_do_not_touch_each_other(
    first: Happenings, second: Happenings
) -> None:
    alone = [PeopledSite(), PeopledSite()]
    for site, story in zip(alone, (first, second), strict=True):
        for name, number in story:
            site.act(name, number)
    together = [SiteTurn(SiteState(site.rulebook)) for site in alone]
    steps: list[list[Step]] = [[], []]
    for index in range(max(len(site.roots) for site in alone)):
        for number, site in enumerate(alone):
            if index < len(site.roots):
                steps[number] += together[number].apply(*site.roots[index])
    for site, turn, followed in zip(alone, together, steps, strict=True):
        assert stored(turn) == stored(site.turn)
        assert followed == site.steps


def restarted(state: SiteState) -> SiteState:
    """The site as it is read again from the bytes in which it is stored."""
    doors = msgspec.json.decode(msgspec.json.encode(state.doors), type=dict[str, Door])
    known = msgspec.json.decode(msgspec.json.encode(state.outages), type=Outages)
    people = msgspec.json.decode(msgspec.json.encode(state.router.people), type=dict[str, Person])
    members = msgspec.json.decode(msgspec.json.encode(state.router.staff), type=Staff)
    troubled = msgspec.json.decode(msgspec.json.encode(state.troubles), type=Troubles)
    router = routing.of(members, people.values())
    return SiteState(state.rulebook, doors, known, router, troubled)


def lived_again(
    rulebook: Rulebook, roots: list[tuple[int, Subject, Event]]
) -> tuple[SiteState, list[Step]]:
    """Each root event on a turn of its own, with a restart between any two."""
    state, steps = SiteState(rulebook), list[Step]()
    for at_ms, subject, event in roots:
        turn = SiteTurn(state)
        steps += turn.apply(at_ms, subject, event)
        state.adopt(turn)
        state = restarted(state)
    return state, steps


@quick
@given(happenings)
def test_the_root_events_alone_make_the_same_site_byte_for_byte(story: Happenings) -> None:
    site = PeopledSite()
    for name, number in story:
        site.act(name, number)
    state, steps = lived_again(Rulebook(NARROW), site.roots)
    assert stored(state) == stored(site.turn)
    assert [(step.subject, step.event, step.effects) for step in steps] == [
        (step.subject, step.event, step.effects) for step in site.steps
    ]


def test_what_comes_of_random_sites_is_all_that_can_follow() -> None:
    """The properties above see something: every kind of following event is among it."""
    site, kinds = PeopledSite(), Counter[str]()
    for name, number in [
        *(("flat", number) for number in (0, 1, 2)),
        ("wait", 1_500),
        ("wait", 1_500),
        *(("flat", number) for number in (5, 6, 7)),
        *(("opens", number) for number in (5, 6, 7, 8)),
        ("wait", 1_500),
        ("wait", 1_500),
        ("wait", 1_500),
        *(("sign", number) for number in range(3)),
    ]:
        site.act(name, number)
    site.live_until(site.now_ms + 24 * HOUR)
    for notification in site.notified[-3:]:
        site.phone_signs(notification)
    kinds.update(type(step.event).__name__ for step in site.steps if step.follows)
    assert kinds >= Counter(
        ["SealLost", "SealHeard", "OutageBegan", "OutageEnded", "PageReceived", "PersonReached"]
    )
