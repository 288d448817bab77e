"""What of a grid's pages reaches people's phones, counted on storms that are made by hand."""

from collections.abc import Iterator

from gateway.core.actor import actor_of
from gateway.core.duration import DAY_MS, MINUTE_MS, SECOND_MS
from gateway.core.events import CaseAcknowledged, DeadlineCame, OrderPlaced, ReportCame, SealBound
from gateway.core.model import Contact, Order
from gateway.core.paging.person import RENEW_EVERY_MS
from gateway.core.rules import Rules
from gateway.core.site import Step
from gateway.core.subject import of_door
from gateway.simulate.fleet import simulate
from gateway.simulate.ground_truth import START_MS
from gateway.simulate.phones import Phones
from gateway.simulate.scenario import OURS, load
from gateway.simulate.site_run import SiteRun

NEVER_MS = 100 * DAY_MS
# What is taken and never finished comes back; that is another story than these.
RULES = Rules(taken_ms=NEVER_MS, on_site_ms=NEVER_MS, fault_taken_ms=NEVER_MS)
NOON_MS = START_MS + DAY_MS // 2
DOORS = 14


class Grid:
    """Some doors under orders on a simulated site, that open when they are told to."""

    def __init__(self) -> None:
        self.site = SiteRun(START_MS, RULES)
        self._due_ms: dict[str, int | None] = {}
        for number in range(DOORS):
            door_id = f"d{number}"
            self.site.hang(door_id, (), self._stepped)
            self.site.apply(of_door(door_id), SealBound(f"s{number}"))
            order = Order(f"o{number}", START_MS, START_MS + 90 * DAY_MS)
            self.site.apply(of_door(door_id), OrderPlaced(order))
            self._says(number, Contact.SHUT, 0)

    def _says(self, number: int, contact: Contact, edges: int) -> None:
        said = ReportCame(f"s{number}", edges, contact, edges, edge=edges > 0)
        self.site.apply(of_door(f"d{number}"), said)

    def _stepped(self, _: int, its: Step) -> None:
        due_ms = self.site.turn.due_ms(its.subject)
        if due_ms is not None and due_ms != self._due_ms.get(its.subject.id):
            at_ms = max(due_ms, self.site.calendar.now_ms)
            self.site.calendar.at(at_ms, self._deadline, (its.subject, due_ms))
        self._due_ms[its.subject.id] = due_ms

    def _deadline(self, due: tuple[tuple[str, str], int]) -> None:
        subject, due_ms = due
        if self._due_ms[subject[1]] == due_ms:
            self._due_ms[subject[1]] = None
            self.site.apply(of_door(subject[1]), DeadlineCame())

    def opens(self, number: int, at_ms: int) -> None:
        self.site.calendar.at(at_ms, lambda _: self._says(number, Contact.OPEN, 1), None)

    def taken(self, number: int, at_ms: int) -> None:
        act = CaseAcknowledged(f"s{number}-1", actor_of("warden"), f"a{number}")
        self.site.calendar.at(at_ms, lambda _: self.site.apply(of_door(f"d{number}"), act), None)

    def lives(self, until_ms: int) -> Phones:
        self.site.calendar.live(until_ms)
        return self.site.phones


def storm() -> Iterator[tuple[int, int]]:
    return ((number, NOON_MS + number * SECOND_MS) for number in range(DOORS))


def test_a_quiet_day_reaches_one_phone_a_page_whichever_channels_it_goes_by() -> None:
    grid = Grid()
    for number in range(5):
        at_ms = NOON_MS + number * 5 * MINUTE_MS
        grid.opens(number, at_ms)
        grid.taken(number, at_ms + MINUTE_MS)  # the warden's other channel rang before
    phones = grid.lives(NOON_MS + 40 * MINUTE_MS)
    assert (phones.pages, phones.grouped) == (5, 0)
    assert phones.most <= 3


def test_i16_in_a_storm_no_phone_rings_more_than_ten_times_and_the_rest_is_told_quietly() -> None:
    grid = Grid()
    for number, at_ms in storm():
        grid.opens(number, at_ms)
        if number < 10:
            grid.taken(number, at_ms + MINUTE_MS)
    phones = grid.lives(NOON_MS + 100 * SECOND_MS)  # before a deputy is told
    assert (phones.pages, phones.most, phones.grouped) == (10, 10, 0)
    phones = grid.lives(NOON_MS + RULES.pages_window_ms + MINUTE_MS)
    assert phones.most == 10
    assert phones.grouped >= 4
    assert max(phones.waits_ms) <= RENEW_EVERY_MS, "it did not ring yet, but stood there"
    assert phones.figures()["phone_breach_waited_ms_max"] == max(phones.waits_ms)


def test_what_somebody_has_meanwhile_is_told_to_nobody_else() -> None:
    grid = Grid()
    for number, at_ms in storm():
        grid.opens(number, at_ms)
        grid.taken(number, NOON_MS + MINUTE_MS)
    phones = grid.lives(NOON_MS + DAY_MS)
    assert (phones.pages, phones.grouped) == (10, 0)


def test_a_phone_that_works_is_not_lost_by_its_daily_tests() -> None:
    grid = Grid()
    for number in range(5):
        grid.opens(number, NOON_MS + number * DAY_MS)
        grid.taken(number, NOON_MS + number * DAY_MS + MINUTE_MS)
    assert grid.lives(NOON_MS + 6 * DAY_MS).pages == 5
    assert all(person.working for person in grid.site.turn.router.people.values())


def test_every_grid_of_a_fleet_is_counted() -> None:
    scenario = load(OURS)
    totals = simulate(2 * scenario.warden.doors + 3, 2, 1, scenario)
    figures = totals.figures()
    assert figures["phone_pages"] >= figures["pages"] > 0
    assert 0 < figures["phone_most_pages_in_10_min"] <= 10
    assert figures["goals"]["phone_most_pages_in_10_min"]["holds"]
