"""Days of ends that are written down: of orders, of what was announced under them, of memory."""

from gateway.core.ending_events import NamesForgotten, OrderDestroyed
from gateway.core.events import ClockDoubted, ClockSure, DoorClassed, MessageRefused
from gateway.core.households.events import QuietAsked
from gateway.core.model import Contact, Policy
from gateway.core.reasons import Reason
from gateway.core.rules import CANARY
from tests.core.actors import HOUR
from tests.core.chronicle.chronicler import Chronicle
from tests.core.timeline import SITE

A, B, C, D = "1-1", "1-2", "1-3", "2-1"
MEALS = ((690, 750), (1_050, 1_110))  # 11:30 to 12:30, 17:30 to 18:30


def ends() -> Chronicle:
    """Orders that end by day, by night, early, late; and what is left once they are destroyed."""
    site = Chronicle(A, B, C, D)
    _are_over(site)
    site.chapter("At two doors something happens under one order, and more under the next.")
    for door in (A, B):
        site.at("day 4 07:00").door(door).gets_order("07:00", "day 5 12:00", name="third")
        site.door(door).gets_order("day 5 08:00", "day 8 12:00", Policy(2), name="fourth")
    site.at("day 4 08:00").door(A).may_open("08:00", "day 4 10:00", 2, 5, permit_id="old")
    site.at("day 4 09:00").door(A).opens()
    site.at("day 4 09:07").door(A).shuts()
    site.at("day 4 09:08").person("chen", A).is_there()
    site.person("chen", A).reports("lawful")
    site.at("day 4 10:30").door(B).opens()
    site.at("day 4 10:31").door(B).shuts()
    site.at("day 4 11:00").tell(B, MessageRefused(f"seal-{B}", Reason.WRONG_KEY, 9))
    site.at("day 5 09:00").door(A).may_open("day 5 09:00", "day 6 09:00", 2, 5, permit_id="new")
    site.at("day 5 09:10").door(A).opens()
    site.at("day 5 09:11").door(A).shuts()
    site.at("day 5 13:00").door(A).opens()
    site.at("day 5 13:01").door(A).shuts()
    site.at("day 5 13:05").door(A).opens()
    site.at("day 5 13:06").person("chen", A).acknowledges()
    site.at("day 5 13:10").remembers(A, B)
    return _are_destroyed(site)


def _are_over(site: Chronicle) -> None:
    site.chapter("One ends at noon, one in the night, one early; one is given longer.")
    for door, end in ((A, "12:00"), (B, "day 2 01:00"), (C, "day 9 12:00"), (D, "day 2 07:00")):
        site.at("07:00").door(door).gets_order("07:00", end)
    site.door(A).may_open("08:00", "day 9 08:00", 2, 5, permit_id="meals", daily=MEALS)
    site.door(A).may_open("day 3 08:00", "day 9 08:00", 1, 5, permit_id="later")
    site.at("11:55").door(A).opens()
    site.at("12:05").door(A).shuts()
    site.at("12:06").remembers(A)
    site.at("13:00").door(C).gets_order("07:00", "13:00")
    site.at("23:00").door(D).opens()
    site.at("23:10").person("chen", D).acknowledges()
    site.at("day 2 02:00").remembers(B)
    site.door(B).gets_order("07:00", "day 2 12:00")
    site.at("day 2 12:30").remembers(B, D)
    site.chapter("Hours of their own; a clock that may be ahead; and it is too late to tell.")
    site.at("day 2 13:00").door(C).gets_order("13:00", "day 3 12:00", name="second")
    site.at("day 2 13:00").door(D).gets_order("13:00", "day 3 12:00", name="second")
    site.at("day 2 13:01").tell(C, QuietAsked(((660, 900),)))
    site.tell(SITE, ClockDoubted(0, HOUR))
    site.at("day 3 12:30").remembers(C)
    site.tell(SITE, ClockSure())
    site.at("day 3 12:31").tell(D, DoorClassed(CANARY))
    site.at("day 3 13:30").remembers(D)
    site.tell(D, DoorClassed(""))
    site.at("day 3 16:00").remembers(C, D)
    site.tell(C, QuietAsked(()))
    site.at("day 3 17:00").door(D).gets_order("12:00", "day 2 14:00", name="forgotten")
    site.remembers(D)


def _are_destroyed(site: Chronicle) -> Chronicle:
    site.chapter("The first of the two orders is destroyed, at the doors and in people's pages.")
    from_ms = site.time("day 5 08:00")
    for door in (A, B):
        for name in ("order", "third"):
            site.tell(door, OrderDestroyed(name, from_ms))
    site.remembers(A, B)
    site.tell(SITE, NamesForgotten((A, B), (f"seal-{A}", f"seal-{B}"), (f"seal-{A}-3",), from_ms))
    site.at("day 5 13:30").door(A).shuts()
    site.at("day 5 14:00").remembers(A)
    site.chapter("Three fall silent together; one of them is forgotten, and two are heard again.")
    for door in (A, B, C):
        site.at("day 5 15:00").door(door).loses_power()
    site.at("day 5 15:30").remembers(SITE)
    site.tell(SITE, NamesForgotten((C,), (f"seal-{C}",), ()))
    site.remembers(SITE)
    for door in (A, B):
        site.at("day 5 15:40").door(door).gets_power()
    site.at("day 5 15:50").remembers(SITE)
    site.chapter("The last order is destroyed: nothing is known any more but where the leaf is.")
    site.at("day 5 16:00").door(B).opens()
    for door in (A, B):
        site.door(door).gets_order("day 5 08:00", "day 5 16:01", name="fourth")
    site.at("day 5 16:02").remembers(A, B)
    for door in (A, B):
        site.tell(door, OrderDestroyed("fourth"))
    site.tell(SITE, NamesForgotten((A, B), (f"seal-{A}", f"seal-{B}"), ()))
    site.remembers(A, B)
    seal = site.seals[B]
    assert seal.leaf is Contact.OPEN
    site.at("day 5 16:10").door(B).shuts()
    return site.at("day 5 18:00").remembers(B, SITE)
