"""What can be wrong with bytes that came from outside."""

MALFORMED = "malformed"  # right length, impossible content; or a topic that is none of ours
TRUNCATED = "truncated"
OVERSIZED = "oversized"
UNKNOWN_VERSION = "unknown_version"
WRONG_KEY = "wrong_key"  # the tag does not match: wrong key, wrong seal, or altered bytes


class Message:
    """What goes over the wire: equal if all its fields are."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and self.__dict__ == other.__dict__

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        fields = ", ".join(["%s=%r" % (k, self.__dict__[k]) for k in sorted(self.__dict__)])
        return "%s(%s)" % (type(self).__name__, fields)


class WireError(Exception):
    """Bytes or a topic that are not ours to use. `reason` is one of the words above."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason
        self.text = text
