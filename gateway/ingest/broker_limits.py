"""What a broker does not do for us, found by how it answers, and what is weaker then.

MQTT 3.1.1 has no word for "I keep no messages" or "I take no QoS 1": a broker of MQTT 5 says it to
its own and closes the connection of others. So what the gateway sends itself (its echo) is asked
less and less of, until one comes back: kept and acknowledged, acknowledged, neither. Nothing that a
seal sent is lost by any of this, for it keeps each report until the gateway's receipt.
"""

from typing import Final, NamedTuple

TRIES: Final = 3  # connections in a row that ended before their first echo came back


class EchoWay(NamedTuple):
    """How an echo is published. `weaker`: what that costs, as a sentence without its full stop."""

    qos: int
    is_retained: bool
    weaker: str = ""


WAYS: Final = (
    EchoWay(1, is_retained=True),
    EchoWay(
        1,
        is_retained=False,
        weaker="it throws us out over a retained message, so a second gateway from a copied card "
        "will not be noticed; allow retained messages there",
    ),
    EchoWay(
        0,
        is_retained=False,
        weaker="it throws us out over QoS 1, and seals too, so that their reports stay in them; "
        "allow QoS 1 there",
    ),
)
_GRANTED_0: Final = (
    "it grants QoS 0 only: what comes while we are away stays in the seals, and comes when we are "
    "back; allow QoS 1 for our user"
)


class BrokerLimits:
    """What one broker was found not to do."""

    def __init__(self) -> None:
        self._at = self._unheard = 0
        self._is_granted = True

    @property
    def way(self) -> EchoWay:
        """How the next echo is sent."""
        return WAYS[self._at]

    @property
    def weaker(self) -> str:
        """What is weaker at this broker, in sentences; empty at one that does all."""
        told = [self.way.weaker, "" if self._is_granted else _GRANTED_0]
        return "; ".join(filter(None, told))

    def granted(self, qos: int) -> None:
        """With which QoS it gives us the seals' reports."""
        self._is_granted = qos > 0

    def heard(self) -> None:
        """An echo came back: this way it takes them."""
        self._unheard = 0

    def ended(self, has_heard: bool) -> bool:
        """A connection that had begun to work is over; whether the way of the echo changed. After
        the last way it begins with the first, for perhaps it was never the echo."""
        self._unheard = 0 if has_heard else self._unheard + 1
        if self._unheard < TRIES:
            return False
        self._unheard, self._at = 0, (self._at + 1) % len(WAYS)
        return True
