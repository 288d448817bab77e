"""P1: nothing identifying or linkable on the air. `tests/ingest/test_ble.py` has real radios; here
a day of ten seals' advertisements, as bytes."""

import itertools

from sealwire import report
from tests.engine.small_site import HandSeal

SEALS, BEATS = 10, 100


def day_of(seal: HandSeal) -> list[bytes]:
    """What it says: heartbeats, and now and then an opening and a shutting."""
    said = []
    for n in range(BEATS):
        if n % 10 == 3:
            said.append(seal.advertised(seal.edge(report.OPEN)))
            said.append(seal.advertised(seal.edge(report.SHUT)))
        said.append(seal.advertised(seal.heartbeat()))
    return said


def test_p01_no_serial_no_key_and_one_length_whatever_is_said():
    for seal in (HandSeal() for _ in range(SEALS)):
        days = day_of(seal)
        assert len({len(one) for one in days}) == 1
        for one in days:
            assert bytes.fromhex(seal.seal_id) not in one
            assert seal.seal_id.encode() not in one
            assert seal.key[:8] not in one


def test_p01_two_captures_of_one_seal_share_no_more_than_those_of_two():
    """Runs of four bytes that occur twice: as many within one seal's day as between seals."""
    days = [day_of(HandSeal()) for _ in range(SEALS)]
    head = len(os_common_prefix([one for day in days for one in day]))  # format, the same of all

    def runs(day: list[bytes]) -> set[bytes]:
        return {one[at : at + 4] for one in day for at in range(head, len(one) - 3)}

    early, late = ([runs(day[:40]) for day in days], [runs(day[-40:]) for day in days])
    own = sum(len(a & b) for a, b in zip(early, late, strict=True))
    others = sum(len(a & b) for a, b in itertools.product(early, late)) - own
    assert own <= 2 + others / (SEALS - 1)


def os_common_prefix(all_bytes: list[bytes]) -> bytes:
    first, last = min(all_bytes), max(all_bytes)
    same = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False))
    return bytes(a for a, _ in same)
