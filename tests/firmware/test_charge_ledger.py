"""The charge ledger, counted anew on the real MicroPython: no wake has become dearer unnoticed."""

import re
from pathlib import Path

import pytest

from gateway.power import ledger, steps
from tests.firmware import charge


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return charge.compiled(tmp_path_factory.mktemp("charge"))


@pytest.mark.parametrize("story", ledger.WAKES)
def test_no_wake_costs_five_per_cent_more_than_the_ledger_says(
    micropython: str, folder: Path, story: str
) -> None:
    counted = charge.count(micropython, folder, story)
    if counted is None:
        pytest.skip("this firmware has no second path")
    for storage in steps.STORAGES:
        now_mc = steps.wake_mc(counted, storage)
        was_mc = steps.wake_mc(ledger.counts()[story], storage)
        assert now_mc <= was_mc * ledger.SLACK, (
            f"{story} from {storage}: {now_mc:.1f} mC where the ledger has {was_mc:.1f}; make it "
            "cheaper, or say why not and run python -m tests.firmware.charge"
        )
    print(f"{story}: {steps.wake_mc(counted, steps.ROMFS):.1f} mC from ROMFS")


def test_a_dearer_wake_is_noticed() -> None:
    beat = ledger.counts()[ledger.BEAT]
    dearer = beat | {"publish": beat["publish"] + 1}
    assert steps.wake_mc(dearer) > steps.wake_mc(beat) * ledger.SLACK
    assert re.fullmatch(r"1\.\d\d?", str(ledger.SLACK))
