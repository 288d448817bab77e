"""What a seal says by air: one advertisement after the other, each often enough to be heard.

Nobody answers, so nothing is kept here: what is not heard is said again by the node, or comes over
the network. What waits has no number yet: it is sealed at the moment when it goes on the air, with
its age as it is then.
"""

from sealwire.advert import REPEATS, id_cipher, seal_advert
from sealwire.ccm import Cipher

from .hardware import Hardware

WAITING_MAX = 16  # reports; twice as many as the node says in one go


class Beacon:
    """`waiting`: numbers of reports, 0 for a heartbeat. `until_ms`: when the air is free again."""

    def __init__(self, key: bytes) -> None:
        self._ids = id_cipher(key)
        self.waiting: "list[int]" = []
        self.until_ms: "int | None" = None
        self.said = 0

    def say(self, seq: int) -> None:
        """Put a report on the air as soon as that is free: behind what waits, each once. A
        heartbeat gives way to any other: its edge count would overtake that."""
        for gone in (seq, 0):
            if gone in self.waiting:
                self.waiting.remove(gone)
        if len(self.waiting) >= WAITING_MAX:
            self.waiting.pop(0)
        self.waiting.append(seq)

    def is_on_air(self, now_ms: int) -> bool:
        """Whether something is on the air still."""
        return self.until_ms is not None and now_ms < self.until_ms

    def advert(
        self, cipher: Cipher, seal_id: bytes, epoch: int, counter: int, plain: bytes
    ) -> bytes:
        """The 31 bytes of a packed report under its numbers."""
        return seal_advert(cipher, self._ids, seal_id, epoch, counter, plain)

    def begin(self, board: Hardware, advert: bytes, now_ms: int) -> None:
        """Put an advertisement on the air, in place of what was there."""
        ms = board.advertise(advert, REPEATS)
        if ms:
            self.until_ms = now_ms + ms
            self.said += 1

    def end(self, board: Hardware) -> None:
        """All is said: let the radio go, once."""
        if self.until_ms is not None:
            self.until_ms = None
            board.advertise(b"", 0)
