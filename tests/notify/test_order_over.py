"""At T the warden and the household are told, once, whatever is away or killed meanwhile."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import update

from gateway.core.duration import DAY_MS, HOUR_MS
from gateway.core.events import OrderPlaced
from gateway.core.model import Order
from gateway.core.subject import of_door
from gateway.settings.household import Household
from gateway.store import tables
from gateway.store.database import Store
from tests.channels.documented_check import documented_check
from tests.manual_clock import ManualClock
from tests.notify.at_work import entries, gateway, refused, site_of
from tests.notify.loopback_service import LoopbackService
from tests.waiting import until

SECRET = "whsec_" + base64.b64encode(b"s" * 32).decode()
NUMBER = "138 0000 1111"


def knows_number(store: Store, door_id: str) -> None:
    with store.writing() as connection:
        d = tables.doors
        connection.execute(update(d).where(d.c.door_id == door_id).values(telephone=NUMBER))


def all_over(store: Store) -> bool:
    found = entries(store)
    return bool(found) and all(row["done_ms"] or row["ended"] for row in found)


async def passes(clock: ManualClock, seen: Callable[[], bool]) -> None:
    """Time goes on until it is seen."""

    def look() -> bool:
        clock.advance(50)
        return seen()

    await until(look, wait_s=30)


async def test_both_are_told_once_after_a_kill_with_nothing_that_names_anybody(
    store: Store, free_port: Any
) -> None:
    texts, pager = LoopbackService(), LoopbackService()
    ports, clock = (free_port(), free_port()), ManualClock()
    site_of(store, 2, f"webhook:http://127.0.0.1:{ports[1]}/x", "inbox")
    knows_number(store, "door-0")
    own = Household(sms_url=f"http://127.0.0.1:{ports[0]}/send", sms_secret=SECRET)
    async with gateway(store, clock=clock, household=own) as engine:
        ends_ms = clock.now_ms()
        for n in (0, 1):
            ended = OrderPlaced(Order(f"order-{n}", 0, ends_ms))
            await engine.submit(of_door(f"door-{n}"), ended)
        await passes(clock, lambda: refused(store))
    assert not texts.told, "killed before anybody was reached"
    async with (
        texts.open(ports[0]),
        pager.open(ports[1]),
        gateway(store, clock=clock, household=own) as engine,
    ):
        await passes(clock, lambda: all_over(store))
        clock.advance(HOUR_MS)
        await engine.idle()
    (text,) = texts.told
    assert documented_check()(text.headers, text.body, SECRET, _at_s(text.headers))
    said = json.loads(text.body)
    assert said["to"] == NUMBER
    assert "recorded no more" in said["text"]
    assert "1-0" not in said["text"]
    assert len(pager.told) == 1, "the second end within the hour is there to be read"
    page = json.loads(pager.told[0].body)
    assert page["reason"] == "order_ended"
    assert "door-" not in pager.told[0].body.decode()
    found = entries(store)
    assert [row["door_id"] for row in found if row["channel"] == "inbox"] == ["door-0", "door-1"]
    assert not any(NUMBER in str(value) for row in found for value in row.values())
    assert {row["case_id"] for row in found} == {""}


def _at_s(headers: dict[str, str]) -> int:
    return int({name.lower(): value for name, value in headers.items()}["webhook-timestamp"])


async def test_one_that_is_given_longer_before_it_was_told_is_not_told(
    store: Store, free_port: Any
) -> None:
    texts, port, clock = LoopbackService(), free_port(), ManualClock()
    site_of(store, 1, "inbox")
    knows_number(store, "door-0")
    own = Household(sms_url=f"http://127.0.0.1:{port}/send", sms_secret=SECRET)
    async with gateway(store, clock=clock, household=own) as engine:
        ends_ms = clock.now_ms()
        await engine.submit(of_door("door-0"), OrderPlaced(Order("order-0", 0, ends_ms)))
        await passes(clock, lambda: refused(store))
        longer = Order("order-0", 0, ends_ms + DAY_MS)
        await engine.submit(of_door("door-0"), OrderPlaced(longer))
    async with texts.open(port), gateway(store, clock=clock, household=own):
        await passes(clock, lambda: all_over(store))
    assert not texts.told
    assert [row["ended"] for row in entries(store, "household")] == ["closed"]


async def test_without_a_number_nobody_is_rung_and_without_a_gateway_of_texts_nothing_waits(
    store: Store, free_port: Any
) -> None:
    texts, port, clock = LoopbackService(), free_port(), ManualClock()
    site_of(store, 2, "inbox")
    own = Household(sms_url=f"http://127.0.0.1:{port}/send", sms_secret=SECRET)
    ended = Order("order-0", 0, clock.now_ms())
    async with texts.open(port), gateway(store, clock=clock, household=own) as engine:
        await engine.submit(of_door("door-0"), OrderPlaced(ended))
        await passes(clock, lambda: len(entries(store)) == 2 and all_over(store))
    assert not texts.told
    async with gateway(store, clock=clock) as engine:
        await engine.submit(of_door("door-1"), OrderPlaced(Order("order-1", 0, ended.to_ms)))
        await engine.idle()
    assert [row["channel"] for row in entries(store)[2:]] == ["inbox"]


def test_an_address_for_texts_needs_the_secret_that_signs_them() -> None:
    with pytest.raises(ValidationError, match="MENSHEN_HOUSEHOLD_SMS_SECRET"):
        Household(sms_url="https://texts.example/send")
