"""Whose an advertisement is: a table of the ids that each seal has next.

An advertisement names nobody. What it begins with is worked out from the seal's key and the numbers
of that one transmission (`sealwire.advert`), so whoever has the keys can work out beforehand what
may come: for each seal the next AHEAD transmissions, and the first few of the EPOCHS epochs after,
for a seal that starts anew. A look-up costs the same with one seal and with ten thousand, whoever
sends what; only what is found is opened, and that proves it.

What lies at or below a seal's mark is not in the table: a recording is nobody's, like a stranger's
advertisement, and so are the repeats of what was heard. A seal of which nothing was heard for long
has moved on: the table reaches further the longer that lasts (`stretch`), up to AHEAD_MAX. Beyond
that its next word over the network says where it stands, for there the numbers are to be read.
"""

from collections.abc import Callable, Mapping
from typing import Final

from gateway.core.replay_window import ReplayWindow
from gateway.ingest.authenticate import resolved_advert
from gateway.registry.load import SealRow
from sealwire import advert
from sealwire.ccm import cipher
from sealwire.envelope import COUNTER_MAX, EPOCH_MAX
from sealwire.errors import WireError

AHEAD: Final = 80  # transmissions: more than an hour of heartbeats, and an edge or two
REFILLED_AT: Final = 64
EPOCHS: Final = 2
AHEAD_IN_EPOCH: Final = 8
AHEAD_MAX: Final = 1_024  # 28 hours of a heartbeat every 100 s
ENTRIES_MAX: Final = 1_000_000  # of all seals together: some 150 MB
SAME_MAX: Final = 4  # seals that may have one id at the same time
STRETCHED_AT_ONCE: Final = 200  # seals, so that nothing else waits


class _Expected:
    """What one seal may say next. `ahead`: its ids from the transmission after `counter` on."""

    __slots__ = ("ahead", "anew", "counter", "epoch", "heartbeat_ms", "key", "seal_id")

    def __init__(self, row: SealRow) -> None:
        self.seal_id, self.key, self.heartbeat_ms = row.seal_id, row.key, row.heartbeat_ms
        self.epoch = self.counter = 0
        self.ahead: list[bytes] = []
        self.anew: list[list[bytes]] = []  # of the next epochs


class AdvertIds:
    """The table. `resolved`, `unknown` and `forged` count what was asked for."""

    def __init__(self) -> None:
        self._expected: dict[str, _Expected] = {}
        self._table: dict[bytes, tuple[_Expected, ...]] = {}
        self.resolved = self.unknown = self.forged = 0
        self._stretched_from = 0

    def __len__(self) -> int:
        """How many ids are expected."""
        return len(self._table)

    def know(self, seals: Mapping[str, SealRow], windows: Mapping[str, ReplayWindow]) -> None:
        """Take over the seals that are enrolled, each from its mark on; forget all others.

        Args:
            seals: by seal_id.
            windows: what was accepted of each; one that is missing is new.
        """
        for seal_id, known in list(self._expected.items()):
            if seal_id not in seals or seals[seal_id].key != known.key:
                self._forget(self._expected.pop(seal_id))
        for seal_id, row in seals.items():
            if seal_id not in self._expected:
                expected = self._expected[seal_id] = _Expected(row)
                window = windows.get(seal_id, row.window)
                self._restart(expected, window.epoch, window.counter)
            self._expected[seal_id].heartbeat_ms = row.heartbeat_ms

    def rose(self, windows: Mapping[str, ReplayWindow]) -> None:
        """Marks rose, whichever way the transmissions came."""
        for seal_id, window in windows.items():
            expected = self._expected.get(seal_id)
            if expected is not None:
                self._move(expected, window.epoch, window.counter)

    def read(self, service: bytes) -> tuple[str, bytes] | None:
        """Whose an advertisement is, and that it is genuine and new.

        Args:
            service: its service data, or anything else.

        Returns:
            The seal's id, and the advertisement as `Authenticator.read` takes it; None where it is
            nobody's here. What was returned once is not again.
        """
        if len(service) != advert.SERVICE_BYTES:
            self.unknown += 1
            return None
        candidates = self._table.get(service[: advert.ID_BYTES])
        if candidates is None:
            self.unknown += 1
            return None
        for expected in candidates:
            epoch, counter = self._numbers(expected, service[: advert.ID_BYTES])
            raw_id = bytes.fromhex(expected.seal_id)
            try:
                advert.open_advert(cipher(expected.key), raw_id, epoch, counter, service)
            except WireError:
                continue
            self._move(expected, epoch, counter)
            self.resolved += 1
            return expected.seal_id, resolved_advert(epoch, counter, service)
        self.forged += 1
        return None

    def stretch(self, now_ms: int, heard_ms: Callable[[str], int | None]) -> None:
        """Reach further for seals of which nothing was heard for long. Call it every minute or so.

        Args:
            now_ms: in ms of UTC.
            heard_ms: when a seal was last heard on any way; None: never.
        """
        all_of_them = list(self._expected.values())
        start = self._stretched_from if self._stretched_from < len(all_of_them) else 0
        stretched = 0
        for at in range(start, len(all_of_them)):
            self._stretched_from = at + 1
            expected = all_of_them[at]
            silent_ms = now_ms - (heard_ms(expected.seal_id) or now_ms)
            if not expected.heartbeat_ms:
                continue
            beats = silent_ms * 10 // (expected.heartbeat_ms * 9) + REFILLED_AT
            wanted = min(beats, AHEAD_MAX)
            if wanted > len(expected.ahead) and len(self._table) < ENTRIES_MAX:
                self._fill(expected, wanted + AHEAD)
                stretched += 1
                if stretched >= STRETCHED_AT_ONCE:
                    return

    def _numbers(self, expected: _Expected, advert_id: bytes) -> tuple[int, int]:
        if advert_id in expected.ahead:
            return expected.epoch, expected.counter + 1 + expected.ahead.index(advert_id)
        for later, ids in enumerate(expected.anew, 1):
            if advert_id in ids:
                return expected.epoch + later, 1 + ids.index(advert_id)
        return 0, 0  # never: what is in the table is in its lists

    def _move(self, expected: _Expected, epoch: int, counter: int) -> None:
        """Nothing up to these numbers comes any more."""
        if (epoch, counter) <= (expected.epoch, expected.counter):
            return
        risen = counter - expected.counter
        if epoch != expected.epoch or risen > len(expected.ahead):
            self._forget(expected)
            self._restart(expected, epoch, counter)
            return
        self._strike(expected, expected.ahead[:risen])
        del expected.ahead[:risen]
        expected.counter = counter
        if len(expected.ahead) < REFILLED_AT:
            self._fill(expected, AHEAD)

    def _restart(self, expected: _Expected, epoch: int, counter: int) -> None:
        expected.epoch, expected.counter, expected.ahead = epoch, counter, []
        ids = advert.id_cipher(expected.key)
        expected.anew = [
            advert.next_ids(ids, later, 1, AHEAD_IN_EPOCH)
            for later in range(epoch + 1, min(epoch + EPOCHS, EPOCH_MAX) + 1)
        ]
        for made in expected.anew:
            self._expect(expected, made)
        if epoch:
            self._fill(expected, AHEAD)

    def _fill(self, expected: _Expected, count: int) -> None:
        """Expect so many transmissions in all."""
        begin = expected.counter + 1 + len(expected.ahead)
        count = min(count - len(expected.ahead), COUNTER_MAX - begin + 1)
        made = advert.next_ids(advert.id_cipher(expected.key), expected.epoch, begin, count)
        expected.ahead += made
        self._expect(expected, made)

    def _expect(self, expected: _Expected, made: list[bytes]) -> None:
        for advert_id in made:
            others = self._table.get(advert_id, ())
            if len(others) < SAME_MAX and expected not in others:
                self._table[advert_id] = (*others, expected)

    def _forget(self, expected: _Expected) -> None:
        for ids in (expected.ahead, *expected.anew):
            self._strike(expected, ids)

    def _strike(self, expected: _Expected, ids: list[bytes]) -> None:
        for advert_id in ids:
            others = tuple(x for x in self._table.get(advert_id, ()) if x is not expected)
            if others:
                self._table[advert_id] = others
            else:
                self._table.pop(advert_id, None)
