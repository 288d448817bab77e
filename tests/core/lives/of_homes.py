"""What households say, ask for and contest, and what is done about that."""

from gateway.core.actor import actor_of
from gateway.core.households.events import (
    DisputeAnswered,
    DisputeAssigned,
    DisputeRaised,
    HealthEnded,
    HealthReported,
    HealthTaken,
    HoursNarrowed,
    RequestAction,
    RequestAsked,
    RequestAtTheDoor,
    RequestDeclined,
    RequestDone,
    RequestLeft,
    RequestOnTheWay,
    RequestTaken,
    RequestWithdrawn,
    SealAnswered,
)
from gateway.core.households.model import (
    HealthOutcome,
    Household,
    RecordKind,
    RequestKind,
    Said,
    SealAnswer,
    Symptom,
    Way,
)
from gateway.core.model import Permit
from tests.core.actors import HOUR, MINUTE
from tests.core.lives.life import Happening, Life
from tests.core.timeline import HOME

DEEDS = (RequestTaken, RequestTaken, RequestOnTheWay, RequestAtTheDoor, RequestDone, RequestDone)
QUIET = (
    (),
    ((660, 840),),
    ((900, 1_020),),
    ((1_320, 420),),
    ((0, 1_000),),
    ((9, 9),),
    ((0, 60),) * 5,
)
ANSWERED = (HealthOutcome.WELL, HealthOutcome.HELPED, HealthOutcome.NOT_REACHED)


def _said(life: Life) -> Said:
    how = life.dice.one_of(tuple(Way))
    return Said(how, life.actor() if how is Way.TELEPHONE else None)


def _says(life: Life) -> dict[str, object]:
    """By whom, how late, and as which action, a household's word comes."""
    action_id = f"{life.count:04}" if life.dice.is_one_in(12) else life.new_id()
    return {"action_id": action_id, "age_ms": life.age_ms(), "said": _said(life)}


def _does(life: Life) -> dict[str, object]:
    action_id = f"{life.count:04}" if life.dice.is_one_in(12) else life.new_id()
    its = {"action_id": action_id, "age_ms": life.age_ms(), "actor": life.actor()}
    return {**its, "for_centre": life.dice.is_one_in(6)}


def _busy(life: Life, field: str) -> tuple[str, Household]:
    """A household that has some of this; else any."""
    known = life.households()
    busy = [one for one, household in known.items() if getattr(household, field)]
    household_id = life.dice.one_of(busy) if busy else life.household()
    return HOME + household_id, life.turn.household(household_id)


def asks(life: Life) -> None:
    """For something, perhaps with an opening announced."""
    permit = None
    if life.dice.is_one_in(2):
        times = life.now_ms - MINUTE, life.now_ms + life.dice.within(1, 9) * HOUR
        permit = Permit(life.new_id("with-"), *times, 1, 10 * MINUTE, "~w", "~y")
    words = life.dice.one_of(("", "~w"))
    asked = {"kind": life.dice.one_of(tuple(RequestKind)), "words": words, "permit": permit}
    request_id = life.new_id("request-")
    for _ in range(life.dice.one_of((1, 1, 1, 1, 1, 1, 8))):
        event = RequestAsked(**_says(life), request_id=request_id, **asked)  # type: ignore[arg-type]
        life.tell(life.home(), event)
        request_id = life.new_id("request-")


def request_goes_on(life: Life) -> None:
    place, household = _busy(life, "requests")
    requests = household.requests
    request_id = life.dice.one_of(requests).request_id if requests else "request-none"
    if life.dice.is_one_in(9):
        life.tell(place, RequestWithdrawn(**_says(life), request_id=request_id))  # type: ignore[arg-type]
        return
    does = _does(life)
    holder = next((r.taken_by for r in requests if r.request_id == request_id), None)
    if holder is not None and life.dice.below(3):
        does["actor"] = holder
    deeds: tuple[type[RequestAction], ...] = (*DEEDS, RequestLeft, RequestDeclined)
    deed = life.dice.one_of(deeds)
    more = {"why": life.dice.one_of(("", "~y", "~y"))} if deed is RequestDeclined else {}
    life.tell(place, deed(**does, request_id=request_id, **more))  # type: ignore[arg-type]


def contests(life: Life) -> None:
    """A household says that a record is wrong."""
    place = life.home()
    cases = [case for where, case in life.cases() if where == place.removeprefix(HOME)]
    record_id = life.dice.one_of(cases).case_id if cases else f"record-{life.dice.below(5)}"
    about = {"record": life.dice.one_of(tuple(RecordKind)), "record_id": record_id}
    parties = life.dice.one_of(((), ("chen",), ("chen", "wang"), ("wang", "wang", "sun")))
    its = {"door_id": place.removeprefix(HOME), "words": "~w", "parties": parties}
    dispute_id = life.new_id("dispute-")
    life.tell(place, DisputeRaised(**_says(life), dispute_id=dispute_id, **about, **its))  # type: ignore[arg-type]


def dispute_goes_on(life: Life) -> None:
    place, household = _busy(life, "disputes")
    dispute = life.dice.one_of(household.disputes) if household.disputes else None
    does = _does(life)
    does["dispute_id"] = "dispute-none" if dispute is None else dispute.dispute_id
    does["parties"] = life.dice.one_of(((), (), ("li",), ("chen", "li")))
    if life.dice.is_one_in(2):
        to = actor_of(life.dice.one_of(("li", "zhao", "zhao", "centre", "chen")))
        life.tell(place, DisputeAssigned(**does, to=to))  # type: ignore[arg-type]
        return
    if dispute is not None and dispute.assigned_to is not None and life.dice.below(4):
        does["actor"] = dispute.assigned_to
    is_upheld, words = life.dice.is_one_in(2), life.dice.one_of(("", "~a", "~a"))
    life.tell(place, DisputeAnswered(**does, is_upheld=is_upheld, words=words))  # type: ignore[arg-type]


def says_how_they_are(life: Life) -> None:
    is_well = life.dice.below(3) > 0
    symptoms = () if is_well else (life.dice.one_of(tuple(Symptom)),)
    event = HealthReported(**_says(life), is_well=is_well, symptoms=symptoms)  # type: ignore[arg-type]
    life.tell(life.home(), event)


def is_asked_after(life: Life) -> None:
    """Somebody takes a question about their health, asks them, or could not."""
    place, household = _busy(life, "health")
    known = life.households()
    for household_id, other in known.items():
        if other.health.question is not None:
            place, household = HOME + household_id, other
    question = household.health.question
    does = _does(life)
    does["question_id"] = "health-none" if question is None else question.question_id
    if question is not None and question.taken_by is not None and life.dice.below(3):
        does["actor"] = question.taken_by
    if life.dice.is_one_in(2):
        life.tell(place, HealthTaken(**does))  # type: ignore[arg-type]
    else:
        outcome = life.dice.one_of(ANSWERED if life.dice.below(4) else tuple(HealthOutcome))
        words = life.dice.one_of(("", "~w"))
        life.tell(place, HealthEnded(**does, outcome=outcome, words=words))  # type: ignore[arg-type]


def says_of_a_seal(life: Life) -> None:
    silent = [one for one, door in life.doors.items() if door.silence is not None]
    door_id = life.dice.one_of(silent) if silent else life.somewhere()
    place = HOME + (life.doors[door_id].household_id if life.dice.below(6) else "1-3")
    answer = life.dice.one_of(tuple(SealAnswer))
    life.tell(place, SealAnswered(**_says(life), door_id=door_id, answer=answer))  # type: ignore[arg-type]


def wants_quiet(life: Life) -> None:
    life.tell(life.home(), HoursNarrowed(**_says(life), quiet=life.dice.one_of(QUIET)))  # type: ignore[arg-type]


HAPPENINGS: dict[Happening, int] = {
    asks: 4,
    request_goes_on: 11,
    contests: 3,
    dispute_goes_on: 6,
    says_how_they_are: 5,
    is_asked_after: 6,
    says_of_a_seal: 3,
    wants_quiet: 3,
}
