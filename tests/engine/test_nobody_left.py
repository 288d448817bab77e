"""What an earlier life told of somebody, or something, that is there no more is over.

No later word can prove it: nobody is told by that address, no seal speaks by air any more.
"""

import pytest
from msgspec.structs import replace

from gateway.core.cases import troubles
from gateway.core.reasons import Reason
from gateway.engine.engine import Engine
from gateway.engine.path_watch import PathWatch, nobody_by_air
from gateway.notify.addressing import Addresses
from gateway.notify.connecting import watch_addresses
from gateway.notify.destination import code_of
from gateway.store import seal_paths
from gateway.store.database import Store
from tests.engine.small_site import HandSeal, beating_at, enrol
from tests.engine.test_earlier_life import beats_by_air, said
from tests.engine.test_path_causes import POINT
from tests.engine.test_two_paths import house, seal  # noqa: F401
from tests.manual_clock import ManualClock


@pytest.mark.parametrize("speaks_by_air", [False, True])
async def test_what_was_told_of_the_air_is_over_where_nobody_is_to_be_heard_any_more(
    store: Store,
    seal: HandSeal,  # noqa: F811
    speaks_by_air: bool,
) -> None:
    """Bluetooth is switched off, and there may be no seal left that speaks by it."""
    clock = ManualClock()
    async with house(store, seal, clock) as one:
        if speaks_by_air:
            await beats_by_air(one, seal, 1)
        one.engine.trouble(Reason.RECEIVER_LOST, is_present=True)
        one.engine.trouble(Reason.NETWORK_AWAY, is_present=True, about=POINT)
        await one.idle()
    with store.reading() as connection:
        by_air = seal_paths.heard(connection)
    assert bool(by_air) is speaks_by_air
    async with beating_at(store, clock) as engine:
        engine.metrics.broker(connected=True)
        if by_air:
            PathWatch(engine, by_air, is_expected=False).look()
        else:
            nobody_by_air(engine)
        await engine.idle()
    assert said(store, Reason.RECEIVER_LOST) == ["began", "ended"]
    assert said(store, Reason.NETWORK_AWAY) == ["began", "ended"]


async def test_an_address_that_nobody_has_any_more_fails_no_more(store: Store) -> None:
    """Its case would stay for good: no page will go there and prove that it works."""
    enrol(store, [HandSeal()], webhook="https://example.org/wang")
    clock = ManualClock()
    site, wangs, gone = (
        code_of("webhook", f"https://example.org/{name}") for name in ("site", "wang", "gone")
    )

    def told(engine: Engine) -> set[str]:
        return set(troubles.present(engine.state.troubles, Reason.CHANNEL_FAILING))

    async with beating_at(store, clock) as engine:
        for code in (site, wangs, gone):
            engine.trouble(Reason.CHANNEL_FAILING, is_present=True, about=code)
        await engine.idle()
        assert told(engine) == {site, wangs, gone}
    async with beating_at(store, clock) as engine:
        known = engine.state.registry
        addresses = Addresses(known, "https://example.org/site", "en")
        watch_addresses(engine, addresses)
        await engine.idle()
        assert told(engine) == {site, wangs}
        without = replace(known, wardens={})
        addresses.know(without)
        engine.enlarge(without)
        await engine.idle()
        assert told(engine) == {site}
