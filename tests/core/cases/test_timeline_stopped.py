"""I13: the gateway was stopped in the middle of an escalation: steps keep their own times."""

import pytest

from gateway.core.effects import PageDue
from gateway.core.rules import Rules
from tests.core.actors import HOUR, MINUTE, SECOND
from tests.core.timeline import Site, between, captain, centre, deputy, nobody, page, warden

DOOR = "3-201"


def stopped(ms: int, after: str = "08:01:10") -> Site:
    """A breach at 08:01; then nobody does anything for a while, not even the gateway."""
    site = Site(DOOR, heartbeat_ms=24 * HOUR)  # no silence in between
    site.at("08:01").door(DOOR).opens()
    site.at(after)
    site.now_ms += ms
    return site


def steps(site: Site) -> list[tuple[int, str]]:
    """When each page after the first was due, in seconds from the opening, and who was told."""
    start_ms = site.time("08:01")
    told = [(at, e) for at, _, e in site.followed if isinstance(e, PageDue)]
    return [((at - start_ms) // SECOND, site.told(e)[0]) for at, e in told][1:]


def test_i13_what_was_due_is_told_at_once_in_order_and_the_rest_at_its_own_time() -> None:
    site = stopped(3 * MINUTE)  # until 08:04:10
    site.live_until(site.now_ms)
    assert steps(site) == [(190, "warden"), (190, "deputy")]
    site.want(between("08:04:11", "08:04:59"), nobody())
    site.want(between("08:05", "08:05"), page(captain))
    site.want(between("08:07", "08:07"), page(centre))
    site.want(between("08:09", "08:09"), page(warden))


@pytest.mark.parametrize("minutes", [10, 20, 61, 600])
def test_i13_a_long_stop_is_made_good_once_and_phones_do_not_ring_for_each_round(
    minutes: int,
) -> None:
    site = stopped(minutes * MINUTE)
    site.live_until(site.now_ms)
    late_s = 10 + minutes * 60
    assert steps(site) == [(late_s, who) for who in ("warden", "deputy", "captain", "centre")]
    before_ms = site.now_ms
    site.live_until(before_ms + 29 * SECOND)
    assert len(steps(site)) == 4, "nobody is told twice at once"
    site.live_until(before_ms + 9 * MINUTE)
    (next_s, who) = steps(site)[4]
    assert (who, next_s % 480) == ("warden", 0), "rounds keep their own times too"


def test_i13_a_stop_between_two_steps_moves_nothing() -> None:
    on_time, held = stopped(0), stopped(40 * SECOND, "08:02:00")
    for site in (on_time, held):
        site.at("08:30")
    assert steps(on_time) == steps(held)


def test_i13_who_took_it_before_the_stop_hears_nothing_after_it() -> None:
    site = Site(DOOR, heartbeat_ms=24 * HOUR)
    site.at("08:01").door(DOOR).opens()
    site.at("08:01:20").person("wang", DOOR).acknowledges()
    site.now_ms += 20 * MINUTE
    site.want(between("08:01:21", "08:31"), nobody())
    assert site.told(site.pages()[0])[0] == warden
    assert deputy not in {who for _, who in steps(site)}


def test_i13_a_round_is_never_shorter_than_its_steps() -> None:
    """Repeats that are asked for sooner than the centre is told wait until it has been told."""
    rules = Rules(centre_ms=10 * MINUTE, again_ms=6 * MINUTE)
    site = Site(DOOR, heartbeat_ms=24 * HOUR, rules=rules)
    site.at("08:01").door(DOOR).opens()
    site.at("08:21")
    assert [step for step in steps(site) if step[0] > 5 * 60] == [(600, "centre"), (1200, "warden")]
