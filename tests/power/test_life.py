"""From a ledger of wakes to how long two cells last."""

import re
from html.parser import HTMLParser

import pytest

from gateway.power import drawing, ledger, life, steps
from gateway.power.life import Profile
from sealwire import receipt


def test_a_wake_is_the_sum_of_its_steps() -> None:
    counts = {"start": 1, "module_bytes": 1000, "advert": 10}
    assert steps.wake_mc(counts) == pytest.approx(3.0 + 0.64 + 5.0)
    assert steps.wake_mc(counts, steps.ROMFS) == pytest.approx(3.0 + 0.64 / 3.3 + 5.0)
    low, high = (steps.wake_mc(counts, column=column) for column in (steps.LOW, steps.HIGH))
    assert low < steps.wake_mc(counts) < high


def test_every_step_of_the_ledger_has_a_price_and_every_price_its_source() -> None:
    taken = {step for counts in ledger.counts().values() for step in counts}
    assert taken <= set(steps.PRICES)
    for step in steps.STEPS:
        assert 0 < step.mc[steps.LOW] <= step.mc[steps.MODEL] <= step.mc[steps.HIGH], step.name
        assert re.match(r"\d|reckoned: ", step.source), step.name


def test_the_ledger_holds_every_wake() -> None:
    assert list(ledger.counts()) == list(ledger.WAKES)


@pytest.mark.parametrize("beat_s", [100, 300])
def test_from_romfs_both_goals_are_met_and_from_files_neither(beat_s: int) -> None:
    """Which decided where the program lies: see DECISIONS."""
    from_romfs, from_files = (
        life.life(Profile(beat_s, True, storage)) for storage in (steps.ROMFS, steps.FILES)
    )
    assert from_romfs.beat_mc[steps.MODEL] * 1.05 <= life.BEAT_MC_MAX  # a margin that is one
    assert from_romfs.is_met is True
    spare_c = steps.USABLE_MAH[steps.MODEL] * 3.6 / life.GOALS_DAYS[beat_s]
    spare_c -= from_romfs.asleep_c[1] + from_romfs.beats_c[1] + from_romfs.events_c[1]
    beats_a_day = life.DAY_S / beat_s
    dearest_mc = from_romfs.beat_mc[steps.MODEL] + spare_c * 1000 / beats_a_day
    assert dearest_mc >= life.BEAT_MC_MAX  # which meets the goal
    assert from_files.beat_mc[steps.MODEL] > life.BEAT_MC_MAX
    assert from_files.is_met is False


def test_life_adds_up() -> None:
    one = life.life(Profile(100, True))
    day_c = one.asleep_c[1] + one.beats_c[1] + one.events_c[1]
    assert one.days[1] == int(steps.USABLE_MAH[1] * 3.6 / day_c)
    assert one.asleep_c[1] == pytest.approx(14.2 * 0.0864)
    assert one.days[0] > one.days[1] > one.days[2]
    assert life.life(Profile(100, False)).goal_days is None


def test_the_firmware_shows_itself_over_wifi_as_often_as_the_reckoning_has_it() -> None:
    every_ms = getattr(receipt, "HEARD_MS", None)  # for so long its heartbeats go by air alone
    if every_ms is None:
        pytest.skip("this firmware has no second path")
    assert life.DAY_S * 1000 // every_ms == life.WIFI_BEATS_BY_AIR


class Tags(HTMLParser):
    """Which tags a page has, and whether each is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.seen.append(tag)
        if tag not in ("meta", "html"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        self.seen.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag != "html":
            assert self.open.pop() == tag


def test_the_page_has_a_bar_for_every_profile_and_fetches_nothing() -> None:
    lives = life.usual()
    page = drawing.page(lives)
    tags = Tags()
    tags.feed(page)
    assert tags.open == []
    assert tags.seen.count("rect") == 2 * len(lives)
    for one in lives:
        assert page.count(one.profile.name) >= 2
    assert not re.search(r"""(?:src|href)=|url\(|<script""", page)
    assert all(step.source.split(":")[0] in page for step in steps.STEPS)
