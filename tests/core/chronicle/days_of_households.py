"""Days of a household's own matters that are written down: what it asks, contests, and reports."""

from typing import Any

from gateway.core.actor import CENTRE, Actor, actor_of
from gateway.core.ending_events import OrderDestroyed
from gateway.core.events import ClockDoubted, ClockSure
from gateway.core.households import events as said
from gateway.core.households.model import (
    HealthOutcome,
    RecordKind,
    RequestKind,
    Said,
    SealAnswer,
    Symptom,
    Way,
)
from gateway.core.model import Permit, Policy
from tests.core.actors import HOUR, MINUTE
from tests.core.chronicle.chronicler import Chronicle
from tests.core.timeline import HOME, SITE

A, B = "1-1", "1-2"
CHEN, LI, WANG, ZHAO = map(actor_of, ("chen", "li", "wang", "zhao"))
DAILY = Policy(health_daily=True)


class Home:
    """The household of flat 1-1, and whoever does something about what it wants."""

    def __init__(self, site: Chronicle) -> None:
        self.site, self.place, self.actions = site, HOME + A, 0

    def at(self, words: str) -> "Home":
        self.site.at(words)
        return self

    def does(self, act: type[said.HouseholdAction], **fields: Any) -> "Home":
        self.actions += 1
        self.site.tell(self.place, act(**{"action_id": f"act-{self.actions}", **fields}))
        return self

    def asks(self, number: int, kind: RequestKind, **fields: Any) -> "Home":
        return self.does(said.RequestAsked, request_id=f"request-{number}", kind=kind, **fields)

    def about(
        self, number: int, kind: type[said.RequestAction], by: Actor, **fields: Any
    ) -> "Home":
        return self.does(kind, request_id=f"request-{number}", actor=by, **fields)

    def contests(self, number: int, record_id: str, *parties: Actor, **fields: Any) -> "Home":
        about = {"record": RecordKind.OPENING, "record_id": record_id, "door_id": A}
        named = tuple(actor.actor_id for actor in parties)
        told = {"dispute_id": f"dispute-{number}", "parties": named, **about, **fields}
        return self.does(said.DisputeRaised, **told)

    def gives(self, number: int, to: Actor, by: Actor = CENTRE, **fields: Any) -> "Home":
        told = {"dispute_id": f"dispute-{number}", "actor": by, "to": to, **fields}
        return self.does(said.DisputeAssigned, **told)

    def answers(self, number: int, by: Actor, upheld: bool, words: str = "~looked") -> "Home":
        told = {"dispute_id": f"dispute-{number}", "actor": by}
        return self.does(said.DisputeAnswered, is_upheld=upheld, words=words, **told)

    def reports(self, is_well: bool = True, **fields: Any) -> "Home":
        return self.does(said.HealthReported, is_well=is_well, **fields)

    def question(self) -> str:
        question = self.site.turn.household(A).health.question
        return question.question_id if question is not None else "health-none"

    def takes_question(self, by: Actor, **fields: Any) -> "Home":
        return self.does(said.HealthTaken, actor=by, question_id=self.question(), **fields)

    def ends_question(self, by: Actor, how: HealthOutcome, **fields: Any) -> "Home":
        told = {"actor": by, "question_id": self.question(), "outcome": how, **fields}
        return self.does(said.HealthEnded, **told)

    def remembers(self) -> "Home":
        self.site.remembers(self.place)
        return self


def requests() -> Chronicle:
    """What a household asks for, until it is done, declined, taken back, or over."""
    site = Chronicle(A, B)
    home, times = Home(site), (site.time("08:00"), site.time("12:00"))
    site.chapter("Food, with an opening announced: taken, on the way, at the door, done.")
    meal = Permit("meal", *times, 2, 10 * MINUTE, "~who", "~why")
    home.at("08:00").asks(1, RequestKind.FOOD, words="~rice", permit=meal)
    home.asks(1, RequestKind.FOOD)
    home.about(1, said.RequestDone, CHEN).about(1, said.RequestLeft, CHEN)
    home.at("08:10").about(1, said.RequestTaken, CHEN, age_ms=5 * MINUTE)
    home.remembers()
    home.about(1, said.RequestTaken, CHEN).about(1, said.RequestTaken, LI)
    home.about(1, said.RequestDone, LI)
    home.at("08:20").about(1, said.RequestOnTheWay, CHEN)
    home.about(1, said.RequestOnTheWay, LI)
    home.at("08:30").about(1, said.RequestAtTheDoor, LI)
    home.about(1, said.RequestAtTheDoor, CHEN).does(said.RequestWithdrawn, request_id="request-1")
    home.at("08:31").about(1, said.RequestDone, LI, age_ms=2 * 24 * HOUR)
    home.remembers().about(1, said.RequestDone, LI)
    site.chapter("Nobody takes the rubbish, which a warden booked: the next are told, and again.")
    booked = Said(Way.TELEPHONE, WANG)
    home.at("09:00").asks(2, RequestKind.RUBBISH, said=booked, age_ms=10 * MINUTE)
    home.at("13:10").remembers()
    site.chapter("Taken by one and not done; another cannot do it; the centre cannot at all.")
    home.at("13:30").about(2, said.RequestTaken, LI)
    home.at("17:40").remembers()
    home.about(2, said.RequestDeclined, CHEN, why="~no")
    home.at("17:41").about(2, said.RequestLeft, LI, age_ms=MINUTE).remembers()
    home.at("17:50").about(2, said.RequestTaken, ZHAO)
    home.about(2, said.RequestDeclined, CENTRE, why="")
    home.at("17:51").about(2, said.RequestDeclined, CENTRE, why="~none left")
    _at_night_and_in_vain(site, home, times)
    _after_the_order(site, home)
    return site


def _at_night_and_in_vain(site: Chronicle, home: Home, times: tuple[int, int]) -> None:
    site.chapter("By night a doctor is told of at once, other things in the morning.")
    home.at("22:00").asks(3, RequestKind.MEDICINE)
    home.at("23:00").asks(4, RequestKind.DOCTOR, said=Said(Way.TEXT))
    home.at("23:30").about(4, said.RequestOnTheWay, CENTRE)
    home.remembers()
    home.at("23:40").about(4, said.RequestDone, CENTRE)
    site.chapter("What is taken back before it came; what has no words; so many and no more.")
    late = Permit("late", *times, 1, 10 * MINUTE, "~who", "~why")
    home.at("day 2 08:30").asks(5, RequestKind.OTHER).asks(5, RequestKind.OTHER, words="~a book")
    home.asks(6, RequestKind.FOOD, permit=late)
    home.at("day 2 08:40").does(said.RequestWithdrawn, request_id="request-5")
    home.does(said.RequestWithdrawn, request_id="request-6", action_id="same")
    home.does(said.RequestWithdrawn, request_id="request-6", action_id="same")
    for number in range(7, 14):
        home.asks(number, RequestKind.FOOD)
    for number in range(7, 11):
        home.does(said.RequestWithdrawn, request_id=f"request-{number}")
    for number in range(20, 25):
        home.asks(number, RequestKind.FOOD)
        home.does(said.RequestWithdrawn, request_id=f"request-{number}")
    home.remembers()


def _after_the_order(site: Chronicle, home: Home) -> None:
    site.chapter("Its order is over: nobody brings anything; what comes later is asked in vain.")
    home.about(3, said.RequestTaken, CHEN)
    site.door(A).gets_order("07:00", "day 2 10:00")
    home.at("day 2 10:01").remembers()
    home.about(3, said.RequestDone, CHEN).asks(30, RequestKind.FOOD)
    site.chapter("Another order, and two at once; of what hung on the first nothing is known.")
    site.door(A).gets_order("day 2 10:00", "day 9 08:00", name="second")
    site.door(A).gets_order("day 2 10:00", "day 8 08:00", name="third")
    home.at("day 2 10:10").asks(31, RequestKind.FOOD)
    site.tell(A, OrderDestroyed("order", site.time("day 2 10:00")))
    site.tell(home.place, OrderDestroyed("order", site.time("day 2 10:00")))
    home.remembers()
    site.tell(home.place, OrderDestroyed("second"))
    site.tell(home.place, OrderDestroyed("third"))
    home.remembers()


def disputes() -> Chronicle:
    """What a household contests, who may look at it, and what follows."""
    site = Chronicle(A, B)
    home = Home(site)
    site.chapter("Raised, twice, and once more; given to who was part of it, and to who was not.")
    home.at("08:00").contests(1, "opening-1", CHEN, LI, words="~not us", age_ms=MINUTE)
    home.contests(1, "opening-2").contests(2, "opening-1").remembers()
    home.at("08:30").gives(1, LI).gives(1, WANG, parties=("zhao", "chen")).gives(1, WANG)
    home.remembers()
    home.gives(1, ZHAO).gives(9, WANG).answers(9, WANG, True)
    home.answers(1, CHEN, True).answers(1, CENTRE, True).answers(1, WANG, True, words="")
    home.at("09:00").answers(1, WANG, True).answers(1, WANG, True).remembers()
    site.chapter("Booked at the telephone, about a case: found to be right as it stands.")
    told = {"record": RecordKind.CASE, "said": Said(Way.TELEPHONE, WANG)}
    home.at("09:10").contests(3, "case-1", CHEN, **told)
    home.contests(4, "opening-3").contests(5, "opening-4").contests(6, "opening-5")
    home.contests(7, "opening-6").gives(3, WANG).gives(3, LI, by=ZHAO)
    home.at("09:20").answers(3, LI, False)
    site.chapter("Nobody looks at the others: told by day, then late; answered after all.")
    home.at("16:00").gives(5, LI)
    home.at("day 2 09:00").remembers()
    home.at("day 4 12:00").remembers()
    home.answers(5, LI, True).gives(4, CENTRE).remembers()
    site.chapter("It goes on after the order, and is forgotten with it.")
    site.door(A).gets_order("07:00", "day 4 13:00")
    home.at("day 4 14:00").answers(4, CENTRE, False)
    home.at("day 4 15:00").contests(8, "opening-9").remembers()
    site.tell(home.place, OrderDestroyed("order"))
    home.remembers()
    return site


def health() -> Chronicle:
    """How they are at home: said, reminded of, asked after, and what a warden found."""
    site = Chronicle(A, B)
    home = Home(site)
    site.door(A).gets_order("07:00", "day 9 12:00", DAILY)
    site.chapter("They say it themselves, one is not well; and again, which is no second question.")
    home.at("08:00").reports(symptoms=(Symptom.FEVER,)).remembers()
    home.at("08:30").reports(
        False, symptoms=(Symptom.COUGH, Symptom.OTHER), words="~hot", age_ms=10 * MINUTE
    )
    home.at("08:31").reports(False, said=Said(Way.TELEPHONE, CHEN)).remembers()
    home.does(said.HealthTaken, actor=CHEN, question_id="health-none")
    home.at("08:40").takes_question(CHEN, age_ms=MINUTE).takes_question(CHEN).takes_question(LI)
    home.remembers()
    home.at("12:50").remembers()
    site.chapter("Nobody was reached, then it is handed on.")
    home.ends_question(LI, HealthOutcome.REPORTED).ends_question(LI, HealthOutcome.HANDED_ON)
    home.ends_question(CENTRE, HealthOutcome.NOT_REACHED, words="~rang twice").remembers()
    home.at("17:00").remembers()
    home.ends_question(LI, HealthOutcome.HANDED_ON, words="~doctor called")
    home.does(
        said.HealthEnded, actor=LI, question_id="health-none", outcome=HealthOutcome.WELL
    ).remembers()
    site.chapter("They say nothing: reminded at noon, asked after at four, and then they say it.")
    home.at("day 2 11:00").remembers()
    home.at("day 2 13:00").remembers()
    home.at("day 2 16:10").takes_question(CHEN)
    home.at("day 2 16:20").reports().remembers()
    site.chapter("Nobody takes the question: the next are told. Then helped, from afar.")
    home.at("day 3 18:30").remembers()
    home.ends_question(WANG, HealthOutcome.HELPED, age_ms=MINUTE).remembers()
    _left_alone_and_in_doubt(site, home)
    site.chapter("Its order is over, and with it the question; a report has nowhere to go.")
    site.door(A).gets_order("07:00", "day 5 19:00", DAILY)
    home.at("day 5 19:10").remembers().reports()
    site.door(A).gets_order("day 6 07:00", "day 8 12:00", DAILY, name="second")
    home.remembers()
    home.at("day 6 12:30").remembers()
    site.tell(home.place, OrderDestroyed("order", site.time("day 6 07:00")))
    home.remembers()
    return site.at("day 8 14:00").remembers(home.place)


def _left_alone_and_in_doubt(site: Chronicle, home: Home) -> None:
    site.chapter("They want to be left alone from eleven to five, and then from nine to ten.")
    home.at("day 4 08:00").does(said.HoursNarrowed, quiet=((660, 1_020),)).remembers()
    home.does(said.HoursNarrowed, quiet=((660, 1_020),))
    home.does(said.HoursNarrowed, quiet=((0, 1_440),))
    home.does(said.HoursNarrowed, quiet=((-1, 10),))
    home.does(said.HoursNarrowed, quiet=((0, 961),)).does(said.HoursNarrowed, quiet=((7, 7),))
    home.does(said.HoursNarrowed, quiet=tuple((n, n + 1) for n in range(0, 10, 2)))
    home.at("day 4 17:30").remembers()
    home.does(said.HoursNarrowed, quiet=((540, 600),)).remembers()
    home.at("day 4 18:00").reports(said=Said(Way.TEXT))
    site.chapter("A clock in doubt: the question waits for the later of its times.")
    home.at("day 5 08:00")
    site.tell(SITE, ClockDoubted(0, HOUR))
    home.at("day 5 13:00").remembers()
    home.at("day 5 17:30").remembers()
    site.tell(SITE, ClockSure())
    site.chapter("What they say of a seal that is not heard, and of one that is not theirs.")
    home.at("day 5 18:00").does(
        said.SealAnswered, door_id=A, answer=SealAnswer.UNSURE, words="~it hangs"
    )
    home.does(said.SealAnswered, door_id=B, answer=SealAnswer.IN_PLACE)
