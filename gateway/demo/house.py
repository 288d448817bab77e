"""The building of the demo: who lives behind which door, in both languages, as rows to enrol.

Whatever is stored in the gateway's database is written "Chinese / English", for it has one
language and the page has two; `half` takes the one that is read.
"""

import secrets
from datetime import UTC

from msgspec import Struct

from gateway.core.duration import DAY_MS, HOUR_MS
from gateway.language.catalogue import N_
from gateway.registry.enrolment import Enrolment
from gateway.registry.rows import NewDoor, NewGrid, NewOrder, NewPermit, NewSeal, NewWarden
from gateway.store.database import Store

FLOORS, DOORS_A_FLOOR = 3, 4
GRID, WARDEN = "grid-3", "wang"
_GRID_NAME = "第三网格 / Grid 3"
_WARDEN_NAME = "王师傅 / Warden Wang"
_ORDER_DAYS = 14
_PERMIT_DAYS = 7


class Announced(Struct, frozen=True):
    """An opening that somebody announced, and what it is for, as its door's plate says it."""

    who: str
    why: str
    what_for: str


NO_ORDER = "1-301"
ANNOUNCED = {
    "1-102": Announced("社区食堂 / the community kitchen", "送午饭 / noon meal", N_("noon meal")),
    "1-203": Announced("张大夫 / Dr Zhang", "上门检测 / test at home", N_("test at home")),
    "1-304": Announced("物业 / the caretaker", "收垃圾 / rubbish", N_("rubbish")),
}


class Household(Struct, frozen=True):
    """A door and the seal on it, with what the seal is flashed with."""

    door_id: str
    seal_id: str
    key: bytes
    password: str

    def __repr__(self) -> str:
        """Its door; the key and the password stay unsaid."""
        return f"Household({self.door_id!r})"


def households() -> list[Household]:
    """The twelve doors by floor, each with a fresh seal."""
    return [
        Household(
            f"1-{floor}{number:02}",
            secrets.token_hex(8),
            secrets.token_bytes(32),
            secrets.token_urlsafe(18),
        )
        for floor in range(1, FLOORS + 1)
        for number in range(1, DOORS_A_FLOOR + 1)
    ]


def enrol(store: Store, living: list[Household], now_ms: int) -> None:
    """Write the building into a gateway's database, as `menshen enrol` does."""
    with store.writing() as connection:
        enrolment = Enrolment(connection, now_ms, UTC)  # its times are no words of people's
        enrolment.take(NewGrid(GRID, _GRID_NAME))
        enrolment.take(NewWarden(WARDEN, _WARDEN_NAME, GRID, "zh"))
        for home in living:
            _enrol_home(enrolment, home, now_ms)
        enrolment.write()


def half(text: str, language: str) -> str:
    """The Chinese or the English part of what the demo stored; other texts as they are."""
    chinese, slash, english = text.partition(" / ")
    return english if slash and language == "en" else chinese


def _enrol_home(enrolment: Enrolment, home: Household, now_ms: int) -> None:
    door_id = home.door_id
    enrolment.take(NewDoor(door_id, door_id, GRID))
    # No password's hash is stored: the demo's broker asks for none, and a hash takes its time.
    enrolment.take(NewSeal(home.seal_id, home.key, door_id))
    from_ms = now_ms - HOUR_MS
    if door_id != NO_ORDER:
        enrolment.take(NewOrder(door_id, from_ms, from_ms + _ORDER_DAYS * DAY_MS))
    if announced := ANNOUNCED.get(door_id):
        to_ms = now_ms + _PERMIT_DAYS * DAY_MS
        enrolment.take(
            NewPermit(door_id, from_ms, to_ms, 100, 12 * HOUR_MS, announced.who, announced.why)
        )
