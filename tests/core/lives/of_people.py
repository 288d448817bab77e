"""What people, their phones and their channels do: about cases, about tests, about duties."""

from collections.abc import Sequence

from gateway.core.actor import Actor, actor_of
from gateway.core.events import (
    ArrivalProved,
    CaseAcknowledged,
    CaseAction,
    CaseAssessed,
    CaseHandedOver,
    CaseReported,
    CaseShelved,
    CaseSignedOff,
    PageReceived,
    PageTestAnswered,
    PageTestAsked,
    PersonOnSite,
    PersonOnTheWay,
    PersonReached,
    PhotoKept,
    PhotosDestroyed,
    ReportTakenBack,
)
from gateway.core.households.events import RequestTaken
from gateway.core.model import Case, CaseState
from gateway.core.outcome import Outcome, outcomes_of
from gateway.core.paging.person import SinglePage
from gateway.core.paging.routing import Notification
from gateway.core.paging.schedule import Override, Role, Shift
from gateway.core.proof import Scan
from gateway.core.reasons import Reason
from tests.core.actors import DAY, HOUR, MINUTE
from tests.core.lives.life import PEOPLE, Happening, Life
from tests.core.timeline import GATEWAY, HOME, SITE

S = CaseState
LOOP: dict[CaseState, tuple[type[CaseAction], ...]] = {
    S.RAISED: (CaseAcknowledged, PersonOnTheWay, PersonOnSite, CaseShelved),
    S.PAGED: (CaseAcknowledged, CaseAcknowledged, PersonOnSite, CaseShelved),
    S.ACKNOWLEDGED: (PersonOnTheWay, PersonOnSite, CaseHandedOver, CaseReported, CaseShelved),
    S.ON_THE_WAY: (PersonOnSite, PersonOnSite, CaseHandedOver),
    S.ON_SITE: (ArrivalProved, CaseReported, CaseReported, CaseReported),
    S.REPORTED: (CaseAssessed, CaseAssessed, ReportTakenBack),
    S.ASSESSED: (CaseSignedOff, CaseSignedOff, CaseAssessed),
    S.SIGNED_OFF: (CaseSignedOff, ReportTakenBack),
}
ACTIONS = tuple(dict.fromkeys(action for row in LOOP.values() for action in row))


def goes_on(life: Life, cases: Sequence[tuple[str, Case]] = ()) -> None:
    """Somebody does what comes next in a case, mostly who did the step before."""
    cases = cases or life.cases()
    if not cases:
        return
    place, case = life.dice.one_of(cases)
    actor = life.actor()
    if case.moved_by is not None and life.dice.below(4):
        is_review = case.state in (S.REPORTED, S.ASSESSED)
        actor = actor_of("wang" if is_review else case.moved_by.actor_id)
    _acts(life, place, case, life.dice.one_of(LOOP[case.state]), actor)


def goes_to_its_end(life: Life) -> None:
    """One takes a case, is there, reports; two others look at that."""
    cases = life.cases()
    if not cases:
        return
    place, case = life.dice.one_of(cases)
    said = (CaseAcknowledged, "chen"), (PersonOnSite, "chen"), (CaseReported, "chen")
    review = (CaseAssessed, "wang"), (CaseSignedOff, "sun")
    again = ((ReportTakenBack, "chen"), (CaseReported, "chen")) if life.dice.is_one_in(3) else ()
    for kind, name in (*said, *again, *review):
        _acts(life, place, case, kind, actor_of(name))
        life.pauses("moment", "seconds", *(() if life.dice.below(3) else ("minutes",)))


def most_are_taken(life: Life) -> None:
    """Whoever has duty takes what nobody has, before a while in which nothing else happens."""
    homes = [HOME + one for one, household in life.households().items() if household.requests]
    for place in homes:
        for request in life.turn.household(place.removeprefix(HOME)).requests:
            what = {"action_id": life.new_id(), "actor": actor_of("li")}
            life.tell(place, RequestTaken(**what, request_id=request.request_id))
    for place, case in life.cases():
        if case.escalation is not None and life.dice.below(7):
            _acts(life, place, case, CaseAcknowledged, actor_of("chen"))


def does_anything(life: Life) -> None:
    """Whether it makes sense or not, about a case that is there or was."""
    none = life.somewhere(), Case("none", Reason.NO_PERMIT, S.RAISED, life.now_ms)
    place, case = life.dice.one_of(life.cases() or [none])
    if life.dice.is_one_in(6):
        place = life.dice.one_of((SITE, GATEWAY, life.somewhere()))
    for _ in range(life.dice.one_of((1, 1, 2))):  # now and then the same once more
        _acts(life, place, case, life.dice.one_of(ACTIONS), life.actor())


def _acts(life: Life, place: str, case: Case, kind: type[CaseAction], actor: Actor) -> None:
    dice = life.dice
    action_id = f"{life.count:04}" if dice.is_one_in(12) else life.new_id()
    what = case.case_id, actor, action_id, life.age_ms(), dice.is_one_in(8)
    more: dict[str, object] = {}
    if kind is CaseReported:
        outcomes = outcomes_of(case.reason) if dice.below(6) else tuple(Outcome)
        more = {"outcome": dice.one_of(outcomes), "despite_seal": dice.below(3) > 0}
        more["note"] = dice.one_of(("", "~n"))
    elif kind is CaseHandedOver:
        more = {"to": dice.one_of(tuple(PEOPLE))}
    elif kind is CaseShelved:
        until_ms = life.now_ms + dice.within(-10, 600) * MINUTE
        more = {"why": "~w", "until_ms": until_ms}
    elif kind in (PersonOnSite, ArrivalProved):
        codes = Scan(place, "order"), Scan(place, "order"), Scan("9-9", "order"), Scan()
        scans = (*codes, Scan(place, "order-1")) + ((None,) if kind is PersonOnSite else ())
        more = {"scan": dice.one_of(scans)}
    life.tell(place, kind(*what, **more))


def many_codes(life: Life) -> None:
    """Somebody at a door gives one wrong code after the other."""
    cases = life.cases()
    if cases:
        place, case = life.dice.one_of(cases)
        actor = life.actor()
        _acts(life, place, case, PersonOnSite, actor)
        for _ in range(7):
            what = case.case_id, actor, life.new_id()
            life.tell(place, ArrivalProved(*what, scan=Scan("9-9", "order")))
        life.tell(
            place, ArrivalProved(case.case_id, actor, life.new_id(), scan=Scan(place, "order"))
        )


def photo(life: Life) -> None:
    for place, case in life.cases()[:1]:
        photo_id = life.new_id("photo-")
        life.tell(place, PhotoKept(case.case_id, photo_id, life.actor(), 9_000, "00"))
        if life.dice.is_one_in(2):
            life.tell(place, PhotosDestroyed(case.case_id, (photo_id,)))


def goes_out(life: Life) -> None:
    """A channel takes something of what went out last, or somebody's phone signs for it."""
    for out in _lately(life, 3)[-1:]:
        life.channel_takes(out) if life.dice.is_one_in(2) else life.phone_signs(out)


def all_are_reached(life: Life) -> None:
    """Whatever went out lately arrived."""
    for out in _lately(life, 8):
        life.channel_takes(out)
        life.phone_signs(out)


def _lately(life: Life, most: int) -> list[Notification]:
    """Of so many that went out last, the first so many that a phone shows."""
    return life.notified[-life.dice.within(1, most) :]


def signs_for_nothing(life: Life) -> None:
    """A phone signs for a page that nobody knows, or that was another's."""
    who = life.dice.one_of((*PEOPLE, "nobody"))
    known = [out for out in life.notified[-9:] if isinstance(out.content, SinglePage)]
    page_id, case_id = "page", ""
    if known:
        page = life.dice.one_of(known).content.page  # type: ignore[union-attr]
        page_id, case_id = page.page_id, page.case_id
    life.tell(life.somewhere(), PageReceived(case_id, page_id, who))


def test(life: Life) -> None:
    """Somebody is tested by all channels; it comes through, or not."""
    who, page_id = life.dice.one_of(tuple(PEOPLE)), life.new_id("try-")
    life.tell(SITE, PageTestAsked(who, page_id))
    life.pauses("moment", "seconds")
    if life.dice.below(2):
        pressed = life.dice.is_one_in(2)
        life.tell(SITE, PageTestAnswered(page_id, f"{page_id}-1", who, pressed))
    elif life.dice.is_one_in(2):
        life.tell(SITE, PersonReached(who))


def duties(life: Life) -> None:
    """Other shifts, leave, swaps; somebody leaves, or comes back."""
    dice, now_ms = life.dice, life.now_ms
    shifts, away = [], []
    for _ in range(dice.below(4)):
        who, role = dice.one_of(("chen", "li", "qian", "wang")), dice.one_of(tuple(Role)[:3])
        times = dice.one_of(((480, 1_200), (1_200, 480), (0, 720), (720, 0), (600, 600)))
        shifts.append(Shift(dice.one_of("gh"), role, who, dice.one_of((127, 31, 96)), *times))
    for _ in range(dice.below(3)):
        who, by = dice.one_of(tuple(PEOPLE)), dice.one_of((*PEOPLE, None, None))
        begins_ms = now_ms + dice.one_of((-DAY, -HOUR, 0, HOUR))
        away.append(Override(who, begins_ms, begins_ms + dice.one_of((HOUR, DAY, 3 * DAY)), by))
    without = tuple(who for who in PEOPLE if dice.is_one_in(9))
    life.staff(*shifts, away=tuple(away), without=without)


HAPPENINGS: dict[Happening, int] = {
    goes_on: 20,
    goes_to_its_end: 5,
    does_anything: 7,
    many_codes: 1,
    photo: 1,
    goes_out: 10,
    all_are_reached: 3,
    signs_for_nothing: 1,
    test: 2,
    duties: 3,
}
