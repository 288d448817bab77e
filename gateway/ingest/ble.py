"""The only file that knows Bluetooth: scan, keep what is a seal's, hand it over.

Passive scanning costs the seals no air time, and BlueZ filters it for us by our service's UUID;
where BlueZ does not offer it, we scan actively, which works everywhere. BlueZ makes an object of
every address that it hears, and ours change with each heartbeat, so the scan begins anew every
hour, and whenever nothing at all came for a while: an adapter that was pulled out does not say so.

A gateway without Bluetooth goes on: what is wrong is one sentence, and tried again for ever.
"""

import asyncio
import contextlib
import logging
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from typing import Any, Final

from bleak import BleakScanner
from bleak.assigned_numbers import AdvertisementDataType
from bleak.exc import BleakBluetoothNotAvailableError, BleakBluetoothNotAvailableReason
from bleak.uuids import normalize_uuid_16

from gateway.engine.clock import steady_ms
from gateway.ingest.advert_ids import AdvertIds
from gateway.settings.sections import Ble
from sealwire import topics
from sealwire.advert import SERVICE_UUID

log = logging.getLogger("menshen.ble")

SCAN_S: Final = 3_600.0  # then the scan begins anew, and BlueZ forgets the addresses
QUIET_S: Final = 300.0  # likewise if nothing came for so long
LOOK_S: Final = 1.0
START_S: Final = 15.0  # for D-Bus to answer
BACK_OFF_S: Final = (1.0, 5.0, 15.0, 60.0)  # then every minute
RECENT_MAX: Final = 4_096  # advertisements that may come again: ten times each

OTHERS_UUID: Final = 0xFCD2  # the service of contacts of another maker: BTHome's
_OTHERS = normalize_uuid_16(OTHERS_UUID)
_SERVICE = normalize_uuid_16(SERVICE_UUID)


def _pattern(uuid: int) -> tuple[int, AdvertisementDataType, bytes]:
    return 0, AdvertisementDataType.SERVICE_DATA_UUID16, uuid.to_bytes(2, "little")


_OURS_AND_OTHERS = [_pattern(SERVICE_UUID), _pattern(OTHERS_UUID)]
_AWAY = {
    BleakBluetoothNotAvailableReason.NO_BLUETOOTH: "there is no Bluetooth adapter; plug one in",
    BleakBluetoothNotAvailableReason.POWERED_OFF: "the Bluetooth adapter is switched off; say "
    "`bluetoothctl power on` and `rfkill unblock bluetooth`",
}

Received = Callable[[str, bytes, int | None], bool]  # topic, payload, signal_dbm
Others = Callable[[str, bytes, int | None, float], None]  # address, service, signal_dbm, at_s


def cause_of(error: BaseException) -> str:
    """What is wrong with Bluetooth here, and what to do, in a sentence without its full stop."""
    if isinstance(error, BleakBluetoothNotAvailableError) and error.reason in _AWAY:
        return _AWAY[error.reason]
    if isinstance(error, FileNotFoundError | ConnectionRefusedError):
        return "no D-Bus answers, so there is no BlueZ; install bluez and start bluetooth.service"
    if isinstance(error, PermissionError):
        return "D-Bus lets this user not in; add it to the group bluetooth"
    if isinstance(error, TimeoutError):
        return "BlueZ does not answer; restart bluetooth.service"
    return str(error) or type(error).__name__


@contextlib.asynccontextmanager
async def scanning(
    settings: Ble,
    detected: Callable[[Any, Any], None],
    scanner: Any = BleakScanner,
    is_wide: bool = False,
) -> AsyncIterator[bool]:
    """Scan, passively if BlueZ offers that; whether it does. `is_wide`: for contacts of others too.
    Raises whatever Bluetooth raises."""
    where: dict[str, Any] = {"adapter": settings.adapter} if settings.adapter else {}
    passive = {**where, "or_patterns": _OURS_AND_OTHERS[: 1 + is_wide]}
    is_passive = True
    made = scanner(detected, scanning_mode="passive", bluez=passive)
    try:
        await _start(made)
    except Exception as error:
        if isinstance(error, BleakBluetoothNotAvailableError | OSError):
            raise  # nor would an active scan start
        log.info("no passive scan here (%s); scanning actively", error)
        is_passive = False
        made = scanner(detected, bluez=where)
        await _start(made)
    try:
        yield is_passive
    finally:
        with contextlib.suppress(Exception):  # an adapter that is gone cannot be told to stop
            async with asyncio.timeout(START_S):
                await made.stop()


async def _start(scanner: Any) -> None:
    async with asyncio.timeout(START_S):
        await scanner.start()


class Receiver:
    """The gateway's ear. `run` keeps it open.

    Args:
        settings: which adapter.
        ids: whose an advertisement is.
        receive: takes what is a seal's and new: topic and payload as `Engine.receive`, and how
            strongly it was heard.
        listens: is told when the scan runs, and when it does not.
        scanner: of bleak's kind.
        others: takes what is a contact's of another maker.
    """

    def __init__(
        self,
        settings: Ble,
        ids: AdvertIds,
        receive: Received,
        listens: Callable[[bool], None],
        scanner: Any = BleakScanner,
        others: Others | None = None,
    ) -> None:
        self._others = others
        self._settings, self._ids, self._receive = settings, ids, receive
        self._listens, self._scanner = listens, scanner
        self._recent: OrderedDict[bytes, None] = OrderedDict()
        self._came = False
        self.heard = self.repeats = 0

    async def run(self) -> None:
        """Listen until cancelled."""
        failures = 0
        while True:
            try:
                is_wide = self._others is not None
                scan = scanning(self._settings, self._detected, self._scanner, is_wide)
                async with scan as is_passive:
                    if failures or not self.heard:
                        log.info(
                            "listening by Bluetooth (%s)", "passively" if is_passive else "actively"
                        )
                    failures = 0
                    self._listens(True)
                    await self._listen()
            except Exception as error:  # noqa: BLE001 - what D-Bus and BlueZ can raise
                self._listens(False)
                if failures == 0:
                    log.warning("nothing is heard by Bluetooth: %s", cause_of(error))
                await asyncio.sleep(BACK_OFF_S[min(failures, len(BACK_OFF_S) - 1)])
                failures += 1

    async def _listen(self) -> None:
        """Until it is time to begin anew."""
        loop = asyncio.get_running_loop()
        ends_s = loop.time() + SCAN_S
        quiet_s = loop.time() + QUIET_S
        while loop.time() < min(ends_s, quiet_s):
            await asyncio.sleep(LOOK_S)
            if self._came:
                self._came, quiet_s = False, loop.time() + QUIET_S

    def _detected(self, device: Any, said: Any) -> None:
        """bleak heard something, of anybody."""
        self._came = True
        other = None if self._others is None else said.service_data.get(_OTHERS)
        if other is not None and self._others is not None:
            self._others(device.address, bytes(other), _dbm(said.rssi), steady_ms() / 1000)
        service = said.service_data.get(_SERVICE)
        if service is None:
            return
        if service in self._recent:
            self.repeats += 1
            return
        while len(self._recent) >= RECENT_MAX:
            self._recent.popitem(last=False)
        self._recent[service] = None
        found = self._ids.read(service)
        if found is not None:
            self.heard += 1
            self._receive(topics.report(found[0]), found[1], _dbm(said.rssi))


def _dbm(rssi: int) -> int | None:
    """How strongly it was heard; None beyond what is known."""
    return rssi if -127 < rssi < 20 else None
