"""The gateway looks at itself, for nobody else does: its broker, its disk, its certificates, and
its doors that do not count as sealed.

What it finds becomes a trouble of the site (core/cases/troubles.py), raised once and cleared when
it is over. That nothing can be stored is for the engine itself to see, which then cannot write even
that.
"""

import asyncio
import logging
import shutil
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec
from cryptography import x509

from gateway.core import local_time
from gateway.core.cases import troubles
from gateway.core.doors import orders
from gateway.core.doors.certificates import SEALED, standing
from gateway.core.duration import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from gateway.core.model import Door
from gateway.core.reasons import Reason
from gateway.core.rules import CANARY, Rules
from gateway.engine.engine import Engine
from gateway.settings import Settings
from gateway.settings.values import reached

log = logging.getLogger("menshen.engine")

LOOK_EVERY_MS: Final = 5 * SECOND_MS
BROKER_AWAY_MS: Final = MINUTE_MS  # a broker that is started again is no trouble yet
DISK_EVERY_MS: Final = MINUTE_MS
DISK_LOW_BYTES: Final = 500_000_000  # or so much of it, where it is small:
DISK_LOW_SHARE: Final = 20  # one in so many
DISK_ENOUGH: Final = 1.2  # times what is low, until it is over
CERTIFICATES_EVERY_MS: Final = HOUR_MS
SEALS_EVERY_MS: Final = HOUR_MS
SEALS_FIRST_MS: Final = MINUTE_MS  # after a start, which may come every few minutes
ENDS_SOON_MS: Final = 30 * DAY_MS  # told by day,
ENDS_NOW_MS: Final = 2 * DAY_MS  # and at any hour
CERTIFICATE_WAIT_S: Final = 10.0

BROKER: Final = "broker"  # what the loss of the watch is about, where it is not the seals
CONSOLE: Final = "console"  # what an end of a certificate is about, where it is not the broker's


class BrokerPlace(msgspec.Struct, frozen=True):
    """Where the broker is, and the authority's certificate by which it is known; None without
    TLS."""

    host: str
    port: int
    tls: bool = False
    ca: Path | None = None


class ConsolePlace(msgspec.Struct, frozen=True):
    """Where the console speaks HTTPS, and the file of its certificate."""

    host: str
    port: int
    certificate: Path


class Disk(msgspec.Struct, frozen=True):
    """A file system: its bytes in all, and how many are free."""

    total: int
    free: int


def disk_of(path: Path) -> Disk:
    """The one on which a file lies. OSError where that cannot be said."""
    usage = shutil.disk_usage(path.parent)
    return Disk(usage.total, usage.free)


def is_low(disk: Disk, is_known: bool) -> bool:
    """Whether it is nearly full; where that is known, until there is clearly more room."""
    limit = min(DISK_LOW_BYTES, disk.total // DISK_LOW_SHARE)
    return disk.free < limit * (DISK_ENOUGH if is_known else 1)


async def certificates_of(place: BrokerPlace) -> dict[str, int]:
    """When the broker's certificates end, in ms of UTC: `ca` and `server`, those that are there."""
    ends: dict[str, int] = {}
    if place.ca is not None:
        certificate = x509.load_pem_x509_certificate(await asyncio.to_thread(place.ca.read_bytes))
        ends["ca"] = _ends_ms(certificate)
    if place.tls:
        async with asyncio.timeout(CERTIFICATE_WAIT_S):
            ends["server"] = _ends_ms(await _shown_by(place.host, place.port))
    return ends


async def console_certificate_of(place: ConsolePlace) -> dict[str, int]:
    """When the console's certificate ends, in ms of UTC: the one that it shows, which may be older
    than its file, or the file's own where no console answers."""
    try:
        async with asyncio.timeout(CERTIFICATE_WAIT_S):
            shown = await _shown_by(place.host, place.port)
    except (OSError, TimeoutError):
        content = await asyncio.to_thread(place.certificate.read_bytes)
        shown = x509.load_pem_x509_certificate(content)
    return {CONSOLE: _ends_ms(shown)}


async def _shown_by(host: str, port: int) -> x509.Certificate:
    """The certificate that is shown there, be it over: it is only read, and not believed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    _, writer = await asyncio.open_connection(host, port, ssl=context)
    try:
        shown: bytes = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    finally:
        writer.close()
    return x509.load_der_x509_certificate(shown)


def _ends_ms(certificate: x509.Certificate) -> int:
    return int(certificate.not_valid_after_utc.timestamp()) * SECOND_MS


class SelfWatch:
    """Looks every few seconds, by the engine's clock.

    Args:
        engine: is told what is found.
        place: where the broker is.
        database: whose disk is looked at.
        disk: the outermost call, of `disk_of`'s kind.
        console: where the console speaks HTTPS; None if it does not.
    """

    def __init__(
        self,
        engine: Engine,
        place: BrokerPlace,
        database: Path,
        disk: Callable[[Path], Disk] = disk_of,
        console: ConsolePlace | None = None,
    ) -> None:
        self._engine, self._place, self._console = engine, place, console
        self._database, self._disk = database, disk
        self._connected_ms = engine.clock.now_ms()  # at its start it has its time as well
        self._disk_ms = self._certificates_ms = 0
        self._seals_ms = self._connected_ms - SEALS_EVERY_MS + SEALS_FIRST_MS
        known = engine.state.troubles
        self._is_low = troubles.is_present(known, Reason.DISK_LOW)  # an earlier life said so
        self._certificates: dict[str, int] = {}
        is_there = {"ca": place.ca, "server": place.tls, CONSOLE: console}
        engine.on_clock_set.append(self._moved)
        self._watched = {name for name, one in is_there.items() if one}

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await self.look()
            await self._engine.clock.sleep(LOOK_EVERY_MS)

    async def look(self) -> None:
        """Look once at what it is time for."""
        now_ms = self._engine.clock.now_ms()
        self._look_at_broker(now_ms)
        if now_ms - self._disk_ms >= DISK_EVERY_MS:
            self._disk_ms = now_ms
            await self._look_at_disk()
        if now_ms - self._certificates_ms >= CERTIFICATES_EVERY_MS:
            self._certificates_ms = now_ms
            await self._look_at_certificates(now_ms)
        if now_ms - self._seals_ms >= SEALS_EVERY_MS:
            self._seals_ms = now_ms
            self._look_at_seals(now_ms)

    def _moved(self, by_ms: int) -> None:
        """The clock was set: a broker is away for as long as it was, and the next look as near."""
        self._connected_ms += by_ms
        self._disk_ms += by_ms
        self._certificates_ms += by_ms
        self._seals_ms += by_ms

    def _look_at_broker(self, now_ms: int) -> None:
        if self._engine.metrics.broker_connected:
            self._connected_ms = now_ms
            self._engine.trouble(Reason.WATCH_LOST, False, BROKER)
        elif (away_ms := now_ms - self._connected_ms) >= BROKER_AWAY_MS:  # before, nothing is known
            self._engine.trouble(Reason.WATCH_LOST, True, BROKER, away_ms)

    async def _look_at_disk(self) -> None:
        try:
            disk = await asyncio.to_thread(self._disk, self._database)
        except OSError as error:
            log.warning("the disk of the database cannot be looked at: %s", error)
            return
        self._is_low = is_low(disk, self._is_low)
        self._engine.trouble(Reason.DISK_LOW, self._is_low)

    async def _look_at_certificates(self, now_ms: int) -> None:
        try:
            self._certificates |= await certificates_of(self._place)
        except (OSError, ValueError, TimeoutError) as error:  # an absent broker is another trouble
            log.info("the broker's certificates cannot be read now: %s", error)
        if self._console is not None:
            try:
                self._certificates |= await console_certificate_of(self._console)
            except (OSError, ValueError) as error:
                log.warning("the console's certificate cannot be read: %s", error)
        self._engine.metrics.certificate_ends_ms = min(self._certificates.values(), default=None)
        self._tell_ends(now_ms)

    def _tell_ends(self, now_ms: int) -> None:
        known = self._engine.state.troubles
        for name in troubles.present(known, Reason.CERTIFICATE_ENDS):
            if name not in self._watched:  # an earlier life looked at it
                self._engine.trouble(Reason.CERTIFICATE_ENDS, False, name)
        rules = self._engine.state.rulebook.rules
        for name, ends_ms in self._certificates.items():
            left_ms = ends_ms - now_ms
            if left_ms > ENDS_SOON_MS:
                self._engine.trouble(Reason.CERTIFICATE_ENDS, False, name)
            elif left_ms <= ENDS_NOW_MS or _is_day(rules, now_ms):
                self._engine.trouble(Reason.CERTIFICATE_ENDS, True, name)

    def _look_at_seals(self, now_ms: int) -> None:
        """Whether an order has run for a while at a door that does not count as sealed."""
        state = self._engine.state
        is_bare = any(_is_bare(door, now_ms) for door in state.doors.values())
        if not is_bare or _is_day(state.rulebook.rules, now_ms):
            self._engine.trouble(Reason.UNCERTIFIED, is_bare)


def _is_bare(door: Door, now_ms: int) -> bool:
    """Who hangs a seal has an hour of its order for it, and any other as long as they like."""
    order = orders.running(door, now_ms)
    if order is None or now_ms - order.from_ms < SEALS_EVERY_MS or door.door_class == CANARY:
        return False
    return standing(door, now_ms) not in SEALED


def _is_day(rules: Rules, now_ms: int) -> bool:
    """Whether people work: what has days to go wakes nobody."""
    minute = local_time.minute_of_day(rules.zone, now_ms)
    return local_time.is_between(minute, rules.day_from_min, rules.day_to_min)


def self_watch_of(engine: Engine, settings: Settings) -> SelfWatch:
    """A site's, by its settings."""
    broker, console = settings.broker, settings.console
    place = BrokerPlace(broker.host, broker.port, broker.tls, broker.ca)
    console_place = (
        ConsolePlace(reached(console.host), console.port, console.pair[0]) if console.pair else None
    )
    return SelfWatch(engine, place, settings.store.path, console=console_place)
