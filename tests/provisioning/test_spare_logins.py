"""Logins that the broker knows beforehand: minted in a batch, used once, never lost in between."""

import json
import stat
import threading
from pathlib import Path

import pytest

from gateway.core.duration import DAY_MS
from gateway.provisioning.board_link import BoardError
from gateway.provisioning.broker_config import Login, write_passwords
from gateway.provisioning.broker_logins import BrokerLogins
from gateway.provisioning.broker_reload import LET_IN_S_MAX
from gateway.provisioning.seal_logins import logins
from gateway.provisioning.spare_logins import (
    BATCH,
    LOW,
    SPARE_LOGINS,
    SpareLogins,
    SpareLoginsError,
)
from gateway.registry.credentials import password_matches
from gateway.registry.enrolment import enrol_seal
from gateway.store.database import Store
from tests.provisioning.site_broker import Client, Site

NOW = 1_800_000_000_000
KEY = bytes(range(32))


@pytest.fixture
def spares(tmp_path: Path) -> SpareLogins:
    made = SpareLogins(tmp_path)
    made.mint(3, NOW)
    return made


def test_spares_lie_in_a_file_of_their_owner_alone_and_print_no_password(
    spares: SpareLogins,
) -> None:
    assert stat.S_IMODE(spares.path.stat().st_mode) == 0o600
    spare = spares.take(NOW)
    assert spare is not None
    assert password_matches(spare.password, spare.password_hash)
    assert spare.password not in f"{spare!r} {spare}"


def test_a_spare_is_given_once_however_many_ask(spares: SpareLogins) -> None:
    spares.mint(40, NOW)
    given: list[str] = []

    def ask() -> None:
        for _ in range(10):
            spare = SpareLogins(spares.path.parent).take(NOW)
            assert spare is not None
            given.append(spare.user)

    askers = [threading.Thread(target=ask) for _ in range(4)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert len(set(given)) == 40
    assert spares.take(NOW) is None


def test_one_that_is_taken_is_let_in_until_it_is_a_seal_or_a_day_is_over(
    spares: SpareLogins, store: Store, tmp_path: Path
) -> None:
    taken, lost = spares.take(NOW), spares.take(NOW)
    assert taken is not None
    assert lost is not None
    users = {login.user for login in logins(store.path, tmp_path)[0]}
    assert {taken.user, lost.user} < users, "whoever writes the logins now shuts nobody out"
    enrol_seal(
        store,
        seal_id=taken.user,
        key=KEY,
        door_id=None,
        broker_password=taken.password,
        at_ms=NOW,
    )
    both, _ = logins(store.path, tmp_path)
    assert [login.user for login in both].count(taken.user) == 1
    spares.mint(3, NOW + DAY_MS, [taken.user])
    left = {login.user for login in logins(store.path, tmp_path)[0]}
    assert taken.user in left
    assert lost.user not in left
    assert spares.free() == 3


def test_one_that_no_board_has_seen_is_given_again(spares: SpareLogins) -> None:
    spare = spares.take(NOW)
    assert spare is not None
    spares.give_back(spare.user)
    assert spares.free() == 3
    spares.drop(spare.user)
    assert spares.free() == 2


def test_a_file_that_is_not_as_it_was_written_is_said(spares: SpareLogins) -> None:
    spares.path.write_text('[{"user": 1}]')
    with pytest.raises(SpareLoginsError, match=f"{SPARE_LOGINS} is not as it was written"):
        spares.take(NOW)


class Clock:
    """A steady clock that goes on by waiting, and tenfold, so that few waits are enough."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def steady_s(self) -> float:
        return self.now_s

    def wait(self, seconds: float) -> None:
        self.now_s += 10 * seconds


def broker_logins(site: Site, store: Store, pid_file: Path | None, clock: Clock) -> BrokerLogins:
    """Those of a broker that runs."""

    def enters(user: str, password: str) -> str | None:
        with Client(site, user, password) as client:
            answer = client.connect()
        return None if answer == "Success" else f"it refused us ({answer})"

    folder = site.directory
    return BrokerLogins(folder, store.path, pid_file, enters, clock.steady_s, clock.wait)


def test_a_batch_costs_one_reload_and_no_connection(
    site: Site, store: Store, tmp_path: Path
) -> None:
    store.close()
    pid_file, clock = tmp_path / "broker.pid", Clock()
    pid_file.write_text(str(site.broker.pid))
    with site.gateway() as gateway:
        assert gateway.connect() == "Success"
        made = broker_logins(site, store, pid_file, clock)
        assert made.prepare(1, NOW)
        assert not made.prepare(1, NOW), "there are enough for the next boards"
        first, second = made.identity(NOW), made.identity(NOW)
        assert first.seal_id != second.seal_id
        assert first.key != second.key
        with Client(site, first.seal_id, first.broker_password) as seal:
            assert seal.connect() == "Success"
        gateway.subscribe("seals/+/report")
    assert made.spares.free() == 1 + BATCH - 2
    for _ in range(BATCH - LOW):
        made.spares.take(NOW)
    assert made.prepare(1, NOW), "below ten the next batch is made"


def test_a_broker_that_is_never_told_is_not_believed(
    site: Site, store: Store, tmp_path: Path
) -> None:
    clock = Clock()
    with pytest.raises(BoardError, match=r"does not take the logins.*systemctl reload mosquitto"):
        broker_logins(site, store, None, clock).prepare(1, NOW)
    assert LET_IN_S_MAX <= clock.now_s < LET_IN_S_MAX + 10
    pid_file = tmp_path / "broker.pid"
    pid_file.write_text("4194305")  # higher than any process's
    (site.directory / SPARE_LOGINS).unlink()
    with pytest.raises(BoardError, match=r"\(broker\.pid_file\) names no process"):
        broker_logins(site, store, pid_file, clock).prepare(1, NOW)


def test_broker_config_keeps_the_spares_in(site: Site, store: Store) -> None:
    spares = SpareLogins(site.directory)
    spares.mint(2, NOW)
    wanted, without = logins(store.path, site.directory)
    assert (len(wanted), without) == (2, 0)
    assert write_passwords(site.directory, site.plan, wanted) == 2
    written = (site.directory / "passwd").read_text()
    for spare in json.loads(spares.path.read_bytes()):
        assert Login(spare["user"], spare["password_hash"]) in wanted
        assert spare["user"] in written
        assert spare["password"] not in written
