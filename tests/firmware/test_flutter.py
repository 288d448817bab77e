"""A magnet at its limit: what a seal says, writes and spends, and what the gateway makes of it."""

from itertools import pairwise
from pathlib import Path

import pytest

from gateway.core.model import Contact
from gateway.core.reasons import Reason
from gateway.power import ledger
from gateway.power.life import DAY_S
from gateway.power.steps import ASLEEP_UA, FILES, MODEL, USABLE_MAH, wake_mc
from sealwire.report import EDGE, OPEN
from tests.core.story import Story
from tests.firmware.flutter_bench import HOUR_MS, Fluttering

TOGGLES_MS = 310  # 279,000 a day
PARTS_OF_A_DAY = 24 * 6


@pytest.fixture
def mains(tmp_path: Path) -> Fluttering:
    return Fluttering(tmp_path, mains=True)


@pytest.fixture
def battery(tmp_path: Path) -> Fluttering:
    return Fluttering(tmp_path, mains=False)


def test_on_mains_it_counts_all_and_writes_once_in_ten_seconds(mains: Fluttering) -> None:
    mains.live(5000, None)
    writes, sent = mains.flash_writes, mains.seal.sent
    mains.live(HOUR_MS // 6, TOGGLES_MS)
    writes = (mains.flash_writes - writes) * PARTS_OF_A_DAY
    sent = (mains.seal.sent - sent) * PARTS_OF_A_DAY
    print(f"flutter on mains: {mains.edges * PARTS_OF_A_DAY} edges a day, {writes} flash writes")
    print(f"and {sent} reports")
    assert mains.edges * PARTS_OF_A_DAY > 200_000
    assert writes <= 12_500
    assert sent <= 12_500
    mains.calm(lambda: not mains.seal.waiting and not mains.seal.switches.flutters[0].held)
    assert mains.seal.spool.edges == mains.edges
    assert max(report.edges for _, report in mains.heard) == mains.edges


def test_what_is_told_alternates_with_the_count_and_none_is_later_than_ten_seconds(
    mains: Fluttering,
) -> None:
    mains.live(5000, None)
    mains.live(120_000, TOGGLES_MS)
    told = [(at, report) for at, report in mains.heard if report.kind == EDGE and not report.first]
    assert all(report.contact == report.edges & 1 for _, report in told)
    assert max(later - sooner for (sooner, _), (later, _) in pairwise(told)) <= 10_500


def test_when_it_comes_to_rest_the_contact_is_told_as_it_stands(mains: Fluttering) -> None:
    mains.live(5000, None)
    mains.live(61_000, TOGGLES_MS)
    if not mains.edges & 1:
        mains.toggle()  # it comes to rest open
    mains.calm(lambda: mains.seal.spool.edges == mains.edges and not mains.seal.waiting)
    _, last = mains.heard[-1]
    assert (last.contact, last.edges) == (OPEN, mains.edges)


def day_c(wakes: int) -> float:
    """The charge of a day with so many wakes, all dear ones, and what sleep costs."""
    wake_c = wake_mc(ledger.counts()[ledger.OPENING], FILES) / 1000
    return wakes * wake_c + ASLEEP_UA[MODEL] * DAY_S / 1e6


def test_on_batteries_a_flutter_costs_little_more_than_the_heartbeats(battery: Fluttering) -> None:
    battery.live(20_000, None)
    battery.live(HOUR_MS, TOGGLES_MS)  # until its pace is the slowest
    wakes, writes = battery.wakes, battery.flash_writes
    battery.live(2 * HOUR_MS, TOGGLES_MS)
    wakes, writes = (battery.wakes - wakes) * 12, (battery.flash_writes - writes) * 12
    beats = DAY_S * 1000 // battery.settings.heartbeat_ms
    calm = USABLE_MAH[MODEL] * 3.6 / day_c(beats)
    days = USABLE_MAH[MODEL] * 3.6 / day_c(wakes)
    print(f"flutter on batteries: {wakes} wakes and {writes} flash writes a day,")
    print(f"{day_c(wakes):.0f} C: two cells last {days:.0f} days, and {calm:.0f} without it")
    assert wakes <= 1.35 * beats
    assert writes <= 2000
    battery.live(HOUR_MS, None)
    assert battery.board.muted == 0, "a quiet while, and it wakes by its door again"
    battery.toggle()
    battery.live(10_000, None)
    assert battery.heard[-1][1].contact == battery.board.level(0)


@pytest.mark.parametrize("every_ms", [310, 1500, 4000])
def test_the_gateway_tells_the_installer_of_a_fault_and_claims_no_opening(
    mains: Fluttering, every_ms: int
) -> None:
    story = Story()
    mains.live(5000, None)
    mains.live(HOUR_MS // 3, every_ms)
    now_ms = mains.heard[0][0]
    for at_ms, report in mains.heard:
        if report.first or report.kind != EDGE:
            continue
        story.after(at_ms - now_ms)
        now_ms = at_ms
        contact = Contact.OPEN if report.contact == OPEN else Contact.SHUT
        story.report(contact, edges=report.edges, age_ms=report.age_ms)
    reasons = [page.reason for page in story.pages()]
    assert set(reasons) == {Reason.NO_PERMIT, Reason.CHATTER}, reasons
    assert reasons.count(Reason.CHATTER) == 1
    assert Reason.OPENED_BLIND not in {began.reason for began in story.began()}
    assert story.door.chattering is not None
