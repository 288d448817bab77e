"""What is known of a household is destroyed on time, by the running gateway, now and then.

1. An order is over: it gets its random number, under which its destruction will be recorded.
2. Its link is due: its key is destroyed, and with it every copy of what it sealed; then the
   registry's row: no label, no telephone, no seal on the door.
3. All of it is due: the core forgets it; all states are kept, so that a replay begins behind it;
   its rows, photos, months and points go; the line in the record; its last rows.

Each is repeated until it has gone through: what is done is found done. While the clock is in doubt
nothing is destroyed (core.schedule_of_ends), and what is late is told (`menshen check`).
"""

import asyncio
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, delete, insert, select, update

from gateway.core import schedule_of_ends
from gateway.core.duration import DAY_MS, HOUR_MS
from gateway.core.ending_events import NamesForgotten, OrderDestroyed
from gateway.core.events import Event
from gateway.core.schedule_of_ends import (
    Limits,
    Stage,
    Term,
    begins_living_ms,
    late_ms,
    stage,
)
from gateway.core.subject import SITE, Subject, of_door, of_household
from gateway.ending import copies, erasing, holds, link, months, names, records, unnamed_keys
from gateway.ending.names import Names
from gateway.keys.ring import KeyRingError
from gateway.photos.folder import PhotoFolder, name_of
from gateway.settings import Settings
from gateway.store import archives, file_copy, photos, states, tables
from gateway.store.database import Store, StoreError
from gateway.store.ending_tables import endings
from gateway.store.poisoned import Findings

log = logging.getLogger("menshen.ending")

EVERY_S: Final = 600.0
REST: Final = 4  # times as long as a step took, before the next: reports come first
REST_S_MIN: Final = 0.002
AT_ONCE_MAX: Final = 200  # orders destroyed together; the others at once after them
ID_BYTES: Final = 16
_e = endings.c
Forget = Callable[[str, int, int | None], int]  # a seal's points, from when to when: requests


class Progress(msgspec.Struct, frozen=True):
    """How far the end of an order is, as its row has it."""

    order_id: str
    ending_id: str
    household_id: str
    linked_ms: int | None
    names: str
    counts: str
    step: str = ""

    @property
    def done(self) -> Stage:
        """What is done of it."""
        return Stage.OVER if self.linked_ms is None else Stage.LINK

    @property
    def is_begun(self) -> bool:
        """Whether rows of it may be gone already: then there is no way back."""
        return self.names != names.NONE and not self.is_revived

    @property
    def is_revived(self) -> bool:
        """Whether its order was given longer when its end had begun: it ends anew, and what was
        found to be gone then still is."""
        return self.step == names.REVIVED


class HouseholdEnding:
    """Destroys what is over, now and then.

    Args:
        store: the site's database.
        limits: the site's.
        submit: takes an event into the journal.
        now_ms: the gateway's time.
        forget_points: deletes a seal's points in InfluxDB, where there is one; raises OSError or
            StoreError where it cannot now.
        backups: the folder of copies; None: the site has none.
    """

    def __init__(
        self,
        store: Store,
        limits: Limits,
        submit: Callable[[Subject, Event], Awaitable[Any]],
        now_ms: Callable[[], int],
        forget_points: Forget | None = None,
        backups: Path | None = None,
    ) -> None:
        self._store, self._limits, self._submit, self._now_ms = store, limits, submit, now_ms
        self._forget_points, self._backups = forget_points, backups
        self._record = records.place(store.path)
        self._photos = PhotoFolder(store.path)

    async def run(self) -> None:
        """Look every EVERY_S until cancelled."""
        while True:
            try:
                while await self.look():
                    pass
            except (StoreError, KeyRingError, records.RecordsError, OSError) as error:
                log.warning("what is over is still there, and tried again: %s", error)
            except Exception:  # a fault of ours may be of one order: the next start may be far
                log.exception("what is over is still there by a fault of ours, and tried again")
            await asyncio.sleep(EVERY_S)

    async def look(self) -> bool:
        """One round; whether there is more to do at once. StoreError, KeyRingError, RecordsError
        and OSError where something cannot be destroyed now; the next round goes on with it."""
        now_ms = self._now_ms()
        terms, known, due = await asyncio.to_thread(self._due, now_ms)
        if due[Stage.LINK]:
            await asyncio.to_thread(link.destroy, self._store, due[Stage.LINK], now_ms)
        wanted = due[Stage.ALL][:AT_ONCE_MAX]
        if wanted:
            await self._destroy(wanted, terms, known)
        await asyncio.to_thread(unnamed_keys.destroy, self._store, self._limits.destroy_ms, now_ms)
        await asyncio.to_thread(self._remove_copies)
        return len(due[Stage.ALL]) > len(wanted)

    def _remove_copies(self) -> None:
        """What still holds what is destroyed: older copies, and what was never finished."""
        database, backups = self._store.path, self._backups
        folders = [database.parent, archives.folder_of(database), self._photos.path, backups]
        for folder in folders:
            if folder is not None:
                file_copy.sweep(folder, time.time())
        destroyed_ms = max(records.latest_ms(self._record) or 0, copies.finished_ms(self._store))
        if not destroyed_ms:
            return
        copies.remove_set_aside(database, destroyed_ms)
        if backups is not None:
            copies.remove_stale(backups, destroyed_ms, self._now_ms())

    # What is due.

    def _due(self, now_ms: int) -> tuple[list[Term], dict[str, Progress], dict[Stage, list[Term]]]:
        with self._store.reading() as connection:
            doubt, held = states.doubt(connection), holds.terms(connection, now_ms)
            terms, known = terms_of(connection), progress_of(connection)
        stages = {term: stage(term, held, self._limits, doubt, now_ms) for term in terms}
        fresh = [t for t in terms if stages[t] >= Stage.OVER and t.order_id not in known]
        if fresh:
            known |= self._draw(fresh)
        due: dict[Stage, list[Term]] = {Stage.LINK: [], Stage.ALL: []}
        revived = {t.order_id for t in terms if stages[t] is Stage.RUNS and t.order_id in known}
        if revived:  # it was given longer, or comes again: what is old of it goes with its new end
            self._undraw([known[order_id] for order_id in revived])
        for term in terms:
            its = known.get(term.order_id)
            if its is None or term.order_id in revived:
                continue
            if its.linked_ms is None and stages[term] >= Stage.LINK:
                due[Stage.LINK].append(term)
            if stages[term] is Stage.ALL or (its.is_begun and stages[term] >= Stage.LINK):
                due[Stage.ALL].append(term)
        return terms, known, due

    def _draw(self, terms: Sequence[Term]) -> dict[str, Progress]:
        drawn = {
            term.order_id: Progress(
                term.order_id,
                secrets.token_hex(ID_BYTES),
                term.household_id,
                None,
                names.NONE,
                names.NONE,
            )
            for term in terms
        }
        rows = [
            {
                "order_id": term.order_id,
                "ending_id": drawn[term.order_id].ending_id,
                "household_id": term.household_id,
                "over_ms": term.to_ms,
            }
            for term in terms
        ]
        with self._store.writing() as connection:
            connection.execute(insert(endings), rows)
        return drawn

    def _undraw(self, all_of_it: Sequence[Progress]) -> None:
        """They end anew. Of one whose end had begun stays what was found then: rows that said so
        may be gone, and InfluxDB may have been away. Its number may stand in the record already."""
        fresh = [its.order_id for its in all_of_it if not (its.is_begun or its.is_revived)]
        begun = [its.order_id for its in all_of_it if its.is_begun]
        if not fresh and not begun:
            return
        anew = {"linked_ms": None, "before_ms": None, "step": names.REVIVED}
        with self._store.writing() as connection:
            connection.execute(delete(endings).where(_e.order_id.in_(fresh)))
            for order_id in begun:
                values = {**anew, "ending_id": secrets.token_hex(ID_BYTES)}
                change = update(endings).where(_e.order_id == order_id)
                connection.execute(change.values(values))

    # All of it.

    async def _destroy(
        self,
        wanted: Sequence[Term],
        terms: Sequence[Term],
        known: dict[str, Progress],
    ) -> None:
        gone = await asyncio.to_thread(self._begin, wanted, terms, known)
        told: list[tuple[Subject, Event]] = [
            (of_door(door_id), OrderDestroyed(its.order_id, its.before_ms))
            for its in gone
            for door_id in its.doors
        ]
        for its in gone:
            told.append(
                (of_household(its.household_id), OrderDestroyed(its.order_id, its.before_ms))
            )
            # A seal may hang at another household's by now: what it paged there is not forgotten.
            told.append((SITE, NamesForgotten(its.doors, (), its.cases, its.before_ms)))
        await asyncio.gather(*(self._told(*each) for each in told))
        to_id = await asyncio.to_thread(erasing.checkpoint, self._store)
        for step in erasing.of_others(self._store, gone, to_id):
            await self._rested(step)
        await self._rested(lambda: self._destroy_photos(gone))
        for piece in erasing.sweep(self._store, gone):
            await self._rested(piece)
        await asyncio.to_thread(self._rewrite_months, gone)
        if self._forget_points is not None:
            for its in gone:
                await asyncio.to_thread(self._points, its)
        await self._rested(self._store.cut_log)
        both = list(zip(wanted, gone, strict=True))
        for start in range(0, len(both), records.AT_ONCE_MAX):
            some = both[start : start + records.AT_ONCE_MAX]
            await self._rested(lambda some=some: self._recorded(some))  # type: ignore[misc]
        while await self._rested(lambda: self._store.give_back(erasing.FREE_PAGES)):
            pass
        await self._rested(self._store.cut_log)
        log.info("orders whose records were destroyed: %d", len(gone))

    def _rewrite_months(self, gone: Sequence[Names]) -> None:
        """Their copies go before each is made anew, for after a kill nobody would know which, and
        once more, for a copy may have been made meanwhile."""

        def remove(of: Collection[str]) -> None:
            if self._backups is not None:
                copies.remove_months(self._backups, of)

        remove(months.rewrite(self._store, gone, remove))

    async def _told(self, subject: Subject, event: Event) -> None:
        with suppress(KeyError):  # nobody watches that door any more
            await self._submit(subject, event)

    def _begin(
        self, wanted: Sequence[Term], terms: Sequence[Term], known: dict[str, Progress]
    ) -> list[Names]:
        """What is to go, written down before anything does."""
        ended = [term.order_id for term in wanted]
        gone = []
        with self._store.reading() as connection:
            for term in wanted:
                its_end = known[term.order_id]
                before = names.decode(its_end.names)
                if before is not None and its_end.is_begun:
                    # and if the household comes again meanwhile, that stays
                    gone.append(names.narrowed(connection, before))
                    continue
                household = [t for t in terms if t.household_id == term.household_id]
                before_ms = begins_living_ms(household, ended)
                its = names.collect(connection, term.order_id, term.household_id, before_ms)
                gone.append(its if before is None else names.joined(its, before))
        with self._store.writing() as connection:
            for its in gone:
                erasing.begin(connection, its)
        return gone

    def _destroy_photos(self, gone: Sequence[Names]) -> None:
        p = photos.PHOTOS.c
        with self._store.reading() as connection:
            for its in gone:
                query = select(p.case_id, p.photo_id).where(p.case_id.in_(its.cases))
                files = [name_of(*row) for row in connection.execute(query)]
                if files:
                    self._photos.destroy(files)

    def _points(self, its: Names) -> None:
        assert self._forget_points is not None  # noqa: S101 - asked before
        count = 0
        for hung in its.seals:
            if hung.holds(hung.from_ms, its.before_ms):  # else all of it is another order's
                ends_ms = hung.ends_ms(its.before_ms)
                count += self._forget_points(hung.seal_id, hung.from_ms, ends_ms)
        with self._store.writing() as connection:
            erasing.note(connection, its.order_id, {"influxdb": count})

    def _recorded(self, some: Sequence[tuple[Term, Names]]) -> None:
        """Their lines, and then their last rows. It was done now, and not when it was begun: a copy
        that was made in between has what is gone now."""
        rule, said, now_ms = rule_of(self._limits), [], self._now_ms()
        with self._store.reading() as connection:
            known = progress_of(connection)
        for term, _ in some:
            its_end = known[term.order_id]
            counts = names.counts(its_end.counts)
            late = late_ms(term, self._limits, Stage.LINK, now_ms)
            said.append(records.Said(its_end.ending_id, rule, late, counts))
        records.append(self._record, now_ms, said)
        with self._store.writing() as connection:
            for _, its in some:
                erasing.finish(connection, its)
            copies.note_finished(connection, self._now_ms())

    async def _rested(self, step: Callable[[], Any]) -> Any:
        """A step in a thread, and then a rest, so that reports keep the writer."""
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        result = await asyncio.to_thread(step)
        await asyncio.sleep(max(REST_S_MIN, REST * (loop.time() - began_s)))
        return result


def of_site(
    settings: Settings,
    store: Store,
    submit: Callable[[Subject, Event], Awaitable[Any]],
    now_ms: Callable[[], int],
    forget_points: Forget | None,
) -> HouseholdEnding:
    """The end of households as a site's settings want it."""
    limits = limits_of(settings)
    backups = settings.backup.placed(settings.store.path.parent).folder
    return HouseholdEnding(store, limits, submit, now_ms, forget_points, backups)


def limits_of(settings: Settings) -> Limits:
    """The site's limits."""
    its = settings.household
    return Limits(its.link_hours * HOUR_MS, its.destroy_days * DAY_MS)


def terms_of(connection: Connection) -> list[Term]:
    """All orders, the first to end first. One that cannot be read is of no household: whoever loads
    the registry tells of it."""
    o = tables.orders.c
    query = select(o.order_id, o.household_id, o.from_ms, o.to_ms).order_by(o.to_ms, o.order_id)
    return [Term(**row) for row in Findings().rows(connection, query, tables.orders.name)]


def late(connection: Connection, limits: Limits, now_ms: int) -> int:
    """How many orders have something left beyond its limit that nobody holds."""
    known, held = progress_of(connection), holds.terms(connection, now_ms)
    count = 0
    for term in terms_of(connection):
        its = known.get(term.order_id)
        done = Stage.OVER if its is None else its.done
        is_held = schedule_of_ends.is_held(term.order_id, held, now_ms)
        count += bool(not is_held and late_ms(term, limits, done, now_ms))
    return count


def progress_of(connection: Connection) -> dict[str, Progress]:
    """How far the ends that began are, by order. What of it cannot be read is as if it had not been
    done, and is done again; its random number is drawn again."""
    columns = _e.order_id, _e.ending_id, _e.household_id, _e.linked_ms, _e.names, _e.counts, _e.step
    query = select(*columns)
    otherwise = {"linked_ms": None, "names": names.NONE, "counts": names.NONE, "step": ""}
    rows = Findings().rows(connection, query, endings.name, **otherwise)
    return {row["order_id"]: Progress(**row) for row in rows}


def rule_of(limits: Limits) -> str:
    """By which limits, as the record says it."""
    return f"link {limits.link_ms // HOUR_MS} h, all {limits.destroy_ms // DAY_MS} d"
