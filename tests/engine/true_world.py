"""Doors that truly open and shut, and all that may go wrong between them and the gateway.

The world knows when each door moved, what each seal meant by each of its reports, and which of its
words the gateway ever got. Seals keep what has no receipt, lose power, forget the age of what they
kept, and drop the oldest of too much; one is heard by air too, one contact is another maker's. The
broker is away, keeps, delivers late or twice; the gateway reads late and dies. A line may hold a
report back and let a later copy of it overtake: the copies tell, and the house believes them. What
came once comes again at any time. In every other world two doors are one household's.
"""

from __future__ import annotations

import random
from collections import deque

from sqlalchemy import update

from gateway.core.duration import HOUR_MS, MINUTE_MS
from gateway.core.events import OrderPlaced, PermitAnnounced, SealBound
from gateway.core.model import Contact, Order, Permit, Policy
from gateway.core.subject import of_door
from gateway.engine.engine import Engine
from gateway.engine.ports import ContactSaid
from gateway.ingest.advert_ids import AdvertIds
from gateway.store import tables
from gateway.store.database import Store
from sealwire import envelope, report
from tests.engine.small_site import HandSeal, Post, enrol
from tests.engine.true_door import BY_BROKER, BY_CONTACT, DOORS, Meant, Said, TrueDoor
from tests.manual_clock import NOON_MS, ManualClock

BEAT_MS = 100_000
SPOOL_MAX = 4
APART_MS = 25_000  # between two moves of a leaf: no contact here is at fault
SHARED = 2  # contacts of one household
BEGIN_MS = NOON_MS - NOON_MS % MINUTE_MS
PAUSES_MS = (700, 5_000, 5_000, 30_000, 60_000, 60_000, 100_000, 1_500_000)
MAKE = "zigbee2mqtt"
_CONTACTS = (Contact.SHUT, Contact.OPEN)


class TrueWorld:
    """A few doors, and a gateway that lives and dies."""

    def __init__(self, store: Store, chance: random.Random, steps: int) -> None:
        self.store, self.chance, self.steps = store, chance, steps
        self.clock = ManualClock(BEGIN_MS)
        self.doors = [TrueDoor(n, HandSeal()) for n in range(DOORS)]
        self.is_shared = chance.random() < 0.5
        self.permits: list[tuple[TrueDoor, Permit, int]] = []  # and when it was announced
        self.orders: dict[str, Order] = {}
        self.waiting: deque[tuple[TrueDoor, bytes, Said]] = deque()
        self.had: list[tuple[TrueDoor, bytes]] = []  # messages that came
        self.clear_ms = BEGIN_MS
        self.is_up = self.is_caught_up = self.is_slow = False
        self.ids = AdvertIds()
        self._read = 0
        self.redated: dict[str, int] = {}  # openings, and when a copy of their report came
        self.wrong: list[str] = []
        enrol(store, [door.seal for door in self.doors], bound=False)
        with store.writing() as connection:
            s, d = tables.seals.c, tables.doors.c
            for door in self.doors:
                row: dict[str, object] = {"door_id": door.door_id, "heartbeat_ms": BEAT_MS}
                if not door.is_counted:
                    row |= {"make": MAKE, "address": "zigbee2mqtt/hall", "key": b""}
                of = s.seal_id == door.seal.seal_id
                connection.execute(update(tables.seals).where(of).values(**row))
                its = d.door_id == door.door_id
                placed = {"building": f"b{door.number}", "household_id": self.home_of(door)}
                connection.execute(update(tables.doors).where(its).values(**placed))

    async def begin(self, engine: Engine) -> None:
        """The seals are hung, the orders placed, the doors heard."""
        now_ms = self.clock.now_ms()
        for door in self.doors:
            make = "" if door.is_counted else MAKE
            await engine.submit(
                of_door(door.door_id), SealBound(door.seal.seal_id, BEAT_MS, make=make)
            )
            ends_ms = now_ms + self.chance.choice((2, 30)) * HOUR_MS
            allowed = self.chance.choice((0, 0, 2))
            from_ms = now_ms + self.chance.choice((-HOUR_MS, -HOUR_MS, HOUR_MS))
            order = Order(f"order-{door.number}", from_ms, ends_ms, Policy(allowed, HOUR_MS))
            order = self.orders.setdefault(self.home_of(door), order)
            self.orders[door.door_id] = order
            await engine.submit(of_door(door.door_id), OrderPlaced(order))
            self.boots(door)

    def home_of(self, door: TrueDoor) -> str:
        """Whose contact it is: of the first few of a world, one household's in every other."""
        return "door-0" if self.is_shared and door.number < SHARED else door.door_id

    @property
    def ours(self) -> list[TrueDoor]:
        """Those with a seal of ours."""
        return self.doors[:-BY_CONTACT]

    def of(self, door_id: str) -> TrueDoor:
        """The door of this id."""
        return next(door for door in self.doors if door.door_id == door_id)

    async def live(self, engine: Engine, post: Post) -> None:
        """One life of the gateway, from a start to a sudden end."""
        self.is_up, self.is_caught_up, self.is_slow, self._read = True, False, False, 0
        self.ids.know(engine.state.registry.seals, engine.state.windows)
        engine.on_heard.append(lambda windows, _: self.ids.rose(windows))
        for door in self.doors:
            door.told = None if not door.is_counted else door.told
        while self.steps and self.chance.random() > 1 / 30:
            self.steps -= 1
            self.clock.advance(self.chance.choice(PAUSES_MS))
            await engine.idle()
            self.weather()
            await self.happens(engine)
            self.radio(engine)
            self.delivers(engine)
            await engine.idle()
            self.receipts(post)
            self.looks(engine)

    def looks(self, engine: Engine) -> None:
        """What the house says of each door now: where its leaf was when that was last known."""
        for door in self.doors:
            its = engine.state.doors[door.door_id]
            if its.contact is Contact.UNKNOWN or its.observed_until_ms is None:
                continue
            stood = {door.stood_open(at) for at in (its.observed_until_ms, self.clock.now_ms())}
            if its.observed_until_ms > self.clock.now_ms():
                self.wrong.append(f"known ahead {its.observed_until_ms}")
            between = any(its.observed_until_ms <= at for at in door.moves)
            if not between and stood != {its.contact is Contact.OPEN}:
                self.wrong.append(f"state {door.door_id} {its.contact} {its.observed_until_ms}")

    def weather(self) -> None:
        if self.chance.random() < 1 / 12:
            self.is_up, self.is_caught_up = not self.is_up, False
        for door in self.doors:
            if self.chance.random() < 1 / 40:
                door.is_linked = not door.is_linked
        self.is_slow = self.chance.random() < 1 / 5

    async def happens(self, engine: Engine) -> None:
        door = self.chance.choice(self.doors)
        acts = {self.moves: 40, self.held_back: 12, self.power: 6, self.announces: 6}
        acts |= {self.blinks: 4, self.tampers: 2, self.replays: 4}
        (act,) = self.chance.choices(list(acts), list(acts.values()))
        await act(engine, door)

    async def moves(self, _: Engine, door: TrueDoor) -> None:
        now_ms = self.clock.now_ms()
        if door.moves and now_ms - door.moves[-1] < APART_MS:
            return
        door.moves.append(now_ms)
        if door.is_on and door.is_counted:
            said = door.seal.edge(report.OPEN if door.is_open else report.SHUT)
            self._keep(door, Meant(said, now_ms))

    async def tampers(self, _: Engine, door: TrueDoor) -> None:
        if door.is_on and door.is_counted:
            door.seal.seq += 1
            said = report.Report(
                door.is_open, report.TAMPER, door.seal.seq, door.seal.edges, cover=False
            )
            self._keep(door, Meant(said, self.clock.now_ms()))

    async def power(self, _: Engine, door: TrueDoor) -> None:
        """It goes, or it comes back."""
        if door.is_on:
            door.is_on, door.told = False, None
        else:
            door.is_on = True
            self.boots(door)

    async def blinks(self, engine: Engine, door: TrueDoor) -> None:
        """Somebody takes its battery out, goes through the door, and puts it back."""
        if not door.is_on or not door.is_counted:
            return
        await self.power(engine, door)
        for _ in range(self.chance.choice((1, 2, 2))):
            self.clock.advance(APART_MS)
            await self.moves(engine, door)
        self.clock.advance(3_000)
        await self.power(engine, door)

    def boots(self, door: TrueDoor) -> None:
        if not door.is_counted:
            return
        seal = door.seal
        seal.epoch, seal.counter = seal.epoch + 1, 0
        door.spool = deque(kept for kept in door.spool if not kept.said.first)
        for kept in door.spool:
            kept.is_age_known = False
        seal.seq += 1
        contact = report.OPEN if door.is_open else report.SHUT
        said = report.Report(contact, report.EDGE, seal.seq, seal.edges, first=True)
        self._keep(door, Meant(said, self.clock.now_ms()))

    def _keep(self, door: TrueDoor, meant: Meant) -> None:
        door.spool.append(meant)
        door.meant[meant.said.seq] = meant
        while len(door.spool) > SPOOL_MAX:
            door.spool.popleft()

    async def announces(self, engine: Engine, door: TrueDoor) -> None:
        now_ms = self.clock.now_ms()
        from_ms = now_ms + self.chance.choice((-HOUR_MS, 0, 10 * MINUTE_MS))
        permit = Permit(
            f"permit-{len(self.permits)}",
            from_ms,
            now_ms + self.chance.choice((20, 90)) * MINUTE_MS,
            self.chance.choice((1, 2)),
            HOUR_MS,
            "Li",
            "lunch",
        )
        self.permits.append((door, permit, now_ms))
        event = PermitAnnounced(permit, explains=False)
        await engine.submit(of_door(door.door_id), event)

    async def held_back(self, engine: Engine, door: TrueDoor) -> None:
        """A line holds a report back; a later copy of it overtakes nothing, and tells."""
        if not door.spool:
            await self.moves(engine, door)
        first = door.spool[0] if door.spool else None
        is_clear = self.is_up and self.is_caught_up and not self.waiting
        if first is None or not door.is_on or not first.is_age_known or not is_clear:
            return
        if first.said.kind != report.EDGE or first.said.first:
            return
        sent_ms = self.clock.now_ms()
        frame = door.seal.sealed(first.now(sent_ms))
        self.clock.advance(self.chance.choice((8_000, 90_000, 700_000)))
        if self.chance.random() < 0.5:
            await self.moves(engine, door)
        self.clear_ms = self.clock.now_ms()  # as far as anybody can see
        self._receive(engine, door, frame, self._said(door, first.said, self.clear_ms))
        await engine.idle()
        self.clock.advance(self.chance.choice((100, 40_000)))
        now_ms = self.clear_ms = self.clock.now_ms()
        self.redated[f"{door.seal.seal_id}-{first.said.seq}"] = now_ms
        again = door.seal.sealed(first.now(now_ms))
        self._receive(engine, door, again, self._said(door, first.said, now_ms))
        await engine.idle()

    async def replays(self, engine: Engine, _: TrueDoor) -> None:
        """Somebody says again what the gateway had already, or a broker kept it for whoever comes:
        whatever it says, it was said before."""
        if self.had:
            door, frame = self.chance.choice(self.had)
            live = self.chance.random() < 0.7
            assert engine.receive(door.seal.topic, frame, 1, live=live)
            await engine.idle()

    def radio(self, engine: Engine) -> None:
        """Every seal with power says what it has to say; some of it is lost."""
        now_ms = self.clock.now_ms()
        for door in self.doors:
            if not door.is_on or not door.is_linked:
                continue
            if not door.is_counted:
                self.contact(engine, door)
            elif door.spool:
                self.sends(engine, door, door.spool[0].now(now_ms))
            elif now_ms >= door.beat_ms:
                door.beat_ms = now_ms + BEAT_MS
                contact = report.OPEN if door.is_open else report.SHUT
                self.sends(engine, door, door.seal.heartbeat(contact))

    def sends(self, engine: Engine, door: TrueDoor, said: report.Report) -> None:
        now_ms = self.clock.now_ms()
        is_by_air = door.number == BY_BROKER
        if is_by_air and self.chance.random() < 0.7:
            found = self.ids.read(door.seal.advertised(said))
            if found is not None:
                topic = f"seals/{found[0]}/report"
                self._came(door, self._said(door, said, now_ms))
                engine.receive(topic, found[1], 0, by_air=True)
        if self.chance.random() < 0.7:
            frame = door.seal.sealed(said)
            for _ in range(self.chance.choice((1, 1, 1, 2))):
                self.waiting.append((door, frame, self._said(door, said, now_ms)))

    def contact(self, engine: Engine, door: TrueDoor) -> None:
        """Another maker's says at once what changed, and now and then how it stands."""
        now_ms = self.clock.now_ms()
        is_news = door.moves and door.moves[-1] == now_ms
        if not is_news and now_ms < door.beat_ms:
            return
        door.beat_ms = now_ms + BEAT_MS
        if self.chance.random() < 0.3:
            door.told = None if self.chance.random() < 0.3 else door.told
            return
        contact = _CONTACTS[door.is_open]
        said = ContactSaid(
            door.seal.seal_id, door.door_id, contact, door.told is None, is_prompt=bool(is_news)
        )
        door.told = door.is_open
        self._came(door, Said(now_ms, now_ms, len(door.moves), contact))
        engine.heard_contact(said)

    def delivers(self, engine: Engine) -> None:
        """What the broker has, to a gateway that listens: at once, or late."""
        if not self.is_up or self.is_slow:
            return
        now_ms = self.clock.now_ms()
        is_all = self.is_caught_up or self.chance.random() < 0.7
        count = len(self.waiting) if is_all else self.chance.randint(0, len(self.waiting))
        for _ in range(count):
            door, frame, said = self.waiting.popleft()
            self._receive(engine, door, frame, said)
        self.is_caught_up = self.is_caught_up or not self.waiting
        if self.is_caught_up:
            self.clear_ms = now_ms

    def _receive(self, engine: Engine, door: TrueDoor, frame: bytes, said: Said) -> None:
        now_ms = self.clock.now_ms()
        waited_ms = now_ms - self.clear_ms if self.is_caught_up else 0
        self._came(door, said)
        self.had.append((door, frame))
        live = self.is_caught_up
        assert engine.receive(door.seal.topic, frame, 1, live=live, waited_ms=waited_ms)

    def _said(self, door: TrueDoor, said: report.Report, sent_ms: int) -> Said:
        return Said(sent_ms, 0, said.edges, _CONTACTS[said.contact])

    def _came(self, door: TrueDoor, said: Said) -> None:
        said.came_ms = self.clock.now_ms()
        door.got.append(said)

    def receipts(self, post: Post) -> None:
        """What was stored the seals forget, if that reaches them."""
        by_id = {door.seal.seal_id: door for door in self.doors}
        new = post.receipts()[self._read :]
        self._read += len(new)
        for topic, payload in new:
            door = by_id[topic.split("/")[1]]
            if len(payload) == envelope.FRAME_BYTES[envelope.ORDER]:
                continue  # that its order is over, which these seals do not understand
            seq = door.seal.receipted(topic, payload)
            if door.is_on and self.is_up and self.chance.random() < 0.85:
                door.spool = deque(kept for kept in door.spool if kept.said.seq != seq)
