"""A silent seal asks its household by text: once, by day, outside the hours that it named; and no
text to a household rings at night or in these hours, however often it is tried."""

from __future__ import annotations

import base64
import contextlib
import json
import re
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from sqlalchemy import update

from gateway.channels.household_text import HouseholdTexts
from gateway.core.events import DoorPlaced, OrderPlaced, PermitAnnounced, SealBound
from gateway.core.households.events import HoursNarrowed, SealAnswered
from gateway.core.households.model import SealAnswer
from gateway.core.model import Order, Permit, Policy
from gateway.core.reasons import Reason
from gateway.core.subject import of_door, of_household
from gateway.engine.engine import Engine
from gateway.settings import Settings
from gateway.settings.household import Household
from gateway.store import tables
from gateway.store.database import Store
from gateway.store.outbox import HOUSEHOLD, Entry
from gateway.web.resident.text_messages import Wish, understood
from sealwire import report
from tests.core.story import DAY, HOUR, MINUTE, NOON
from tests.engine.small_site import acknowledged
from tests.manual_clock import ManualClock
from tests.notify.at_work import entries, gateway, opens, site_of, taken
from tests.notify.loopback_service import OK, LoopbackService, Say, Told
from tests.waiting import until

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
NUMBER = "+8613800001111"
HOME = "door-0"
BEAT = 10 * MINUTE
ASKED = 4 * BEAT + 30 * MINUTE  # after the opening: lost, and half an hour later
EVENING, MORNING = NOON + 8 * HOUR, NOON + 20 * HOUR  # when texts end, and begin again
ASKS = "Is it in its place?"


class Site:
    """A household of one door or more, its telephone, and the provider that texts go by."""

    def __init__(self, store: Store, clock: ManualClock, doors: int = 1) -> None:
        self.store, self.clock = store, clock
        self.seals = site_of(store, doors, "inbox")
        with store.writing() as connection:
            connection.execute(update(tables.doors).values(telephone=NUMBER))
        self.tried_ms: list[int] = []  # when a text came to the provider
        self.is_down = self.is_heard = False
        self.service = LoopbackService(self._answer)
        self.engine: Engine

    def _answer(self, _: Told) -> Say:
        self.tried_ms.append(self.clock.now_ms())
        return Say(503) if self.is_down else OK

    @contextlib.asynccontextmanager
    async def at_work(self, port: int) -> AsyncIterator[Engine]:
        """The gateway, from now on; each seal promises a heartbeat."""
        async with self.service.open(port) as url:
            own = Household(sms_url=f"{url}/texts", sms_secret=SECRET)
            async with gateway(self.store, clock=self.clock, household=own) as self.engine:
                for number, seal in enumerate(self.seals):
                    await self.submit(number, SealBound(seal.seal_id, BEAT))
                yield self.engine

    async def submit(self, number: int, event: Any) -> None:
        await self.engine.submit(of_door(f"door-{number}"), event)

    async def opens(self, *numbers: int) -> None:
        """Doors open lawfully, and are not heard any more."""
        now_ms = self.clock.now_ms()
        for number in numbers:
            permit = Permit("p", now_ms, now_ms + DAY, len(numbers), DAY, "w", "y")
            await self.submit(number, PermitAnnounced(permit))
            opens(self.engine, self.seals[number])
        await self.engine.idle()

    async def falls_silent(self, *numbers: int) -> None:
        """Doors open lawfully, are not heard any more, and their household is to be asked."""
        await self.opens(*numbers)
        ends_ms = self.clock.now_ms() + ASKED
        await self.until_ms(ends_ms, BEAT // 2)  # else the gateway itself would have stood still

    async def until_ms(self, at_ms: int, by_ms: int = HOUR // 2) -> None:
        """Time passes, step by step."""
        while self.clock.now_ms() < at_ms:
            self.clock.advance(min(by_ms, at_ms - self.clock.now_ms()))
            if self.is_heard:
                self.beats()
            await self.engine.idle()

    def beats(self) -> None:
        """The first seal is heard again, from now on: its door stands open still."""
        self.is_heard, seal = True, self.seals[0]
        self.engine.receive(seal.topic, seal.sealed(seal.heartbeat(report.OPEN)), 1)

    async def over(self) -> dict[str, Any]:
        """The one text, once it has gone out or is needed no more."""

        async def is_over() -> bool:
            self.clock.advance(MINUTE)  # what came of it is written with what comes next
            await self.engine.idle()
            return taken(self.store, "household")

        await until(is_over)
        (entry,) = entries(self.store, "household")
        return entry

    def texts(self) -> list[str]:
        return [json.loads(told.body)["text"] for told in self.service.at("/texts")]


async def test_a_silent_seal_asks_its_household_once_and_names_nobody(
    store: Store, free_port: Callable[[], int]
) -> None:
    site = Site(store, ManualClock(NOON))
    async with site.at_work(free_port()):
        await site.falls_silent(0)
        await until(site.texts)
        entry = await site.over()
        assert entry["made_ms"] == entry["next_ms"] == NOON + ASKED
        (text,) = site.texts()
        assert ASKS in text
        assert "nothing is held against you" in text
        (told,) = site.service.at("/texts")
        for named in (HOME, "1-0", site.seals[0].seal_id, "order", "quarantine", "door"):
            assert named not in told.body.decode()
        assert json.loads(told.body)["to"] == NUMBER
        assert entry["page_id"].startswith("text-")
        assert site.seals[0].seal_id not in f"{entry['page_id']}{entry['case_id']}"
        await site.until_ms(EVENING - MINUTE)
        assert len(site.texts()) == 1


async def test_a_question_of_the_night_waits_for_the_day_and_counts_as_no_page_on_its_way(
    store: Store, free_port: Callable[[], int]
) -> None:
    """The seal is lost at half past eight; a gateway that starts anew at night knows it too."""
    site = Site(store, ManualClock(EVENING - 40 * MINUTE))
    async with site.at_work(free_port()):
        await site.falls_silent(0)
        (entry,) = entries(store, "household")
        assert entry["next_ms"] == MORNING
        await until(lambda: site.engine.metrics.outbox.get("household") == (0, None))
        await site.until_ms(MORNING - 3 * HOUR)
    port = free_port()
    async with site.service.open(port) as url:
        own = Household(sms_url=f"{url}/texts", sms_secret=SECRET)
        async with gateway(store, clock=site.clock, household=own) as site.engine:
            await until(lambda: site.engine.metrics.outbox.get("household") == (0, None))
            await site.until_ms(MORNING)
            entry = await site.over()
    assert len(site.tried_ms) == 1
    assert MORNING <= site.tried_ms[0] <= entry["done_ms"]


async def test_in_the_hours_that_it_named_nobody_asks_it_and_when_it_names_others_these_hold(
    store: Store, free_port: Callable[[], int]
) -> None:
    """It sleeps from seven in the evening to eleven; at nine it says that it is up from ten."""
    site = Site(store, ManualClock(EVENING - 90 * MINUTE))
    async with site.at_work(free_port()) as engine:
        sleeps = HoursNarrowed(action_id="q1", quiet=((19 * 60, 11 * 60),))
        await engine.submit(of_household(HOME), sleeps)
        await site.falls_silent(0)
        (entry,) = entries(store, "household")
        assert entry["next_ms"] == MORNING + 3 * HOUR
        await site.until_ms(MORNING + HOUR)
        await engine.submit(
            of_household(HOME), HoursNarrowed(action_id="q2", quiet=((19 * 60, 10 * 60),))
        )
        await site.until_ms(MORNING + 2 * HOUR)
        entry = await site.over()
    (tried_ms,) = site.tried_ms
    assert MORNING + 2 * HOUR <= tried_ms <= entry["done_ms"] < MORNING + 3 * HOUR


async def _heard(site: Site) -> None:
    site.beats()


async def _answered(site: Site, answer: SealAnswer = SealAnswer.IN_PLACE) -> None:
    said = SealAnswered(action_id="s", door_id=HOME, answer=answer)
    await site.engine.submit(of_household(HOME), said)


async def _came_off(site: Site) -> None:
    await _answered(site, SealAnswer.NOT_IN_PLACE)


async def _taken(site: Site) -> None:
    case = site.engine.state.doors[HOME].case
    assert case is not None
    await site.submit(0, acknowledged(case.case_id, "wang"))


async def _order_over(site: Site) -> None:
    await site.submit(0, OrderPlaced(Order("order-0", 0, site.clock.now_ms())))


@pytest.mark.parametrize(
    ("happens", "ended"),
    [
        (_heard, "closed"),
        (_order_over, "closed"),
        (_answered, "taken"),
        (_came_off, "taken"),
        (_taken, "taken"),
    ],
)
async def test_a_question_that_is_answered_before_it_was_asked_is_not_asked(
    happens: Any, ended: str, store: Store, free_port: Callable[[], int]
) -> None:
    site = Site(store, ManualClock(EVENING - 40 * MINUTE))
    async with site.at_work(free_port()):
        await site.falls_silent(0)
        await happens(site)
        await site.engine.idle()
        await site.until_ms(MORNING)

        def question() -> dict[str, Any]:
            return next(row for row in entries(store, "household") if "silent" in row["reason"])

        async def is_over() -> bool:
            site.clock.advance(MINUTE)
            await site.engine.idle()
            return question()["ended"] is not None

        await until(is_over)
        assert (question()["ended"], question()["tries"]) == (ended, 0)
    assert not any(ASKS in text for text in site.texts())


async def test_a_household_of_two_silent_doors_is_asked_once(
    store: Store, free_port: Callable[[], int]
) -> None:
    """And where the first is heard again before anybody was asked, it is asked for the other."""
    site = Site(store, ManualClock(EVENING - 40 * MINUTE), 2)
    async with site.at_work(free_port()):
        await site.submit(0, DoorPlaced("g", household=HOME, beside=("door-1",)))
        await site.submit(1, DoorPlaced("g", household=HOME, beside=(HOME,)))
        await site.falls_silent(0, 1)
        assert len(entries(store, "household")) == 1
        await _heard(site)
        await site.until_ms(MORNING)
        await site.over()
    assert len(site.texts()) == 1


async def _reminded(site: Site) -> None:
    """At noon; it wants to sleep from one to three."""
    order = Order("order-0", 0, NOON + 9 * DAY, Policy(health_daily=True))
    await site.submit(0, OrderPlaced(order))
    await site.until_ms(NOON)
    await until(lambda: site.tried_ms)
    hours = HoursNarrowed(action_id="q", quiet=((13 * 60, 15 * 60),))
    await site.engine.submit(of_household(HOME), hours)


async def _order_ended(site: Site) -> None:
    await site.until_ms(EVENING - HOUR)
    await _order_over(site)
    await until(lambda: site.tried_ms)


async def _asked(site: Site) -> None:
    await site.until_ms(EVENING - 2 * HOUR)
    await site.falls_silent(0)
    await until(lambda: site.tried_ms)


@pytest.mark.parametrize(
    ("begins", "from_ms", "to_ms"),
    [
        (_reminded, NOON + HOUR, NOON + 3 * HOUR),
        (_order_ended, EVENING, MORNING),
        (_asked, EVENING, MORNING),
    ],
)
async def test_a_text_that_is_tried_again_waits_for_the_day_and_for_the_end_of_the_named_hours(
    begins: Any, from_ms: int, to_ms: int, store: Store, free_port: Callable[[], int]
) -> None:
    """Its provider is away until they are over."""
    site = Site(store, ManualClock(NOON - HOUR))
    site.is_down = True
    async with site.at_work(free_port()):
        await begins(site)
        await site.until_ms(to_ms, (to_ms - from_ms) // 40)
        site.is_down = False
        entry = await site.over()
    kept = [at_ms for at_ms in site.tried_ms if from_ms <= at_ms < to_ms]
    assert len(kept) <= 1, "at most what was on its way when they began"
    assert entry["done_ms"] >= to_ms
    assert entry["tries"] == len(site.tried_ms)


async def test_a_seal_that_is_lost_anew_in_the_night_asks_once_in_the_morning(
    store: Store, free_port: Callable[[], int]
) -> None:
    site = Site(store, ManualClock(EVENING - 40 * MINUTE))
    async with site.at_work(free_port()):
        await site.falls_silent(0)
        site.beats()
        site.is_heard = False
        await site.engine.idle()
        await site.until_ms(site.clock.now_ms() + ASKED, BEAT // 2)
        assert len(entries(store, "household")) == 2
        await site.until_ms(MORNING)
        await until(lambda: site.texts())
        await site.until_ms(MORNING + HOUR)
        (entry, _) = entries(store, "household")
        assert entry["ended"] in ("closed", "overtaken"), "as it was judged before or after"
        assert entry["tries"] == 0
    assert len(site.texts()) == 1


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_a_question_says_to_write_is_understood_and_it_accuses_and_names_nobody(
    language: str,
) -> None:
    own = Household(sms_url="http://127.0.0.1:1/texts", sms_secret=SECRET)
    texts = HouseholdTexts.of(Settings(household=own), lambda _: NUMBER)
    assert texts is not None
    its = "page", "", HOME, None, HOUSEHOLD, HOUSEHOLD, language
    text = texts.text(Entry(1, *its, Reason.SILENT_AFTER_OPENING, NOON, NOON, NOON))
    wishes = [understood(words).wish for words in re.findall("“(.+?)”", text)]
    assert wishes == [Wish.SEAL_IN_PLACE, Wish.SEAL_OFF]
    for word in ("隔离", "门", "order", "quarantine", "door", HOME, "breach", "违"):
        assert word not in text
