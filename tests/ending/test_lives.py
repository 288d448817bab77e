"""P5 and P6, lived: a real site whose orders come, are extended, ended early and made again, whose
clock falls into doubt, and whose older copies are put back while its keys stay as they are. After
its time nothing of an order can be read anywhere, in no copy either; before it, all of it can be.

The seed is printed; MENSHEN_SEED lives through one again. `LIVES` says how many; `make ending`
takes more.
"""

import os
import random
import secrets
import shutil
from pathlib import Path

import pytest
from msgspec import Struct, structs

from gateway.core.duration import DAY_MS, HOUR_MS
from gateway.core.events import ClockDoubted, ClockSure
from gateway.core.subject import SITE
from gateway.ending import household_ending
from gateway.registry.rows import EnrolError
from gateway.store.database import Store
from gateway.store.file_copy import whole
from tests.ending.ended_site import EndedSite, Home, ended_site, found, readable
from tests.engine.small_site import new_store
from tests.manual_clock import ManualClock

LIVES = int(os.environ.get("LIVES", "1"))
STEPS = int(os.environ.get("STEPS", "14"))
ORDERS_MAX = 4
LINK_MS, ALL_MS = 24 * HOUR_MS, 14 * DAY_MS


class Known(Struct, frozen=True):
    """An order as the site's registry has it now. `word`: what only its own permit says."""

    order_id: str
    word: str
    from_ms: int
    to_ms: int


class Life:
    """One site, and what must be true of it."""

    def __init__(self, chance: random.Random, folder: Path) -> None:
        self.chance, self.folder = chance, folder
        self.live = folder / "live"
        self.live.mkdir(parents=True)
        self.clock, self.homes = ManualClock(), [Home(0), Home(1)]
        self.orders: dict[str, Known] = {}
        self.words: set[str] = set()  # of all orders that ever were
        self.over: set[str] = set()  # the words whose time was once over, whatever came after
        self.copies: list[tuple[Path, dict[str, Known], bool]] = []
        self.is_doubted, self.number = False, 0

    async def lives(self) -> None:
        """Until its copies are used up and its steps are done."""
        store, steps = new_store(self.live), STEPS
        while steps > 0:
            async with ended_site(store, self.clock) as site:
                if not self.words:
                    await site.enrol([], seals=False)
                    await self.order(site)
                while steps > 0:
                    steps -= 1
                    act = self.chance.choice(
                        (self.order, self.ends, self.lasts, self.doubts, self.copy, None)
                    )
                    if act is None:
                        break
                    await act(site)
                    await self.passes(site)
            store.close()
            store = self.put_back()
        await self.last(store)

    async def last(self, store: Store) -> None:
        """All times pass: nothing is left that anybody could read."""
        async with ended_site(store, self.clock) as site:
            if self.is_doubted:
                await self.doubts(site)
            for _ in range(40):
                await site.later(DAY_MS)
                while await site.ending().look():
                    pass
            site.store.cut_log()
            assert self.reads(site) == set()
            assert found(self.live, [o.order_id for o in self.orders.values()]) == {}
        store.close()

    async def order(self, site: EndedSite) -> None:
        """A household comes under an order; perhaps again, under its id of before."""
        if len(self.orders) >= ORDERS_MAX:
            return
        self.number += 1
        home, now_ms = self.chance.choice(self.homes), self.clock.now_ms()
        order_id, word = f"office-file-{self.number}", f"canary-{secrets.token_hex(6)}"
        to_ms = now_ms + self.chance.randint(1, 5) * DAY_MS
        try:
            await site.placed(home, order_id, (now_ms, to_ms), word)
        except EnrolError:  # it is under an order already
            return
        self.orders[order_id] = Known(order_id, word, now_ms, to_ms)
        self.words.add(word)

    async def ends(self, site: EndedSite) -> None:
        """An order ends now."""
        for known in self.running():
            await self._until(site, known, self.clock.now_ms())
            return

    async def lasts(self, site: EndedSite) -> None:
        """An order lasts longer."""
        for known in self.running():
            await self._until(site, known, known.to_ms + self.chance.randint(1, 3) * DAY_MS)
            return

    async def _until(self, site: EndedSite, known: Known, to_ms: int) -> None:
        await site.placed(None, known.order_id, (known.from_ms, to_ms), "")
        self.orders[known.order_id] = structs.replace(known, to_ms=to_ms)

    def running(self) -> list[Known]:
        now_ms = self.clock.now_ms()
        return [known for known in self.orders.values() if known.to_ms > now_ms + HOUR_MS]

    async def doubts(self, site: EndedSite) -> None:
        """How far the clock may be off is known, or it is right again."""
        self.is_doubted = not self.is_doubted
        event = ClockDoubted(HOUR_MS, HOUR_MS) if self.is_doubted else ClockSure()
        await site.engine.submit(SITE, event)

    async def copy(self, site: EndedSite) -> None:
        """The site is copied, without its keys, as copies are."""
        place = self.folder / f"copy-{len(self.copies)}.db"
        whole(site.store.path, place)
        self.copies.append((place, dict(self.orders), self.is_doubted))

    def put_back(self) -> Store:
        """An older copy takes the database's place, or nothing but a start comes about."""
        if self.copies and self.chance.random() < 0.7:
            place, self.orders, self.is_doubted = self.chance.choice(self.copies)
            self.orders = dict(self.orders)
            for name in ("menshen.db-wal", "menshen.db-shm"):
                (self.live / name).unlink(missing_ok=True)
            shutil.copy(place, self.live / "menshen.db")
        return Store.open(self.live / "menshen.db")

    async def passes(self, site: EndedSite) -> None:
        """Some of the time passes, and what is over is destroyed."""
        for _ in range(self.chance.randint(1, 4)):
            await site.later(self.chance.choice((6 * HOUR_MS, DAY_MS, 4 * DAY_MS)))
            while await site.ending().look():
                pass
            self.holds(site)

    def holds(self, site: EndedSite) -> None:
        """What must be true now."""
        now_ms, reads = self.clock.now_ms(), self.reads(site)
        for known in self.orders.values():
            if known.to_ms > now_ms and known.word not in self.over:
                assert known.word in reads, "destroyed before its time"
            if not self.is_doubted and known.to_ms + LINK_MS <= now_ms:
                self.over.add(known.word)
        gone = {o.word for o in self.orders.values() if o.to_ms + LINK_MS <= now_ms}
        if not self.is_doubted:
            assert reads & gone == set(), "read after its time"
            ended = [o.order_id for o in self.orders.values() if o.to_ms + ALL_MS <= now_ms]
            site.store.cut_log()
            assert found(self.live, ended) == {}
            for order_id in ended:
                del self.orders[order_id]
        assert reads & self.over == set(), "a copy brought it back"

    def reads(self, site: EndedSite) -> set[str]:
        """The words that can be read, here or in any copy that was ever made."""
        words = readable(site.store, self.words)
        return words.union(*(readable(site.store, self.words, at) for at, *_ in self.copies))


@pytest.mark.parametrize("number", range(LIVES))
async def test_p05_no_life_with_restores_leaves_a_readable_word_or_destroys_one_early(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(household_ending, "REST", 0)
    monkeypatch.setattr(household_ending, "REST_S_MIN", 0.0)
    seed = os.environ.get("MENSHEN_SEED") or secrets.token_hex(4)
    print(f"MENSHEN_SEED={seed}")
    await Life(random.Random(f"{seed}{number}"), tmp_path).lives()  # noqa: S311 - it repeats
