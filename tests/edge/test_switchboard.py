"""From a rung to the people on duty: who is told, by what, and who is passed over."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core import ladder, rota
from gateway.core.effects import PageDue
from gateway.core.model import Case, CaseState
from gateway.core.people import TEST_MS, Person
from gateway.core.reason import Reason
from gateway.core.rota import Cover, Role, Shift
from gateway.core.rules import Rules
from gateway.notify.addressing import EVERYBODY_MAX, Addresses
from gateway.store.commit import Entry, Group
from gateway.store.registry import Registry, Warden
from gateway.switchboard import Switchboard

RULES = Rules()
NOW_MS = 1_780_000_000_000
DAY_MS = 86_400_000
INBOX, PHONE = ("inbox", ""), ("webhook", "http://phone")
BOTH = (PHONE, INBOX)


def warden(who: str, role: Role = Role.WARDEN, grid: str = "g", channels: Any = BOTH) -> Warden:
    return Warden(who, "en", channels, grid, role)


TEAM = (
    warden("wang"),
    warden("li", Role.DEPUTY),
    warden("chen", Role.CAPTAIN),
    warden("hub", Role.CENTRE),
    warden("fix", Role.INSTALLER),
)


def registry(wardens: tuple[Warden, ...], shifts: Any = (), covers: Any = ()) -> Registry:
    by_grid: dict[str, tuple[Warden, ...]] = {}
    people: dict[tuple[str, Role], list[str]] = {}
    for one in wardens:
        by_grid[one.grid_id] = (*by_grid.get(one.grid_id, ()), one)
        people.setdefault((one.grid_id, one.role), []).append(one.warden_id)
    return Registry({}, {}, {"d": "g"}, by_grid, rota=rota.of(shifts, covers, people))


def board(*wardens: Warden, site: str = "", people: Any = None, **rest: Any) -> Switchboard:
    known = msgspec.structs.replace(registry(wardens, **rest), people=people or {})
    made = Switchboard(Addresses(known, site, "en"), RULES)
    made.know(known, NOW_MS)
    return made


def page(reason: Reason = Reason.NO_PERMIT, rung: int = 0, number: int = 1) -> PageDue:
    return PageDue(f"p{number}", f"c{number}", reason, NOW_MS, rung)


def told(made: Switchboard, due: PageDue, now_ms: int = NOW_MS, door: str = "d") -> list[str]:
    """Who was told by which channel, in one beat that is committed."""
    lines = made.begin()
    entries = lines.entries(due, door, "g", now_ms)
    made.adopt(lines)
    return [f"{entry.warden_id or 'site'} {entry.channel}" for entry in entries]


def lost(*names: str) -> dict[str, Person]:
    return {who: Person(who, test_ms=NOW_MS + DAY_MS, working=False) for who in names}


def test_each_rung_tells_its_people_by_its_channels() -> None:
    made = board(*TEAM, site="http://site")
    assert told(made, page()) == ["site webhook", "wang webhook"]
    assert told(made, page(rung=1)) == ["wang inbox"]
    assert told(made, page(rung=2)) == ["li webhook", "li inbox"]
    assert told(made, page(rung=3)) == ["chen webhook", "chen inbox"]
    assert told(made, page(rung=4)) == ["hub webhook", "hub inbox"]


def test_faults_go_to_the_installer_first() -> None:
    made = board(*TEAM)
    assert told(made, page(Reason.SILENT)) == ["fix webhook", "fix inbox"]
    assert told(made, page(Reason.SILENT, 1)) == ["chen webhook", "chen inbox"]


def test_the_second_channel_of_one_who_has_only_one_tells_nobody() -> None:
    made = board(warden("wang", channels=(INBOX,)), warden("li", Role.DEPUTY))
    assert told(made, page()) == ["wang inbox"]
    assert told(made, page(rung=1)) == []
    assert told(made, page(rung=2)) == ["li webhook", "li inbox"]


def test_a_rung_of_nobody_falls_to_the_next_at_once_and_does_not_tell_them_twice() -> None:
    away = [Cover("wang", 0, NOW_MS + 1)]
    made = board(*TEAM, covers=away)
    assert told(made, page()) == ["li webhook", "li inbox"]
    assert told(made, page(rung=1)) == []
    assert told(made, page(rung=2)) == []
    assert told(made, page(rung=3)) == ["chen webhook", "chen inbox"]


def test_who_cannot_be_reached_or_has_no_channel_is_passed_over() -> None:
    assert told(board(*TEAM, people=lost("wang")), page())[0] == "li webhook"
    mute = warden("wang", channels=())
    assert told(board(mute, *TEAM[1:], people=lost("li")), page())[0] == "chen webhook"


def test_somebody_is_always_told() -> None:
    everybody = [one.warden_id for one in TEAM]
    made = board(*TEAM, people=lost(*everybody))
    assert {one.split()[0] for one in told(made, page())} == set(everybody)
    far = [warden(f"far{n:03}", grid="h", channels=(PHONE,)) for n in range(EVERYBODY_MAX + 9)]
    assert len(told(board(*far), page())) == EVERYBODY_MAX
    head = warden("head", Role.CAPTAIN, "h")
    assert told(board(*far, head), page()) == ["head webhook", "head inbox"]
    assert told(board(), page()) == []


def test_the_one_on_shift_is_told_and_their_cover_instead_of_them() -> None:
    shifts = [Shift("g", Role.WARDEN, "wang", 127, 0, 1_440)]
    second = warden("zhao")
    assert told(board(*TEAM, second, shifts=shifts), page()) == ["wang webhook"]
    covers = [Cover("wang", 0, NOW_MS + 1, "zhao")]
    made = board(*TEAM, second, shifts=shifts, covers=covers)
    assert told(made, page()) == ["zhao webhook"]


def test_the_canary_goes_to_its_own_grid_even_if_that_cannot_be_reached() -> None:
    made = board(*TEAM, people=lost("wang"))
    assert told(made, page(Reason.CANARY)) == ["wang webhook", "wang inbox"]


def due(made: Switchboard, now_ms: int) -> list[Entry]:
    lines = made.begin()
    entries = lines.due(now_ms)
    made.adopt(lines)
    return entries


def test_beyond_the_limit_pages_wait_and_go_out_as_one() -> None:
    made = board(*TEAM)
    for number in range(RULES.pages_most):
        assert told(made, page(number=number))
    assert told(made, page(number=100)) == []
    assert told(made, page(Reason.REFUSALS, number=101)) == []
    assert made.holding == {"wang"}
    entries = due(made, NOW_MS + RULES.pages_window_ms)
    assert [(e.channel, e.reason, e.case_id) for e in entries] == [
        ("webhook", "grouped", "c100"),
        ("inbox", "grouped", "c100"),
    ]
    assert msgspec.json.decode(entries[0].about, type=Group) == Group(2, 1, ("c100", "c101"))
    assert not made.holding
    lines = made.begin()
    entries[0].done_ms = NOW_MS
    assert [call.case_id for call in lines.delivered(entries[0])] == ["c100", "c101"]
    received = lines.received(entries[0].page_id, "wang")
    assert [call.page_id for call in received] == ["p100", "p101"]


def test_what_was_taken_meanwhile_is_not_told() -> None:
    made = board(*TEAM)
    for number in range(RULES.pages_most + 1):
        told(made, page(number=number))
    lines = made.begin()
    lines.settled(f"c{RULES.pages_most}", NOW_MS)
    assert made.holding == {"wang"}  # until the commit
    made.adopt(lines)
    assert not made.holding
    assert due(made, NOW_MS + RULES.pages_window_ms) == []


def test_a_beat_that_is_not_committed_has_told_nobody() -> None:
    made = board(*TEAM)
    before = dict(made.people)
    made.begin().entries(page(), "d", "g", NOW_MS)
    assert made.people == before


@pytest.fixture
def tested() -> tuple[Switchboard, list[Entry], int]:
    made = board(*TEAM[:3])
    at_ms = made.people["wang"].test_ms
    assert at_ms is not None
    for who in ("li", "chen"):  # theirs is not today's matter
        made.people[who] = msgspec.structs.replace(made.people[who], test_ms=at_ms + DAY_MS)
    entries = [entry for entry in due(made, at_ms) if entry.warden_id == "wang"]
    return made, entries, at_ms


def test_a_test_goes_to_each_channel_and_passes_when_one_takes_it(tested: Any) -> None:
    made, entries, at_ms = tested
    assert [(e.channel, e.reason, e.case_id) for e in entries] == [
        ("webhook", "test", ""),
        ("inbox", "test", ""),
    ]
    lines = made.begin()
    assert lines.delivered(entries[0]) == ()  # not taken yet
    assert not lines.changed
    entries[0].done_ms = at_ms + 5
    lines.delivered(entries[0])
    made.adopt(lines)
    assert due(made, at_ms + TEST_MS) == []
    assert made.people["wang"].working


def test_a_test_that_nobody_took_is_told_to_the_captain_once(tested: Any) -> None:
    made, _, at_ms = tested
    entries = due(made, at_ms + TEST_MS)
    assert {(e.warden_id, e.reason) for e in entries} == {("chen", "unreachable")}
    assert "wang" not in entries[0].page_id  # it leaves the house
    assert not made.people["wang"].working
    assert told(made, page())[0] == "li webhook"
    lines = made.begin()
    lines.received("any", "wang")
    made.adopt(lines)
    assert told(made, page(number=2)) == ["wang webhook"]


def test_new_channels_of_one_who_could_not_be_reached_are_tested_at_once() -> None:
    made = board(*TEAM, people=lost("wang"))
    made.know(registry((warden("wang", channels=(INBOX,)), *TEAM[1:])), NOW_MS + 1)
    assert made.next_ms() == NOW_MS + 1
    assert [e.reason for e in due(made, NOW_MS + 1)] == ["test"]


def climbing(reason: Reason, taken_ms: int | None) -> list[tuple[int, PageDue]]:
    """A case that nobody acknowledges, or somebody after a time: every page of it."""
    case = Case("c", reason, CaseState.RAISED, NOW_MS)
    case, pages = ladder.begin(case, "p", reason, NOW_MS, NOW_MS, (), RULES)
    found = [(NOW_MS, one) for one in pages]
    while case.ladder is not None and case.ladder.next_ms < NOW_MS + 3_600_000:
        now_ms = case.ladder.next_ms
        if taken_ms is not None and now_ms >= taken_ms:
            case = msgspec.structs.replace(case, ladder=None, state=CaseState.ACKNOWLEDGED)
            break
        case, pages = ladder.climb(case, now_ms, RULES)
        found += [(now_ms, one) for one in pages]
    return found  # type: ignore[return-value]


@settings(max_examples=5, deadline=None)
@given(st.lists(st.integers(0, 3_600_000), min_size=1_000, max_size=1_000))
def test_a_thousand_alarms_reach_every_rung_in_order_and_in_time(taken: list[int]) -> None:
    waits = [0, RULES.second_ms, RULES.deputy_ms, RULES.captain_ms, RULES.centre_ms]
    withheld = climbing(Reason.NO_PERMIT, None)
    rounds = [withheld[n : n + 5] for n in range(0, len(withheld), 5)]
    for number, pages in enumerate(rounds):
        began_ms = NOW_MS + number * RULES.again_ms
        assert [at_ms - began_ms for at_ms, _ in pages] == waits[: len(pages)]
        assert [one.rung for _, one in pages] == list(range(len(pages)))
        assert {one.page_id for _, one in pages} == {"p" if not number else f"p-r{number}"}
    assert len(rounds) == 8
    for after_ms in taken:
        stopped = climbing(Reason.NO_PERMIT, NOW_MS + after_ms)
        expected = [one for one in withheld if one[0] < NOW_MS + max(1, after_ms)]
        assert stopped == expected
