"""From what the router says to the outbox: by which channel, at which address, about what."""

import msgspec

from gateway.core.effects import PageDue
from gateway.core.events import DoorPlaced, PersonDue, ReportCame, StaffSet
from gateway.core.model import Contact, Door, Order
from gateway.core.paging import routing, staff
from gateway.core.paging.schedule import Role
from gateway.core.paging.staff import Member
from gateway.core.reasons import Reason
from gateway.core.rules import Rulebook, Rules
from gateway.core.site import SiteState, SiteTurn
from gateway.core.subject import SITE, of_door
from gateway.engine.outgoing import entries_of
from gateway.notify.addressing import Addresses
from gateway.registry.load import Registry, Warden
from gateway.store.outbox import Entry, Group

RULES = Rules()
NOW_MS = 1_780_000_000_000
INBOX, PHONE = ("inbox", ""), ("webhook", "http://phone")


def registry(*wardens: Warden) -> Registry:
    members = {one.warden_id: Member("g", one.role, (1,) * len(one.channels)) for one in wardens}
    return Registry({}, {}, {"d": DoorPlaced("g")}, {"g": wardens}, staff=staff.of(members, [], []))


class Batches:
    """One batch after the other, each on the router of the one before."""

    def __init__(self, *wardens: Warden, site: str = "") -> None:
        known = registry(*wardens)
        self.addresses = Addresses(known, site, "en")
        self.router = routing.of(staff.Staff())
        self.router, _ = routing.step(self.router, StaffSet(known.staff), NOW_MS, RULES)

    def sent(self, page: PageDue) -> list[Entry]:
        self.router, routed = routing.follow(self.router, page, "d", "g", NOW_MS, RULES)
        return entries_of(routed, self.addresses, NOW_MS)

    def due(self, warden_id: str, now_ms: int) -> list[Entry]:
        self.router, routed = routing.step(self.router, PersonDue(warden_id), now_ms, RULES)
        return entries_of(routed, self.addresses, now_ms)


WANG = Warden("wang", "zh", (PHONE, INBOX), "g")
LI = Warden("li", "en", (INBOX,), "g", Role.DEPUTY)


def page(number: int = 1, step_index: int = 0, reason: Reason = Reason.NO_PERMIT) -> PageDue:
    return PageDue(f"p{number}", f"c{number}", reason, NOW_MS - 5, step_index)


def ways(entries: list[Entry]) -> list[str]:
    return [f"{entry.warden_id or 'site'} {entry.channel} {entry.address}" for entry in entries]


def test_a_page_goes_by_the_channels_of_its_step_and_to_the_site_once_a_round() -> None:
    heartbeats = Batches(WANG, LI, site="http://site")
    entries = heartbeats.sent(page())
    assert ways(entries) == ["site webhook http://site", "wang webhook http://phone"]
    first = entries[1]
    assert (first.language, first.since_ms, first.made_ms, first.done_ms) == (
        "zh",
        NOW_MS - 5,
        NOW_MS,
        None,
    )
    (second,) = heartbeats.sent(page(step_index=1))
    assert (second.channel, second.done_ms) == ("inbox", NOW_MS), "the inbox is a view"
    assert ways(heartbeats.sent(page(step_index=2))) == ["li inbox "]


def test_a_grouped_page_says_how_many_and_leads_to_the_worst() -> None:
    heartbeats = Batches(WANG, LI)
    for number in range(RULES.pages_most):
        heartbeats.sent(page(number))
    for number, reason in ((100, Reason.REFUSALS), (101, Reason.NO_PERMIT)):
        quiet = heartbeats.sent(page(number, reason=reason))
        assert not msgspec.json.decode(quiet[0].about, type=Group).rings
    entries = heartbeats.due("wang", NOW_MS + RULES.pages_window_ms)
    assert ways(entries) == ["wang webhook http://phone", "wang inbox "]
    assert {(one.reason, one.case_id, one.door_id) for one in entries} == {("grouped", "c101", "d")}
    about = msgspec.json.decode(entries[0].about, type=Group)
    assert about == Group(2, 1, ("c101", "c100"), True, entries[0].page_id.rpartition("-")[0])


def test_a_test_and_its_failure_are_of_no_door() -> None:
    heartbeats = Batches(WANG, LI, site="http://site")
    at_ms = routing.next_deadline(heartbeats.router, "wang")
    assert at_ms is not None
    tests = heartbeats.due("wang", at_ms)
    assert ways(tests) == ["wang webhook http://phone", "wang inbox "]
    assert {(one.reason, one.door_id, one.case_id) for one in tests} == {("test", "", "")}
    fails_ms = routing.next_deadline(heartbeats.router, "wang")
    assert fails_ms is not None
    told = heartbeats.due("wang", fails_ms)
    assert ways(told)[0] == "site webhook http://site"
    assert {one.reason for one in told} == {"unreachable"}


def test_one_who_has_left_has_no_address_any_more() -> None:
    heartbeats = Batches(WANG, LI)
    heartbeats.addresses.know(registry(LI))
    assert heartbeats.sent(page()) == []
    assert ways(heartbeats.sent(page(step_index=2))) == ["li inbox "]


def test_only_who_is_not_as_before_is_stored() -> None:
    order = Order("o", 0, 2 * NOW_MS)
    site = SiteState(Rulebook(RULES), {"d": Door("d", grid_id="g", seal_id="s", orders=(order,))})
    turn = SiteTurn(site)
    turn.apply(NOW_MS, SITE, StaffSet(registry(WANG, LI).staff))
    assert {person.warden_id for person in turn.people_changed()} == {"wang", "li"}
    site.adopt(turn)
    turn = SiteTurn(site)
    turn.apply(NOW_MS, of_door("d"), ReportCame("s", 0, Contact.SHUT, 0, edge=False))
    assert turn.people_changed() == []
    turn.apply(NOW_MS, of_door("d"), ReportCame("s", 1, Contact.OPEN, 1, edge=True))
    assert [person.warden_id for person in turn.people_changed()] == ["wang"]
