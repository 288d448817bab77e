"""Days of a household with several contacts that are written down: one opening, one case."""

from gateway.core.commissioning import Visit
from gateway.core.commissioning_events import VisitAnnounced
from gateway.core.ending_events import OrderDestroyed
from gateway.core.events import ClockDoubted, ClockSure, DoorEnded, DoorPlaced
from gateway.core.model import Policy
from tests.core.actors import MINUTE
from tests.core.chronicle.chronicler import Chronicle
from tests.core.timeline import SITE

FRONT, BACK, WINDOW = DOORS = ("1-1", "1-1-back", "1-1-window")
NEIGHBOUR = "1-2"


def contacts() -> Chronicle:
    """What a household's front door, back door and window do together, in whatever order."""
    site = Chronicle(*DOORS, NEIGHBOUR, households=(DOORS,))
    site.chapter("One lunch, announced at the front door, through two leaves.")
    site.at("11:30").door(FRONT).may_open("11:30", "12:30", 1, 10, permit_id="lunch")
    _open(site, ("12:00:00", "12:00:40", FRONT), ("12:00:03", "12:00:42", BACK))
    site.at("12:01").remembers(FRONT, WINDOW)
    site.chapter("Nobody announced the next: one case names both, a later opening joins it.")
    _open(site, ("13:00", "13:01", FRONT), ("13:00:02", "13:02:30", BACK))
    site.remembers(BACK)
    _open(site, ("13:10", "13:10:20", WINDOW))
    site.at("13:11").person("chen", FRONT).acknowledges()
    site.remembers(WINDOW)
    _is_finished(site, "13:20")
    site.chapter("Announced at the back door only after the front door had opened.")
    _open(site, ("14:00", "14:00:20", FRONT))
    site.at("14:03").door(BACK).may_open("14:00", "14:30", 1, 5, permit_id="late")
    site.remembers(BACK)
    site.chapter("What the order allows in a day is the household's; a second one is a breach.")
    policy = Policy(1, 5 * MINUTE)
    site.at("15:00").door(WINDOW).gets_order("07:00", "day 9 12:00", policy)
    _open(site, ("15:10", "15:11", FRONT), ("15:10:05", "15:12", WINDOW))
    site.remembers(BACK)
    _open(site, ("16:00", "16:01", BACK))
    _is_finished(site, "16:10")
    site.remembers(FRONT)
    site.at("16:20").door(FRONT).gets_order("07:00", "day 9 12:00")
    _heard_late(site)
    _left_open(site)
    _tampered(site)
    _in_doubt(site)
    return _comes_and_goes(site)


def _open(site: Chronicle, *spans: tuple[str, str, str], day: str = "") -> None:
    """These open and shut between the two times, in the order of their times."""
    prefix = f"day {day} " if day else ""
    edges = [(prefix + start, True, door) for start, _, door in spans]
    edges += [(prefix + end, False, door) for _, end, door in spans]
    for words, opens, door_id in sorted(edges, key=lambda edge: site.time(edge[0])):
        door = site.at(words).door(door_id)
        door.opens() if opens else door.shuts()


def _is_finished(site: Chronicle, words: str) -> None:
    """Somebody was there, says how each case ended, and two others look at that."""
    site.at(words)
    for door in site.open_cases():
        site.person("chen", door).is_there()
        site.person("chen", door).reports("lawful")
        site.person("wang", door).assesses()
        site.person("sun", door).signs_off()


def _heard_late(site: Chronicle) -> None:
    site.chapter("An earlier opening is heard of late: the case about its part ends by itself.")
    site.at("day 2 11:30").door(FRONT).may_open("11:30", "day 2 12:30", 1, 10, permit_id="two")
    site.at("day 2 11:50").door(FRONT).loses_radio()
    spans = ("12:00", "12:02:10", FRONT), ("12:00:02", "12:00:04", BACK)
    _open(site, *spans, ("12:01:30", "12:01:40", BACK), day="2")
    site.remembers(BACK)
    site.at("day 2 12:03").door(FRONT).gets_radio()
    site.at("day 2 12:03:05").remembers(FRONT)
    site.chapter("A late shutting shows that what two others opened was no part of the first.")
    site.at("day 2 14:00").door(FRONT).may_open("12:00", "day 2 15:00", 1, 10, permit_id="three")
    site.at("day 2 14:10").door(FRONT).opens().loses_radio()
    site.at("day 2 14:10:10").door(FRONT).shuts()
    _open(site, ("14:13", "14:13:10", BACK), ("14:14:30", "14:14:40", WINDOW), day="2")
    site.remembers(WINDOW)
    site.at("day 2 14:16").door(FRONT).gets_radio()
    site.at("day 2 14:16:05").remembers(FRONT, WINDOW)
    _is_finished(site, "day 2 14:30")
    site.remembers(BACK)


def _left_open(site: Chronicle) -> None:
    site.chapter("Three leaves stay open together: told once.")
    site.at("day 3 11:30").door(FRONT).may_open("day 3 11:30", "day 3 12:30", 2, 10, permit_id="d")
    for second, door in enumerate(DOORS):
        site.at(f"day 3 12:00:0{second}").door(door).opens()
    site.at("day 3 12:10:05").remembers(BACK)
    for second, door in enumerate(DOORS):
        site.at(f"day 3 12:11:0{second}").door(door).shuts()
    _is_finished(site, "day 3 12:13")
    site.chapter("The first one's seal is silent: what stays open beside it is told all the same.")
    site.at("day 3 12:20").door(FRONT).opens()
    site.door(FRONT).loses_radio()
    site.at("day 3 12:20:05").door(BACK).opens()
    site.at("day 3 12:31").remembers(BACK)
    site.at("day 3 12:32").door(FRONT).gets_radio()
    site.door(FRONT).shuts()
    site.door(BACK).shuts()
    _is_finished(site, "day 3 12:34")
    site.chapter("What joined the case of a visit that left a door open was lawful after all.")
    times = site.time("day 3 13:00"), site.time("day 3 13:30")
    seal = site.seals[FRONT].seal_id
    site.at("day 3 13:00").tell(FRONT, VisitAnnounced(Visit("v", seal, *times, "~zhou")))
    site.at("day 3 13:10").door(FRONT).opens()
    site.at("day 3 13:40").door(WINDOW).may_open("day 3 13:40", "day 3 13:45", permit_id="w")
    site.door(WINDOW).loses_radio()
    site.at("day 3 13:44:30").door(WINDOW).opens()
    site.at("day 3 13:45").door(BACK).opens()
    site.remembers(FRONT)
    site.at("day 3 13:46").door(WINDOW).gets_radio()
    site.door(WINDOW).speaks()
    site.at("day 3 13:47").remembers(BACK)
    for door in DOORS:
        site.door(door).shuts()
    _is_finished(site, "day 3 14:00")


def _tampered(site: Chronicle) -> None:
    site.chapter("Tampering stays each seal's own; where one case ends, others know the other.")
    site.at("day 4 12:00").door(FRONT).cover()
    site.at("day 4 12:01").door(BACK).cover()
    site.door(BACK).cover(off=False)
    site.door(FRONT).cover(off=False)
    _is_finished(site, "day 4 12:03")
    _open(site, ("12:10", "12:10:20", WINDOW), day="4")
    site.at("day 4 12:11").remembers(*DOORS)
    _is_finished(site, "day 4 12:20")


def _in_doubt(site: Chronicle) -> None:
    site.chapter("A clock in doubt: what may have been lawful is a question, of all contacts.")
    site.at("day 5 11:00").door(FRONT).may_open("day 5 11:00", "day 5 11:30", 1, 10, permit_id="q")
    site.tell(SITE, ClockDoubted(20 * MINUTE, 10 * MINUTE))
    _open(site, ("11:25", "11:26", BACK), ("11:25:10", "11:25:40", WINDOW), day="5")
    site.at("day 5 11:27").remembers(FRONT)
    site.tell(SITE, ClockSure())
    _is_finished(site, "day 5 11:30")
    site.chapter("Nobody saw the window open: its edges were counted.")
    site.seals[WINDOW].edges += 2
    site.at("day 5 12:20").remembers(FRONT)
    _is_finished(site, "day 5 12:30")
    site.chapter("What is found open is its household's too.")
    site.at("day 5 13:00").door(BACK).loses_power()
    site.at("day 5 13:01").door(BACK).opens()
    site.at("day 5 13:02").door(BACK).gets_power()
    site.at("day 5 13:04").remembers(FRONT)
    _open(site, ("13:04:30", "13:05", FRONT), day="5")
    site.at("day 5 13:06").door(BACK).shuts()
    site.at("day 5 13:07").remembers(WINDOW)
    _is_finished(site, "day 5 13:20")


def _comes_and_goes(site: Chronicle) -> Chronicle:
    site.chapter("A contact is moved elsewhere while another stands open, and comes back.")
    site.at("day 6 11:00").door(FRONT).may_open("day 6 11:00", "day 6 12:30", 2, 30, permit_id="m")
    site.tell(WINDOW, DoorPlaced("g"))
    site.tell(FRONT, DoorPlaced("g", (), "", (BACK,)))
    site.tell(BACK, DoorPlaced("g", (), FRONT, (FRONT,)))
    site.at("day 6 11:10").door(FRONT).opens()
    site.tell(FRONT, DoorPlaced("g", (), "", (BACK, WINDOW)))
    site.tell(BACK, DoorPlaced("g", (), FRONT, (FRONT, WINDOW)))
    site.tell(WINDOW, DoorPlaced("g", (), FRONT, (FRONT, BACK)))
    site.at("day 6 11:10:10").door(WINDOW).opens()
    site.remembers(WINDOW)
    site.at("day 6 11:10:20").door(WINDOW).shuts()
    site.at("day 6 11:10:30").door(FRONT).shuts()
    site.at("day 6 11:20").remembers(WINDOW)
    site.chapter("One goes out of use; the household's order goes on, and ends for good.")
    site.at("day 6 12:00").tell(BACK, DoorEnded())
    site.tell(FRONT, DoorPlaced("g", (), "", (WINDOW,)))
    site.tell(WINDOW, DoorPlaced("g", (), FRONT, (FRONT,)))
    site.at("day 6 12:50").door(FRONT).opens()
    site.at("day 6 12:50:02").door(WINDOW).opens()
    site.at("day 6 12:51").remembers(BACK)
    site.at("day 6 12:52").door(FRONT).gets_order("07:00", "day 6 14:00")
    site.at("day 6 15:00").remembers(FRONT)
    site.at("day 6 15:00").tell(FRONT, OrderDestroyed("order"))
    site.tell(WINDOW, OrderDestroyed("order"))
    return site.remembers(WINDOW)
