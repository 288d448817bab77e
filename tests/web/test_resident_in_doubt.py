"""A household's page while the gateway's clock is in doubt."""

from pathlib import Path

from gateway.core.events import ClockDoubted, ClockSure, OrderPlaced
from gateway.core.model import Order
from gateway.core.subject import SITE, of_door
from tests.web.households import household_phone, new_code, permits_of
from tests.web.web_site import HOUR_MS, console, new_store, now_ms


async def test_a_clock_in_doubt_ends_no_page_early(tmp_path: Path) -> None:
    """The order is over by the gateway's clock, which may be two hours ahead: the household still
    reads its page and announces; once the clock is believed, it is over."""
    async with console(new_store(tmp_path, 1)) as site, household_phone(site.app) as phone:
        await site.seal(0)
        await phone.enters(new_code(site.store, "d0"))
        await site.engine.submit(of_door("d0"), OrderPlaced(Order("o0", 0, now_ms() - HOUR_MS)))
        await site.engine.submit(SITE, ClockDoubted(0, 2 * HOUR_MS))
        page = (await phone.opens("/r/home")).text
        assert "<b>0</b> days left" in page
        assert (await phone.presses("/r/announce/now", what="rubbish")).status_code == 303
        (permit,) = permits_of(site.store, "d0")
        assert permit.to_ms > permit.from_ms
        await site.engine.submit(SITE, ClockSure())
        assert "Your order has ended." in (await phone.opens("/r/home")).text
