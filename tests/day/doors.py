"""Boards at their doors: powered, lifted, opened and shut by a hand, and heard by the gateway."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from gateway.provisioning import label
from gateway.store import views
from gateway.store.database import Store
from gateway.virtual_seal.reed import bounce
from sealnode.hardware import COVER, REED
from tests.day.typed import Installer
from tests.provisioning.flash_site import ADDRESS
from tests.virtual_board.virtual_board import VirtualBoard
from tests.waiting import block_until

HAND_MS = 500  # how long a hand holds something
OPENINGS = 3
HEARD_S_MAX = 60.0
TEST_S_MAX = 60
ENDS = ("✓ Sealed", "✗ Not sealed", "menshen: ")  # one door is done with


@dataclass
class Sealed:
    """A board that is a seal, and the door for which it was made."""

    board: VirtualBoard
    seal_id: str
    door_id: str


def heard_ms(database: Path, door_id: str) -> int:
    """When the gateway last heard the seal of this door; 0 for never."""
    with closing(Store.open(database, create=False)) as store, store.reading() as connection:
        (row,) = views.doors_of(connection, [door_id])
    return row.state.heard_ms or 0


def hang(one: Sealed, database: Path) -> None:
    """Its cells go in at the door; wait until the gateway hears it there."""
    before_ms = time.time_ns() // 1_000_000
    one.board.plug()
    assert block_until(lambda: heard_ms(database, one.door_id) > before_ms, HEARD_S_MAX), (
        f"{one.door_id} is not heard:\n{one.board.console.decode(errors='replace')[-2000:]}"
    )


def walk(board: VirtualBoard, chance: random.Random) -> None:
    """Lift it off its plate and put it back; open and shut the door three times. Returns at once:
    the hands take their time."""
    board.move(COVER, [(0, 1), (HAND_MS, 0)])
    for opening in range(OPENINGS):
        for turn, level in enumerate((1, 0)):
            at_ms = (2 + 2 * opening + turn) * HAND_MS
            board.move(REED, [(at_ms + ms, to) for ms, to in bounce(level, chance)])


def commissioned(
    installer: Installer, seals: Sequence[Sealed], database: Path, chance: random.Random
) -> list[float]:
    """One installer with a bag of seals: scans the label, types the door, tests, goes on to the
    next. How long each door took, in seconds, from the cells on; ends without one that failed."""
    began_s, took_s, heard = time.monotonic(), list[float](), ""
    process = installer.begins("commission", "--wait", TEST_S_MAX)
    assert process.stdin is not None
    assert process.stdout is not None
    for one in seals:
        door_began_s = time.monotonic()
        hang(one, database)
        process.stdin.write(f"{label.content(one.seal_id, ADDRESS)}\n{one.door_id}\n")
        process.stdin.flush()
        has_begun = False
        for line in process.stdout:
            heard += line
            if "· " in line and not has_begun:  # the first check that waits for the hands
                has_begun = True
                walk(one.board, chance)
            if any(words in line for words in ENDS):
                break
        assert "✓ Sealed" in line, heard
        took_s.append(time.monotonic() - door_began_s)
    process.stdin.write("\n")
    process.stdin.flush()
    said = installer.ends(process, ("commission", "--wait", TEST_S_MAX), began_s, before=heard)
    assert f"{len(seals)} seal" in said
    return took_s
