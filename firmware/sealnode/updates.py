"""A seal pulls a release beside its daily work, block by block, and then restarts to look at it.

It asks after its first receipt and now and then later; what it is offered it fetches, each block
where it left off, over lost packets, sleep and power cuts: what has come lies in one file. Nothing
of it is believed here: whether it is genuine is seen after the restart, by `sealupdate.install`,
which has the heap for that. A report always goes first, and an update never keeps a seal awake for
longer than it would take to fetch it.
"""

import os

from sealwire import update
from sealwire.errors import WireError
from sealwire.release import CHIPS

ASK_EVERY = 36  # transmissions: an hour of heartbeats at 100 s
RESUME_EVERY = 4  # likewise, after a wake in which nothing more came
ANSWER_MS = 3000
TRIES_MAX = 4  # without any answer, until a later receipt
AWAKE_MS_MAX = 120_000  # of a seal on batteries, for an update
TRUST = "update.json"  # of `sealupdate.install`, as the next
PULLED = "update"
_HEAD_BYTES = 10  # the release's id and its size
_WINDOW_BYTES = update.BLOCK_BYTES * update.BLOCKS_MAX


class Updates:
    """The pulling half. `slots` is the chooser's; `poll` says what to send, `hear` takes answers.

    `is_whole` says that a release lies there and the seal is to restart when it has nothing else.
    """

    def __init__(self, slots, now_ms: int, woken: bool) -> None:  # type: ignore[no-untyped-def]
        self._slots = slots
        self._path = slots.folder + PULLED
        self._release = b""
        self._size = self._have = 0
        self.is_whole = False
        self._wants = False  # to ask, or the next blocks
        self._asked = 0  # the counter of the open question, 0 if there is none
        self._epoch = 0
        self._count = 0  # of the blocks that it asked for
        self._again_ms = now_ms
        self._tries = 0
        self._heard = False  # a receipt, since this start
        self._woken = woken
        self._until_ms = now_ms + AWAKE_MS_MAX
        self._chip, self._board = _hardware(slots.folder)
        self._window = bytearray()  # no room is taken before something is offered
        self._came = 0  # a bit for each block of the window
        self._resume()

    def receipt(self, counter: int) -> None:
        """The gateway has answered: a slot on trial is good, and it may be time to ask."""
        first, self._heard = not self._heard, True
        if first and self._slots.state == "trial":
            self._slots.good()
            self._wants = True
        if self._asked or self.is_whole or not self._board:
            return
        if self._release:
            self._wants = first or counter % RESUME_EVERY == 0 or self._wants
        elif (first and not self._woken) or counter % ASK_EVERY == 0:
            self._wants = True
        self._tries = 0

    def is_busy(self, now_ms: int) -> bool:
        """Whether the seal had better stay awake."""
        return now_ms < self._until_ms and (self._wants or self.is_whole or self._asked > 0)

    def due_ms(self, now_ms: int) -> int:
        """When `request` has something to say, if nothing comes before."""
        if self._asked:
            return self._again_ms
        return now_ms if self._wants else now_ms + 30_000

    def request(self, now_ms: int) -> "update.Request | None":
        """What to ask now; `asked` is to be called with the numbers that it went out under."""
        if self._asked and now_ms >= self._again_ms:
            self._asked = 0
            self._tries += 1
            self._wants = self._tries < TRIES_MAX
        if self._asked or not self._wants:
            return None
        slots, kind, release, reason = self._slots, update.ASK, update.NOTHING, 0
        if self._release:
            kind, release = update.FETCH, self._release
        elif slots.failed:
            release = bytes.fromhex(slots.failed)
            reason = update.REASONS.index(
                slots.reason if slots.reason in update.REASONS else "other"
            )
        left = -(-(self._size - self._have) // update.BLOCK_BYTES)
        self._count = min(left, update.BLOCKS_MAX) if self._release else 1
        return update.Request(
            kind, slots.floor, self._chip, self._board, reason, release, self._have, self._count
        )

    def asked(self, epoch: int, counter: int, now_ms: int) -> None:
        """The request went out under `epoch` and `counter` and those behind it."""
        self._epoch, self._asked, self._came = epoch, counter, 0
        self._again_ms = now_ms + ANSWER_MS

    def hear(  # type: ignore[no-untyped-def]
        self, cipher, seal_id: bytes, payload: bytes, now_ms: int
    ) -> bool:
        """An answer. False if it answers nothing that was asked."""
        try:
            answer = update.open_answer(cipher, seal_id, payload)
        except WireError:
            return False
        epoch, counter, release, kind, number, release_counter, data = answer
        if not self._asked or epoch != self._epoch:
            return False
        i = counter - self._asked
        if release == update.NOTHING or (kind == update.OFFER and not self._release and i == 0):
            self._offered(release, number, release_counter)
        elif kind == update.BLOCK and release == self._release and 0 <= i < self._count:
            self._take(i, number, data)
        else:
            return False
        return True

    def ask(self) -> None:
        """Somebody says that there is something: with the next poll it is asked for."""
        self._wants = not self.is_whole and self._board > 0

    def restart(self) -> None:
        """Everything else is done: the next start is for what lies there."""
        self._slots.install(self._release.hex())

    def _offered(self, release: bytes, size: int, counter: int) -> None:
        self._asked, self._wants = 0, False
        if self._release:  # it is not given out any more
            self._drop()
        if release == update.NOTHING or counter <= self._slots.floor:
            return
        if release.hex() == self._slots.failed or not 0 < size <= update.OFFSET_MAX:
            return
        try:
            with open(self._path, "wb") as file:
                file.write(release + size.to_bytes(4, "big"))
        except OSError:  # a full flash: asked again in an hour
            return
        self._release, self._size, self._have = release, size, 0
        self._wants, self._tries = True, 0

    def _take(self, i: int, offset: int, data: bytes) -> None:
        """A block of the window; what has come without a gap goes to the flash when all has."""
        start = i * update.BLOCK_BYTES
        length = min(update.BLOCK_BYTES, self._size - self._have - start)
        if offset != self._have + start or len(data) != length:
            return
        if not self._window:
            self._window = bytearray(_WINDOW_BYTES)
        self._window[start : start + length] = data
        self._came |= 1 << i
        if self._came == (1 << self._count) - 1:
            self._keep()

    def _keep(self) -> None:
        length = min(self._count * update.BLOCK_BYTES, self._size - self._have)
        self._asked, self._tries = 0, 0
        try:
            with open(self._path, "ab") as file:
                file.write(memoryview(self._window)[:length])
        except OSError:
            self._drop()
            return
        self._have += length
        self._settle()

    def _settle(self) -> None:
        self.is_whole = self._have == self._size
        self._wants = not self.is_whole

    def _resume(self) -> None:
        """Where it was left, before sleep or a power cut."""
        try:
            have = os.stat(self._path)[6] - _HEAD_BYTES
            with open(self._path, "rb") as file:
                head = file.read(_HEAD_BYTES)
        except OSError:
            return
        release = head[:6].hex()
        if have < 0 or release == self._slots.failed or release == self._slots.trying:
            self._drop()
            return
        self._release, self._size = head[:6], int.from_bytes(head[6:], "big")
        self._have = have
        self.is_whole = have == self._size

    def _drop(self) -> None:
        self._release, self._size, self._have, self._wants = b"", 0, 0, False
        self.is_whole = False
        try:
            os.remove(self._path)
        except OSError:
            pass


def _hardware(folder: str) -> "tuple[int, int]":
    """(chip, board) by number; board 0: this seal was never told whose releases to take."""
    import json
    import sys

    try:
        with open(folder + TRUST) as file:
            board = json.load(file)["board"]
    except (OSError, ValueError, KeyError):
        return 0, 0
    name = getattr(sys.implementation, "_machine", "").split(" ")[-1].lower()
    return CHIPS.index(name) if name in CHIPS else 0, board
