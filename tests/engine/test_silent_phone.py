"""A canary whose phone is silent, as the gateway lives through it: others are told, another way."""

from sqlalchemy import insert

from gateway.core.events import DoorClassed, PageReceived
from gateway.core.rules import CANARY
from gateway.core.subject import of_door
from gateway.engine.engine import Engine
from gateway.store import tables
from gateway.store.database import Store
from sealwire import report
from tests.engine.small_site import HandSeal, beating_at, enrol, rows
from tests.manual_clock import ManualClock

SECOND, MINUTE = 1_000, 60_000


class Cage:
    """A canary's door, and a clock that is moved by hand."""

    def __init__(self, store: Store) -> None:
        self.clock, self.seal, self.tokens = ManualClock(), HandSeal(), 0
        enrol(store, [self.seal])
        captain = {"warden_id": "zhao", "name": "Zhao", "grid_id": "g", "role": "captain"}
        captain["channels"] = '["webhook:http://127.0.0.1:1/", "inbox"]'
        with store.writing() as connection:
            connection.execute(insert(tables.wardens), captain)

    async def sings(self, engine: Engine) -> None:
        """Ten minutes; then the door opens and shuts."""
        self.clock.advance(10 * MINUTE)
        for contact in (report.OPEN, report.SHUT):
            self.tokens += 1
            payload = self.seal.sealed(self.seal.edge(contact))
            assert engine.receive(self.seal.topic, payload, self.tokens)
            await engine.idle()
            self.clock.advance(5 * SECOND)

    async def signs(self, engine: Engine, store: Store) -> None:
        """The phone has shown the newest of its pages."""
        page_id = canary_pages(store)[-1]
        signed = await engine.submit(of_door("door-0"), PageReceived("", page_id, "wang"))
        assert signed.changed


def canary_pages(store: Store) -> list[str]:
    pages = [row for row in rows(store, tables.outbox) if row["reason"] == "canary"]
    assert all(row["warden_id"] == "wang" for row in pages), "it asks for one phone only"
    return [str(row["page_id"]) for row in pages]


async def test_a_canary_that_no_phone_hears_twice_is_a_case_that_goes_another_way(
    store: Store,
) -> None:
    cage = Cage(store)
    async with beating_at(store, cage.clock) as engine:
        await engine.submit(of_door("door-0"), DoorClassed(CANARY))
        for _ in range(3):
            await cage.sings(engine)
            await cage.signs(engine, store)
        assert rows(store, tables.cases) == []
        for _ in range(2):
            await cage.sings(engine)  # and the phone is silent
        assert rows(store, tables.cases) == [], "once is an accident"
        cage.clock.advance(2 * MINUTE)
        await engine.idle()
        (case,) = rows(store, tables.cases)
        assert case["reason"] == "canary_missed"
        told = [row for row in rows(store, tables.outbox) if row["reason"] == "canary_missed"]
        assert {row["warden_id"] for row in told} == {"zhao"}
        assert "webhook" in {row["channel"] for row in told}
        assert len(canary_pages(store)) == 5
        await cage.sings(engine)
        await cage.signs(engine, store)
    (case,) = rows(store, tables.cases)
    assert (case["outcome"], case["state"]) == ("received_again", "closed")
