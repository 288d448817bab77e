"""Corners in which a rule was once wrong: each a short story of one door."""

from gateway.core.actor import actor_of
from gateway.core.doors.silence import Liveness, liveness
from gateway.core.effects import OpeningResumed
from gateway.core.events import (
    CaseShelved,
    DoorClassed,
    MessageRefused,
    OrderPlaced,
    PageReceived,
    ReportCame,
)
from gateway.core.model import CaseState, Contact, Order, Policy
from gateway.core.reasons import Reason
from gateway.core.rules import CANARY, Rules
from tests.core.actors import Seal
from tests.core.story import HOUR, MINUTE, SECOND, Story
from tests.core.timeline import Site, between, case, nobody, page, warden

DOOR = "3-201"


def file(site: Site, door: str) -> None:
    site.person("Wang", door).is_there()
    site.person("Wang", door).reports("explained")
    site.person("Zhao", door).assesses()
    site.person("Qian", door).signs_off()


def test_a_in_review_case_of_a_missed_canary_closes_when_the_phone_signs_again() -> None:
    site = Site("canary", ordered=False)
    site.at("08:00").tell("canary", DoorClassed(CANARY))
    site.at("08:30")
    file(site, "canary")
    site.want(between("08:30", "08:40"), case("signed off"), case("closed", times=0))
    site.at("08:41").tell("canary", PageReceived("", "page", "phone"))
    site.want(between("08:41", "08:41"), case("closed"))


def test_what_leaves_the_shelf_in_quiet_hours_waits_for_their_end() -> None:
    site = Site(DOOR)
    policy = Policy(quiet=((12 * 60, 14 * 60),))
    order = Order("order", site.now_ms, site.now_ms + 30 * HOUR, policy)
    site.tell(DOOR, OrderPlaced(order))
    for second in range(10):
        site.at(f"11:00:{second:02}").tell(DOOR, MessageRefused(f"seal-{DOOR}", Reason.WRONG_KEY))
    open_case = site.case_of(DOOR)
    assert open_case is not None
    shelved = CaseShelved(
        open_case.case_id, actor_of("Wang"), "a1", why="known", until_ms=site.time("12:30")
    )
    site.at("11:01").tell(DOOR, shelved)
    site.want(between("11:01", "13:59:59"), nobody())
    site.want(between("14:00", "14:00"), page(warden, why="refusals"))


def test_an_opening_that_goes_on_after_all_is_not_over() -> None:
    story = Story()
    story.opens()
    story.after(10 * SECOND).shuts()
    story.after(3 * SECOND)
    assert story.door.case is not None
    assert story.door.case.cleared_ms is not None
    story.opens(age_ms=2_000)  # a second after it had shut, told late
    assert [e for e in story.effects if isinstance(e, OpeningResumed)]
    assert story.door.case.cleared_ms is None
    story.acknowledge(story.door.case.case_id)
    story.file(story.door.case.case_id)
    assert story.moves()[-1].case.state is CaseState.SIGNED_OFF


def test_a_seal_that_boots_while_its_door_is_just_shutting_ends_one_opening_before_the_next() -> (
    None
):
    story = Story()
    story.permit(openings=2)
    story.opens()
    story.after(MINUTE).shuts()
    story.after(SECOND).report(Contact.OPEN, edges=story.edges, first=True)
    assert len(story.began()) == 2
    assert [e.opening_id for e in story.ended()] == [story.began()[0].opening_id]


def test_a_late_report_is_a_sign_of_life_all_the_same() -> None:
    site = Site(DOOR)
    site.at("10:00").door(DOOR).opens().shuts().loses_radio()
    site.at("10:20").door(DOOR).says(ReportCame(f"seal-{DOOR}", 1, Contact.OPEN, 1, True))
    assert site.doors[DOOR].silence is None
    assert liveness(site.doors[DOOR], site.now_ms, Rules()) is Liveness.LIVE


def test_an_edge_that_was_told_before_a_seal_was_ever_heard_is_no_moment() -> None:
    """Its age is unknown: it happened since the seal was hung, and nobody knows when."""
    site = Site(DOOR)
    site.seals[DOOR] = Seal("another", 100_000)
    site.at("09:00").door(DOOR).gets_seal(site.seals[DOOR]).loses_radio()
    edge = ReportCame("another", 1, Contact.OPEN, 1, True, age_ms=None)
    site.at("09:30").door(DOOR).says(edge)
    began = [e for _, _, e in site.followed if hasattr(e, "latest_ms")]
    times = [(e.opened_ms, e.latest_ms) for e in began]
    assert times == [(site.time("09:00"), site.time("09:30"))]


def test_an_edge_that_only_an_unseen_opening_explains_is_one() -> None:
    """Shut, then a shut edge: it opened while its seal had no power, and that reading was lost."""
    story = Story()
    story.after(10 * MINUTE).report(Contact.SHUT)
    (began,) = story.began()
    assert began.reason is Reason.OPENED_BLIND
    assert began.latest_ms - began.opened_ms == 10 * MINUTE
