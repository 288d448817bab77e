"""A roll-out through the starts of a gateway, and through a correction of its clock."""

import pytest

from gateway.core.duration import DAY_MS, HOUR_MS
from gateway.updates.rollout import TRIAL_MS, RolloutState, SealState
from tests.updates.test_server import OFFER, Site, site  # noqa: F401


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
