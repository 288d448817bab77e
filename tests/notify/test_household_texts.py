"""The daily reminder of a household by text: through the site's gateway of texts, once, by day, and
not to whoever has said how they are or wants to be left alone."""

import base64
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

from sqlalchemy import insert, select, update

from gateway.channels.signature import Checker
from gateway.cli import check_site
from gateway.cli.check_result import Mark
from gateway.core.events import OrderPlaced
from gateway.core.households.events import HealthReported, HoursNarrowed
from gateway.core.model import Order, Policy
from gateway.core.rules import Rules
from gateway.core.subject import of_door, of_household
from gateway.engine.engine import Engine
from gateway.settings.household import Household
from gateway.store import tables
from gateway.store.database import Store
from gateway.store.page_views import untold_households
from tests.core.story import DAY, HOUR, MINUTE, NOON
from tests.engine.small_site import rows
from tests.manual_clock import ManualClock
from tests.notify.at_work import entries, gateway, site_of, taken
from tests.notify.loopback_service import LoopbackService, Say
from tests.waiting import until

KEY = b"k" * 32
SECRET = "whsec_" + base64.b64encode(KEY).decode()
NUMBER = "+8613800001111"
MORNING = NOON - 3 * HOUR
REMIND_MIN = Rules().health_remind_min


@contextlib.asynccontextmanager
async def reminded(
    store: Store, service: LoopbackService, clock: ManualClock, port: int, number: str | None
) -> AsyncIterator[tuple[Engine, str]]:
    """A site whose one household reports its health each day; the engine and its door."""
    site_of(store, 1, "inbox")
    ((door_id,),) = {(row["door_id"],) for row in rows(store, tables.doors)}
    with store.writing() as connection:
        connection.execute(update(tables.doors).values(telephone=number))
    async with service.open(port) as url:
        home = Household(sms_url=f"{url}/texts", sms_secret=SECRET)
        async with gateway(store, clock=clock, household=home) as engine:
            order = Order("o-h", MORNING - HOUR, MORNING + 9 * DAY, Policy(health_daily=True))
            await engine.submit(of_door(door_id), OrderPlaced(order))
            yield engine, door_id


async def passes(engine: Engine, clock: ManualClock, by_ms: int) -> None:
    """Time passes, and what is due happens."""
    clock.advance(by_ms)
    await engine.idle()


def texts(service: LoopbackService) -> list[dict[str, Any]]:
    return [json.loads(told.body) for told in service.at("/texts")]


async def test_who_has_not_said_how_they_are_is_reminded_by_text_once_a_day(
    store: Store, free_port: Callable[[], int]
) -> None:
    service, clock = LoopbackService(), ManualClock(MORNING)
    async with reminded(store, service, clock, free_port(), NUMBER) as (engine, door_id):
        await passes(engine, clock, 2 * HOUR)
        assert texts(service) == []
        await passes(engine, clock, 2 * HOUR)
        await until(lambda: len(texts(service)) == 1)
        await passes(engine, clock, MINUTE)  # what came of it is written with what comes next
        await until(lambda: taken(store, "household"))
        (text,) = texts(service)
        assert text["to"] == NUMBER
        assert "nobody's fault" in text["text"]
        (told,) = service.at("/texts")
        headers = {name.lower(): value for name, value in told.headers.items()}
        checker = Checker([KEY], lambda: int(headers["webhook-timestamp"]))
        assert checker.is_signed(headers, told.body)
        (entry,) = entries(store, "household")
        assert NUMBER not in str(entry)
        assert door_id not in text["text"]
        await passes(engine, clock, 6 * HOUR)
        assert len(texts(service)) == 1, "then somebody asks, and no text"
        await passes(engine, clock, 18 * HOUR)
        await until(lambda: len(texts(service)) == 2)


async def test_who_said_it_meanwhile_gets_no_text_that_waited(
    store: Store, free_port: Callable[[], int]
) -> None:
    service, clock = LoopbackService(Say(status=503)), ManualClock(MORNING)
    async with reminded(store, service, clock, free_port(), NUMBER) as (engine, door_id):
        await passes(engine, clock, 4 * HOUR)
        await until(lambda: len(texts(service)) >= 1)
        said = HealthReported(action_id="a1", is_well=True)
        await engine.submit(of_household(door_id), said)
        tried = len(texts(service))
        await passes(engine, clock, HOUR)
        await until(lambda: taken(store, "household"))
        assert len(texts(service)) == tried
        (entry,) = entries(store, "household")
        assert (entry["done_ms"], entry["ended"]) == (None, "taken")


async def test_in_the_hours_that_it_named_nobody_reminds_it(
    store: Store, free_port: Callable[[], int]
) -> None:
    """From eleven to two it sleeps: the reminder comes at two."""
    service, clock = LoopbackService(), ManualClock(MORNING)
    async with reminded(store, service, clock, free_port(), NUMBER) as (engine, door_id):
        quiet = ((REMIND_MIN - 60, REMIND_MIN + 120),)
        await engine.submit(of_household(door_id), HoursNarrowed(action_id="q", quiet=quiet))
        await passes(engine, clock, 5 * HOUR - MINUTE)
        assert entries(store, "household") == []
        await passes(engine, clock, HOUR)
        await until(lambda: len(texts(service)) == 1)


async def test_a_household_without_a_telephone_is_no_failure_that_would_rest_the_way_to_others(
    store: Store, free_port: Callable[[], int]
) -> None:
    service, clock = LoopbackService(), ManualClock(MORNING)
    async with reminded(store, service, clock, free_port(), None) as (engine, door_id):
        await passes(engine, clock, 4 * HOUR)

        async def is_over() -> bool:
            await passes(engine, clock, MINUTE)  # what came of it is written with what comes next
            return taken(store, "household")

        await until(is_over)
        (entry,) = entries(store, "household")
        what_came = entry["error"], entry["evidence"], entry["done_ms"], entry["ended"]
        assert what_came == (None, None, None, "nobody")
        assert texts(service) == []
        with store.reading() as connection:
            (row,) = untold_households(connection, None, MORNING, 9)
            assert (row.door_id, row.made_ms > MORNING) == (door_id, True)
            assert untold_households(connection, frozenset({"elsewhere"}), MORNING, 9) == []
            assert untold_households(connection, None, clock.now_ms(), 9) == []


async def test_what_waits_for_a_channel_that_the_site_has_no_more_ends_and_says_so(
    store: Store, free_port: Callable[[], int]
) -> None:
    """Texts were taken out of the settings, a release took a kind of channel away: what waited
    would wait for ever, and `menshen check` fail for it with nothing that anybody could do."""
    service, clock = LoopbackService(Say(503)), ManualClock(MORNING)
    async with reminded(store, service, clock, free_port(), NUMBER) as (engine, door_id):
        await passes(engine, clock, 4 * HOUR)
        await until(lambda: texts(service))
    with store.writing() as connection:
        (waiting,) = connection.execute(select(tables.outbox)).mappings()
        older = {**waiting, "entry_id": 99, "channel": "fax", "warden_id": "wang", "reason": "test"}
        connection.execute(insert(tables.outbox), older)
    async with gateway(store, clock=clock) as engine:
        await engine.idle()

        async def are_over() -> bool:
            await passes(engine, clock, MINUTE)
            return taken(store, "household") and taken(store, "fax")

        await until(are_over)
    ended = {row["channel"]: (row["ended"], row["done_ms"]) for row in rows(store, tables.outbox)}
    assert ended == {"household": ("no_way", None), "fax": ("no_way", None)}
    with store.reading() as connection:
        assert check_site.pages(connection, clock.now_ms()).mark is Mark.OK
        (row,) = untold_households(connection, None, MORNING, 9)
        assert row.door_id == door_id
    with store.writing() as connection:  # as of a text that nobody took for a day
        connection.execute(update(tables.outbox).values(ended=None, gave_up=True))
    with store.reading() as connection:
        (row,) = untold_households(connection, None, MORNING, 9)
        assert row.door_id == door_id
