"""How far a board comes on its way to the broker: the reason that it gives, one for each trouble.

The radio is simulated, by the states that MicroPython shows on a chip; the rest is real: sockets,
TLS, mosquitto with our configuration, and the seal's own session.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.provisioning.board_link import BoardLink
from gateway.provisioning.certificates import ensure_certificates
from gateway.provisioning.firmware_bundle import BoardFile, bundle
from gateway.provisioning.flash import Registry, SealSettings, flash_seal
from gateway.provisioning.joining import Join, Reason, join
from gateway.registry.credentials import Identity, fresh_identity
from tests import neighbours
from tests.provisioning.site_broker import Site
from tests.virtual_board.virtual_board import VirtualBoard

NET = {"password": "a secret of the house", "signal": -71}


class Joiner:
    """A board that was flashed once, given other settings and another air for each try."""

    def __init__(self, board: VirtualBoard, site: Site, identity: Identity) -> None:
        self.board, self.link = board, BoardLink(board.port)
        self.identity = identity
        self.usual = SealSettings(
            "localhost",
            server_name="localhost",
            port=site.port,
            wifi_ssid="grid 5",
            wifi_password="a secret of the house",
        )

    def tries(self, air: dict[str, object] | None = None, **changes: object) -> Join:
        """What comes of it with these settings changed, in this air."""
        self.board.set_air({"grid 5": NET} if air is None else air)
        text = json.loads(self.usual.render(self.identity)) | changes
        self.link.put_secret(BoardFile("seal.json", json.dumps(text).encode()))
        return join(self.link, wifi_s=1.5)


@pytest.fixture
def joiner(site: Site, new_board: Callable[..., VirtualBoard]) -> Joiner:
    """A board whose login the broker knows."""
    board, identity = new_board(air={}), site.seals[0]
    made = Joiner(board, site, identity)
    files = bundle((site.directory / "ca.der").read_bytes())
    given = Registry(lambda _: False, lambda _: None, lambda: identity)
    flash_seal(made.link, files, made.usual, given)
    return made


def test_each_trouble_on_the_way_to_the_broker_has_its_reason(
    joiner: Joiner, tmp_path: Path
) -> None:
    assert joiner.tries() == Join(Reason.OK, -71)
    assert joiner.tries(air={}).reason is Reason.NETWORK
    assert joiner.tries(air={"grid 5": NET | {"password": "other one"}}).reason is Reason.PASSWORD
    silent = joiner.tries(air={"grid 5": NET | {"address": False}})
    assert silent == Join(Reason.ADDRESS, -71)
    assert joiner.tries(wifi=None) == Join(Reason.OK), "by cable or on a bench"
    assert joiner.tries(broker="nobody.invalid").reason is Reason.NAME
    assert joiner.tries(port=neighbours.unused_port()).reason is Reason.BROKER
    assert joiner.tries(server_name="other.example").reason is Reason.CERTIFICATE
    assert joiner.tries(password=fresh_identity().broker_password).reason is Reason.REFUSED
    ensure_certificates(tmp_path / "other", ["localhost"], 1, datetime.now(UTC))
    other = (tmp_path / "other/ca.der").read_bytes()
    joiner.link.put([BoardFile("ca.der", other)], lambda _: None)
    assert joiner.tries().reason is Reason.CERTIFICATE


@pytest.mark.parametrize("reason", Reason)
def test_each_reason_has_its_words(reason: Reason) -> None:
    said = Join(reason).told("grid 5", "pi.local", 8883)
    assert "{" not in said
    assert said
