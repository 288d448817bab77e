"""The second factor: a one-time code of six digits, new every 30 s, from any authenticator app.

A code is good once: the step of the last one is kept, and only a later one is taken. A clock that
is up to 30 s off is borne; and where it was ahead when the last code was used, a step that lies in
the future keeps nobody out until then.
"""

import hmac
import unicodedata
from typing import Final

import pyotp

from gateway.language import peoples_text

STEP_S: Final = 30
WINDOW: Final = 1  # steps before and after
DIGITS: Final = 6
KEY_LENGTH: Final = 32
ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"  # base32's


def new_key() -> str:
    """A fresh key, in base32: 160 bits."""
    return pyotp.random_base32(KEY_LENGTH)


def taken_key(text: str) -> str | None:
    """A key as a page sends it back; None if it is none of ours."""
    is_key = len(text) == KEY_LENGTH and set(text) <= set(ALPHABET)
    return text if is_key else None


def address(key: str, name: str, site: str) -> str:
    """What the authenticator app reads from a QR code."""
    return pyotp.TOTP(key).provisioning_uri(name=name, issuer_name=site)


def step_of(key: str, code: str, now_ms: int, last_step: int) -> int | None:
    """The step whose code this is; None if it is none of now, or no later one than `last_step`."""
    digits = "".join(unicodedata.normalize("NFKC", peoples_text.tidied(code)).split())
    if len(digits) != DIGITS or not (digits.isascii() and digits.isdecimal()):
        return None
    codes, now = pyotp.TOTP(key), now_ms // 1000 // STEP_S
    if last_step > now + WINDOW:
        last_step = 0  # of a clock that was ahead; nobody can have used a code of this time since
    for step in range(now - WINDOW, now + WINDOW + 1):
        if step > last_step and hmac.compare_digest(codes.at(step * STEP_S), digits):
            return step
    return None
