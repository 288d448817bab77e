"""Two sites hear the same; one lives through, the other dies at any moment and starts again.

In the end both have the same journal, openings, cases, states and pages. What a broker has no
acknowledgement for, it delivers again; a person whose press had no answer presses again, whether it
was done or not, and is told the same at both. At each death the other site's connection to its
broker breaks too: so what was on its way is redelivered to both, and may have waited as long. Each
pair of lives has a printed seed; MENSHEN_SEED repeats one, MENSHEN_LIVES says how many.

What must differ is not compared, and is no part of these days:

- how often something was refused (`refusals`), and which of a flood's refusals are journaled: a
  start counts their minute anew, so more of them are, never fewer;
- `states.listening`, since when something may wait in the broker: one that lives through keeps it
  in memory, and only a start asks the store (tests/engine/test_backlog.py);
- the numbers of rows: of the journal, of what follows from which, and those of this life that a
  correction of the clock is about;
- what is sealed: each site has keys of its own.
"""

import asyncio
import os
import random
import re
import sqlite3
from collections.abc import Iterator
from contextlib import AsyncExitStack
from copy import copy
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import Connection, Table

from gateway.core.events import Event, SealBound
from gateway.core.model import Contact
from gateway.core.subject import Subject, of_door
from gateway.engine.engine import Engine
from gateway.engine.ports import ContactSaid
from gateway.store import household_tables, outbox, seal_paths, tables
from gateway.store.database import Store
from gateway.store.outbox import Entry
from gateway.store.states import LISTENING
from sealwire import report
from tests.engine.pressed_acts import Presses
from tests.engine.random_days import DOORS, HOUR, MINUTE, Act, Days
from tests.engine.small_site import HandSeal, around_each_commit, beating_at, new_store, rows
from tests.manual_clock import ManualClock
from tests.waiting import until

SEED = os.environ.get("MENSHEN_SEED")
LIVES = int(os.environ.get("MENSHEN_LIVES", "2"))
CUT_ONE_IN = 8  # times that time passes
REFUSED_MOST = 40  # in a minute: no flood
NOT_COMPARED = re.compile(r"~1\.[0-9a-f]{16}\.[A-Za-z0-9_-]{22,}|\"from_id\":\d+,\"to_id\":\d+")


class Power:
    """What happens around the next commit of a site: nothing, or it dies with its power."""

    def __init__(self, store: Store) -> None:
        self.fails_before = self.fails_after = self.has_failed = False

        @around_each_commit(store)
        def around(_connection: Connection) -> Iterator[None]:
            self._fail(self.fails_before)
            yield
            self._fail(self.fails_after)

    def _fail(self, fails: bool) -> None:
        if fails:
            self.has_failed = True
            raise sqlite3.OperationalError("the power is gone")

    def comes_back(self) -> None:
        self.fails_before = self.fails_after = self.has_failed = False


class BothClocks:
    """Time, at both sites."""

    def __init__(self, clocks: list[ManualClock]) -> None:
        self.clocks = clocks

    def now_ms(self) -> int:
        return self.clocks[0].now_ms()

    def advance(self, ms: int) -> None:
        for clock in self.clocks:
            clock.advance(ms)


class Both:
    """Whatever happens, at both sites. `engines`: the one that lives through, and the other."""

    def __init__(self, stores: list[Store], engines: list[Engine]) -> None:
        self.stores, self.engines = stores, engines

    @property
    def state(self) -> Any:
        return self.engines[0].state

    def receive(self, *message: Any, **how: Any) -> bool:
        return all([engine.receive(*message, **how) for engine in self.engines])

    def heard_contact(self, said: ContactSaid) -> bool:
        return all([engine.heard_contact(copy(said)) for engine in self.engines])

    def attempted(self, entry: Entry) -> None:
        """An entry of the first, and the same one of the other, whatever its number is there."""
        self.engines[0].attempted(entry)
        with self.stores[1].reading() as connection:
            waiting = outbox.undelivered(connection, entry.channel, 0)
        (same,) = [one for one in waiting if isinstance(one, Entry) and _is_same(one, entry)]
        self.engines[1].attempted(replace(entry, entry_id=same.entry_id, sent_id=same.sent_id))

    async def submit(self, subject: Subject, event: Event) -> None:
        """Whoever presses is told the same at both."""
        pressed = (engine.submit(subject, event) for engine in self.engines)
        through, cut = await asyncio.gather(*pressed)
        assert through == cut

    async def idle(self) -> None:
        await asyncio.gather(*(engine.idle() for engine in self.engines))


def _is_same(one: Entry, other: Entry) -> bool:
    names = "page_id", "warden_id", "address", "role", "made_ms", "step_index", "round"
    return all(getattr(one, name) == getattr(other, name) for name in names)


class TwoSites(Days):
    """Days that happen at two sites."""

    def __init__(self, seed: int, folder: Path) -> None:
        stores = [new_store(folder / name) for name in ("through", "cut")]
        super().__init__(seed, stores[0])
        self.stores, self.clocks = stores, [ManualClock(), ManualClock()]
        self.clock = BothClocks(self.clocks)  # type: ignore[assignment]
        self.seals.append(HandSeal())
        for self.store in stores:
            self.enrol()
        self.store, self.other_make = stores[0], self.seals.pop()
        self.power = Power(stores[1])
        self.cuts = self.presses = 0
        self.drawn = Presses(self.chance, DOORS)
        self._stack = AsyncExitStack()
        self._refused = (0, 0)  # in which minute how many
        self._last: dict[HandSeal, report.Report] = {}

    async def live_both(self) -> None:
        """One at a stretch, the other in many lives."""
        async with beating_at(self.stores[0], self.clocks[0]) as through:
            self.both = Both(self.stores, [through, await self._start()])
            await self.live(self.both)  # type: ignore[arg-type]
            await self.both.idle()
            await self._stack.aclose()

    async def _start(self) -> Engine:
        return await self._stack.enter_async_context(beating_at(self.stores[1], self.clocks[1]))

    def chances(self) -> dict[Act, int]:
        without = {self.flood}
        of_days = {act: n for act, n in super().chances().items() if act not in without}
        more = {self.air: 8, self.contact: 6, self.corrected: 1, self.copied: 10}
        return of_days | more

    async def time_passes(self, engine: Engine) -> None:
        if self.chance.random() < 1 / CUT_ONE_IN:
            await self.cut()
        await super().time_passes(engine)

    async def cut(self) -> None:
        """One of them dies: between two things, or with something on its way."""
        await self.both.idle()
        if not await self._is_clear():
            return
        if self.chance.random() < 0.4:
            await self._at_a_press()
            return
        self.cuts += 1
        how = self.chance.choice([None, None, "unread", "unwritten", "unacknowledged"])
        count = 0 if how is None else self.chance.choice([1, 2, 5])
        sent = [self._message() for _ in range(count)]
        through, dying = self.both.engines
        if how == "unacknowledged":
            for message in sent:
                through.receive(*message, True)
            await through.idle()
        self.power.fails_before = how == "unwritten"
        self.power.fails_after = how == "unacknowledged"
        for message in sent:
            dying.receive(*message, True)
        if how in ("unwritten", "unacknowledged"):
            await until(lambda: self.power.has_failed)
        await self._dies_and_starts()
        for message in sent:
            self.both.receive(*message, False)
        await self.both.idle()

    async def _at_a_press(self) -> None:
        """It dies while people press, before what they do is written or before they are answered;
        they press again afterwards, once or twice."""
        through, dying = self.both.engines
        drawn = [self._press() for _ in range(self.chance.choice([1, 2, 4]))]
        # Who hangs another seal forgets when the door was heard, by which a start dates the rest.
        presses = [press for press in drawn if not isinstance(press[1], SealBound)]
        if not presses:
            return
        is_written = self.chance.random() < 0.5
        for press in presses if is_written else ():
            await through.submit(*press)
        self.power.fails_before, self.power.fails_after = not is_written, is_written
        pressed = [asyncio.ensure_future(dying.submit(*press)) for press in presses]
        await until(lambda: self.power.has_failed)
        assert not any(one.done() for one in pressed)  # nobody is told what may not be so
        for one in pressed:
            one.cancel()
        await self._dies_and_starts()
        for press in presses * self.chance.choice([1, 2]):
            await self.both.submit(*press)
        self.cuts, self.presses = self.cuts + 1, self.presses + len(presses)

    async def _dies_and_starts(self) -> None:
        await self._stack.aclose()
        self.power.comes_back()
        off_ms = self.chance.choice([0, 0, 400, 5_000, 30 * MINUTE, 8 * HOUR])
        self.clocks[1].advance(off_ms)
        self.both.engines[1] = await self._start()
        self.clocks[0].advance(off_ms)
        await self.both.idle()

    def _press(self) -> tuple[Subject, Event]:
        if self.chance.random() < 0.6:
            return self.drawn.draw(self.both.engines[0], self.clock.now_ms())
        number = self.chance.randrange(DOORS)
        return of_door(f"door-{number}"), self.act(self.both.engines[0], number)

    async def person(self, engine: Engine) -> None:
        await engine.submit(*self._press())

    async def _is_clear(self) -> bool:
        """A door is heard, so that both know alike since when something may have waited; nothing is
        known where none is under order."""
        for seal, number in zip(self.seals, range(DOORS), strict=True):
            self.both.receive(seal.topic, self._beat(seal), 0)
            await self.both.idle()
            if self.both.state.doors[f"door-{number}"].heard_ms == self.clock.now_ms():
                return True
        return False

    def _message(self) -> tuple[str, bytes, int]:
        seal = self.chance.choice(self.seals)
        self.tokens += 1
        is_edge = self.chance.random() < 0.7
        return seal.topic, self.next_edge(seal) if is_edge else self._beat(seal), self.tokens

    def _beat(self, seal: HandSeal) -> bytes:
        return seal.sealed(seal.heartbeat(seal.edges % 2))

    def next_edge(self, seal: HandSeal) -> bytes:
        age_ms = self.chance.choice([0, 20, 900, 30_000, 10 * MINUTE, None])
        self._last[seal] = said = seal.edge((seal.edges + 1) % 2, age_ms)
        return seal.sealed(said)

    async def copied(self, engine: Engine) -> None:
        """A seal had no receipt, and sends its last report again: as old as it says."""
        seal = self.chance.choice(self.seals)
        said = self._last.get(seal)
        if said is None or said.age_ms is None:
            return
        said.age_ms += self.chance.choice([0, 20, 5_000, 10 * MINUTE, 2 * HOUR])
        self.send(engine, seal, seal.sealed(said))

    async def air(self, engine: Engine) -> None:
        seal = self.chance.choice(self.seals)
        payload = self.next_edge(seal) if self.chance.random() < 0.4 else self._beat(seal)
        assert engine.receive(seal.topic, payload, 0, by_air=True)

    async def contact(self, engine: Engine) -> None:
        """Another maker's contact says something."""
        says = self.chance.choice([Contact.OPEN, Contact.SHUT, None])
        of_it = self.other_make.seal_id, f"door-{DOORS}", says
        is_first = self.chance.random() < 0.3
        engine.heard_contact(ContactSaid(*of_it, is_first=is_first))

    async def corrected(self, engine: Engine) -> None:
        """Somebody's word moves the clock at once."""
        await engine.idle()
        by_ms = self.chance.choice([-2 * HOUR, -20 * MINUTE, 3_000, 5 * HOUR])
        for each, clock in zip(self.both.engines, self.clocks, strict=True):
            clock.advance(by_ms)
            each.clock_set(by_ms)
        await engine.idle()

    async def refused(self, engine: Engine) -> None:
        minute = self.clock.now_ms() // MINUTE
        so_far = self._refused[1] if self._refused[0] == minute else 0
        if so_far + 12 <= REFUSED_MOST:
            self._refused = minute, so_far + 12
            await super().refused(engine)

    async def registry(self, engine: Engine) -> None:
        """A change of the office, at both."""
        await self.both.idle()
        chance = self.chance.getstate()
        for store, each in zip(self.stores, self.both.engines, strict=True):
            self.store = store
            self.chance.setstate(chance)
            await super().registry(each)
        self.store = self.stores[0]

    def made(self, store: Store) -> dict[str, list[str]]:
        """All that is to be the same, by its table."""
        return {table.name: plain(store, table, *no) for table, no in COMPARED.items()}


# The tables, and what of them is not compared: the numbers of rows.
COMPARED: dict[Table, tuple[str, ...]] = {
    tables.journal: ("journal_id", "cause_id"),
    tables.openings: (),
    tables.cases: (),
    tables.households: (),
    household_tables.requests: (),
    household_tables.disputes: (),
    household_tables.health_reports: (),
    tables.outbox: ("entry_id", "sent_id"),
    tables.doors: (),
    tables.people: (),
    tables.permits: (),
    tables.seals: (),
    tables.states: (),
    seal_paths.PATHS: (),
}


def plain(store: Store, table: Table, *left_out: str) -> list[str]:
    found = [row for row in rows(store, table) if row.get("name") != LISTENING]
    plain = [{name: row[name] for name in row.keys() - {*left_out}} for row in found]
    return sorted(NOT_COMPARED.sub("…", str(sorted(row.items()))) for row in plain)


@pytest.mark.parametrize("number", range(1 if SEED else LIVES))
async def test_a_site_that_dies_at_any_moment_is_in_the_end_as_one_that_lived_through(
    number: int, tmp_path: Path
) -> None:
    seed = int(SEED) if SEED else random.SystemRandom().randrange(1 << 30)
    print(f"MENSHEN_SEED={seed}")
    for name in ("through", "cut"):
        (tmp_path / name).mkdir()
    sites = TwoSites(seed, tmp_path)
    await sites.live_both()
    through, cut = (sites.made(store) for store in sites.stores)
    assert sites.cuts
    for what, lived in through.items():
        assert cut[what] == lived, what
