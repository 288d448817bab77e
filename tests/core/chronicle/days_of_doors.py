"""Days of doors that are written down: what opens, chatters, is tampered with, has no power."""

from msgspec.structs import replace

from gateway.core.events import (
    DoorEnded,
    MemoryEnded,
    MessageRefused,
    ReportCame,
    ReportHeld,
    SealUnbound,
)
from gateway.core.model import Contact, Path, Policy
from gateway.core.path_events import CopyCame, PathHeard, PathSilent
from gateway.core.reasons import Reason
from tests.core.actors import MINUTE, Seal
from tests.core.chronicle.chronicler import Chronicle

A, B, C, D = "1-1", "1-2", "1-3", "2-1"
MEALS = ((690, 750), (1_050, 1_110))  # 11:30 to 12:30, 17:30 to 18:30


def openings() -> Chronicle:
    """Permits, allowances, slams, what lasts too long, and who is told of it."""
    site = Chronicle(A, B, C)
    site.chapter("Flat 1-1 has three meals a day announced, flat 1-2 may open once without asking.")
    site.at("08:00").door(A).may_open(
        "08:00", "day 9 08:00", 2, 5, permit_id="meals", daily=MEALS, days=0b1011111
    )
    policy = Policy(1, 3 * MINUTE, ((13 * 60, 15 * 60),))
    site.at("08:00").door(B).gets_order("07:00", "day 3 12:00", policy)
    site.at("11:40").door(A).opens()
    site.at("11:41").door(A).shuts()
    site.at("11:41:01").door(A).opens()
    site.at("11:41:30").door(A).shuts()
    site.at("12:00").door(A).opens()
    site.at("12:04").door(A).shuts()
    site.at("12:10").door(B).opens()
    site.at("12:12").door(B).shuts()
    site.chapter("A third opening within one meal; a second of one that is allowed.")
    site.at("12:20").door(A).opens()
    site.at("12:20:20").person("chen", A).receives()
    site.at("12:22").door(A).shuts()
    site.at("13:10").door(B).opens()
    site.remembers(A, B)
    site.at("13:14").person("li", B).acknowledges()
    site.at("13:15").door(B).shuts()
    site.chapter("Announced afterwards, within the grace time and not.")
    site.at("14:00").door(C).opens()
    site.at("14:04").door(C).may_open("13:50", "14:30", 2, 6, permit_id="late")
    site.at("14:20").door(C).shuts()
    site.at("15:00").door(C).opens()
    site.at("15:00:40").door(C).shuts()
    site.at("15:11").door(C).may_open("14:50", "15:30", 1, 6, permit_id="too late")
    site.remembers(C)
    site.chapter("An opening that lasts longer than was announced, and the next meal.")
    site.at("17:30").door(A).opens()
    site.at("17:50").door(A).shuts()
    site.at("18:10").door(A).opens()
    site.at("18:11").door(A).shuts()
    site.at("day 2 09:00").door(B).opens()
    site.at("day 2 09:04").person("chen", B).is_there()
    site.at("day 2 09:05").door(B).shuts()
    site.at("day 2 09:06").person("chen", B).reports("lawful")
    return site.remembers(A, B, C)


def tampering() -> Chronicle:
    """Covers and magnets, before and under an order, bursts, and contacts that chatter."""
    site = Chronicle(A, B, C)
    site.chapter("A cover comes off, then the magnet is swapped; somebody goes there.")
    site.at("08:00").door(A).cover()
    site.at("08:01").door(A).magnet()
    site.at("08:02").person("chen", A).acknowledges()
    site.person("chen", A).shelves("10:00", "later")
    site.person("chen", A).reports("seal_fault")
    site.at("08:20").person("chen", A).is_there()
    site.at("08:21").door(A).magnet(swapped=False)
    site.at("08:22").door(A).cover(off=False)
    site.at("08:25").person("chen", A).reports("seal_fault")
    site.at("08:26").person("chen", A).assesses()
    site.person("wang", A).assesses()
    site.at("08:27").person("sun", A).signs_off()
    site.remembers(A)
    site.chapter("A tampered door that opens, and shuts, before its cover is on again.")
    site.at("09:00").door(B).cover()
    site.at("09:01").door(B).opens()
    site.at("09:03").door(B).shuts()
    site.at("09:10").door(B).cover(off=False)
    site.remembers(B)
    site.chapter("Somebody plays with the wire: eleven refused messages, later ten at once.")
    for second in range(11):
        seal_id = f"seal-{C}"
        site.at(f"10:00:{5 * second:02}").tell(C, MessageRefused(seal_id, Reason.WRONG_KEY))
    site.at("10:01").tell(C, MessageRefused(f"seal-{C}", Reason.MALFORMED, 10))
    site.at("10:01:30").person("chen", C).acknowledges()
    site.at("10:02").tell(C, MessageRefused(f"seal-{C}", Reason.MALFORMED, 99))
    site.remembers(C)
    site.chapter("A contact that chatters, settles shut; and again, and settles open.")
    for start in ("11:00", "12:00"):
        for second in range(0, 50, 10):
            site.at(f"{start}:{second:02}").door(B).opens()
            site.at(f"{start}:{second + 4:02}").door(B).shuts()
        site.at(f"{start}:55").door(B).opens()
        site.remembers(B)
        if start == "11:00":
            site.at("11:01:30").door(B).shuts()
    site.at("12:10").person("chen", B).acknowledges()
    site.chapter("One opening that is slammed ten times over.")
    site.at("14:00").door(C).opens()
    for second in range(10, 22):
        site.at(f"14:00:{second}").door(C).shuts()
        site.at(f"14:00:{second}.5").door(C).opens()
    site.at("14:10").door(C).shuts()
    return site.remembers(A, B, C)


def orders() -> Chronicle:
    """What stands open, or is tampered with, before an order begins; and after it has ended."""
    site = Chronicle(A, B, C, D)
    site.chapter("Orders of yesterday are over; those of today begin at ten.")
    for door in (A, B, C, D):
        site.at("07:00").door(door).gets_order("07:00", "07:30")
    site.at("08:00").door(A).opens()
    site.at("08:01").door(B).cover()
    site.at("08:02").door(C).opens()
    site.at("08:02").door(D).magnet()
    for door, longest in ((A, None), (B, None), (C, 20 * MINUTE), (D, None)):
        policy = Policy(1, longest)
        site.at("09:00").door(door).gets_order("10:00", "day 2 10:00", policy)
    site.remembers(A, B, C, D)
    site.at("09:30").door(D).magnet(swapped=False)
    site.at("10:05").door(A).may_open("10:00", "11:00", 1, 30, permit_id="explains")
    site.at("10:09").door(B).opens()
    site.at("10:30").remembers(A, B, C, D)
    site.at("10:50").door(A).shuts()
    site.at("10:51").door(C).shuts()
    site.chapter("The order ends while cases stand open and wait for their review.")
    site.at("11:00").person("chen", B).is_there()
    site.at("11:01").person("chen", B).reports("explained")
    site.at("11:10").person("chen", C).acknowledges()
    site.at("day 2 09:50").door(D).opens()
    site.at("day 2 09:55").door(D).gets_order("10:00", "day 2 11:00", None)
    site.at("day 2 10:30").door(A).opens()
    site.at("day 2 10:45").door(A).shuts()
    site.at("day 2 11:01").remembers(A, B, C, D)
    site.chapter("A door is found open under an order, and another was never seen shut.")
    site.at("day 2 12:00").door(A).gets_order("07:00", "day 4 07:00", None)
    seal = Seal("new", 100_000, Contact.OPEN)
    site.seals[A] = seal
    site.at("day 2 12:10").door(A).gets_seal(seal).speaks()
    site.at("day 2 12:30").remembers(A)
    site.at("day 2 12:40").door(A).shuts()
    site.at("day 2 13:00").tell(A, SealUnbound("new"))
    return site.remembers(A)


def power() -> Chronicle:
    """Seals without power or radio: what they find, what they tell late, what nobody saw."""
    site = Chronicle(A, B, C, D)
    site.chapter("A seal comes back and finds its door open: it goes on, or shuts again.")
    for door in (A, B, C):
        site.at("08:00").door(door).loses_power()
    site.at("08:02").door(C).may_open("08:00", "09:00", 1, 10, permit_id="while away")
    site.at("08:03").door(A).opens()
    site.at("08:03").door(B).opens()
    site.at("08:03").door(C).opens()
    for door in (A, B, C):
        site.at("08:04").door(door).gets_power()
    site.remembers(A, B, C)
    site.at("08:04:20").door(B).shuts()
    site.at("08:08").door(C).shuts()
    site.at("08:10").remembers(A, B, C)
    site.at("08:12").door(A).shuts()
    site.chapter("A radio is away while its door opens, again and again; all is told later.")
    site.at("09:00").door(D).loses_radio()
    site.at("09:01").door(D).opens()
    site.at("09:02").door(D).shuts()
    site.at("09:02:01").door(D).opens()
    site.at("09:04").door(D).shuts()
    site.at("09:05").door(D).gets_radio()
    site.at("09:06").remembers(D)
    site.chapter("What waited in the broker is an interval; what only the counter shows is blind.")
    seal = site.seals[B]
    late = ReportCame(seal.seal_id, 40, Contact.OPEN, seal.edges + 1, True, waited_ms=3 * MINUTE)
    site.at("10:00").door(B).says(late)
    site.at("10:01").door(B).says(replace(late, seq=41, contact=Contact.SHUT, edges=late.edges + 1))
    seal.edges += 2
    site.at("10:20")
    seal.edges += 4
    site.at("10:25").remembers(B)
    site.at("10:30").person("chen", B).acknowledges()
    site.chapter("Copies of reports show that two doors opened earlier than it seemed.")
    site.at("11:00").door(C).may_open("10:59", "11:30", 1, 30, permit_id="narrow")
    site.at("11:00").door(C).opens()
    site.at("11:05").tell(
        C, ReportHeld(site.seals[C].seal_id, site.seals[C].seq, site.time("10:50"))
    )
    site.at("11:06").door(A).opens()
    site.at("11:07").tell(
        A, ReportHeld(site.seals[A].seal_id, site.seals[A].seq, site.time("11:05"))
    )
    site.remembers(A, C)
    site.at("11:10").door(A).shuts()
    site.at("11:10").door(C).shuts()
    site.chapter("An older copy of the database is put back; a door goes out of use.")
    site.at("12:00").tell(A, MemoryEnded(site.time("11:00")))
    site.remembers(A)
    site.at("12:05").door(A).opens()
    site.at("12:06").tell(C, DoorEnded())
    return site.remembers(A, C)


def ways() -> Chronicle:
    """Two ways lead from a seal: one falls silent, both do, our own receiver does."""
    site = Chronicle(A, B, C)
    seals = {door: site.seals[door].seal_id for door in (A, B, C)}
    site.chapter("Flat 1-1 is heard over the network only, flat 1-2 by air only.")
    site.at("10:00").tell(A, PathSilent(seals[A], Path.AIR, site.time("09:56")))
    site.at("10:01").tell(B, PathSilent(seals[B], Path.NETWORK, site.time("09:57")))
    site.at("10:02").tell(C, PathSilent(seals[C], Path.AIR, site.time("09:58")))
    site.at("10:20").tell(C, PathHeard(seals[C], Path.AIR))
    site.at("10:40").remembers(A, B, C)
    site.chapter("An opening while only one way is left, and both ways again.")
    site.at("10:50").door(B).opens()
    site.at("10:52").door(B).shuts()
    site.at("11:00").tell(A, PathHeard(seals[A], Path.AIR))
    site.at("11:01").tell(B, PathHeard(seals[B], Path.NETWORK))
    site.at("11:10").remembers(A, B)
    site.chapter("The receiver is unplugged; flat 1-3 has no network either, and then nothing.")
    site.at("12:00").door(C).loses_radio()
    site.at("12:04").tell(C, PathSilent(seals[C], Path.AIR, site.time("12:00"), is_ours=True))
    site.at("12:30").remembers(C)
    site.at("13:30").tell(C, CopyCame(seals[C]))
    site.at("17:00").remembers(C)
    site.chapter("An access point fails: flat 1-1's network is away with its place's, and alone.")
    site.at("18:00").tell(A, PathSilent(seals[A], Path.NETWORK, site.time("17:56")))
    site.at("18:40").tell(A, PathSilent(seals[A], Path.NETWORK, site.time("17:56"), is_ours=True))
    site.at("19:20").remembers(A)
    site.at("19:30").tell(A, PathSilent(seals[A], Path.NETWORK, site.time("17:56")))
    return site.at("20:10").remembers(A)
