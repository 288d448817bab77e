"""What a seal does about commands: taken once, answered, tried, kept or given up; never halfway."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from sealnode.hardware import REED
from sealnode.settings import read
from sealwire import ccm, command, envelope, gateway_end, note
from sealwire.report import OPEN
from tests.firmware import seal_bench
from tests.firmware.commanding_world import Bench, Command, CommandedSeal

MINUTE_MS = 60_000
NEW_ID, NEW_KEY = "ffeeddccbbaa9988", bytes(range(32, 64))
OLD_WIFI = {"ssid": "old", "password": "old password"}
WIFI = Command(command.WIFI, 77, (b"new", b"new password"))
BEAT = Command(command.HEARTBEAT, 78, ((300).to_bytes(3, "big"),))
IDENTITY = Command(command.IDENTITY, 79, (bytes.fromhex(NEW_ID), NEW_KEY, b"fresh"))

Make = Callable[..., CommandedSeal]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """A seal on a bench whose Wi-Fi is `old`; with a battery if asked."""

    def made(battery: bool = False) -> CommandedSeal:
        bench = Bench(tmp_path, monkeypatch)(battery, OLD_WIFI)
        bench.broker.follow(NEW_ID, NEW_KEY, "fresh")
        bench.board.networks, bench.board.signal = ["old", "new"], -61
        return bench

    return made


def kept(bench: CommandedSeal) -> tuple[str, str, int]:
    """Id, Wi-Fi and heartbeat that are in force in the flash; nothing may be on trial."""
    assert not Path(bench.board.flash, "trial.json").exists()
    own = read(bench.board.flash)
    assert own.wifi is not None
    return own.seal_id, own.wifi[0], own.heartbeat_ms


def test_a_boot_is_told_once_with_firmware_cause_and_signal(make: Make) -> None:
    bench = make()
    bench.boot()
    bench.run(5 * MINUTE_MS)
    ((_, said),) = bench.broker.notes
    assert (said.firmware, said.reset_cause) == ((2, 1, 0), note.POWER_ON)
    assert (said.signal_dbm, said.ticket) == (-61, 0)


def test_a_note_is_told_again_until_its_receipt_and_holds_no_door_back(make: Make) -> None:
    bench = make()
    bench.broker.loses_receipts = 3
    bench.boot()
    bench.run(20_000)
    assert len(bench.broker.notes) > 1
    assert not bench.seal.node.noting
    bench.board.open_door(0)
    bench.run(1000)
    assert bench.broker.reports[-1][1].contact == OPEN


def test_heartbeats_tell_the_signal_and_edges_do_not(make: Make) -> None:
    bench = make()
    bench.boot()
    bench.board.signal = -83
    bench.run(3 * MINUTE_MS)
    bench.board.open_door(0)
    bench.run(1000)
    assert [told.signal_dbm for _, told in bench.broker.reports if not told.seq][-1] == -83
    assert bench.broker.reports[-1][1].signal_dbm is None


def test_a_sleeping_seal_tells_no_boot_at_each_wake(make: Make) -> None:
    bench = make(battery=True)
    bench.boot()
    bench.run(30 * MINUTE_MS)
    assert len(bench.broker.notes) == 1
    assert len(bench.broker.reports) > 10


@pytest.mark.parametrize("battery", [False, True])
def test_another_heartbeat_holds_at_once_and_after_a_power_cut(make: Make, battery: bool) -> None:
    bench = make(battery)
    bench.boot()
    bench.run(10_000)
    bench.broker.asks = BEAT
    bench.run(4 * MINUTE_MS)
    assert bench.broker.outcomes() == [note.WORKED]
    assert kept(bench)[2] == 300_000
    before = len(bench.broker.reports)
    bench.run(20 * MINUTE_MS)
    assert 3 <= len(bench.broker.reports) - before <= 5
    assert bench.boot().settings.heartbeat_ms == 300_000


@pytest.mark.parametrize("battery", [False, True])
def test_another_network_is_kept_once_it_has_worked(make: Make, battery: bool) -> None:
    bench = make(battery)
    bench.boot()
    bench.run(10_000)
    bench.broker.asks = WIFI
    bench.run(4 * MINUTE_MS)
    assert bench.broker.outcomes() == [note.TAKEN, note.WORKED]
    assert kept(bench) == (seal_bench.SEAL_ID, "new", 100_000)
    bench.board.networks = ["new"]
    bench.board.open_door(0)
    bench.run(MINUTE_MS)
    assert bench.broker.reports[-1][1].contact == OPEN


@pytest.mark.parametrize("battery", [False, True])
def test_a_network_that_is_not_there_is_given_up_and_nothing_is_lost(
    make: Make, battery: bool
) -> None:
    bench = make(battery)
    bench.board.networks = ["old"]
    bench.boot()
    bench.run(10_000)
    bench.broker.asks = WIFI
    bench.run(2 * MINUTE_MS)
    bench.board.open_door(0)
    bench.run(20 * MINUTE_MS)
    assert bench.broker.outcomes() == [note.TAKEN, note.FELL_BACK]
    assert kept(bench)[1] == "old"
    assert OPEN in [told.contact for _, told in bench.broker.reports]


def test_an_opening_while_a_network_is_tried_is_told_with_its_age(make: Make) -> None:
    bench = make()
    bench.board.networks = ["old"]
    bench.boot()
    bench.run(10_000)
    bench.broker.asks = WIFI
    bench.run(2 * MINUTE_MS)
    while not Path(bench.board.flash, "trial.json").exists():
        bench.run(1000)
    bench.board.open_door(0)
    opened_ms = bench.now_ms
    while bench.broker.reports[-1][1].contact != OPEN:
        bench.run(1000)
    age_ms = bench.broker.reports[-1][1].age_ms
    assert age_ms is not None
    assert abs(bench.now_ms - opened_ms - age_ms) < 2000


def test_a_wired_seal_refuses_another_network(make: Make) -> None:
    bench = make()
    fields = seal_bench.seal_settings(1)
    Path(bench.board.flash, "seal.json").write_text(json.dumps(fields))
    bench.board.networks = None
    bench.boot()
    bench.broker.asks = WIFI
    bench.run(2 * MINUTE_MS)
    assert bench.broker.outcomes() == [note.REFUSED]


@pytest.mark.parametrize("battery", [False, True])
def test_a_seal_that_becomes_another_goes_on_as_the_same_door(make: Make, battery: bool) -> None:
    bench = make(battery)
    bench.boot()
    bench.run(1000)
    bench.board.open_door(0)
    bench.run(10_000)
    bench.board.shut_door(0)
    bench.run(10_000)
    bench.broker.asks = IDENTITY
    bench.run(4 * MINUTE_MS)
    assert kept(bench)[0] == NEW_ID
    bench.board.open_door(0)
    bench.run(MINUTE_MS)
    who, told = bench.broker.reports[-1]
    assert (who, told.contact, told.edges) == (NEW_ID, OPEN, 3)
    assert seal_bench.SEAL_ID not in bench.broker.keys


@pytest.mark.parametrize("battery", [False, True])
def test_an_identity_that_no_broker_lets_in_is_given_up(make: Make, battery: bool) -> None:
    bench = make(battery)
    del bench.broker.logins[NEW_ID]
    bench.boot()
    bench.run(10_000)
    bench.broker.asks = IDENTITY
    bench.run(30 * MINUTE_MS)
    assert bench.broker.outcomes() == [note.TAKEN, note.FELL_BACK]
    assert kept(bench)[0] == seal_bench.SEAL_ID
    assert NEW_ID not in bench.broker.keys


@pytest.mark.parametrize("battery", [False, True])
@pytest.mark.parametrize("lost", [1, 2, 3, 5, 9])
def test_lost_receipts_never_leave_a_seal_and_its_gateway_apart(
    make: Make, battery: bool, lost: int
) -> None:
    bench = make(battery)
    bench.boot()
    bench.run(10_000)
    bench.broker.asks = IDENTITY
    while IDENTITY.ticket not in [said.ticket for _, said in bench.broker.notes]:
        bench.run(1000)
    bench.broker.loses_receipts = lost
    bench.run(60 * MINUTE_MS)
    (left,) = bench.broker.keys
    assert kept(bench)[0] == left
    before = len(bench.broker.reports)
    bench.run(10 * MINUTE_MS)
    assert {who for who, _ in bench.broker.reports[before:]} == {left}


@pytest.mark.parametrize("asked", [WIFI, IDENTITY, BEAT])
def test_a_power_cut_at_any_moment_ends_in_the_old_or_the_new(make: Make, asked: Command) -> None:
    for cut_ms in range(500, 20_000, 1500):
        bench = make()
        bench.boot()
        bench.run(5000)
        bench.broker.asks = asked
        bench.board.open_door(0)  # so that it is heard at once
        bench.run(cut_ms)
        bench.boot()
        bench.run(10 * MINUTE_MS)
        assert bench.broker.asks is None
        assert bench.broker.outcomes()[-1] == note.WORKED
        (who, wifi, beat_ms) = kept(bench)
        assert who == (NEW_ID if asked is IDENTITY else seal_bench.SEAL_ID)
        assert wifi == ("new" if asked is WIFI else "old")
        assert beat_ms == (300_000 if asked is BEAT else 100_000)
        for name in ("seal.json", "spool.a", "spool.b"):
            Path(bench.board.flash, name).unlink(missing_ok=True)


def test_the_same_ticket_twice_is_done_once_and_answered_twice(make: Make) -> None:
    bench = make()
    bench.boot()
    bench.run(10_000)
    bench.broker.asks = BEAT
    bench.run(5 * MINUTE_MS)
    written = Path(bench.board.flash, "seal.json").stat().st_mtime_ns
    bench.broker.asks = BEAT  # the gateway asks again what came of it
    bench.run(10 * MINUTE_MS)
    assert Path(bench.board.flash, "seal.json").stat().st_mtime_ns == written
    assert bench.broker.outcomes() == [note.WORKED, note.WORKED]


def test_without_slots_an_update_is_refused(make: Make) -> None:
    bench = make()
    bench.boot()
    bench.broker.asks = Command(command.UPDATE, 5, ())
    bench.run(2 * MINUTE_MS)
    assert bench.broker.outcomes() == [note.REFUSED]


def test_a_recorded_command_is_never_heard_again(make: Make) -> None:
    bench = make(battery=True)
    bench.boot()
    bench.run(10_000)
    bench.broker.asks = BEAT
    bench.run(4 * MINUTE_MS)
    (recorded,) = set(bench.broker.commanded[:1])
    again = Command(command.HEARTBEAT, 90, ((100).to_bytes(3, "big"),))
    bench.broker.asks = again
    bench.run(6 * MINUTE_MS)
    assert kept(bench)[2] == 100_000
    for is_cold in (False, True):
        bench.boot(is_cold)
        refused = bench.seal.refused
        bench.seal.link.inbox.append(("", recorded))
        bench.run(2000)
        assert bench.seal.refused > refused or bench.seal.asleep
        assert kept(bench)[2] == 100_000


def test_a_command_that_answers_nothing_of_ours_is_refused(make: Make) -> None:
    bench = make()
    bench.boot()
    bench.run(10_000)
    cipher, raw_id = ccm.cipher(seal_bench.KEY), bytes.fromhex(seal_bench.SEAL_ID)
    epoch, counter = bench.seal.spool.epoch, bench.seal.spool.counter
    for numbers in ((epoch, counter + 1), (epoch + 1, 1), (epoch + 1, counter)):
        frame = envelope.seal_up(
            cipher, raw_id, envelope.ORDER, *numbers, gateway_end.pack_command(*BEAT), salt=bytes(6)
        )
        refused = bench.seal.refused
        bench.seal.link.inbox.append(("", frame))
        bench.run(200)
        assert bench.seal.refused == refused + 1
    assert kept(bench)[2] == 100_000


def test_receipts_and_reports_of_version_1_say_nothing_to_this_seal(make: Make) -> None:
    bench = make()
    bench.broker.loses_receipts = 10**6
    bench.boot()
    bench.run(2000)
    cipher, raw_id = ccm.cipher(seal_bench.KEY), bytes.fromhex(seal_bench.SEAL_ID)
    numbers = bench.seal.spool.epoch, bench.seal.spool.counter
    frame = envelope.seal_up(cipher, raw_id, envelope.DOWN, *numbers, bytes(4), 1)
    bench.seal.link.inbox.append(("", frame))
    bench.run(200)
    assert bench.seal.refused == 1
    assert bench.seal.receipts == 0


def test_a_flash_that_is_full_refuses_and_keeps_what_was(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = make()
    bench.boot()
    bench.run(10_000)

    def full(*_: object) -> None:
        raise OSError(28, "no space")

    monkeypatch.setattr("sealnode.trial.os.rename", full)
    for asked in (BEAT, WIFI, IDENTITY):
        bench.broker.asks = asked
        bench.run(4 * MINUTE_MS)
        assert bench.broker.outcomes()[-1] == note.REFUSED
        assert kept(bench) == (seal_bench.SEAL_ID, "old", 100_000)


def test_a_door_that_opens_under_a_command_is_never_late(make: Make) -> None:
    bench = make()
    bench.boot()
    bench.run(10_000)
    bench.broker.asks = BEAT
    bench.board.set_switch(REED, 1)
    bench.run(200)
    assert bench.broker.reports[-1][1].contact == OPEN
