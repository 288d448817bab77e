"""A roll-out through the starts of a gateway, and through a correction of its clock."""

import pytest

from gateway.core.duration import DAY_MS, HOUR_MS, MINUTE_MS
from gateway.store.seal_tables import seal_commands, seal_readings
from gateway.updates.kept import OlderError
from gateway.updates.rollout import (
    AGAIN_MS,
    AT_ONCE_MAX,
    LISTENED_MS,
    TRIAL_MS,
    TRIES_MAX,
    Plan,
    RolloutState,
    SealState,
)
from sealwire import ccm, topics, update
from tests.engine.small_site import rows
from tests.updates.test_server import C6, KEYS, OFFER, Site, site  # noqa: F401


async def test_a_gateway_that_starts_each_day_gives_up_who_is_silent_too(
    site: Site,  # noqa: F811
) -> None:
    """It asks nothing of a day without an end: what it heard in its own life is enough."""
    await site.start(canaries=0)
    for _ in range(8):
        assert set(site.states()) == {SealState.WAITING}
        site.restart()
        await site.server.look()
        site.now_ms += DAY_MS - 1
        await site.server.look()
    assert set(site.states()) == {SealState.LEFT_OUT}


@pytest.mark.parametrize("by_ms", [-5 * HOUR_MS, 5 * HOUR_MS])
async def test_a_clock_that_is_set_fails_nobody_who_is_on_trial(
    site: Site,  # noqa: F811
    by_ms: int,
) -> None:
    await site.start()
    assert site.ask(1) == OFFER
    site.pull(1)
    await site.server.look()
    site.now_ms += by_ms
    site.server.moved(by_ms)
    await site.server.look()
    assert (site.states()[0], site.stored().state) == (SealState.TRYING, RolloutState.RUNNING)
    site.now_ms += TRIAL_MS
    await site.server.look()
    assert site.states()[0] is SealState.FAILED


async def test_a_gateway_that_power_cuts_start_every_few_hours_gives_up_who_is_silent_and_no_other(
    site: Site,  # noqa: F811
) -> None:
    """No life listens for long enough; all of them together do. Whoever asks stays."""
    await site.start(Plan(at_once=1), canaries=0)
    assert site.ask(1) == OFFER  # and has the only place, so that the others wait
    began_ms, lives = site.now_ms, 0
    while site.now_ms < began_ms + 8 * DAY_MS:
        site.restart(listened_ms=lambda since_ms: (site.now_ms - max(since_ms, began_ms)) * 2 // 3)
        await site.server.look()
        if lives % 6 == 0:
            site.fetch(1, 0)
            site.ask(2)
        await site.server.look()
        site.now_ms += LISTENED_MS * 2 // 3
        lives += 1
    assert site.states()[1] is SealState.WAITING
    assert set(site.states()[2:]) == {SealState.LEFT_OUT}


async def test_a_gateway_that_was_off_for_a_week_gives_up_nobody_before_it_has_listened(
    site: Site,  # noqa: F811
) -> None:
    await site.start(canaries=0)
    began_ms = site.now_ms
    site.now_ms += 9 * DAY_MS
    site.restart(listened_ms=lambda since_ms: max(0, began_ms + LISTENED_MS - since_ms))
    for _ in range(2):
        await site.server.look()
        assert set(site.states()) == {SealState.WAITING}
        site.now_ms += LISTENED_MS - 1
    site.now_ms += 1
    await site.server.look()
    assert set(site.states()) == {SealState.LEFT_OUT}


@pytest.mark.parametrize("kind", [update.ASK, update.FETCH])
async def test_a_captured_question_costs_nothing_in_any_life(
    site: Site,  # noqa: F811
    kind: int,
) -> None:
    """Whoever holds the seal's latest question says it again after each start, before its next
    report; the number of it is known to all lives, so it is answered by none."""
    await site.start(canaries=0)
    assert site.ask(1) == OFFER
    site.pull(1)
    release = OFFER[0] if kind == update.FETCH else update.NOTHING
    captured = (kind, 0, C6, 1, 0, release, 0, 1)
    seal_id = f"{1:016x}"
    site.say(1, captured)
    counter = site.counters[seal_id]
    await site.server.look()
    before = site.stored().seals[seal_id]
    frame = update.seal_request(
        ccm.cipher(KEYS[seal_id]), bytes.fromhex(seal_id), 1, counter, captured
    )
    for _ in range(TRIES_MAX):
        site.now_ms += AGAIN_MS
        site.restart()
        await site.server.look()
        site.server.receive(topics.update(seal_id), frame)
        assert (site.said, site.server.refused) == ([], 1)
        await site.server.look()
    assert site.stored().seals[seal_id] == before


async def test_a_start_calls_nobody_again_who_was_called_just_now(
    site: Site,  # noqa: F811
) -> None:
    """Else the same few silent seals are called at each start, and the next never."""
    await site.start(Plan(at_once=2), canaries=0)
    await site.server.look()
    called = [row["seal_id"] for row in rows(site.store, seal_commands)]
    assert len(called) == 2
    for _ in range(3):
        site.now_ms += 2 * MINUTE_MS
        site.restart()
        await looked(site)
    assert [row["seal_id"] for row in rows(site.store, seal_commands)] == called
    site.now_ms += 10 * MINUTE_MS
    site.restart()
    await looked(site)
    later = [row["seal_id"] for row in rows(site.store, seal_commands)][2:]
    assert len(later) == 2
    assert not set(later) & set(called)


async def test_what_a_seal_runs_is_known_by_its_own_word_and_holds_up_an_older_release(
    site: Site,  # noqa: F811
) -> None:
    """It was flashed by cable, and no roll-out knows of it."""
    await site.server.look()
    site.ask(3, running=9)
    site.ask(4)
    await site.server.look()
    said = {row["seal_id"]: row["release"] for row in rows(site.store, seal_readings)}
    assert said == {f"{3:016x}": 9, f"{4:016x}": 0}
    with pytest.raises(OlderError, match="1 of 7 seals run a newer release"):
        await site.start(Plan(at_once=AT_ONCE_MAX))


async def looked(site: Site) -> None:  # noqa: F811
    """It knows how the roll-out stands, and has called whom it calls."""
    for _ in range(2):
        await site.server.look()
