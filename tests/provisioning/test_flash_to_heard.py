"""From a bare board to a seal that the gateway has heard: every part real but the chip itself."""

import json
import stat
from collections.abc import Callable

import pytest

from tests import neighbours
from tests.provisioning.flash_site import AIR, FlashSite
from tests.virtual_board.rom import Rom
from tests.virtual_board.virtual_board import VirtualBoard

Plugged = Callable[..., VirtualBoard]
Keep = Callable[[neighbours.Neighbour], None]


@pytest.mark.usefixtures("esptool")
def test_a_bare_board_becomes_a_seal_that_is_heard_and_nothing_is_done_by_hand(
    flash_site: FlashSite, new_board: Plugged, keep: Keep
) -> None:
    keep(flash_site.gateway)
    board = new_board(rom=Rom("esp32c6"), air=AIR)
    code, said = flash_site.flash(
        *("--door", "d1", "--port", board.port, "--labels", "labels", "--wait", 60),
        *flash_site.image("esp32c6"),
    )
    ((seal_id, door_id),) = flash_site.seals().items()
    assert (code, door_id) == (0, "d1"), said
    assert "FLASHED. Seal" in said
    assert "HEARD. The gateway has its first report after" in said
    assert "signal -61 dBm, battery 3.01 V" in said
    labels = {path.name for path in (flash_site.folder / "labels").iterdir()}
    assert labels == {f"seal-{seal_id}.svg", f"seal-{seal_id}.png", "labels.pdf"}
    assert board.rom is not None
    assert board.rom.erased == 1

    spares = flash_site.folder / "broker/spare-logins.json"
    assert stat.S_IMODE(spares.stat().st_mode) == 0o600
    left = json.loads(spares.read_bytes())
    assert seal_id not in {spare["user"] for spare in left}
    assert not any("taken_ms" in spare for spare in left)
