"""BTHome by its own library: plain and encrypted, repeated, forged and played back."""

import contextlib
import random
import secrets

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESCCM

from gateway.core.model import Contact
from gateway.ingest.adapters.bthome import REPEATED_S, SERVICE_BYTES_MAX, Reader
from gateway.ingest.adapters.said import Said, Unreadable

ADDRESS = "A4:C1:38:12:34:56"
KEY = bytes.fromhex("231d39c1d7cc1ab1aee224cd096db932")
# Of a Shelly BLU Door/Window: packet 7, battery 97 %, light 21.1 lx, window open, rotation 0.
SHELLY_OPEN = bytes.fromhex("4400070161053e08002d013f0000")
SHELLY_SHUT = bytes.fromhex("4400080161053e08002d003f0000")


def encrypted(plain: bytes, counter: int, key: bytes = KEY) -> bytes:
    """As the format has it: the objects, the counter, and four bytes of tag."""
    count = counter.to_bytes(4, "little")
    nonce = bytes.fromhex(ADDRESS.replace(":", "")) + b"\xd2\xfc\x41" + count
    sealed = AESCCM(key, tag_length=4).encrypt(nonce, plain, None)
    return b"\x41" + sealed[:-4] + count + sealed[-4:]


def test_a_window_contact_of_shelly_opens_and_shuts() -> None:
    reader = Reader(ADDRESS, b"")
    assert reader.read(SHELLY_OPEN, -60, 1.0) == Said(Contact.OPEN, battery_percent=97)
    assert reader.read(SHELLY_SHUT, -60, 4.0) == Said(Contact.SHUT, battery_percent=97)


def test_one_transmission_counts_once_and_the_same_later_is_a_heartbeat() -> None:
    reader = Reader(ADDRESS, b"")
    beat = bytes.fromhex("401a000cb80b2b00")  # door shut, 3.000 V, no tamper
    said = Said(Contact.SHUT, tamper=False, battery_mv=3_000)
    assert reader.read(beat, -60, 1.0) == said
    assert reader.read(beat, -61, 1.2) is None
    assert reader.read(beat, -60, 1.2 + REPEATED_S) == said


def test_what_says_nothing_of_a_door_does_not_say_the_last_state_again() -> None:
    reader = Reader(ADDRESS, b"")
    assert reader.read(SHELLY_OPEN, -60, 1.0) is not None
    assert reader.read(bytes.fromhex("4400090160"), -60, 5.0) is None  # its battery alone


def test_with_a_bind_key_nobody_else_is_believed() -> None:
    reader = Reader(ADDRESS, KEY)
    assert reader.read(encrypted(b"\x1a\x00", 500), -60, 1.0) == Said(Contact.SHUT)
    for forged, why in (
        (b"\x40\x1a\x01", "it is not encrypted"),
        (encrypted(b"\x1a\x01", 501, bytes(range(16))), "does not open"),
    ):
        with pytest.raises(Unreadable, match=why):
            reader.read(forged, -60, 2.0)
    assert reader.read(encrypted(b"\x1a\x01", 502), -60, 3.0) == Said(Contact.OPEN)


def test_a_recording_is_refused_while_the_gateway_runs_and_taken_after_a_start() -> None:
    """What SECURITY says of it, so that nobody believes more."""
    recorded = encrypted(b"\x1a\x01", 500)
    reader = Reader(ADDRESS, KEY)
    assert reader.read(recorded, -60, 1.0) == Said(Contact.OPEN)
    assert reader.read(encrypted(b"\x1a\x00", 501), -60, 2.0) == Said(Contact.SHUT)
    with pytest.raises(Unreadable, match="counter went back"):
        reader.read(recorded, -60, 100.0)
    assert Reader(ADDRESS, KEY).read(recorded, -60, 200.0) == Said(Contact.OPEN)


def test_without_its_key_an_encrypted_one_is_refused_in_a_sentence() -> None:
    with pytest.raises(Unreadable, match="no bind key is enrolled"):
        Reader(ADDRESS, b"").read(encrypted(b"\x1a\x01", 500), -60, 1.0)


def test_whatever_bytes_come_only_that_they_cannot_be_read_is_said() -> None:
    seed = secrets.randbits(32)
    print(f"seed {seed}")
    dice = random.Random(seed)  # noqa: S311
    plain, sealed = Reader(ADDRESS, b""), Reader(ADDRESS, KEY)
    for at in range(600):
        body = dice.choice((b"\x40", b"\x41", b"\x44", b"\x46", dice.randbytes(1)))
        body += dice.randbytes(dice.randint(0, SERVICE_BYTES_MAX))
        for reader in (plain, sealed):
            with contextlib.suppress(Unreadable):
                reader.read(body, -60, at * 60.0)
