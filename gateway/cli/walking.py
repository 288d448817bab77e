"""A walk test from the command line: left for the gateway to take, and watched until it is over."""

import secrets
import time
from collections.abc import Callable
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, select

from gateway.cli.command_time import command_ms
from gateway.cli.exit_codes import CommandError
from gateway.cli.named_door import called
from gateway.cli.output import now_ms
from gateway.core.actor import Actor, ActorKind, of_account
from gateway.core.commissioning import Check, WalkTest
from gateway.core.commissioning_events import WalkTestBegan, WalkTestEnded
from gateway.core.doors import walk_test
from gateway.core.model import Door
from gateway.core.subject import of_door
from gateway.registry.enrolment import Enrolment, enrol
from gateway.registry.rows import NewSeal
from gateway.registry.scanned import door_of
from gateway.settings import Settings
from gateway.store import pending, tables, views
from gateway.store.database import Store

TAKEN_S: Final = 10.0  # by then a running gateway has taken what was left for it
LOOK_EVERY_S: Final = 0.1
HERE: Final = of_account("command-line")


class Passed(msgspec.Struct, frozen=True):
    """What came of a test; without a certificate the checks say what is missing."""

    seal_id: str
    door_id: str
    certificate_id: str | None
    took_s: float
    checks: tuple[Check, ...] = ()

    def plain(self) -> dict[str, Any]:
        """For scripts."""
        said: dict[str, Any] = msgspec.to_builtins(self)
        return said


def bound(
    settings: Settings, store: Store, seal_id: str, door: str, ask: Callable[[], str] | None
) -> str:
    """The door on which a seal hangs; one that hangs nowhere is hung there now.

    Args:
        settings: of the site.
        store: its database.
        seal_id: whose door is wanted.
        door: what was said of it, or empty.
        ask: asks for it where nothing was said; None if nobody can be asked.

    Raises:
        CommandError: there is no such seal, or it belongs to another door.
        ScanError: what was said is no door.
        EnrolError: another seal hangs there.
    """
    said = door or (ask() if ask is not None else "")
    with store.reading() as connection:
        row = _seal(connection, seal_id)
        door_id = door_of(connection, said) if said else row.door_id
    if door_id is None:
        raise CommandError(f"seal {seal_id} hangs on no door yet; say --door where it hangs now")
    if row.door_id == door_id:
        return str(door_id)
    if row.door_id is not None:
        there, here = (called(settings, one) for one in (row.door_id, door_id))
        raise CommandError(
            f"seal {seal_id} belongs to door {there}, and this is door {here}: hang it there, or "
            f"say `menshen move {seal_id} {door_id}` if it is to stay here"
        )
    now, key = command_ms(settings.store.place, settings.zone), row.key

    def take(connection: Connection) -> Enrolment:
        enrolment = Enrolment(connection, now, settings.zone)
        enrolment.take(NewSeal(seal_id, key, door_id))
        return enrolment

    enrol(store, take)
    return str(door_id)


class Walk:
    """One walk test of a seal at its door."""

    def __init__(
        self, settings: Settings, store: Store, seal_id: str, door_id: str, by: str
    ) -> None:
        self._store, self._seal_id, self._door_id = store, seal_id, door_id
        self._by = self._actor(by)
        self._test_id = f"{seal_id}-{secrets.token_hex(6)}"
        self._ends_ms = command_ms(settings.store.place, settings.zone) + walk_test.LASTS_MOST_MS
        self._test: WalkTest | None = None
        self._door = Door(door_id)
        self._began_s = 0.0

    def begin(self) -> None:
        """Leave word of it, and wait until the gateway has begun. CommandError if it does not."""
        event = WalkTestBegan(self._test_id, self._seal_id, self._by, self._ends_ms)
        with self._store.writing() as connection:
            pending.leave(connection, [(of_door(self._door_id), event)])
        self._began_s = time.monotonic()
        while time.monotonic() < self._began_s + TAKEN_S:
            self.look()
            if self._test is not None:
                return
            time.sleep(LOOK_EVERY_S)
        raise CommandError(
            f"the gateway has not begun the test within {TAKEN_S:.0f} s; does it run? menshen check"
        )

    def look(self) -> Passed | None:
        """What came of it; None while it goes on."""
        with self._store.reading() as connection:
            row = next(iter(views.doors_of(connection, [self._door_id])), None)
        if row is None:
            return self._passed(None)
        self._door, test = row.state, row.state.walk_test
        certificate = row.state.certificate
        if certificate is not None and certificate.certificate_id == self._test_id:
            return self._passed(self._test_id)
        if test is not None and test.test_id == self._test_id:
            self._test = test
            return self._passed(None) if test.is_over else None
        return None if self._test is None else self._passed(None)

    def checks(self) -> tuple[Check, ...]:
        """How each check stands."""
        return () if self._test is None else walk_test.checks(self._door, self._test, now_ms())

    def leave_off(self) -> Passed:
        """No more of it: what it covered is told again."""
        with self._store.writing() as connection:
            pending.leave(connection, [(of_door(self._door_id), WalkTestEnded(self._test_id))])
        return self.look() or self._passed(None)

    def _passed(self, certificate_id: str | None) -> Passed:
        took_s = round(time.monotonic() - self._began_s, 1)
        found = () if certificate_id is not None else self.checks()
        return Passed(self._seal_id, self._door_id, certificate_id, took_s, found)

    def _actor(self, by: str) -> Actor:
        if not by:
            return HERE
        with self._store.reading() as connection:
            if views.warden(connection, by) is None:
                raise CommandError(f"nobody here is {by}; --by is an id of the table of wardens")
        return Actor(ActorKind.WARDEN, by)


def _seal(connection: Connection, seal_id: str) -> Any:
    c = tables.seals.c
    query = select(c.door_id, c.key, c.ended_ms).where(c.seal_id == seal_id)
    row = connection.execute(query).first()
    if row is None:
        raise CommandError(f"no seal {seal_id} is enrolled here; `menshen flash` makes one")
    if row.ended_ms is not None:
        raise CommandError(f"seal {seal_id} is out of use for good; flash a fresh one")
    return row
