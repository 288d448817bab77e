"""A small site with a real store and a real engine, its console, and a listener to its streams."""

import asyncio
import contextlib
import functools
import json
import tempfile
import time
from collections.abc import AsyncGenerator, AsyncIterator
from datetime import datetime, timedelta, tzinfo
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from sqlalchemy import insert

from gateway.core.events import OrderPlaced, PermitAnnounced, ReportCame, SealBound, StaffSet
from gateway.core.model import Contact, Order, Permit
from gateway.core.paging import staff
from gateway.core.paging.schedule import Role
from gateway.core.paging.staff import Member
from gateway.core.subject import SITE, of_door
from gateway.engine.clock import Clock
from gateway.engine.engine import Engine
from gateway.engine.state import CommittedSite
from gateway.ingest.authenticate import Authenticator
from gateway.notify.addressing import Addresses
from gateway.registry import load as registry
from gateway.settings import Settings
from gateway.store import tables
from gateway.store.database import Store
from gateway.web.answers import PROBLEM
from gateway.web.app import build
from gateway.web.topics import PUSH_EVERY_MS
from tests.door_rows import insert_doors
from tests.manual_clock import ManualClock
from tests.waiting import until

HOUR_MS = 3_600_000
SECRET_ADDRESS = "https://push.example/token-8f3c"
_BEGAN_MS = time.time_ns() // 1_000_000
NASTY = '<script>alert("3-301")</script>'


class SilentOutlet:
    """Takes acknowledgements and receipts, of which this site has none."""

    def acknowledge(self, token: int) -> None:
        raise AssertionError("nothing came from a broker")

    def publish(self, topic: str, payload: bytes) -> None:
        raise AssertionError("nothing came from a broker")


def now_ms() -> int:
    """The time at which every site here begins; it stands still until its clock is advanced."""
    return _BEGAN_MS


def seal_id(number: int) -> str:
    return f"{0xA1B2C3D4E5F60000 + number:016x}"


def first_case(number: int) -> str:
    """The case that a door's first opening raises."""
    return f"{seal_id(number)}-1"


@functools.cache
def _empty_database() -> bytes:
    """A migrated database: migrations take longer than most tests here."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "menshen.db"
        Store.open(path).close()
        return path.read_bytes()


def new_store(folder: Path, doors: int = 4) -> Store:
    """Doors d0, d1 … of one grid with its warden; another warden has another, empty grid."""
    path = folder / "menshen.db"
    path.write_bytes(_empty_database())
    store = Store.open(path)
    channels = json.dumps(["inbox", f"webhook:{SECRET_ADDRESS}"])
    with store.writing() as connection:
        grids = [{"grid_id": "g1", "name": "Grid One"}, {"grid_id": "g2", "name": "Grid Two"}]
        connection.execute(insert(tables.grids), grids)
        wardens = [
            {"warden_id": "wang", "name": "Wang Fang", "grid_id": "g1", "channels": channels},
            {"warden_id": "li", "name": "Li Qiang", "grid_id": "g2", "channels": '["inbox"]'},
        ]
        connection.execute(insert(tables.wardens), wardens)
        for n in range(doors):
            label = NASTY if n == 3 else f"3-{n + 1}01"
            door = {"door_id": f"d{n}", "label": label, "grid_id": "g1"}
            insert_doors(connection, door)
    return store


def slot(at_ms: int, zone: tzinfo) -> dict[str, str]:
    """The half hour in which a time lies, as the fields of a form send it. An order here lasts for
    a day, so half a day from now lies within it at whatever hour this runs."""
    at = datetime.fromtimestamp(at_ms / 1000, zone)
    return {"day": at.strftime("%Y-%m-%d"), "minute": str(at.hour * 60 + at.minute // 30 * 30)}


def acting_as(actor_id: str) -> dict[str, str]:
    """The header by which a program says who acts."""
    return {"Menshen-Actor": actor_id}


def problem_of(answer: httpx.Response, status: int) -> dict[str, Any]:
    """What a problem says beside what RFC 9457 wants of it, which is checked here."""
    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM), answer.text
    problem = answer.json()
    assert (problem.pop("type"), problem.pop("status")) == ("about:blank", status)
    assert problem.pop("title") == HTTPStatus(status).phrase
    assert problem.pop("detail").strip()
    return dict(problem)


class Console:
    """The console at work."""

    def __init__(
        self,
        app: FastAPI,
        engine: Engine,
        store: Store,
        client: httpx.AsyncClient,
        settings: Settings,
    ) -> None:
        self.app, self.engine, self.store, self.client = app, engine, store, client
        self.settings, self.zone, self.clock = settings, settings.zone, engine.clock
        self._edges: dict[int, int] = {}

    async def seal(self, number: int, under_order: bool = True, hours: int = 24) -> None:
        """Hang a seal on a door, and let it be heard."""
        door_id = f"d{number}"
        await self.engine.submit(of_door(door_id), SealBound(seal_id(number)))
        if under_order:
            order = Order(f"o{number}", 0, now_ms() + hours * HOUR_MS)
            await self.engine.submit(of_door(door_id), OrderPlaced(order))
        await self._report(number, Contact.SHUT, 0)

    async def opens(self, number: int, moved: int = 1, age_ms: int | None = 0) -> None:
        await self._report(number, Contact.OPEN, moved, age_ms)

    async def shuts(self, number: int, moved: int = 1, age_ms: int | None = 0) -> None:
        await self._report(number, Contact.SHUT, moved, age_ms)

    async def permit(self, number: int, who: str = "Zhang Wei", why: str = "lunch") -> None:
        window = (now_ms() - HOUR_MS, now_ms() + HOUR_MS)
        permit = Permit(f"{number:016x}", *window, 2, HOUR_MS, who, why)
        await self.engine.submit(of_door(f"d{number}"), PermitAnnounced(permit))

    async def act(self, case_id: str, action: str, by: str = "wang", **more: object) -> object:
        """What the API answers to an action about a case; of a refusal, what its problem says
        beside."""
        answer = await self.client.post(
            f"/api/v1/cases/{case_id}/{action}", json=more, headers=acting_as(by)
        )
        if answer.status_code == 200:
            return answer.json()
        beside = problem_of(answer, 409)
        assert answer.json()["detail"] == beside["why"]
        return beside

    async def on_duty(self, *people: str) -> None:
        """These share the duty of the first grid from now on."""
        team = {name: Member("g1", Role.WARDEN, (n,)) for n, name in enumerate(people)}
        await self.engine.submit(SITE, StaffSet(staff.of(team, [], [])))

    async def works_here(self, case_id: str, actor_id: str) -> None:
        """Somebody says on a case's page that they work at this screen."""
        answer = await self.client.post(f"/cases/{case_id}/actor", data={"actor_id": actor_id})
        assert answer.status_code == 303, answer.text

    async def reported(self, case_id: str, by: str = "wang", outcome: str = "lawful") -> None:
        """Taken and reported."""
        await self.act(case_id, "acknowledge", by)
        assert await self.act(case_id, "report", by, outcome=outcome) == {"changed": True}

    async def _report(
        self, number: int, contact: Contact, moved: int, age_ms: int | None = 0
    ) -> None:
        edges = self._edges[number] = self._edges.get(number, 0) + moved
        event = ReportCame(seal_id(number), edges, contact, edges, bool(moved), age_ms=age_ms)
        await self.engine.submit(of_door(f"d{number}"), event)

    def day(self, ahead: int) -> str:
        """The day so many from now, as the field of a form sends it."""
        at = datetime.fromtimestamp(self.clock.now_ms() / 1000, self.zone) + timedelta(days=ahead)
        return at.strftime("%Y-%m-%d")

    async def text(self, path: str, language: str = "en", **headers: str) -> str:
        """A page that must be there."""
        sent = {"accept-language": language, **headers}
        answer = await self.client.get(path, headers=sent)
        assert answer.status_code == 200, answer.text
        return answer.text


@contextlib.asynccontextmanager
async def console(
    store: Store, clock: Clock | None = None, **sections: Any
) -> AsyncIterator[Console]:
    """The site's engine and console, until the end of the block.

    By a clock that is advanced by hand, if none is given; it starts at the machine's time.
    """
    settings = Settings(**({"site": {"name": "Liangxi", "language": "en"}} | sections))
    with store.reading() as connection:
        known = registry.load(connection)
    site = CommittedSite(known, settings.rulebook)
    addresses = Addresses(known, SECRET_ADDRESS, "en")
    clock = clock or ManualClock(now_ms())
    engine = Engine(store, site, Authenticator(), addresses, clock)
    engine.connect(SilentOutlet(), [])
    app = build(settings, store, engine)
    working = asyncio.create_task(engine.run())
    await engine.idle()  # the grids of new doors are news, but not what tests wait for
    transport = httpx.ASGITransport(app=app)
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            yield Console(app, engine, store, client, settings)
    finally:
        working.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await working


class Event:
    """One server-sent event."""

    def __init__(self, block: str) -> None:
        fields = [line.partition(": ") for line in block.splitlines()]
        self.name = next((value for name, _, value in fields if name == "event"), "")
        self.id = next((value for name, _, value in fields if name == "id"), "")
        self.data = "\n".join(value for name, _, value in fields if name == "data")


class Listener:
    """The far end of a stream. `rests`: its near end has told what there was, and waits a while."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self.events: asyncio.Queue[Event] = asyncio.Queue()
        self.status = 0
        self._buffer = ""

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            return
        self._buffer += message.get("body", b"").decode()
        *blocks, self._buffer = self._buffer.split("\n\n")
        for block in blocks:
            self.events.put_nowait(Event(block))

    async def rests(self) -> None:
        """Wait until the near end has told all that it knows of, and lets time pass."""
        await self._clock.until_asleep()

    async def next(self, name: str) -> Event:
        """The next event of a name, however long that takes; others are passed over."""
        while True:
            await until(lambda: not self.events.empty() or self._clock.sleepers())
            if self.events.empty():
                self._clock.advance(PUSH_EVERY_MS)
            elif (event := self.events.get_nowait()).name == name:
                return event


@contextlib.asynccontextmanager
async def listening(site: Console, query: str, cookie: str = "") -> AsyncGenerator[Listener, None]:
    """Listen to /stream as a browser does; httpx cannot, for it waits for the end."""
    gone = asyncio.Event()

    async def receive() -> dict[str, Any]:
        await gone.wait()
        return {"type": "http.disconnect"}

    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "path": "/stream",
        "raw_path": b"/stream",
        "root_path": "",
        "scheme": "http",
        "query_string": query.encode(),
        "headers": [
            (b"host", b"127.0.0.1"),
            (b"accept-language", b"en"),
            (b"cookie", cookie.encode()),
        ],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    listener = Listener(site.clock)
    request = asyncio.create_task(site.app(scope, receive, listener.send))  # type: ignore[arg-type]
    try:
        yield listener
    finally:
        gone.set()
        await request
