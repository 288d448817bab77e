"""Days of questions that are written down: a household is asked of its silent seal, and a person
hands on, takes back and puts aside what was theirs."""

from gateway.core.actor import CENTRE, actor_of
from gateway.core.events import CaseHandedOver, CaseReported, MessageRefused
from gateway.core.households.events import QuietAsked, SaidOfSeal
from gateway.core.households.model import Said, SealAnswer, Way
from gateway.core.model import Policy
from gateway.core.outcome import Outcome
from gateway.core.paging.schedule import Override, Role, Shift
from gateway.core.reasons import Reason
from gateway.core.rules import Rules
from tests.core.actors import HOUR, MINUTE, action_id
from tests.core.chronicle.chronicler import Chronicle

A, B, C, D = "1-1", "2-2", "3-3", "4-4"
IN_PLACE, OFF, UNSURE = SealAnswer.IN_PLACE, SealAnswer.NOT_IN_PLACE, SealAnswer.UNSURE


def questions() -> Chronicle:
    """Seals that fall silent after lawful openings, and what their households say of them."""
    alone = Rules(outage_doors=9, blind_doors=9)  # each for itself, and no outage
    site = Chronicle(A, B, C, D, rules=alone)
    site.chapter("Four doors open as announced; no seal is heard again.")
    _fall_silent(site, "08:0", (A, B, C, D))
    site.at("08:50").remembers(A)
    site.chapter("It is in place; nobody knows; it came off, and then not; nobody says anything.")
    site.at("09:00").tell(A, SaidOfSeal(Said(), IN_PLACE))
    site.tell(B, SaidOfSeal(Said(Way.TELEPHONE, actor_of("li")), UNSURE))
    site.tell(C, SaidOfSeal(Said(Way.TEXT), OFF))
    site.remembers(A, B, C)
    site.at("09:10").tell(C, SaidOfSeal(Said(), IN_PLACE))
    site.tell(A, SaidOfSeal(Said(), OFF))
    site.at("10:30").remembers(A, C)
    site.at("13:00").person("chen", D).acknowledges()
    site.tell(D, SaidOfSeal(Said(), IN_PLACE))
    site.at("13:10").remembers(D)
    site.at("14:00").door(D).gets_radio()
    site.at("17:30").remembers(B)
    for door in (A, B, C):
        site.door(door).gets_radio()
    site.at("18:00").remembers(A, D)
    site.chapter("They say it before anybody is asked; and by night, in hours of their own.")
    _fall_silent(site, "19:0", (A, B))
    site.at("19:20").tell(A, SaidOfSeal(Said(), OFF))
    site.tell(B, SaidOfSeal(Said(), IN_PLACE))
    site.at("19:50").remembers(A, B)
    site.tell(C, QuietAsked(((480, 660), (700, 720))))
    _fall_silent(site, "21:0", (C,))
    site.at("23:00").remembers(C)
    site.at("day 2 10:00").tell(C, SaidOfSeal(Said(), IN_PLACE))
    site.at("day 2 15:30").remembers(A, C)
    site.tell(C, QuietAsked(()))
    for door in (A, B, C):
        site.at("day 2 16:00").door(door).gets_radio()
    return _elsewhere(site)


def _elsewhere(site: Chronicle) -> Chronicle:
    site.chapter("Tampered with, open for no reason, and where something else is its case.")
    site.at("day 2 16:10").door(A).cover().loses_radio()
    site.at("day 2 16:10").door(B).opens().loses_radio()
    site.at("day 2 16:11").tell(C, MessageRefused(f"seal-{C}", Reason.WRONG_KEY, 10))
    site.door(C).loses_radio()
    site.at("day 2 16:20").tell(A, SaidOfSeal(Said(), IN_PLACE))
    site.tell(B, SaidOfSeal(Said(), OFF))
    site.tell(C, SaidOfSeal(Said(), UNSURE))
    site.at("day 2 17:10").person("chen", C).is_there()
    site.person("chen", C).reports("seal_fault")
    site.at("day 2 18:30").remembers(A, B, C)
    site.chapter("Silent from the moment that an order begins; and heard when it is over.")
    site.at("day 2 18:40").door(D).gets_order("07:00", "day 2 18:40")
    site.at("day 2 18:41").door(D).loses_power()
    site.at("day 2 19:20").remembers(D)
    site.door(D).gets_order("day 3 07:30", "day 5 12:00", Policy(quiet=((480, 540),)), name="next")
    site.at("day 3 09:30").remembers(D)
    for door in (A, B, C):
        site.door(door).gets_radio()
    site.door(D).gets_power()
    return site.at("day 3 10:00").remembers(A, B, C, D)


def _fall_silent(site: Chronicle, minutes: str, doors: tuple[str, ...]) -> None:
    """Each opens by a permit of its own, a minute after the other, and is heard no more; nobody
    sees that it shuts in time."""
    day = "day 2 " if site.now_ms >= site.time("day 2 00:00") else ""
    for number, door in enumerate(doors):
        start, end = f"{day}{minutes}{number}", f"{day}{minutes}{number}:30"
        name = f"{door}-{minutes}"
        site.at(start).door(door).may_open(start, f"{day}23:59", 1, 5, permit_id=name)
        site.at(end).door(door).opens().loses_radio()
    for door in doors:
        site.at(f"{day}{minutes}4").door(door).shuts()


def hands() -> Chronicle:
    """What goes from hand to hand: handed over, taken back, put aside, reported out of its turn."""
    site = Chronicle(A, B, C, D)
    site.chapter("Handed to somebody; to who has it; by who has it not; to who is not on duty.")
    site.at("08:00").door(A).opens()
    site.at("08:01").person("chen", A).hands_over("li")
    site.person("chen", A).acknowledges()
    site.person("wang", A).hands_over("li")
    site.person("chen", A).hands_over("chen")
    site.person("chen", A).hands_over("nobody")
    site.at("08:05").person("chen", A).hands_over("li")
    site.at("08:06").remembers(A)
    site.at("08:07").person("li", A).is_on_the_way()
    site.tell(
        A,
        CaseHandedOver(
            site.person("li", A).case_id, actor_of("sun"), action_id(), to="chen", for_centre=True
        ),
    )
    site.at("08:12").person("chen", A).ago(2 * MINUTE).is_there()
    site.at("08:13").remembers(A)
    site.chapter("Reported, taken back in time, reported, and taken back too late or by another.")
    site.person("chen", A).reports("handed_on")
    site.person("chen", A).reports("handed_on", note="~whom")
    site.at("08:14").person("li", A).takes_back()
    site.person("chen", A).takes_back()
    site.remembers(A)
    site.at("08:15").door(A).shuts()
    site.at("08:16").person("chen", A).reports("lawful")
    site.at("08:18:01").person("chen", A).takes_back()
    site.at("08:19").person("li", A).assesses()
    site.person("chen", A).takes_back()
    site.person("li", A).assesses()
    site.person("chen", A).signs_off()
    site.person("li", A).signs_off()
    site.remembers(A)
    site.chapter("What is opened again after a report is a new case, and the report stands.")
    site.at("08:20").door(B).opens()
    site.at("08:21").person("chen", B).is_there()
    site.person("chen", B).reports("no_answer")
    site.at("08:22").door(B).shuts()
    site.at("08:22:30").door(B).opens()
    first = site.turn.door(B).in_review[0].case_id
    old = site.person("chen", B)
    old.case_id = first
    old.takes_back()
    site.at("08:23").remembers(B)
    _put_aside(site)
    _off_duty(site)
    site.chapter("Nobody looks at what was reported: those who review are asked, day by day.")
    site.at("day 3 12:00").remembers(B, D)
    site.person("wang", D).assesses()
    return site.at("day 4 12:00").remembers(B, D)


def _put_aside(site: Chronicle) -> None:
    site.chapter("Put aside, acted on late, raised again meanwhile; the seal says otherwise.")
    site.at("09:00").door(C).opens()
    site.at("09:01").person("chen", C).shelves("09:30", "~bath")
    site.person("chen", C).shelves("09:30", "~bath")
    site.person("li", C).shelves("09:31", "~bath")
    site.person("li", C).shelves("09:00", "~past")
    site.at("09:05").remembers(C)
    site.at("09:10").door(C).shuts()
    site.at("09:20").door(C).opens()
    site.at("09:21").person("chen", C).ago(5 * MINUTE).acknowledges()
    site.person("chen", C).ago(30_000).acknowledges()
    case_id = site.person("chen", C).case_id
    said = {"outcome": Outcome.IN_ORDER}
    site.tell(C, CaseReported(case_id, actor_of("chen"), "same", **said))
    site.tell(C, CaseReported(case_id, actor_of("chen"), "same", **said))
    site.tell(C, CaseReported(case_id, actor_of("chen"), action_id(), despite_seal=True, **said))
    site.at("09:25").remembers(C)
    site.tell(C, CaseReported("case-none", CENTRE, action_id(), 2 * 24 * HOUR, **said))
    site.chapter("A cover comes off: nobody puts that aside or reports it from afar.")
    site.at("09:40").door(D).cover()
    site.at("09:41").person("li", D).shelves("10:00", "~no")
    site.person("li", D).acknowledges()
    site.person("li", D).reports("tampered")
    site.person("li", D).is_on_the_way()
    site.person("li", D).is_on_the_way()
    site.person("chen", D).is_on_the_way()
    site.at("09:50").person("li", D).is_there()
    site.person("li", D).is_there()
    site.person("li", D).acknowledges()
    site.at("09:51").person("li", D).reports("tampered")
    site.remembers(D)


def _off_duty(site: Chronicle) -> None:
    site.chapter("Who has it goes off duty; somebody else stands for them, and then nobody.")
    day = Shift("g", Role.WARDEN, "chen", 127, 480, 780)  # 08:00 to 13:00
    site.at("12:00").people(day, Shift("g", Role.WARDEN, "li", 127, 780, 480))
    site.at("12:10").person("chen", B).acknowledges()
    site.at("12:11").remembers(B)
    site.at("13:05").remembers(B)
    site.person("li", B).acknowledges()
    leave = Override("li", site.time("13:30"), site.time("18:00"), "")
    site.at("13:10").people(away=(leave,))
    site.at("13:40").remembers(B)
    site.at("14:00").people(without="li")
    site.person("chen", B).is_there()
    site.at("14:10").people(without="chen")
    site.at("15:30").remembers(B)
    site.people()
    site.at("15:40").person("wang", B).is_there()
    site.person("wang", B).reports("absent")
    site.at("15:41").door(B).shuts()
