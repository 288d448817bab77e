"""The secret that signs webhooks, as Standard Webhooks writes it: `whsec_` and base64."""

import base64
import binascii
from typing import Final

PREFIX: Final = "whsec_"
KEY_BYTES_MIN: Final = 24
KEY_BYTES_MAX: Final = 64


def signing_key(text: str) -> bytes:
    """The key that a secret stands for.

    Args:
        text: what somebody set.

    Returns:
        KEY_BYTES_MIN to KEY_BYTES_MAX bytes.

    Raises:
        ValueError: it is no such secret. The text says what one is, and repeats nothing of it.
    """
    try:
        key = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not text.startswith(PREFIX) or not KEY_BYTES_MIN <= len(key) <= KEY_BYTES_MAX:
        raise ValueError(
            f"must be {PREFIX} and then {KEY_BYTES_MIN} to {KEY_BYTES_MAX} random bytes in base64; "
            "docs/engineer.md says how to make one"
        )
    return key
