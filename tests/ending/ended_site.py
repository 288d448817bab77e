"""A site whose households end by the clock: real doors lived through by the gateway's own engine,
with a canary in every place where people write, and a search of every byte of the site."""

import contextlib
import re
from collections.abc import AsyncIterator, Iterable
from datetime import UTC
from pathlib import Path

from sqlalchemy import Connection, select

from gateway.core.actor import actor_of
from gateway.core.duration import DAY_MS, HOUR_MS, MINUTE_MS
from gateway.core.events import CaseReported, PhotoKept
from gateway.core.model import Case
from gateway.core.outcome import Outcome
from gateway.core.rules import Rulebook
from gateway.core.schedule_of_ends import Limits
from gateway.core.subject import of_door
from gateway.ending.household_ending import Forget, HouseholdEnding
from gateway.engine.engine import Engine
from gateway.engine.pending import READ_EVERY_MS
from gateway.keys.sealed_text import TamperedError
from gateway.photos.folder import PhotoFolder
from gateway.registry.enrolment import Enrolment
from gateway.registry.rows import NewDoor, NewGrid, NewOrder, NewPermit, NewSeal, NewWarden
from gateway.replay.replay import Apart, Replay, beginning, differing, journaled
from gateway.store import households, tables
from gateway.store.database import Store
from gateway.store.order_keys import OrderKeys
from sealwire import report
from tests.engine.small_site import HandSeal, Post, acknowledged, beating, rows
from tests.manual_clock import ManualClock
from tests.waiting import until

LABEL, TELEPHONE = "canary-label-3-501", "13812345678"
WHO, WHY, NOTE = "canary-who-王小明", "canary-why-dialysis", "canary-note-coughs"
PHOTO = b"canary-photo" * 100
WORDS = (LABEL, TELEPHONE, WHO, WHY, NOTE)
TAKEN_S = 600.0  # a thousand orders, on a machine that has much else to do
STAY = 3 * DAY_MS  # how long an order lasts


class Home:
    """A household: a door, its seal, and its order's id."""

    def __init__(self, number: int) -> None:
        self.door_id, self.order_id = f"home-{number}", f"office-file-{number}"
        self.seal = HandSeal()


class EndedSite:
    """The site, its clock, and what destroys."""

    def __init__(self, store: Store, clock: ManualClock, engine: Engine, post: Post) -> None:
        self.store, self.clock, self.engine, self.post = store, clock, engine, post

    def ending(self, forget: Forget | None = None, backups: Path | None = None) -> HouseholdEnding:
        """What destroys, by this site's clock."""
        return HouseholdEnding(
            self.store, Limits(), self.engine.submit, self.clock.now_ms, forget, backups
        )

    async def enrol(self, homes: Iterable[Home], seals: bool = True) -> None:
        """Under an order from now on, with a permit that says who comes and why."""
        now_ms = self.clock.now_ms()
        with self.store.writing() as connection:
            enrolment = Enrolment(connection, now_ms, UTC)
            enrolment.take(NewGrid("g", "Grid"))
            enrolment.take(NewWarden("wang", "Wang", "g", "zh"))
            for home in homes:
                enrolment.take(NewDoor(home.door_id, LABEL, "g", telephone=TELEPHONE))
                if seals:
                    seal = home.seal
                    enrolment.take(NewSeal(seal.seal_id, seal.key, home.door_id))
                self._order(enrolment, home, home.order_id, now_ms)
            enrolment.write()
        await self.taken()

    async def order_again(self, home: Home, order_id: str) -> None:
        """A further order of a household, from now on."""
        with self.store.writing() as connection:
            enrolment = Enrolment(connection, self.clock.now_ms(), UTC)
            self._order(enrolment, home, order_id, self.clock.now_ms())
            enrolment.write()
        await self.taken()

    def _order(self, enrolment: Enrolment, home: Home, order_id: str, now_ms: int) -> None:
        enrolment.take(NewOrder(home.door_id, now_ms, now_ms + STAY, order_id))
        later = now_ms + 2 * HOUR_MS, now_ms + 3 * HOUR_MS
        enrolment.take(NewPermit(home.door_id, *later, 2, HOUR_MS, WHO, WHY, f"p-{order_id}"))

    async def placed(
        self, home: Home | None, order_id: str, span: tuple[int, int], word: str
    ) -> None:
        """An order on a household from one time to another, with a permit that says a word; without
        a household, an order that is there already gets other times."""
        with self.store.writing() as connection:
            enrolment = Enrolment(connection, self.clock.now_ms(), UTC)
            if home is None:
                household_id = _household_of(connection, order_id)
                enrolment.take(NewOrder(household_id, *span, order_id))
            else:
                enrolment.take(NewDoor(home.door_id, LABEL, "g"))
                enrolment.take(NewOrder(home.door_id, *span, order_id))
                later = span[0] + 2 * HOUR_MS, span[0] + 3 * HOUR_MS
                enrolment.take(
                    NewPermit(home.door_id, *later, 2, HOUR_MS, word, word, f"p-{order_id}")
                )
            enrolment.write()
        await self.taken()

    async def lasts(self, home: Home, order_id: str, from_ms: int, to_ms: int) -> None:
        """An order lasts from one time to another: longer, or shorter, than was said."""
        with self.store.writing() as connection:
            enrolment = Enrolment(connection, self.clock.now_ms(), UTC)
            enrolment.take(NewOrder(home.door_id, from_ms, to_ms, order_id))
            enrolment.write()
        await self.taken()

    async def taken(self) -> None:
        """The gateway has what another program left."""
        self.clock.advance(MINUTE_MS)

        def is_taken() -> bool:  # who had just looked for the last time looks again a while later
            if not rows(self.store, tables.pending_events):
                return True
            self.clock.advance(READ_EVERY_MS)
            return False

        await until(is_taken, wait_s=TAKEN_S)
        await self.engine.idle()

    async def heard(self, home: Home, said: report.Report) -> None:
        """Its seal says it, and has its receipt."""
        before = len(self.post.receipts())
        self.engine.receive(home.seal.topic, home.seal.sealed(said), before + 1)
        await until(lambda: len(self.post.receipts()) > before)
        await self.engine.idle()

    async def lives(self, home: Home) -> str:
        """A breach with a report, a note and a photo; beats between. The case."""
        case = await self.opens(home)
        door, by = of_door(home.door_id), actor_of("wang")
        await self.engine.submit(door, acknowledged(case.case_id, "wang"))
        reported = CaseReported(
            case.case_id, by, f"r-{case.case_id}", outcome=Outcome.EXPLAINED, note=NOTE
        )
        await self.engine.submit(door, reported)
        with self.store.reading() as connection:
            (household_id,) = households.of_doors(connection, [home.door_id]).values()
            key_id = OrderKeys(connection, makes=False).key_id(household_id, self.clock.now_ms())
        PhotoFolder(self.store.path).put(case.case_id, "p1", PHOTO, key_id)
        await self.engine.submit(door, PhotoKept(case.case_id, "p1", by, len(PHOTO), "0" * 64))
        await self.heard(home, home.seal.edge(report.SHUT))
        return case.case_id

    async def opens(self, home: Home) -> Case:
        """Beats, and a breach; its case."""
        for _ in range(4):
            self.clock.advance(MINUTE_MS)
            await self.heard(home, home.seal.heartbeat())
        await self.heard(home, home.seal.edge())
        case = self.engine.state.doors[home.door_id].case
        assert case is not None
        return case

    async def later(self, ms: int) -> None:
        """Time passes, and all that it brings."""
        self.clock.advance(ms)
        await self.engine.idle()

    def replayed(self) -> Apart:
        """What the journal makes otherwise than it stands there."""
        with self.store.reading() as connection:
            begins, after_id = beginning(connection)
            replay = Replay(Rulebook(), begins)
            for row in journaled(connection, after_id=after_id):
                replay.step(row)
            return differing(connection, replay)


def _household_of(connection: Connection, order_id: str) -> str:
    """A door of the order's household."""
    query = (
        select(tables.doors.c.door_id)
        .join(tables.orders, tables.orders.c.household_id == tables.doors.c.household_id)
        .where(tables.orders.c.order_id == order_id)
    )
    return str(connection.execute(query).scalars().first())


@contextlib.asynccontextmanager
async def ended_site(store: Store, clock: ManualClock | None = None) -> AsyncIterator[EndedSite]:
    """The site at work, by a clock that a test moves."""
    clock = clock or ManualClock()
    async with beating(store, clock=clock) as (engine, post):
        yield EndedSite(store, clock, engine, post)


def found(folder: Path, words: Iterable[str | bytes]) -> dict[str, list[str]]:
    """Every file below a folder that has one of these in its bytes, with those that it has."""
    wanted = [(str(word), word.encode() if isinstance(word, str) else word) for word in words]
    hits: dict[str, list[str]] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            its = [name for name, word in wanted if word in content]
            if its:
                hits[str(path.relative_to(folder))] = its
    return hits


SEALED = re.compile(rb"~1\.[0-9a-f]{16}\.[A-Za-z0-9_-]{22,}")


def readable(store: Store, words: Iterable[str], at: Path | None = None) -> set[str]:
    """Those of the words that can be had by whoever has the site and its keys: every sealed text
    anywhere in its files, or in the file `at`, revealed. In a database what follows it may look as
    if it belonged to it, so each of its beginnings is tried."""
    texts: set[str] = set()
    for path in store.path.parent.rglob("*") if at is None else (at,):
        if path.is_file():
            for begins in set(SEALED.findall(path.read_bytes())):
                texts.add(_revealed(store, begins.decode()))
    return {word for word in words if any(word in text for text in texts)}


def _revealed(store: Store, begins: str) -> str:
    for length in range(len("~1.") + 17 + 22, len(begins) + 1):
        with contextlib.suppress(TamperedError):
            return store.keys.reveal(begins[:length])
    return ""
