"""The one word that stands beside an event in the journal."""

from gateway.core.cases.refusal import Refusal
from gateway.core.events import (
    CaseAcknowledged,
    DeadlineCame,
    Event,
    MessageRefused,
    OrderPlaced,
    PermitAnnounced,
    PersonOnSite,
    ReportCame,
    TroubleBegan,
)
from gateway.core.model import Contact, Order, Permit
from gateway.core.reasons import Reason
from gateway.core.site import Step
from gateway.core.step_reason import reason_of
from gateway.core.subject import SITE as THE_SITE
from tests.core.actors import HOUR, MINUTE, action_id, actor_of
from tests.core.timeline import SITE, Site, subject_of

DOOR = "1-1"
SEAL = f"seal-{DOOR}"


def word(site: Site, event: Event, place: str = DOOR) -> Reason | Refusal | None:
    """What stands beside it, if it comes now."""
    step: Step = site.turn.apply(site.now_ms, subject_of(place), event)[0]
    return reason_of(step, site.now_ms)


def edge(edges: int, contact: Contact = Contact.OPEN) -> ReportCame:
    return ReportCame(SEAL, edges, contact, edges, edge=True)


def test_of_a_report_it_is_what_opening_it_began() -> None:
    site = Site(DOOR)
    site.door(DOOR).may_open("07:00", "08:00", 1)
    assert word(site, edge(1)) is Reason.PERMIT
    site.now_ms += MINUTE
    assert word(site, edge(2, Contact.SHUT)) is None
    site.now_ms += MINUTE
    assert word(site, edge(3)) is Reason.NO_PERMIT
    assert word(site, ReportCame(SEAL, 0, Contact.OPEN, 3, edge=False)) is None


def test_of_a_report_at_a_door_without_an_order_it_is_why_nobody_watches() -> None:
    site = Site(DOOR, ordered=False)
    assert word(site, edge(1)) is Reason.NO_ORDER
    assert word(site, edge(2, Contact.SHUT)) is Reason.NO_ORDER
    assert word(site, ReportCame(SEAL, 0, Contact.SHUT, 2, edge=False)) is None
    site.tell(DOOR, OrderPlaced(Order("o", site.now_ms + HOUR, site.now_ms + 2 * HOUR)))
    site.now_ms += MINUTE
    assert word(site, edge(3)) is Reason.ORDER_NOT_BEGUN
    site.now_ms += 3 * HOUR
    assert word(site, edge(4, Contact.SHUT)) is Reason.ORDER_OVER


def test_of_a_refused_message_it_is_why() -> None:
    assert word(Site(DOOR), MessageRefused(SEAL, Reason.WRONG_KEY)) is Reason.WRONG_KEY


def test_of_a_permit_it_is_why_it_was_not_taken() -> None:
    site = Site(DOOR)
    words = []
    for number in range(33):
        permit = Permit(f"p{number}", site.now_ms, site.now_ms + HOUR, 1, MINUTE, "Li", "meal")
        words.append(word(site, PermitAnnounced(permit)))
    assert words == [None] * 32 + [Reason.PERMITS_FULL]


def test_of_an_action_it_is_why_it_was_refused_at_a_door_and_at_the_site() -> None:
    site = Site(DOOR)
    site.door(DOOR).opens()
    case = site.case_of(DOOR)
    assert case is not None
    taken = CaseAcknowledged(case.case_id, actor_of("wang"), action_id())
    assert word(site, taken) is None
    assert word(site, taken) is Refusal.REPEATED
    unknown = PersonOnSite("none", actor_of("wang"), action_id())
    assert word(site, unknown) is Refusal.NO_SUCH_CASE
    assert word(site, unknown, SITE) is Refusal.NO_SUCH_CASE


def test_of_what_the_site_is_told_there_is_nothing_to_say() -> None:
    site = Site(DOOR, ordered=False)
    for event in (TroubleBegan(Reason.TWIN), DeadlineCame()):
        step = site.turn.apply(site.now_ms, THE_SITE, event)[0]
        assert reason_of(step, site.now_ms) is None
    assert word(site, DeadlineCame()) is None
