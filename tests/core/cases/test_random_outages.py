"""Sites at random: power that goes and comes, doors that open meanwhile, and what must hold."""

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import json

from gateway.core.cases import outages
from gateway.core.effects import CaseMoved, PageDue
from gateway.core.events import Event
from gateway.core.model import CaseState, Contact, Door
from gateway.core.reasons import Reason
from gateway.core.rules import Rulebook
from gateway.core.site import SiteState, SiteTurn
from gateway.core.site_model import Outages
from gateway.core.subject import SITE as SUBJECT
from gateway.core.subject import of_door
from tests.core.actors import HOUR, SECOND
from tests.core.timeline import SITE, Site

FLATS = ("1-1", "1-2", "1-3", "2-1", "2-2", "2-3", "3-1")
happenings = st.lists(
    st.tuples(
        st.sampled_from(["building", "flat", "opens", "acknowledge", "report", "wait"]),
        st.integers(0, 2_000),
    ),
    max_size=25,
)
quick = settings(max_examples=40, deadline=None, derandomize=True, print_blob=True)


def act(site: Site, name: str, number: int) -> None:
    site.live_until(site.now_ms + number * SECOND)
    flat = FLATS[number % len(FLATS)]
    place = SITE if number % 2 else flat
    if name == "building":
        for other in FLATS:
            if other[0] == flat[0]:
                cut(site, other)
    elif name == "flat":
        cut(site, flat)
    elif name == "opens":
        door = site.door(flat)
        door.shuts() if door.seal.leaf is Contact.OPEN else door.opens()
    elif name == "acknowledge":
        site.person("Sun", place).acknowledges()
    elif name == "report":
        site.person("Sun", place).reports("supply")
    check(site)


def cut(site: Site, flat: str) -> None:
    door = site.door(flat)
    door.loses_power() if door.seal.power else door.gets_power()


def check(site: Site) -> None:
    due_ms = outages.next_deadline(site.outages)
    assert due_ms is None or due_ms > site.now_ms
    going_on = {outage.outage_id: outage for outage in site.outages.outages if outage.doors}
    for outage in going_on.values():
        assert len(set(outage.doors)) == len(outage.doors)
    for door_id, door in site.doors.items():
        assert door.outage is None or door_id in going_on[door.outage].doors, "a cause that is gone"
    ended: set[str] = set()
    paged: set[tuple[str, int, str]] = set()
    for _, _, effect in site.followed:
        if isinstance(effect, CaseMoved):
            assert effect.case.case_id not in ended, "a case was reopened"
            if effect.case.state is CaseState.CLOSED:
                ended.add(effect.case.case_id)
        elif isinstance(effect, PageDue):
            told = effect.page_id, effect.step_index, effect.to
            assert told not in paged, "one page, told twice"
            paged.add(told)


@quick
@given(happenings)
def test_whatever_goes_dark_and_comes_back(lived: list[tuple[str, int]]) -> None:
    site = Site(*FLATS)
    for name, number in lived:
        act(site, name, number)
    for flat in FLATS:
        if not site.seals[flat].power:
            site.door(flat).gets_power()
    site.live_until(site.now_ms + HOUR)
    check(site)
    assert site.outages.lost == ()
    assert not any(outage.doors for outage in site.outages.outages)
    for door in site.doors.values():
        assert door.silence is None
        assert door.case is None or door.case.reason is not Reason.SILENT


@quick
@given(happenings)
def test_the_site_lived_through_again_is_the_same_byte_for_byte(
    lived: list[tuple[str, int]],
) -> None:
    site = Site(*FLATS)
    for name, number in lived:
        act(site, name, number)
    turn = SiteTurn(SiteState(Rulebook()))
    for at_ms, place, event in site.journal:
        known = json.decode(json.encode(turn.outages), type=Outages)
        doors = {
            door_id: json.decode(json.encode(door), type=Door)
            for door_id, door in turn.doors.items()
        }
        turn = SiteTurn(SiteState(Rulebook(), doors, known, turn.router))
        turn.doors.update(doors)
        written = json.decode(json.encode(event), type=Event)
        turn.apply(at_ms, SUBJECT if place == SITE else of_door(place), written)
    assert json.encode(turn.outages) == json.encode(site.outages)
    assert json.encode(turn.doors) == json.encode(dict(site.doors))
