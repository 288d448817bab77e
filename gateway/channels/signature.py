"""Who posted it, and when: each request signed as Standard Webhooks 1.0 says.

The signature is over the message's id, the time in seconds and the body, `id.time.body`, with
HMAC-SHA256, which the standard calls `v1`. Whoever takes it refuses what is older than five
minutes. While a secret is changed two signatures stand beside each other, and either one is good.
"""

import base64
import hmac
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from gateway.settings.sections import Webhook
from gateway.settings.signing_secret import signing_key

ID: Final = "webhook-id"
TIMESTAMP: Final = "webhook-timestamp"
SIGNATURE: Final = "webhook-signature"
ALGORITHM: Final = "v1"  # HMAC-SHA256
FRESH_S: Final = 300  # how old a signature may be, and how far ahead of our clock
ID_MAX: Final = 128  # characters of a message's id,
SECONDS_MAX: Final = 12  # of a time,
SIGNATURES_MAX: Final = 4  # and signatures that are looked at


class Signer:
    """Signs what is posted to the site's own addresses; with no key, it signs nothing.

    Args:
        keys: the newest first.
        now_s: the time of a signature, in seconds of UTC.
    """

    def __init__(self, keys: Sequence[bytes], now_s: Callable[[], float] = time.time) -> None:
        self._keys, self._now_s = keys, now_s

    @classmethod
    def of(cls, webhook: Webhook) -> "Signer":
        """With the secrets of the settings."""
        secrets = (webhook.secret, webhook.old_secret)
        return cls([signing_key(secret) for secret in secrets if secret])

    def headers(self, message_id: str, body: bytes) -> dict[str, str]:
        """What goes with a message. Each try is signed anew, for the time is that of the try.

        Args:
            message_id: the same on every try.
            body: exactly what is posted.
        """
        if not self._keys:
            return {}
        at_s = str(int(self._now_s()))
        signed = f"{message_id}.{at_s}.".encode() + body
        signatures = [
            f"{ALGORITHM},{base64.b64encode(hmac.digest(key, signed, 'sha256')).decode()}"
            for key in self._keys
        ]
        return {ID: message_id, TIMESTAMP: at_s, SIGNATURE: " ".join(signatures)}


class Checker:
    """Checks what is posted to us, signed in the same way. That an id is taken once is for whoever
    takes it: what was done must be answered alike when it comes again.

    Args:
        keys: any of them may have signed.
        now_s: the time, in seconds of UTC.
    """

    def __init__(self, keys: Sequence[bytes], now_s: Callable[[], float] = time.time) -> None:
        self._keys, self._now_s = keys, now_s

    def is_signed(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether one who has a key sent just this, within FRESH_S."""
        message_id, at_s = headers.get(ID, ""), headers.get(TIMESTAMP, "")
        if not 0 < len(message_id) <= ID_MAX or not at_s.isdecimal() or len(at_s) > SECONDS_MAX:
            return False
        if abs(self._now_s() - int(at_s)) > FRESH_S:
            return False
        signed = f"{message_id}.{at_s}.".encode() + body
        wanted = [
            base64.b64encode(hmac.digest(key, signed, "sha256")).decode() for key in self._keys
        ]
        given = [one.partition(",") for one in headers.get(SIGNATURE, "").split()[:SIGNATURES_MAX]]
        return any(
            hmac.compare_digest(signature.encode(), one.encode())
            for version, _, signature in given
            if version == ALGORITHM
            for one in wanted
        )
