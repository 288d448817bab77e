"""The event feed at a real receiver: nothing lost, in order, signed, and nobody named in it."""

import asyncio
import base64
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, insert, select

from gateway.core.cases.milestones import Happened
from gateway.core.duration import MINUTE_MS
from gateway.core.events import ClockDoubted, ClockSure, StaffSet
from gateway.core.paging import staff
from gateway.core.paging.schedule import Role
from gateway.core.paging.staff import Member
from gateway.core.rules import Rules
from gateway.core.subject import SITE
from gateway.feeds.event_feed import EventFeed, FeedPace
from gateway.feeds.milestone_log import KEPT_MS, MilestoneLog
from gateway.settings import Settings
from gateway.store import feed_tables, tables
from gateway.store.database import Store
from tests.channels.documented_check import documented_check
from tests.notify.loopback_service import OK, LoopbackService, Say, Told
from tests.waiting import until
from tests.web.web_site import Console, console, first_case, new_store, now_ms, seal_id

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
SITE_ID = "00112233445566ff"
QUICK = FeedPace(batch=4, poll_s=0.01, deadline_s=2.0, retry_s=0.01, retry_s_max=0.03)
# No two letters that a random name may spell.
INSIDE = ("Wang", "wang", "3-101", "g1", "Grid One", first_case(0), seal_id(0), "lawful")
WHOLE_LIFE = [
    Happened.RAISED,
    Happened.ACKNOWLEDGED,
    Happened.ON_SITE,
    Happened.REPORTED,
    Happened.ASSESSED,
    Happened.SIGNED_OFF,
    Happened.CLOSED,
]

Running = Callable[..., contextlib.AbstractAsyncContextManager[EventFeed]]


class Receiver(LoopbackService):
    """What takes events; `says` is what it answers next, before it takes all of them."""

    def __init__(self) -> None:
        super().__init__(self._say)
        self.says: list[Say] = []
        self.taken: list[dict[str, Any]] = []

    def _say(self, told: Told) -> Say:
        said = self.says.pop(0) if self.says else OK
        if said.status < 300 and not said.hangs:
            self.taken.append(json.loads(told.body))
        return said

    @property
    def happened(self) -> list[str]:
        return [event["event"] for event in self.taken]


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def port(free_port: Callable[[], int]) -> int:
    return free_port()


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Console]:
    store = new_store(tmp_path)
    async with console(store) as made:
        yield made
    store.close()


@pytest.fixture
def running(site: Console, port: int) -> Running:
    """`async with running(): ...` has the feed at work, as a gateway that was just started."""

    @contextlib.asynccontextmanager
    async def run(**more: Any) -> AsyncIterator[EventFeed]:
        url = f"http://127.0.0.1:{port}/events"
        webhook = {"events_url": url, "secret": SECRET, **more}
        settings = Settings(site={"language": "en"}, webhook=webhook)
        feed = EventFeed(settings, site.store, SITE_ID, site.clock.now_ms, QUICK)
        async with asyncio.TaskGroup() as tasks:  # if the feed dies, so does the test
            task = tasks.create_task(feed.run())
            if settings.webhook.events_url:
                await until(lambda: place(site.store) is not None)
            yield feed
            task.cancel()

    return run


def place(store: Store) -> int | None:
    c = tables.cursors.c
    with store.reading() as connection:
        query = select(c.journal_id).where(c.reader == "webhook")
        return connection.execute(query).scalar()


def waiting(store: Store) -> int:
    return MilestoneLog(store).waiting().events


async def lives(site: Console, number: int = 0) -> None:
    """A door opens without a permit, and people see to it until the end."""
    case_id = first_case(number)
    await site.seal(number)
    await site.opens(number)
    await site.act(case_id, "acknowledge")
    await site.act(case_id, "on_site")
    await site.shuts(number)
    site.clock.advance(Rules().off_delay_ms)
    await site.engine.idle()
    await site.act(case_id, "report", outcome="lawful")
    await site.act(case_id, "assess", by="centre")
    await site.act(case_id, "sign_off", by="centre")


async def test_a_case_is_told_from_its_raising_to_its_close(
    site: Console, receiver: Receiver, running: Running, port: int
) -> None:
    is_ours = documented_check()
    async with receiver.open(port), running(routing_key="pd-key"):
        await lives(site)
        await until(lambda: receiver.happened[-1:] == ["closed"])
        await until(lambda: waiting(site.store) == 0)
    assert receiver.happened == WHOLE_LIFE
    for told in receiver.told:
        headers = {name.lower(): value for name, value in told.headers.items()}
        assert is_ours(headers, told.body, SECRET)
        assert headers["webhook-id"] == json.loads(told.body)["event_id"]
        text = told.body.decode()
        for inside in INSIDE:
            assert inside not in text.replace(SITE_ID, "")
    first, last = receiver.taken[0], receiver.taken[-1]
    assert {event["dedup_key"] for event in receiver.taken} == {first["dedup_key"]}
    assert [event["event_action"] for event in receiver.taken] == [
        "trigger",
        *["acknowledge"] * 5,
        "resolve",
    ]
    assert (first["routing_key"], first["dedup"]) == ("pd-key", first["dedup_key"])
    assert ("action" in first, last["action"]) == (False, "close")
    payload = first["payload"]
    assert (payload["severity"], payload["class"]) == ("critical", "no_permit")
    assert (payload["source"], len(payload["group"])) == (SITE_ID, 32)


async def test_on_the_way_handed_over_and_taken_back_are_told_without_a_name(
    site: Console, receiver: Receiver, running: Running, port: int
) -> None:
    zhao = {"warden_id": "zhao", "name": "Zhao Min", "grid_id": "g1", "role": "deputy"}
    with site.store.writing() as connection:
        connection.execute(insert(tables.wardens), [zhao])
    team = {"wang": Member("g1", Role.WARDEN, (1,)), "zhao": Member("g1", Role.DEPUTY, (2,))}
    await site.engine.submit(SITE, StaffSet(staff.of(team, [], [])))
    case_id = first_case(0)
    async with receiver.open(port), running():
        await site.seal(0)
        await site.opens(0)
        await site.act(case_id, "acknowledge")
        await site.act(case_id, "hand_over", to="zhao")
        await site.act(case_id, "on_the_way", by="zhao")
        await site.act(case_id, "report", by="zhao", outcome="lawful")
        await site.act(case_id, "take_back", by="zhao")
        await until(lambda: receiver.happened[-1:] == ["taken_back"])
    assert [(event["event"], event["event_action"]) for event in receiver.taken] == [
        ("raised", "trigger"),
        ("acknowledged", "acknowledge"),
        ("handed_over", "trigger"),
        ("on_the_way", "acknowledge"),
        ("reported", "acknowledge"),
        ("taken_back", "acknowledge"),
    ]
    states = [event["payload"]["custom_details"]["state"] for event in receiver.taken]
    assert states[2:] == ["raised", "on_the_way", "reported", "on_the_way"]
    assert not any("zhao" in told.body.decode().lower() for told in receiver.told)


async def test_nobody_takes_it_so_it_escalates(
    site: Console, receiver: Receiver, running: Running, port: int
) -> None:
    async with receiver.open(port), running():
        await site.seal(0)
        await site.opens(0)
        site.clock.advance(30 * MINUTE_MS)
        await site.engine.idle()
        await until(lambda: "escalated" in receiver.happened)
    assert receiver.happened[0] == "raised"
    assert len({event["event_id"] for event in receiver.taken}) == len(receiver.taken)


async def test_an_outage_of_the_receiver_and_restarts_lose_nothing_and_mix_nothing(
    site: Console, receiver: Receiver, running: Running, port: int
) -> None:
    async with running():
        await lives(site, 0)
        await site.seal(1)
        await site.opens(1)
    async with running():  # nobody listens still
        await site.act(first_case(1), "acknowledge")
    async with receiver.open(port), running():
        await until(lambda: len(receiver.taken) == len(WHOLE_LIFE) + 2)
        await until(lambda: waiting(site.store) == 0)
    assert receiver.happened == [*WHOLE_LIFE, "raised", "acknowledged"]
    assert len({event["dedup_key"] for event in receiver.taken}) == 2
    assert len({event["event_id"] for event in receiver.taken}) == len(receiver.taken)


async def test_what_was_taken_without_an_answer_comes_again_under_its_id(
    site: Console, receiver: Receiver, running: Running, port: int
) -> None:
    receiver.says = [OK, Say(status=500), Say(status=429), OK, Say(hangs=True)]
    async with receiver.open(port):
        async with running():
            await lives(site)
            await until(lambda: len(receiver.told) == 5)  # the third hangs; the gateway is killed
        async with running():
            await until(lambda: receiver.happened[-1:] == ["closed"])
    assert receiver.happened == WHOLE_LIFE
    ids = [json.loads(told.body)["event_id"] for told in receiver.told]
    assert ids[1] == ids[2] == ids[3]
    assert ids[4] == ids[5]


async def test_a_receiver_that_hangs_holds_up_nobody_but_its_events(
    site: Console, receiver: Receiver, running: Running, port: int
) -> None:
    receiver.says = [Say(hangs=True)]
    async with receiver.open(port), running():
        await site.seal(0)
        await site.opens(0)
        await until(lambda: len(receiver.told) == 1)
        async with asyncio.timeout(QUICK.deadline_s / 2):
            assert await site.act(first_case(0), "acknowledge") == {"changed": True}
        await until(lambda: receiver.happened == ["raised", "acknowledged"])
    assert len(receiver.told) == 3


async def test_one_event_that_is_refused_alone_is_passed_over(
    site: Console, receiver: Receiver, running: Running, port: int
) -> None:
    refused = Say(status=422)
    # Twice refused; the third time the next is taken.
    receiver.says = [refused, refused, refused, OK]
    async with running():
        await lives(site)  # before anybody listens, so that there is a next one
        async with receiver.open(port):
            await until(lambda: receiver.happened[-1:] == ["closed"])
            await until(lambda: waiting(site.store) == 0)
    assert receiver.happened == WHOLE_LIFE[1:]


async def test_where_all_are_refused_none_is_given_up(
    site: Console, receiver: Receiver, running: Running, port: int
) -> None:
    receiver.says = [Say(status=400)] * 40
    async with receiver.open(port), running():
        await lives(site)
        await until(lambda: receiver.happened[-1:] == ["closed"])
    assert receiver.happened == WHOLE_LIFE


async def test_the_feed_begins_when_it_is_turned_on(
    site: Console, receiver: Receiver, running: Running, port: int
) -> None:
    await lives(site, 0)
    async with receiver.open(port):
        async with running():
            await site.seal(1)
            await site.opens(1)
            await until(lambda: receiver.happened == ["raised"])
            await until(lambda: waiting(site.store) == 0)
        async with running(events_url=""):
            await until(lambda: place(site.store) is None)
            await site.act(first_case(1), "acknowledge")
        async with running():
            await site.act(first_case(1), "on_site")
            await until(lambda: receiver.happened == ["raised", "on_site"])


async def test_a_batch_that_ends_with_the_log_leaves_nothing_waiting(
    site: Console, receiver: Receiver, running: Running, port: int
) -> None:
    async with running():  # nobody listens
        for number in range(QUICK.batch):
            await site.seal(number)
            await site.opens(number)
    assert waiting(site.store) == QUICK.batch
    async with receiver.open(port), running():
        await until(lambda: waiting(site.store) == 0)
    assert receiver.happened == ["raised"] * QUICK.batch


async def test_what_is_too_old_is_dropped(site: Console) -> None:
    await lives(site)
    log = MilestoneLog(site.store)
    log.begin()
    assert not log.is_long(now_ms())
    assert log.is_long(now_ms() + KEPT_MS + MINUTE_MS)
    site.engine.note(SITE, ClockDoubted(ahead_ms=KEPT_MS))
    await site.engine.idle()
    assert not log.is_long(now_ms() + KEPT_MS + MINUTE_MS), "perhaps it is not too old at all"
    assert log.forget(now_ms() + KEPT_MS + MINUTE_MS) == 0
    site.engine.note(SITE, ClockSure())
    await site.engine.idle()
    log.forget(now_ms() + KEPT_MS + MINUTE_MS)
    with site.store.reading() as connection:
        left = connection.execute(select(func.count()).select_from(feed_tables.milestones)).scalar()
    assert left == 0
