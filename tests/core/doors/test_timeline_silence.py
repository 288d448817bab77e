"""Timelines of silence, outages, coverage and the canary (rules 6, 7, 8 and 10)."""

from gateway.core.doors.silence import Liveness, liveness
from gateway.core.effects import OutageFound, OutageGrew, OutageOver
from gateway.core.events import DoorClassed, PageReceived
from gateway.core.model import Contact
from gateway.core.rules import CANARY, Rules
from gateway.replay.coverage import ledger
from tests.core.actors import MINUTE, Seal
from tests.core.timeline import (
    SITE,
    Site,
    between,
    captain,
    case,
    centre,
    installer,
    nobody,
    opening,
    page,
    question,
    warden,
)


def falls_silent(site: Site, time: str, *doors: str) -> None:
    site.at(time)
    for door_id in doors:
        site.door(door_id).loses_power()


def comes_back(site: Site, time: str, *doors: str) -> None:
    site.at(time)
    for door_id in doors:
        site.door(door_id).gets_power()


def test_live_late_and_lost_are_worked_out_when_somebody_asks() -> None:
    site = Site("3-201")
    falls_silent(site, "08:00:01", "3-201")
    seen = {}
    for time in ("08:03:19", "08:03:20", "08:06:39", "08:06:40"):
        site.at(time)
        seen[time] = liveness(site.doors["3-201"], site.now_ms, Rules())
    assert list(seen.values()) == [Liveness.LIVE, Liveness.LATE, Liveness.LATE, Liveness.LOST]


def test_silence_by_day_is_the_installers_after_half_an_hour() -> None:
    site = Site("3-201")
    falls_silent(site, "10:00:01", "3-201")
    site.want(between("10:00", "10:36:39"), nobody())
    site.want(between("10:36:40", "10:36:40"), page(installer, why="silent"))
    site.want(between("10:36:41", "11:36:40"), page(captain), page(warden, times=0))


def test_silence_by_night_waits_for_the_installers_day() -> None:
    site = Site("3-201")
    falls_silent(site, "23:00", "3-201")
    site.want(between("23:00", "day 2 07:59:59"), nobody(), case("raised", why="silent"))
    site.want(between("day 2 08:00", "day 2 08:00"), page(installer, why="silent"))


def test_a_seal_that_comes_back_ends_the_case_of_its_silence() -> None:
    site = Site("3-201")
    falls_silent(site, "10:00", "3-201")
    comes_back(site, "10:50", "3-201")
    site.want(between("10:50", "10:50"), case("closed", why="heard again"))
    site.want(between("10:51", "12:00"), nobody())


def test_a_in_review_case_of_silence_closes_when_the_seal_is_heard() -> None:
    site = Site("3-201")
    falls_silent(site, "10:00", "3-201")
    site.at("10:40").person("Sun", "3-201").acknowledges()
    site.person("Sun", "3-201").reports("seal_fault")
    site.person("Zhao", "3-201").assesses()
    site.person("Qian", "3-201").signs_off()
    assert site.doors["3-201"].in_review != ()
    comes_back(site, "15:00", "3-201")
    site.want(between("15:00", "15:00"), case("closed"))
    assert site.doors["3-201"].in_review == ()


def opens_lawfully_and_falls_silent(site: Site, time: str) -> None:
    site.at(time).door("3-201").may_open(time, "22:00", longest_min=10)
    site.door("3-201").opens()
    site.live_until(site.now_ms + 1_000)
    site.door("3-201").loses_power()


def test_silence_after_a_lawful_opening_is_a_question_and_the_wardens_after_four_hours() -> None:
    site = Site("3-201")
    opens_lawfully_and_falls_silent(site, "10:01")
    site.want(
        between("10:01", "10:38"),
        question(),
        page(installer, why="silent"),
        page(warden, times=0),
        case("raised", why="silent after opening"),
    )
    site.want(between("10:38:01", "14:37"), nobody())
    site.want(between("14:37:01", "14:38"), page(warden, why="silent after opening"))
    site.want(between("14:38:01", "18:37"), nobody())
    site.want(between("18:37:01", "18:38"), page(captain), question(times=0))


def test_a_question_of_the_evening_wakes_nobody_and_the_captain_comes_after_the_warden() -> None:
    site = Site("3-201")
    opens_lawfully_and_falls_silent(site, "18:00")
    site.want(between("18:00", "18:37"), question(), page(installer, why="silent"))
    site.want(between("18:37:01", "day 2 07:59:59"), nobody())
    site.want(between("day 2 08:00", "day 2 08:00"), page(warden), page(captain, times=0))
    site.want(between("day 2 08:00:01", "day 2 12:00"), page(captain))
    site.want(between("day 2 12:00:01", "day 3 07:59:59"), nobody())
    site.want(between("day 3 08:00", "day 3 08:00"), page(warden), question(times=0))


def test_a_question_is_over_when_the_seal_is_heard_and_nobody_was_disturbed() -> None:
    site = Site("3-201")
    opens_lawfully_and_falls_silent(site, "10:01")
    site.at("13:00").door("3-201").gets_power()
    site.want(between("13:00", "13:00"), case("closed", why="heard again"))
    site.want(between("10:38", "12:59"), page(warden, times=0))


def test_heard_again_and_open_still_is_told_at_once() -> None:
    site = Site("3-201")
    site.at("10:01").door("3-201").may_open("10:00", "22:00", longest_min=10)
    site.door("3-201").opens()
    site.at("10:01:30").door("3-201").loses_radio()
    site.at("12:00").door("3-201").gets_radio()
    site.want(between("10:30", "12:00:10"), question(), page(warden, why="permit overstayed"))


def test_an_outage_explains_a_question() -> None:
    site = Site("3-1", "3-2", "3-3", "3-201")
    opens_lawfully_and_falls_silent(site, "10:00")
    falls_silent(site, "11:00", "3-1", "3-2", "3-3")
    site.want(between("11:00", "11:20"), case("closed", why="outage", door="3-201"))
    site.want(between("11:20", "16:00"), page(warden, door="3-201", times=0))


def test_a_question_comes_back_from_the_shelf_to_the_warden() -> None:
    site = Site("3-201")
    opens_lawfully_and_falls_silent(site, "08:01")
    site.at("12:40").person("Wang", "3-201").shelves("15:00", "they sleep")
    site.want(between("12:41", "14:59:59"), nobody())
    site.want(between("15:00", "15:00"), page(warden, why="silent after opening"))


def test_silence_after_an_unlawful_opening_belongs_to_the_case_of_that() -> None:
    site = Site("3-201")
    site.at("10:01").door("3-201").opens()
    falls_silent(site, "10:01:01", "3-201")
    site.person("Wang", "3-201").is_there()
    site.want(
        between("10:01:02", "11:00"),
        page(installer, why="silent"),
        page(warden, times=0),
        question(times=0),
        case("raised", times=0),
    )
    site.person("Wang", "3-201").reports("explained")
    case_of_opening = site.doors["3-201"].in_review[-1]
    assert case_of_opening.cleared_ms is None, "nobody has heard that the door is shut"


def test_who_was_at_an_unlawful_opening_is_not_told_anew_of_its_silent_seal() -> None:
    site = Site("3-201")
    site.at("10:01").door("3-201").opens()
    site.person("Wang", "3-201").is_there()
    site.at("10:05").person("Wang", "3-201").reports("explained")
    falls_silent(site, "10:05:01", "3-201")
    site.want(
        between("10:05:02", "16:00"),
        page(installer, why="silent"),
        page(warden, times=0),
        question(times=0),
    )


def test_a_door_open_for_no_known_reason_that_falls_silent_is_the_wardens() -> None:
    site = Site("3-201")
    another = site.at("10:00").seals["3-201"] = Seal("another", 100_000, leaf=Contact.OPEN)
    another.boots(site.now_ms)
    site.door("3-201").gets_seal(another).speaks()
    falls_silent(site, "10:00:10", "3-201")
    site.want(between("10:01", "10:37"), page(warden, why="silent open"), question(times=0))


def test_a_tampered_seal_that_falls_silent_is_the_wardens_by_night() -> None:
    site = Site("3-201")
    site.at("23:00").door("3-201").cover()
    site.person("Wang", "3-201").is_there()
    site.person("Wang", "3-201").reports("repaired", despite_seal=True)
    falls_silent(site, "23:01", "3-201")
    site.want(between("23:05", "day 2 00:30"), page(warden, why="silent tampered", times=None))


def test_a_seal_that_falls_silent_beside_an_open_case_is_not_forgotten() -> None:
    site = Site("3-201")
    site.at("09:00").door("3-201").opens()
    site.at("09:00:30").door("3-201").shuts()
    falls_silent(site, "09:01", "3-201")
    site.person("Wang", "3-201").is_there()
    site.at("10:00").person("Wang", "3-201").reports("explained")
    site.want(between("10:00", "10:40"), page(installer, why="silent"))


def test_five_hundred_doors_without_power_are_one_case_and_a_true_opening_pages_at_once() -> None:
    flats = [f"{building}-{flat}" for building in range(1, 26) for flat in range(1, 21)]
    site = Site(*flats, from_="10:00", heartbeat_ms=300_000)
    site.at("10:05")
    leaver, tampered = "7-7", "8-8"  # on batteries, and heard by the neighbour
    for door_id in flats:
        if door_id not in (leaver, tampered):
            site.door(door_id).loses_power()
    site.want(between("10:05", "10:26:59"), nobody())
    site.at("10:28").door(leaver).opens()
    site.door(tampered).cover()
    site.want(
        between("10:27", "10:28:10"),
        page(installer, why="outage", door=SITE),
        page(warden, why="no permit", door=leaver),
        page(warden, why="cover tamper", door=tampered),
    )
    (outage,) = [e for _, _, e in site.followed if isinstance(e, OutageFound)]
    assert len(outage.doors) == 498
    site.person("Wang", leaver).is_there()
    site.person("Wang", tampered).is_there()
    comes_back(site, "10:40", *(d for d in flats if d not in (leaver, tampered)))
    site.want(between("10:40", "11:27"), nobody(), case("closed", why="heard again", door=SITE))


def test_a_breach_in_the_storm_of_their_return_pages_within_ten_seconds() -> None:
    flats = [f"3-{flat}" for flat in range(1, 41)]
    site = Site(*flats)
    falls_silent(site, "08:00", *flats)
    comes_back(site, "09:00", *flats)
    site.at("09:00:01").door("3-17").opens()
    site.want(between("09:00", "09:00:10"), page(warden, why="no permit", door="3-17"))
    site.want(between("09:00", "09:00:29"), page(warden), page(installer, times=0))


def test_who_stays_away_after_the_outage_is_silent_for_himself() -> None:
    site = Site("3-1", "3-2", "3-3", "3-4")
    falls_silent(site, "09:00", "3-1", "3-2", "3-3", "3-4")
    comes_back(site, "10:00", "3-1", "3-2", "3-3")
    site.want(between("10:01", "10:20"), nobody())
    site.want(between("10:20", "10:35"), page(installer, why="silent", door="3-4"))


def test_a_case_of_silence_that_an_outage_explained_is_never_opened_again() -> None:
    """The next one has a name of its own, or its pages would be taken for the first one's."""
    site = Site("3-1", "3-2", "3-3", "3-4")
    falls_silent(site, "09:00", "3-4")
    falls_silent(site, "10:00", "3-1", "3-2", "3-3")
    site.want(between("10:00", "10:20"), case("closed", why="outage", door="3-4"))
    comes_back(site, "10:30", "3-1", "3-2", "3-3")
    site.want(between("10:30", "11:30"), page(installer, why="silent", door="3-4"))
    pages = [p.page_id for p in site.pages() if p.step_index == p.round == 0]
    assert len(pages) == len(set(pages))


def test_a_door_that_flickers_counts_once_and_the_outage_still_ends() -> None:
    site = Site("3-1", "3-2", "3-3", "3-4")
    falls_silent(site, "09:00", "3-1", "3-2", "3-3", "3-4")
    comes_back(site, "09:30", "3-1")
    falls_silent(site, "09:32", "3-1")
    comes_back(site, "10:00", "3-2", "3-3", "3-4")
    falls_silent(site, "10:00:30", "3-1")
    site.at("11:00")
    grew = [e.doors for _, _, e in site.followed if isinstance(e, OutageGrew)]
    assert all(len(doors) == len(set(doors)) for doors in grew)
    (over,) = [e for _, _, e in site.followed if isinstance(e, OutageOver)]
    assert (sorted(over.doors), over.still_silent) == (["3-1", "3-2", "3-3", "3-4"], ("3-1",))


def test_two_silent_doors_of_many_are_no_outage() -> None:
    site = Site(*(f"3-{flat}" for flat in range(1, 11)))
    falls_silent(site, "09:00", "3-1", "3-2")
    site.want(between("09:30", "09:45"), page(installer, why="silent", times=2))


def test_the_ledger_says_what_was_seen_and_what_was_not() -> None:
    site = Site("3-201", heartbeat_ms=60_000)
    site.at("08:00").door("3-201").opens()
    site.at("08:10").door("3-201").shuts()
    falls_silent(site, "08:30", "3-201")
    comes_back(site, "08:45", "3-201")
    site.at("09:00")
    events = [(at_ms, event) for at_ms, place, event in site.journal if place == "3-201"]
    span = site.time("07:30"), site.time("09:00")
    coverage = ledger(events, span)
    minutes = {c: coverage.total_ms(c) / MINUTE for c in Contact}
    assert minutes == {Contact.SHUT: 65, Contact.OPEN: 10, Contact.UNKNOWN: 15}


def test_a_canary_that_is_missed_twice_is_a_case_and_ends_when_it_is_received_again() -> None:
    site = Site("3-201", "canary", ordered=False)
    site.at("08:00").tell("canary", DoorClassed(CANARY))
    for minute in range(10, 60, 10):
        site.at(f"08:{minute}").door("canary").opens()
        if minute <= 20:
            phone = PageReceived("", site.pages()[-1].page_id, "phone")
            site.at(f"08:{minute}:20").tell("canary", phone)
        site.at(f"08:{minute}:30").door("canary").shuts()
    site.want(between("08:00", "08:41:19"), case("raised", times=0), opening("canary", times=4))
    site.want(between("08:41:20", "08:41:20"), page(centre, why="canary missed"))
    site.at("08:50:30").tell("canary", PageReceived("", site.pages()[-1].page_id, "phone"))
    site.want(between("08:50:30", "08:50:30"), case("closed", why="received again"))
