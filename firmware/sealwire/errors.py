"""What can be wrong with bytes that came from outside."""

MALFORMED = "malformed"  # right length, impossible content; or a topic that is none of ours
TRUNCATED = "truncated"
OVERSIZED = "oversized"
UNKNOWN_VERSION = "unknown_version"
WRONG_KEY = "wrong_key"  # the tag does not match: wrong key, wrong seal, or altered bytes


class WireError(Exception):
    """Bytes or a topic that are not ours to use. `reason` is one of the words above."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason
        self.text = text
