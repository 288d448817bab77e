"""A turn on top of a site: what it adds, what it leaves alone, and what a sent page means to it."""

import pytest

from gateway.core.events import (
    ClockCorrected,
    ClockDoubted,
    ClockSure,
    ClockTrusted,
    DoorClassed,
    DoorPlaced,
    MessageRefused,
    OrderPlaced,
    PageWentOut,
    PermitAnnounced,
    PersonReached,
    ReportCame,
    RulesSet,
    SealBound,
    StaffSet,
    TroubleBegan,
    kind_of,
)
from gateway.core.model import SURE, CaseState, Contact, Door, Doubt, Order, Permit
from gateway.core.paging import staff
from gateway.core.paging.person import GroupedPage
from gateway.core.paging.schedule import Role
from gateway.core.paging.staff import Member
from gateway.core.reasons import Reason
from gateway.core.rules import Rulebook, Rules
from gateway.core.site import SiteState, SiteTurn, doubted
from gateway.core.site_model import Outages
from gateway.core.subject import SITE, of_door
from tests.core.actors import HOUR, MINUTE, SECOND
from tests.core.peopled_site import PeopledSite
from tests.core.story import NOON
from tests.core.timeline import GATEWAY, Site
from tests.core.timeline import SITE as THE_SITE

PATIENT = Rules(lost_heartbeats=10)
BEAT = 100 * SECOND


def sealed(door_id: str, *areas: str, heard_ms: int = NOON) -> Door:
    return Door(door_id, "", "g", areas, f"seal-{door_id}", BEAT, heard_ms=heard_ms)


# A site, and a turn on top of it.


def test_a_door_that_is_known_already_is_not_taken_in_again() -> None:
    state = SiteState(Rulebook(), {"1-1": sealed("1-1", "building:1")})
    state.add({"1-1": Door("1-1"), "1-2": sealed("1-2", "building:1"), "1-3": Door("1-3")})
    assert state.doors["1-1"] == sealed("1-1", "building:1")
    assert set(state.doors) == {"1-1", "1-2", "1-3"}
    assert state.sealed == {"site": 2, "building:1": 2}, "no seal hangs on the third"


def test_what_a_turn_did_is_true_once_it_is_adopted_and_not_before() -> None:
    state = SiteState(Rulebook(), {"1-1": sealed("1-1", "building:1")})
    turn = SiteTurn(state)
    turn.apply(NOON, of_door("1-2"), DoorPlaced("g", ("building:1",)))
    turn.apply(NOON, of_door("1-2"), SealBound("seal-1-2", BEAT))
    turn.apply(NOON, of_door("1-1"), DoorPlaced("g", ("building:2",)))
    turn.apply(NOON, SITE, ClockDoubted(5, 7))
    turn.apply(NOON, SITE, TroubleBegan(Reason.TWIN))
    turn.apply(NOON, SITE, RulesSet(Rulebook(PATIENT)))
    turn.apply(NOON, SITE, StaffSet(staff.of({"wang": Member("g", Role.WARDEN, (1,))}, [], [])))
    assert state.sealed == {"site": 1, "building:1": 1}
    assert (state.doubt, state.rulebook, set(state.doors)) == (SURE, Rulebook(), {"1-1"})
    state.adopt(turn)
    assert +state.sealed == {"site": 2, "building:1": 1, "building:2": 1}
    assert (state.doubt, state.rulebook) == (Doubt(5, 7), Rulebook(PATIENT))
    assert set(state.doors) == {"1-1", "1-2"}
    assert set(state.router.people) == {"wang"}
    assert len(state.troubles.troubles) == 1
    assert state.outages == Outages()


def test_when_the_loop_must_come_back_is_the_same_for_a_site_and_for_a_turn_on_it() -> None:
    quick = Rulebook(Rules(), {"patient": PATIENT})
    state = SiteState(quick, {"1-1": sealed("1-1")})
    turn = SiteTurn(state)
    lost_ms = NOON + 4 * BEAT
    assert state.due_ms(of_door("1-1")) == turn.due_ms(of_door("1-1")) == lost_ms
    assert state.due_ms(SITE) is turn.due_ms(SITE) is None
    turn.apply(NOON, of_door("1-1"), DoorClassed("patient"))
    assert turn.due_ms(of_door("1-1")) == NOON + 10 * BEAT
    assert turn.rules_of(turn.door("1-1")) == PATIENT
    turn.apply(NOON, SITE, TroubleBegan(Reason.TWIN))
    turn.apply(NOON, SITE, StaffSet(staff.of({"wang": Member("g", Role.WARDEN, (1,))}, [], [])))
    state.adopt(turn)
    assert state.due_ms(of_door("1-1")) == NOON + 10 * BEAT
    assert state.due_ms(SITE) == turn.due_ms(SITE) == NOON + Rules().deputy_ms
    test_ms = turn.person_due_ms("wang")
    assert test_ms is not None
    assert state.person_due_ms("wang") == test_ms
    assert state.person_due_ms("nobody") is turn.person_due_ms("nobody") is None


def test_an_order_ends_later_by_a_clock_that_is_perhaps_ahead() -> None:
    site = Site("1-1")
    site.tell("1-1", OrderPlaced(Order("order", site.now_ms - HOUR, site.now_ms + 5 * MINUTE)))
    site.door("1-1").opens()
    site.person("wang", "1-1").acknowledges()
    ends_ms = site.now_ms + 5 * MINUTE
    assert site.turn.due_ms(of_door("1-1")) == ends_ms
    site.tell(THE_SITE, ClockDoubted(0, MINUTE))
    assert site.turn.due_ms(of_door("1-1")) == ends_ms + MINUTE
    state = SiteState(site.rulebook, site.doors, doubt=Doubt(0, MINUTE))
    assert state.due_ms(of_door("1-1")) == ends_ms + MINUTE


def test_who_is_otherwise_than_before_is_written_and_nobody_else() -> None:
    site = PeopledSite("1-1")
    state = SiteState(site.rulebook)
    state.adopt(site.turn)
    turn = SiteTurn(state)
    assert turn.people_changed() == []
    turn.apply(site.now_ms, of_door("1-1"), ReportCame("seal-1-1", 1, Contact.OPEN, 1, True))
    assert [person.warden_id for person in turn.people_changed()] == ["chen"]
    assert turn.people_changed() == [turn.router.people["chen"]]


def test_whose_case_it_is() -> None:
    site = Site("1-1", "1-2", "1-3", "1-4")
    for door_id in site.doors:
        site.door(door_id).loses_power()
    site.at("07:20")
    outage = site.case_of(THE_SITE)
    assert outage is not None
    assert site.turn.place_of(outage.case_id, "1-1") == SITE
    assert site.turn.place_of("another", "1-1") == of_door("1-1")
    assert site.turn.place_of("another", "") == SITE


def test_a_door_with_its_doubt_is_the_same_object_where_that_is_known() -> None:
    door, doubt = Door("d"), Doubt(3, 4)
    assert doubted(door, SURE) is door
    assert doubted(door, Doubt()) is door
    assert doubted(door, doubt).doubt is doubt
    assert doubted(doubted(door, doubt), Doubt(3, 4)).doubt is doubt


def test_the_word_for_an_event_is_its_tag() -> None:
    assert kind_of(ClockTrusted(1)) == "clock_trusted"
    assert kind_of(ReportCame("s", 1, Contact.OPEN, 1, True)) == "report"


# The clock.


def test_the_doubt_of_the_clock_comes_and_goes_and_its_steps_say_so() -> None:
    turn = SiteTurn(SiteState(Rulebook()))
    (doubted_step,) = turn.apply(NOON, SITE, ClockDoubted(5, 7))
    assert (doubted_step.before, doubted_step.after) == (SURE, Doubt(5, 7))
    assert (doubted_step.subject, doubted_step.effects, doubted_step.routed) == (SITE, (), ())
    assert doubted_step.event == ClockDoubted(5, 7)
    assert (doubted_step.changed, doubted_step.follows) == (True, False)
    (trusted,) = turn.apply(NOON, SITE, ClockTrusted(NOON))
    assert (trusted.after, trusted.changed) == (Doubt(5, 7), False)
    (sure,) = turn.apply(NOON, SITE, ClockSure())
    assert (sure.before, sure.after, turn.doubt) == (Doubt(5, 7), SURE, SURE)


def test_a_clock_that_is_set_moves_doors_outages_troubles_and_people_and_ends_the_doubt() -> None:
    site = PeopledSite("1-1", "1-2", "1-3", "1-4", rules=Rules())
    for door_id in ("1-1", "1-2", "1-3"):
        site.door(door_id).loses_power()
    site.at("07:20").door("1-4").opens()
    site.tell(GATEWAY, TroubleBegan(Reason.TWIN))
    site.tell(THE_SITE, ClockDoubted(0, HOUR))
    state = SiteState(site.rulebook)
    state.adopt(site.turn)  # so that some doors stand below the turn, and one on it
    turn = SiteTurn(state)
    turn.apply(site.now_ms, of_door("1-4"), ReportCame("seal-1-4", 2, Contact.SHUT, 2, True))
    before = [turn.due_ms(of_door(door_id)) for door_id in state.doors]
    times = turn.outages.lost[0].since_ms, turn.troubles.troubles[0].since_ms
    test_ms, rang = turn.person_due_ms("chen"), turn.router.people["chen"].sent
    assert test_ms is not None
    (step,) = turn.apply(site.now_ms, SITE, ClockCorrected(HOUR))
    assert (step.before, step.after) == (Doubt(0, HOUR), SURE)
    assert turn.doubt == SURE
    assert set(turn.doors) == set(state.doors)
    assert [turn.due_ms(of_door(door_id)) for door_id in state.doors] == [
        due_ms + HOUR for due_ms in before if due_ms is not None
    ]
    moved = turn.outages.lost[0].since_ms, turn.troubles.troubles[0].since_ms
    assert moved == (times[0] + HOUR, times[1] + HOUR)
    assert turn.router.people["chen"].sent[0].at_ms == rang[0].at_ms + HOUR
    assert turn.person_due_ms("chen") == test_ms, "a test is at a minute of the day"


# A channel took a page.


def paged(site: PeopledSite, place: str) -> CaseState:
    found = site.case_of(place)
    assert found is not None
    return found.state


def test_the_first_page_that_a_channel_takes_moves_its_case_and_the_next_does_not() -> None:
    site = PeopledSite("1-1", rules=Rules())
    site.door("1-1").opens()
    (out,) = site.notified
    steps = site.turn.page_sent(site.now_ms, "seal-1-1-1", "seal-1-1-1", "1-1", "chen")
    assert [(s.subject, s.event) for s in steps] == [
        (of_door("1-1"), PageWentOut("seal-1-1-1", "seal-1-1-1"))
    ]
    assert paged(site, "1-1") is CaseState.PAGED
    site.channel_takes(out)
    assert len(site.turn.page_sent(site.now_ms, "seal-1-1-1", "again", "1-1", "chen")) == 0
    assert site.turn.page_sent(site.now_ms, "another", "page", "1-1", None) == []
    assert site.turn.page_sent(site.now_ms, "", "page", "", None) == []


def test_a_channel_that_takes_a_grouped_page_took_every_page_in_it() -> None:
    site = PeopledSite(rules=Rules(pages_most=1, pages_window_ms=10 * MINUTE))
    for flat in ("1-1", "1-2", "2-1"):
        site.live_until(site.now_ms + 7 * SECOND)
        site.door(flat).opens()
    group = site.notified[-1]
    assert isinstance(group.content, GroupedPage)
    assert [page.door_id for page in group.content.pages] == ["1-2", "2-1"]
    assert group.warden_id == "chen"
    page_id = group.content.page_id
    nobodys = site.turn.page_sent(site.now_ms, "", page_id, "", None)
    assert nobodys == [], "nobody is said to have it"
    steps = site.turn.page_sent(site.now_ms, "", page_id, "", "chen")
    assert [step.subject for step in steps] == [of_door("1-2"), of_door("2-1")]
    assert paged(site, "1-1") is CaseState.RAISED
    assert paged(site, "1-2") is paged(site, "2-1") is CaseState.PAGED


def test_a_channel_that_takes_anything_shows_that_its_owner_is_reached() -> None:
    site = PeopledSite("1-1")
    test_ms = site.turn.person_due_ms("chen")
    assert test_ms is not None
    site.live_until(test_ms)
    steps = site.turn.page_sent(site.now_ms, "", "test", "", "chen")
    assert [(step.subject, step.event) for step in steps] == [(SITE, PersonReached("chen"))]
    assert site.turn.page_sent(site.now_ms, "", "test", "", "chen") == [], "it is no news"
    assert site.turn.page_sent(site.now_ms, "", "test", "", None) == []


@pytest.mark.parametrize("place", [THE_SITE, GATEWAY])
def test_the_first_page_of_an_outage_and_of_a_trouble_moves_its_case(place: str) -> None:
    site = PeopledSite("1-1", "1-2", "1-3", "1-4", rules=Rules())
    if place == GATEWAY:
        site.tell(GATEWAY, TroubleBegan(Reason.TWIN))
    else:
        for door_id in site.doors:
            site.door(door_id).loses_power()
    site.at("07:20")
    found = site.case_of(place)
    assert found is not None
    door_id = "" if place == GATEWAY else site.outages.outages[0].first_door
    steps = site.turn.page_sent(site.now_ms, found.case_id, found.case_id, door_id, "zhao")
    assert [step.subject for step in steps] == [SITE]
    assert paged(site, place) is CaseState.PAGED
    assert site.turn.page_sent(site.now_ms, found.case_id, found.case_id, door_id, "zhao") == []


def test_what_comes_from_outside_follows_from_nothing() -> None:
    turn = SiteTurn(SiteState(Rulebook()))
    team = staff.of({"wang": Member("g", Role.WARDEN, (1,))}, [], [])
    for event in (RulesSet(Rulebook(PATIENT)), StaffSet(team), ClockSure(), PersonReached("wang")):
        (step,) = turn.apply(NOON, SITE, event)
        assert (step.follows, step.subject, step.event) == (False, SITE, event)
        assert (step.effects, step.routed) == ((), ())


def test_new_rules_hold_from_then_on_and_the_step_says_which_held_before() -> None:
    turn = SiteTurn(SiteState(Rulebook()))
    (step,) = turn.apply(NOON, SITE, RulesSet(Rulebook(PATIENT)))
    assert (step.before, step.after, step.changed) == (Rulebook(), Rulebook(PATIENT), True)
    (again,) = turn.apply(NOON, SITE, RulesSet(Rulebook(PATIENT)))
    assert not again.changed


def test_a_door_goes_by_the_rules_of_its_class() -> None:
    turn = SiteTurn(SiteState(Rulebook(Rules(), {"touchy": Rules(burst_count=1)})))
    turn.apply(NOON, of_door("a"), DoorClassed("touchy"))
    refused = MessageRefused("s", Reason.WRONG_KEY)
    for door_id, is_told in (("a", True), ("b", False)):
        (step,) = turn.apply(NOON, of_door(door_id), refused)
        assert (step.effects != ()) is is_told


def test_a_permit_that_changes_nothing_is_seen_as_no_change() -> None:
    turn = SiteTurn(SiteState(Rulebook()))
    steps = [
        turn.apply(
            NOON,
            of_door("d"),
            PermitAnnounced(Permit(f"p{n}", NOON, NOON + HOUR, 1, MINUTE, "Li", "meal")),
        )[0]
        for n in range(33)
    ]
    assert [step.changed for step in steps] == [True] * 32 + [False]
