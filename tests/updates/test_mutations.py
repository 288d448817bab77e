"""A thousand releases that are nearly a good one: refused, each, by the seal's own check."""

import json
import random
from pathlib import Path

import pytest

from sealupdate import install
from tests.updates import releases
from tests.updates.releases import PUBLIC, STRANGER, made

MUTATIONS = 1000
SEED = 20_240


def put(folder: Path, data: bytes) -> str:
    (folder / install.PULLED).write_bytes(bytes(install.PULLED_HEAD_BYTES) + data)
    (folder / install.TRUST).write_text(json.dumps({"key": PUBLIC.hex(), "board": 1}))
    return f"{folder}/"


def mutated(dice: random.Random, data: bytes) -> bytes:
    """One of the ways in which bytes go wrong or are made wrong."""
    changed = bytearray(data)
    at = dice.randrange(len(data))
    way = dice.randrange(8)
    if way < 4:
        changed[at] ^= 1 << dice.randrange(8)
    elif way == 4:
        del changed[at:]
    elif way == 5:
        changed[at:at] = dice.randbytes(dice.randrange(1, 9))
    elif way == 6:
        changed[at : at + 64] = dice.randbytes(len(changed[at : at + 64]))
    else:
        del changed[at : at + dice.randrange(1, 65)]
    return bytes(changed)


def test_the_good_one_is_taken(tmp_path: Path) -> None:
    assert install.checked(put(tmp_path, made().render()), 6).counter == 7


def test_a_thousand_mutations_are_refused(tmp_path: Path) -> None:
    dice = random.Random(SEED)  # noqa: S311 - the same mutations each time
    good = made().render()
    reasons: dict[str, int] = {}
    for _ in range(MUTATIONS):
        bad = mutated(dice, good)
        if bad == good:
            continue
        with pytest.raises(install.Refused) as refused:
            install.checked(put(tmp_path, bad), 6)
        reasons[refused.value.reason] = reasons.get(refused.value.reason, 0) + 1
    print(reasons)
    assert sum(reasons.values()) > MUTATIONS - 10
    assert set(reasons) == {install.UNSIGNED, install.DAMAGED}


@pytest.mark.parametrize(
    ("release", "floor", "reason"),
    [
        (made(key=None), 6, install.UNSIGNED),
        (made(key=STRANGER), 6, install.UNSIGNED),
        (made(), 7, install.OLDER),
        (made(counter=3), 6, install.OLDER),
        (made(chips=("esp32s3",)), 6, install.INCOMPATIBLE),
        (made(boards=(2, 3)), 6, install.INCOMPATIBLE),
        (made(wire=9), 6, install.INCOMPATIBLE),
    ],
)
def test_what_is_not_for_this_seal_is_refused(
    tmp_path: Path, release: releases.Release, floor: int, reason: str
) -> None:
    with pytest.raises(install.Refused) as refused:
        install.checked(put(tmp_path, release.render()), floor)
    assert refused.value.reason == reason


def test_files_that_were_exchanged_under_a_good_manifest_are_refused(tmp_path: Path) -> None:
    good, other = made(), made(files=[("app.mpy", b"program of evil!"), releases.FILES[1]])
    data = good.render()[: -len(good.content)] + other.content
    with pytest.raises(install.Refused) as refused:
        install.checked(put(tmp_path, data), 6)
    assert refused.value.reason == install.DAMAGED
