"""From a bare board to a seal that the gateway has heard: every part real but the chip itself."""

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.provisioning import label
from gateway.provisioning.board_link import BoardLink
from tests import neighbours
from tests.provisioning.flash_site import AIR, FlashSite
from tests.virtual_board.rom import Rom
from tests.virtual_board.virtual_board import VirtualBoard

STARTS_FROM = """
import machine, sys, chooser
chooser.choose(machine)
import sealnode
answer(sealnode.__path__ if hasattr(sealnode, "__path__") else sealnode.__file__)
"""
Plugged = Callable[..., VirtualBoard]
Keep = Callable[[neighbours.Neighbour], None]


def digits(text: str) -> str:
    """As a person reads it."""
    return label.text(text)


@pytest.mark.usefixtures("esptool")
def test_bare_boards_become_seals_that_are_heard_and_nothing_is_done_by_hand(
    flash_site: FlashSite, new_board: Plugged, keep: Keep
) -> None:
    keep(flash_site.gateway)
    boards = [new_board(rom=Rom("esp32c6"), air=AIR, romfs_bytes=n << 17) for n in range(2)]
    code, said = flash_site.flash(
        *("--door", "d1", "--door", "d2", "--labels", "labels", "--wait", 60),
        *("--port", boards[0].port, "--port", boards[1].port),
        *flash_site.image("esp32c6"),
    )
    seals = flash_site.seals()
    assert (code, sorted(seals.values())) == (0, ["d1", "d2"]), said
    assert said.count("FLASHED. Seal") == 2
    assert said.count("HEARD. The gateway has its first report after") == 2
    assert said.count("signal -61 dBm, battery 3.01 V") == 2
    assert f"The MicroPython of {Path(boards[0].port).name} has no ROMFS partition" in said
    for board, came_from in zip(boards, ("/a/sealnode", "/rom/sealnode"), strict=True):
        assert BoardLink(board.port).ask(STARTS_FROM) == came_from
    sheet = said.partition("verdict")[2]
    for seal_id, door_id in seals.items():
        (line,) = (line for line in sheet.splitlines() if line.startswith(door_id))
        assert digits(seal_id) in line
        assert "heard" in line
    labels = {path.name for path in (flash_site.folder / "labels").iterdir()}
    files = {f"seal-{seal_id}.{kind}" for seal_id in seals for kind in ("svg", "png")}
    assert labels == files | {"labels.pdf"}
    assert [board.rom.erased for board in boards if board.rom is not None] == [1, 1]

    spares = flash_site.folder / "broker/spare-logins.json"
    assert stat.S_IMODE(spares.stat().st_mode) == 0o600
    left = json.loads(spares.read_bytes())
    assert not {spare["user"] for spare in left} & set(seals)
    assert not any("taken_ms" in spare for spare in left)


def test_without_a_gateway_a_seal_is_flashed_and_not_heard(
    flash_site: FlashSite, new_board: Plugged
) -> None:
    board = new_board(air=AIR)
    code, said = flash_site.flash("--door", "d1", "--port", board.port)
    assert (code, list(flash_site.seals().values())) == (1, ["d1"])
    assert "No gateway runs here, so no seal will be heard" in said
    assert "NOT HEARD, for no gateway runs here that could hear it: `menshen run`." in said
    assert flash_site.flash("--door", "d1", "--port", board.port)[1] == (
        f"menshen: door d1 (3栋201) carries seal {next(iter(flash_site.seals()))} already; say "
        "--replace if the new one hangs there instead\n"
    )
