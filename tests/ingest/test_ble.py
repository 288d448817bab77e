"""The second path over a virtual radio: bumble's controllers behind bleak, with losses to order."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from bleak.exc import BleakBluetoothNotAvailableError, BleakBluetoothNotAvailableReason
from sqlalchemy import update

from gateway.core.actor import actor_of
from gateway.core.commissioning_events import WalkTestBegan
from gateway.core.events import SealBound
from gateway.core.subject import of_door
from gateway.engine.path_watch import PathWatch
from gateway.ingest import ble
from gateway.ingest.advert_ids import AdvertIds
from gateway.ingest.ble import Receiver, cause_of
from gateway.registry.load import SealRow
from gateway.settings.sections import Ble
from gateway.store import tables
from sealnode.seal import Seal
from sealnode.settings import Settings
from sealwire import advert, ccm, report
from sealwire.advert import REPEATS
from tests.engine.small_site import HandSeal, beating, enrol, new_store, rows
from tests.manual_clock import ManualClock
from tests.virtual_radio import Air, RadioBoard, scanner_on
from tests.waiting import until

BEAT_MS = 100_000
HEARD_DBM = -50  # how strongly bumble's controllers hear each other


def on_air(seal: HandSeal, said: report.Report) -> bytes:
    """A fresh transmission of a report, all 31 bytes."""
    seal.counter += 1
    cipher, raw_id = ccm.cipher(seal.key), bytes.fromhex(seal.seal_id)
    numbers = seal.epoch, seal.counter
    return advert.seal_advert(
        cipher, advert.id_cipher(seal.key), raw_id, *numbers, report.pack(said)
    )


class Ear:
    """A receiver at work, and what it handed over."""

    def __init__(self, seals: list[HandSeal], scanner: Any, settings: Ble | None = None) -> None:
        self.messages: list[tuple[str, bytes]] = []
        self.listening: list[bool] = []
        self.ids = AdvertIds()
        known = {seal.seal_id: _row(seal) for seal in seals}
        self.ids.know(known, {})
        self.receiver = Receiver(
            settings or Ble(enabled=True), self.ids, self._receive, self.listening.append, scanner
        )

    def _receive(self, topic: str, payload: bytes, signal_dbm: int | None) -> bool:
        assert signal_dbm is None or -127 < signal_dbm < 20
        self.messages.append((topic, payload))
        return True

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator["Ear"]:
        task = asyncio.create_task(self.receiver.run())
        await until(lambda: bool(self.listening))
        yield self
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def _row(seal: HandSeal) -> SealRow:
    from gateway.core.replay_window import ReplayWindow

    return SealRow(seal.seal_id, None, seal.key, ReplayWindow(1, 0), BEAT_MS)


async def drained(air: Air) -> None:
    """All that is on the air has arrived."""
    for _ in range(20):
        await asyncio.sleep(0)


def is_heard(ear: Ear, air: Air, seal: HandSeal) -> bool:
    """Whether something was, of a seal that goes on speaking while a scan begins anew."""
    air.say(on_air(seal, seal.heartbeat()))
    return bool(ear.messages)


async def said_by_all(air: Air, seals: list[HandSeal]) -> list[bytes]:
    """Each seal's heartbeat, ten times, mixed with those of the others."""
    adverts = [on_air(seal, seal.heartbeat()) for seal in seals]
    for _ in range(REPEATS):
        for one in adverts:
            air.say(one)
        await drained(air)
    return adverts


@pytest.mark.parametrize(("loss", "least"), [(0.0, 1.0), (0.3, 1.0), (0.6, 0.975)])
async def test_a_beat_that_is_said_ten_times_is_heard_through_losses(
    loss: float, least: float
) -> None:
    seals, air = [HandSeal() for _ in range(200)], Air(loss)
    async with Ear(seals, scanner_on(air)).open() as ear:
        await said_by_all(air, seals)
    assert abs(air.lost / air.sent - loss) < 0.05
    heard = {topic for topic, _ in ear.messages}
    assert len(heard) == len(ear.messages)  # each counts once, however often it was heard
    assert len(heard) >= least * len(seals)
    print(f"{loss:.0%} lost: {len(heard)} of {len(seals)} heard")


async def test_a_thousand_seals_in_reach_of_one_receiver() -> None:
    seals, air = [HandSeal() for _ in range(1_000)], Air(0.6)
    began = time.process_time()
    ear = Ear(seals, scanner_on(air))
    knowing_s, began = time.process_time() - began, time.process_time()
    async with ear.open():
        await said_by_all(air, seals)
    took_s = time.process_time() - began
    assert len(ear.messages) >= 975
    assert len(ear.ids) <= 1_000 * 100  # ids, and no more of them with each beat
    # 1,000 seals that beat every 100 s leave this machine idle: it did in this time what they do
    # in 100 s, and most of it is the virtual radio's.
    assert took_s < 100
    print(f"1,000 seals: {len(ear.ids)} ids in {knowing_s:.2f} s; one beat each {took_s:.2f} s")


async def test_recordings_on_the_air_are_nobody_s() -> None:
    seals, air = [HandSeal() for _ in range(5)], Air()
    async with Ear(seals, scanner_on(air)).open() as ear:
        captures = await said_by_all(air, seals)
        captures += await said_by_all(air, seals)
        heard = len(ear.messages)
        for capture in captures * 3:
            air.say(capture)
        await drained(air)
        assert len(ear.messages) == heard == 10
        ear.receiver = Receiver(
            Ble(enabled=True), ear.ids, ear._receive, ear.listening.append, scanner_on(air)
        )
    async with ear.open():  # a scan that began anew, which remembers none of them
        for capture in captures:
            air.say(capture)
        await drained(air)
    assert len(ear.messages) == heard


async def test_others_on_the_air_disturb_nobody() -> None:
    seal, air = HandSeal(), Air()
    async with Ear([seal], scanner_on(air)).open() as ear:
        foreign = b"\x02\x01\x06\x1b\x16\xd2\xfc" + bytes(24)  # another maker's service
        short = b"\x02\x01\x06\x05\x16\x5e\xfa\x01\x02"
        stranger = on_air(HandSeal(), report.Report(report.SHUT, report.HEARTBEAT, 0, 0))
        for noise in (foreign, short, stranger, b"\x02\x01\x06", b"\x03\x16\x5e\xfa"):
            air.say(noise)
        air.say(on_air(seal, seal.heartbeat()))
        await drained(air)
    assert len(ear.messages) == 1
    assert ear.ids.unknown == 3


async def test_without_passive_scanning_it_listens_actively(caplog: Any) -> None:
    seal, air = HandSeal(), Air()
    with caplog.at_level("INFO", logger="menshen.ble"):
        async with Ear([seal], scanner_on(air, passive=False)).open() as ear:
            air.say(on_air(seal, seal.heartbeat()))
            await drained(air)
    assert len(ear.messages) == 1
    assert "listening by Bluetooth (actively)" in caplog.text


async def test_a_quiet_receiver_begins_its_scan_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ble, "QUIET_S", 0.05)
    monkeypatch.setattr(ble, "LOOK_S", 0.01)
    seal, air = HandSeal(), Air()
    scanner = scanner_on(air)
    async with Ear([seal], scanner).open() as ear:
        await until(lambda: scanner.starts >= 3)
        await until(lambda: is_heard(ear, air, seal))
    assert all(ear.listening)
    assert len(air.controllers) == 0


async def test_an_adapter_that_is_pulled_out_is_told_and_waited_for(
    monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    monkeypatch.setattr(ble, "QUIET_S", 0.03)
    monkeypatch.setattr(ble, "LOOK_S", 0.01)
    monkeypatch.setattr(ble, "BACK_OFF_S", (0.02,))
    seal, air = HandSeal(), Air()
    plugged = scanner_on(air)
    is_away = False

    class Pulled(plugged):  # type: ignore[misc, valid-type]
        async def start(self) -> None:
            if is_away:
                reason = BleakBluetoothNotAvailableReason.NO_BLUETOOTH
                raise BleakBluetoothNotAvailableError("No Bluetooth adapters found.", reason)
            await super().start()

    async with Ear([seal], Pulled).open() as ear:
        is_away = True
        await until(lambda: ear.listening[-1] is False)
        assert "there is no Bluetooth adapter; plug one in" in caplog.text
        is_away = False
        await until(lambda: ear.listening[-1] is True)
        await until(lambda: is_heard(ear, air, seal))


async def test_a_machine_without_bluetooth_says_so_and_goes_on(
    monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    """The real bleak, on a machine whose D-Bus is not there."""
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere/bus")
    monkeypatch.setattr(ble, "BACK_OFF_S", (0.01,))
    from bleak import BleakScanner

    async with Ear([], BleakScanner, Ble(enabled=True, adapter="hci3")).open() as ear:
        await until(lambda: ear.listening.count(False) >= 3)  # tried again, and told once
    assert caplog.text.count("nothing is heard by Bluetooth: no D-Bus answers") == 1


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (PermissionError(13, "denied"), "D-Bus lets this user not in"),
        (TimeoutError(), "BlueZ does not answer"),
        (RuntimeError(), "RuntimeError"),
        (
            BleakBluetoothNotAvailableError("x", BleakBluetoothNotAvailableReason.POWERED_OFF),
            "bluetoothctl power on",
        ),
    ],
)
def test_each_cause_is_a_sentence(error: Exception, words: str) -> None:
    assert words in cause_of(error)


async def test_the_real_seal_s_opening_is_heard_by_air_while_the_broker_is_away(
    tmp_path: Path, free_port: Any
) -> None:
    air, hand = Air(0.5), HandSeal()
    store = new_store(tmp_path)
    enrol(store, [hand])
    with store.writing() as connection:
        connection.execute(update(tables.seals).values(heartbeat_ms=BEAT_MS))
    fields = {
        "id": hand.seal_id, "key": hand.key.hex(), "broker": "127.0.0.1", "port": free_port(),
        "ca": None, "server_name": "b", "user": hand.seal_id, "password": "x", "wifi": None,
        "heartbeat_s": 100, "mains": True, "bluetooth": True,
    }  # fmt: skip
    flash = tmp_path / "flash"
    flash.mkdir()
    board = RadioBoard(f"{flash}/", air)
    clock = ManualClock()
    async with beating(store, None, clock) as (engine, _):
        ids = AdvertIds()
        ids.know(engine.state.registry.seals, engine.state.windows)
        engine.on_heard.append(lambda windows, _: ids.rose(windows))
        watch, listening = PathWatch(engine, {}), list[bool]()

        def received(topic: str, payload: bytes, signal_dbm: int | None) -> bool:
            return engine.receive(topic, payload, 0, by_air=True, signal_dbm=signal_dbm)

        def listens(is_listening: bool) -> None:
            listening.append(is_listening)
            watch.receiver(is_listening)

        receiver = Receiver(Ble(enabled=True), ids, received, listens, scanner_on(air))
        task = asyncio.create_task(receiver.run())
        await until(lambda: bool(listening))
        seal = Seal(board, Settings(fields))

        async def lives(until_true: Any) -> None:
            def has_lived() -> bool:
                seal.poll(board.now_ms())
                return bool(until_true())

            await until(has_lived)

        door = lambda: engine.state.doors["door-0"]  # noqa: E731
        await lives(lambda: door().contact == "shut")
        began = WalkTestBegan("t1", hand.seal_id, actor_of("zhou"), 1 << 50)
        clock.advance(1_000)
        engine.note(of_door("door-0"), SealBound(hand.seal_id, BEAT_MS))
        engine.note(of_door("door-0"), began)
        await lives(lambda: door().walk_test is not None)
        board.open_door()
        await lives(lambda: door().contact == "open")
        board.shut_door()
        await lives(lambda: door().contact == "shut")
        weakly = lambda: door().walk_test and door().walk_test.air_dbm  # noqa: E731
        await lives(lambda: weakly() == HEARD_DBM)
        assert seal.waiting >= 3  # each waits for its receipt, which only the network brings
        assert not seal.online
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await engine.idle()
    assert len(rows(store, tables.openings)) == 1
    store.close()
    seal.close()
