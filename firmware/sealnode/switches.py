"""The three switches of a seal: what each contact is, what came and went, and what flutters."""

from sealwire.report import UNKNOWN

from .contact import Contact
from .flutter import STATE_BYTES, Flutter
from .hardware import COVER, MAGNET, REED, Hardware

_ALL = (REED, COVER, MAGNET)


class Switches:
    """Reed, cover and magnet behind a board.

    `bits` (one a switch) and `flutter` are what was remembered when the seal fell asleep; None and
    nothing after a cold boot, when no level is known.
    """

    def __init__(
        self, board: Hardware, mains: bool, now_ms: int, bits: "int | None", flutter: bytes
    ) -> None:
        self._board = board
        known = bits or 0
        self.contacts = [Contact(UNKNOWN if bits is None else known >> i & 1) for i in _ALL]
        self.flutters = [
            Flutter(mains, now_ms, known >> i & 1, flutter[i * STATE_BYTES : (i + 1) * STATE_BYTES])
            for i in _ALL
        ]

    def is_fresh(self) -> bool:
        """Whether nobody has looked yet since the cold boot."""
        return self.contacts[REED].contact == UNKNOWN

    def edges(self, switch: int, now_ms: int) -> "list[tuple[int, int, int]]":
        """(level, at_ms, edges that it stands for) of each change that is to be told. The first
        look at a tamper switch is no change."""
        contact = self.contacts[switch]
        first = switch != REED and contact.contact == UNKNOWN
        ages_ms = self._board.take_latches(switch)
        found = contact.see(now_ms, self._board.level(switch), ages_ms)
        told: "list[tuple[int, int, int]]" = self.flutters[switch].sift(
            [] if first else found, now_ms
        )
        return told

    def take_bounces(self) -> int:
        """Of the door's contact, since this was asked last."""
        return self.contacts[REED].take_bounces()

    def levels(self) -> "list[int]":
        """Of each switch, as its contact has settled."""
        return [contact.contact for contact in self.contacts]

    def told(self) -> "list[int]":
        """Of each switch what was told last, which held edges have left behind."""
        return [c.contact ^ (f.held & 1) for c, f in zip(self.contacts, self.flutters)]

    def moves(self, switch: int) -> bool:
        """Whether it is not at rest."""
        contact = self.contacts[switch]
        return contact.due_ms() is not None or self._board.level(switch) != contact.contact

    def is_at_rest(self, muted: int = 0) -> bool:
        """Whether no switch moves, but for those that are `muted` (as bits)."""
        return not any([not muted >> i & 1 and self.moves(i) for i in _ALL])

    def muted(self, now_ms: int) -> "tuple[int, int]":
        """The switches that shall not end the next sleep, as bits, and after how long one may."""
        muted, soonest_ms = 0, 0
        for switch in _ALL:
            muted_ms = self.flutters[switch].muted_ms(now_ms)
            if muted_ms:
                soonest_ms = min(soonest_ms, muted_ms) if muted else muted_ms
                muted |= 1 << switch
        return muted, soonest_ms

    def due_ms(self) -> "int | None":
        """When one of them is to be looked at next; None if none is."""
        wanted = [one.due_ms() for one in self.contacts + self.flutters]
        known = [ms for ms in wanted if ms is not None]
        return min(known) if known else None

    def bits(self) -> int:
        """The contacts, for the memory through sleep."""
        bits = 0
        for i, contact in enumerate(self.contacts):
            bits |= (contact.contact & 1) << i
        return bits

    def flutter(self) -> bytes:
        """What flutters, for the memory through sleep."""
        return b"".join([one.pack() for one in self.flutters])
