"""A retired seal and the real broker: thrown out, nothing kept under its name, kept out."""

import dataclasses
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from gateway.ingest.mqtt_sweep import sweep
from gateway.provisioning import board_wipe
from gateway.provisioning.board_link import BoardError, BoardLink
from gateway.provisioning.broker_reload import LET_IN_S_MAX, reload
from gateway.provisioning.firmware_bundle import BoardFile
from gateway.provisioning.flash import flash_seal
from gateway.provisioning.retirement import BrokerAccess, leave_broker
from gateway.settings.sections import Broker
from gateway.store.database import Store
from sealwire import topics
from tests.provisioning.flash_room import SETTINGS, files_of, registry
from tests.provisioning.site_broker import Site
from tests.virtual_board.virtual_board import VirtualBoard


def access_of(site: Site, left: int) -> BrokerAccess:
    """That of a site whose registry has ended every seal but number `left`."""
    pid_file = site.directory.parent / "broker.pid"
    pid_file.write_text(str(site.broker.pid))

    def swept(user: str, password: str, wanted: object) -> str | None:
        own = Broker(
            host="localhost", port=site.port, tls=True, ca=site.ca, user=user, password=password
        )
        return sweep(own, wanted)  # type: ignore[arg-type]

    logins = [site.logins()[left]]
    return BrokerAccess(site.directory, lambda: logins, partial(reload, pid_file), swept)


def test_a_retired_seal_is_thrown_out_and_what_was_kept_is_gone(site: Site) -> None:
    own, other = site.seals[0].seal_id, site.seals[1].seal_id
    with site.gateway() as gateway, site.seal(0) as seal:
        assert gateway.connect() == seal.connect() == "Success"
        for topic in (topics.report(own), topics.status(own)):
            seal.paho.publish(topic, b"kept", 1, retain=True).wait_for_publish(10)
        gone: list[str] = []
        seal.paho.on_disconnect = lambda *_: gone.append("gone")
        seal.paho.reconnect_delay_set(60, 60)
        assert leave_broker([own], access_of(site, left=1)) is None
        assert gone
    with site.gateway() as gateway:
        assert gateway.connect() == "Success"
        gateway.subscribe("seals/+/report")
        gateway.subscribe("seals/+/status")
        with site.seal(0) as seal, site.seal(1) as neighbour:
            assert seal.connect() == "Not authorized"
            assert neighbour.connect() == "Success"
            neighbour.publish(topics.report(other), b"true")
        assert gateway.next_message() == (topics.report(other), b"true")  # and nothing before it


def test_a_broker_that_does_not_run_is_named_and_the_retirement_can_be_said_again(
    site: Site,
) -> None:
    own = site.seals[0].seal_id
    access = access_of(site, left=1)
    site.broker.stop()
    problem = leave_broker([own], access)
    assert problem is not None
    assert "does the broker run?" in problem
    assert own not in (site.directory / "passwd").read_text()
    site.broker.start()
    with site.seal(1) as neighbour:  # it listens before it hears signals, and answers after that
        assert neighbour.connect() == "Success"
    assert leave_broker([own], access_of(site, left=1)) is None


def test_a_broker_that_was_only_starting_when_it_was_told_is_told_again(site: Site) -> None:
    """It listens before it hears signals: "Not authorized" was all that anybody learned."""
    own, now_s, told = site.seals[0].seal_id, [0.0], list[float]()
    access = access_of(site, left=1)

    def lost_at_first() -> str | None:
        told.append(now_s[0])
        return access.reload() if len(told) > 1 else None

    def wait(seconds: float) -> None:
        now_s[0] += seconds

    slow = dataclasses.replace(access, reload=lost_at_first, steady_s=lambda: now_s[0], wait=wait)
    assert leave_broker([own], slow) is None
    assert len(told) >= 3
    assert told[1] < LET_IN_S_MAX
    with site.seal(0) as seal, site.seal(1) as neighbour:
        assert (seal.connect(), neighbour.connect()) == ("Not authorized", "Success")


def test_files_that_are_not_there_are_named(site: Site, tmp_path: Path) -> None:
    access = access_of(site, left=1)
    elsewhere = BrokerAccess(tmp_path / "no", access.logins, access.reload, access.sweep)
    assert "its files are not in" in (leave_broker([site.seals[0].seal_id], elsewhere) or "")


def test_a_board_on_the_cable_is_wiped_its_key_first(
    new_board: Callable[..., VirtualBoard], little: list[BoardFile], store: Store
) -> None:
    board = new_board()
    link = BoardLink(board.port)
    with pytest.raises(BoardError, match="holds no seal"):
        board_wipe.seal_on(link)
    flashed = flash_seal(link, little, SETTINGS, registry(store))
    assert board_wipe.seal_on(link) == flashed.seal_id
    board_wipe.wipe(link)
    assert files_of(board) == {}
    with pytest.raises(BoardError, match="holds no seal"):
        board_wipe.seal_on(link)
