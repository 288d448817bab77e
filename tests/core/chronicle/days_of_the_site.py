"""Days of the whole site that are written down: silence, people, troubles, phones."""

from dataclasses import replace

from gateway.core.actor import actor_of
from gateway.core.events import (
    CaseReported,
    ClockCorrected,
    ClockDoubted,
    ClockSure,
    DoorClassed,
    PageReceived,
    TroubleBegan,
    TroubleEnded,
)
from gateway.core.model import Contact
from gateway.core.outcome import Outcome
from gateway.core.paging.schedule import Override, Role, Shift
from gateway.core.reasons import Reason
from gateway.core.rules import CANARY, Rules
from tests.core.actors import HOUR, MINUTE, action_id
from tests.core.chronicle.chronicler import Chronicle
from tests.core.timeline import GATEWAY, SITE

A, B, C, D = "1-1", "1-2", "1-3", "2-1"


def silence() -> Chronicle:
    """Seals that fall silent for themselves, from one cause, or all at once."""
    flats = (A, B, C, "1-4", D, "2-2", "2-3")
    site = Chronicle(*flats)
    site.chapter("One by day, one open by permit, one open without, one tampered with.")
    site.at("08:00").door(A).loses_power()
    site.at("08:00").door(B).may_open("08:00", "09:00", 1, 30)
    site.at("08:01").door(B).opens().loses_radio()
    site.at("08:02").door(D).opens().loses_radio()
    site.at("08:03").door("2-2").cover().loses_radio()
    site.at("08:50").remembers(A, B, D, "2-2", SITE)
    site.at("13:00").door(B).gets_radio()
    for door in (A, D, "2-2"):
        site.at("13:01").door(door).gets_power()
        site.door(door).gets_radio()
    site.door(B).shuts()
    site.door(D).shuts()
    site.at("13:10").remembers(A, B, D, "2-2")
    site.chapter("By night, the whole building 1 has no power; most of it comes back.")
    for number, door in enumerate((A, B, C, "1-4")):
        site.at(f"23:0{number}").door(door).loses_power()
    site.at("23:30").remembers(SITE, A)
    site.at("day 2 08:30").person("zhao", SITE).acknowledges()
    site.at("day 2 08:31").person("zhao", SITE).shelves("day 2 09:00", "waits for the grid")
    for door in (A, B, C):
        site.at("day 2 09:30").door(door).gets_power()
    site.at("day 2 09:31").remembers(SITE)
    site.at("day 2 09:40").person("zhao", SITE).reports("supply")
    site.at("day 2 09:41").person("sun", SITE).assesses()
    site.at("day 2 10:30").person("wang", SITE).signs_off()
    site.at("day 2 10:31").door("1-4").gets_power()
    site.remembers(SITE, "1-4")
    site.chapter("All of the site is silent: the watch is lost, until most are heard.")
    for door in flats:
        site.at("day 2 22:00").door(door).loses_radio()
    site.at("day 2 22:30").remembers(SITE)
    for door in flats[:5]:
        site.at("day 2 23:00").door(door).gets_radio()
    site.at("day 2 23:30")
    for door in flats[5:]:
        site.at("day 3 06:00").door(door).gets_radio()
    return site.at("day 3 08:30").remembers(SITE, "2-2")


def people() -> Chronicle:
    """Who takes what, gives it back, hands it over, and who is asked again."""
    site = Chronicle(A, B, C)
    site.chapter("Taken and not finished: it comes back to who had it, then goes up the ladder.")
    site.at("08:00").door(A).opens()
    site.at("08:00:10").channel_takes(site.notified[-1])
    site.at("08:00:20").phone_signs(site.notified[-1])
    site.at("08:01").person("chen", A).acknowledges()
    site.at("08:40").person("chen", A).ago(5 * MINUTE).is_there()
    site.at("08:41").door(A).shuts()
    site.at("08:42").person("wang", A).acknowledges()
    site.at("08:45").person("chen", A).reports("lawful")
    site.at("08:46").person("chen", A).signs_off()
    site.chapter("Nobody answers; then it is put aside twice, and comes back by itself.")
    site.at("09:00").door(B).opens()
    site.at("09:20").person("li", B).shelves("09:40", "the doctor is in")
    site.at("09:45").person("li", B).shelves("day 2 09:00", "too long")
    site.at("10:00").person("li", B).acknowledges()
    site.at("18:00").person("sun", B).is_there()
    site.at("18:10").remembers(B)
    site.chapter("A fault beside a breach; what is reported there is its own case afterwards.")
    site.at("20:00").door(C).opens()
    for second in range(11):
        site.at(f"20:10:{second:02}").door(C).shuts()
        site.at(f"20:10:{second:02}.5").door(C).opens()
    site.at("20:11").remembers(C)
    site.at("20:20").person("chen", C).is_there()
    site.at("20:21").tell(
        C,
        CaseReported(
            site.person("chen", C).case_id,
            actor_of("chen"),
            action_id(),
            outcome=Outcome.IN_ORDER,
            despite_seal=True,
        ),
    )
    site.at("20:30").remembers(C)
    site.chapter("The next day: reviews that wait, a shift that ends, a leave, a warden who goes.")
    site.at("day 2 12:00").person("wang", A).assesses()
    site.at("day 2 13:00").door(A).opens()
    site.at("day 2 13:01").person("chen", A).acknowledges()
    day = Shift("g", Role.WARDEN, "chen", 127, 480, 13 * 60 + 20)
    site.people(day, Shift("g", Role.WARDEN, "li", 127, 13 * 60 + 20, 480))
    site.at("day 2 13:25").person("li", A).acknowledges()
    leave = Override("li", site.time("day 2 13:40"), site.time("day 2 18:00"), "wang")
    site.people(away=(leave,))
    site.at("day 2 13:45").person("chen", A).is_there()
    site.at("day 2 13:50").people(without="chen")
    site.at("day 2 14:00").person("sun", A).acknowledges()
    site.at("day 2 14:05").door(A).shuts()
    return site.at("day 3 09:00").remembers(A, B, C)


def troubles() -> Chronicle:
    """What befalls the gateway itself, and the clock that it goes by."""
    site = Chronicle(A, B)
    site.chapter("The disk fills by night, a channel fails, a twin appears.")
    site.at("23:00").tell(SITE, TroubleBegan(Reason.DISK_LOW, "", 5 * MINUTE))
    site.at("23:01").person("sun", GATEWAY).receives()
    site.at("23:02").tell(SITE, TroubleEnded(Reason.DISK_LOW))
    site.at("23:05").tell(SITE, TroubleBegan(Reason.CHANNEL_FAILING, "email"))
    site.at("23:06").person("wang", GATEWAY).acknowledges()
    site.at("23:10").tell(SITE, TroubleBegan(Reason.TWIN))
    site.at("23:11").person("wang", GATEWAY).acknowledges()
    site.people(Shift("g", Role.CAPTAIN, "wang", 127, 600, 23 * 60 + 30))
    site.at("23:40").remembers(SITE)
    site.at("day 2 00:30").person("sun", GATEWAY).is_there()
    site.at("day 2 00:40").person("sun", GATEWAY).reports("repaired")
    site.at("day 2 00:41").tell(SITE, TroubleEnded(Reason.TWIN))
    site.at("day 2 09:00").person("wang", GATEWAY).assesses()
    site.at("day 2 09:01").person("zhao", GATEWAY).signs_off()
    site.remembers(SITE)
    site.chapter("More of a kind than anybody counts.")
    for number in range(10):
        site.at("day 2 10:00").tell(SITE, TroubleBegan(Reason.POISONED, f"row-{number}"))
    site.at("day 2 10:01").tell(SITE, TroubleEnded(Reason.POISONED, "row-3"))
    for trouble in site.turn.troubles.troubles:
        if trouble.case is not None:
            wang = replace(site.person("wang", GATEWAY), case_id=trouble.case.case_id)
            wang.acknowledges()
            wang.reports("repaired")
    site.remembers(SITE)
    site.chapter("The clock is in doubt: what may be lawful is a question. Then it is set.")
    site.at("day 2 11:00").door(A).may_open("day 2 11:00", "day 2 12:00", 1, 30, permit_id="lunch")
    site.tell(SITE, ClockDoubted(20 * MINUTE, 10 * MINUTE))
    site.at("day 2 11:05").door(A).opens()
    site.at("day 2 11:06").door(A).shuts()
    site.at("day 2 11:30").door(A).opens()
    site.at("day 2 11:31").door(A).shuts()
    site.at("day 2 12:30").door(B).opens()
    site.at("day 2 12:40").tell(SITE, ClockSure())
    site.remembers(B)
    site.tell(SITE, ClockDoubted(0, HOUR))
    site.at("day 2 12:45").tell(SITE, ClockCorrected(2 * HOUR))
    return site.remembers(SITE, A, B)


def pages() -> Chronicle:
    """Phones that ring too often: grouped pages, tests, who is not reached; and the canary."""
    few = Rules(pages_most=2, pages_window_ms=10 * MINUTE)
    site = Chronicle(A, B, C, D, "2-2", rules=few, answers_tests=False)
    site.chapter("Five doors open within a minute; two may ring.")
    for second, door in enumerate((A, B, C, D, "2-2")):
        site.at(f"08:00:{7 * second:02}").door(door).opens()
    site.at("08:00:40").person("chen", C).acknowledges()
    latest = [out for out in site.notified if out.warden_id == "chen"][-1]
    site.channel_takes(latest)
    site.phone_signs(latest)
    site.at("08:20").door(D).shuts()
    site.person("li", D).acknowledges()
    site.at("08:40")
    for door in (A, B, C, D, "2-2"):
        site.door(door).shuts() if site.seals[door].leaf is Contact.OPEN else None
        site.person("sun", door).acknowledges()
        site.person("sun", door).reports("lawful")
        site.person("wang", door).assesses()
        site.person("chen", door).signs_off()
    site.chapter("A day of silent tests; two phones answer.")
    site.at("day 2 08:00")
    tests = [out for out in site.notified if out.warden_id in ("chen", "sun")]
    for out in tests[-2:]:
        site.phone_signs(out)
    site.at("day 2 20:30")
    site.chapter("The canary: its phone signs, then does not.")
    site.at("day 3 08:00").tell(A, DoorClassed(CANARY))
    for start in ("08:05", "08:15"):
        site.at(f"day 3 {start}").door(A).opens()
        site.at(f"day 3 {start}:20").door(A).shuts()
        site.at(f"day 3 {start}:30").tell(A, PageReceived("", f"page-{start}", "chen"))
    site.remembers(A)
    site.at("day 3 08:45").remembers(A)
    site.at("day 3 08:46").tell(A, PageReceived("", "page", "chen"))
    site.at("day 3 08:47").tell(A, DoorClassed(""))
    return site.remembers(A)
