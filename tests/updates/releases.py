"""Small releases for tests, and the golden ones: python -m tests.updates.releases writes them."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import sealwire
from gateway.updates import release_file, signing
from gateway.updates.release_file import Release
from sealwire import ccm, update, update_answer

VECTORS = Path(__file__).resolve().parents[1] / "vectors"
KEY = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"a site's release key").digest())
STRANGER = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"a stranger's").digest())
PUBLIC = signing.raw(KEY.public_key())
FILES = [("app.mpy", b"program of seven"), ("sealnode/node.mpy", b"x" * 700)]
IMAGE_BYTES = 17_000
MISSPELT = [
    ("menshen-update 1", "menshen-update 2"),
    ("kind app", "kind application"),
    ("kind app", "kind  app"),
    ("counter 7", "counter 07"),
    ("counter 7", "counter -7"),
    ("counter 7", "counter 0"),
    ("counter 7", "counter 99999999999"),
    ("version 1.4.0", "version 1 4 0"),
    ("chips esp32c6 unknown", "chips"),
    ("chips esp32c6 unknown", "chips ESP32C6"),
    ("boards 1", "boards one"),
    ("app.mpy\n", "app.py\n"),
    ("app.mpy\n", "../app.mpy\n"),
    ("app.mpy\n", "/app.mpy\n"),
    ("sealnode/node.mpy\n", "a/b/node.mpy\n"),
    ("sealnode/node.mpy\n", "app.mpy\n"),
    ("sealnode/node.mpy\n", "sealnode/node.mpy\n\n"),
    ("sealnode/node.mpy\n", "sealnode/node.mpy"),
    ("\n", "\r\n"),
]


def made(
    counter: int = 7,
    files: Sequence[tuple[str, bytes]] = FILES,
    key: Ed25519PrivateKey | None = KEY,
    **changes: Any,
) -> Release:
    """A release of these files, signed by `key` (None: not at all)."""
    fields: dict[str, Any] = {
        "kind": "app",
        "version": "1.4.0",
        "wire": sealwire.VERSION,
        "mpy": 6,
        "chips": ("esp32c6", "unknown"),  # the Unix port is no chip that is known
        "boards": (1,),
    }
    built = release_file.build(files, counter=counter, **(fields | changes))
    if key is None:
        return built
    signature = signing.sign(key, built.manifest_text)
    return Release(built.manifest, built.manifest_text, signature, built.content)


def image_bytes(first: int = 0xE9) -> bytes:
    """What a chip takes for an image, if its first byte is right."""
    return bytes([first]) + bytes(i * 31 & 255 for i in range(IMAGE_BYTES - 1))


def golden_releases() -> dict[str, Any]:
    """What tests/vectors/releases.json holds."""
    releases = {
        "seventh": made(),
        "stranger's": made(key=STRANGER),
        "other chip": made(chips=("esp32s3",)),
        "far wire": made(wire=9),
    }
    fields: dict[str, Any] = {"kind": "image", "mpy": 0, "version": "1.27.0"}
    images = {
        "image": made(8, [("image.bin", image_bytes())], **fields),
        "rubbish": made(8, [("image.bin", bytes(IMAGE_BYTES))], **fields),
    }
    return {
        "about": "Releases, signed by the key below but for the stranger's; of images the head.",
        "key": PUBLIC.hex(),
        "releases": {name: one.render().hex() for name, one in releases.items()},
        "images": {name: one.render()[:-IMAGE_BYTES].hex() for name, one in images.items()},
        "image_bytes": IMAGE_BYTES,
        "misspelt": MISSPELT,
    }


def golden_frames() -> dict[str, Any]:
    """What tests/vectors/updates.json holds."""
    key, raw_id = bytes(range(32)), bytes.fromhex("00112233445566aa")
    cipher = ccm.cipher(key)
    release = bytes.fromhex("a1b2c3d4e5f6")
    asks: list[tuple[str, int, int, list[Any]]] = [
        ("asks", 1, 9, [0, 0, 3, 1, 0, update.NOTHING.hex(), 0, 1]),
        ("asks, and one failed", 2, 10, [0, 6, 4, 1, 7, release.hex(), 0, 1]),
        ("fetches four blocks", 3, 11, [1, 6, 3, 2, 0, release.hex(), 7680, 4]),
    ]
    requests = []
    for name, epoch, counter, fields in asks:
        request = (*fields[:5], bytes.fromhex(fields[5]), *fields[6:])
        frame = update.seal_request(cipher, raw_id, epoch, counter, request).hex()
        requests.append(
            {"name": name, "epoch": epoch, "counter": counter, "request": fields, "frame": frame}
        )
    answers: list[dict[str, Any]] = []
    offers = (("nothing", 1, 9, update.NOTHING, 0, 0), ("an offer", 1, 9, release, 31_000, 7))
    for name, epoch, counter, what, size, number in offers:
        frame = update_answer.seal_offer(cipher, raw_id, epoch, counter, what, size, number)
        numbers = {"epoch": epoch, "counter": counter, "size": size, "number": number}
        answers.append({"name": name, **numbers, "release": what.hex(), "frame": frame.hex()})
    for name, counter, offset, length in (("a block", 12, 192, 192), ("the last", 13, 30_912, 88)):
        data = bytes(i & 255 for i in range(length))
        frame = update_answer.seal_block(cipher, raw_id, 3, counter, release, offset, data)
        where = {"epoch": 3, "counter": counter, "offset": offset, "length": length}
        answers.append({"name": name, **where, "release": release.hex(), "frame": frame.hex()})
    about = "How a seal pulls an update. A block's bytes are 0, 1, 2 .. 255, 0 .."
    return {
        "about": about,
        "key": key.hex(),
        "id": raw_id.hex(),
        "requests": requests,
        "answers": answers,
    }


def main() -> None:
    """Write both files anew."""
    for name, content in (("releases", golden_releases()), ("updates", golden_frames())):
        text = json.dumps(content, indent=1, ensure_ascii=False)
        (VECTORS / f"{name}.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
