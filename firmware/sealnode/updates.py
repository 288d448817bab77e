"""A seal pulls a release beside its daily work, block by block, and then restarts to look at it.

It is read in when there is something to ask and let go afterwards (`Seal`), for its 9 KB are much
in a heap of 64. What it is offered it fetches, each block where it left off, over lost packets,
sleep and power cuts: what has come lies in one file. Nothing of it is believed here: whether it
is genuine is seen after the restart, by `sealupdate.install`, which has the heap for that. A
report always goes first, and a seal on batteries stays awake for it no longer than AWAKE_MS_MAX.
"""

import json
import os
import sys

import slot_file
from sealwire import topics, update
from sealwire.envelope import COUNTER_MAX
from sealwire.errors import WireError

ANSWER_MS = 3000
TRIES_MAX = 4  # without any answer, until a later receipt
WINDOW = 2  # blocks in a question, of the BLOCKS_MAX that the gateway would give: a heap is small
AWAKE_MS_MAX = 120_000
TRUST = "update.json"  # of `sealupdate.install`, as the next
PULLED = "update"
ROOM_BYTES = 32_768  # that a file leaves to the spool, the settings and the line
_HEAD_BYTES = 10  # the release's id and its size
_NO_SPACE = 28  # an errno
CHIPS = ("unknown", "esp32", "esp32c3", "esp32c6", "esp32s3")  # sealwire.release.CHIPS
REASONS = (  # sealwire.update_answer.REASONS
    "", "unsigned", "damaged", "older", "incompatible", "full", "nokey", "crashed", "silent",
    "ended", "other",
)  # fmt: skip


class Updates:
    """Asks once, and pulls what it is offered. The slots lie in `folder`.

    `is_over`: nothing more is to be had now. `is_whole`: a release lies there, and the seal is to
    `restart` when it has nothing else to do.
    """

    def __init__(self, folder: str, seal_id: str, cipher, now_ms: int) -> None:  # type: ignore[no-untyped-def]
        self._folder, self._cipher = folder, cipher
        line = slot_file.read(folder)
        self._floor, self._trying, self._failed, self._reason = line[4], line[6], line[7], line[8]
        self._id, self._topic = bytes.fromhex(seal_id), topics.update(seal_id)
        self._path = folder + PULLED
        self._release = b""
        self._size = self._have = 0
        self.is_whole = self.is_over = False
        self._epoch = self._asked = 0  # of the open question; `_asked` is 0 if there is none
        self._count = 1  # of the blocks that it asked for
        self._again_ms = now_ms
        self._tries = 0
        self.until_ms = now_ms + AWAKE_MS_MAX
        self._window: "list[bytes]" = []  # what has come of the blocks that it asked for
        self._image = _none()  # type: ignore[no-untyped-call]
        self._board = self._told_board()
        self._resume()
        if line[1] != slot_file.GOOD:  # until that is decided there is no other slot to spare
            self.is_over, self.is_whole = True, False

    def due_ms(self, now_ms: int) -> int:
        """When `poll` has something to do, if nothing comes before."""
        return max(self._again_ms, now_ms) if self._asked else now_ms

    def poll(self, spool, link, now_ms: int) -> None:  # type: ignore[no-untyped-def]
        """Ask what is to be asked. OSError if the flash does not take a new epoch."""
        if self._asked and now_ms >= self._again_ms:
            self._tries += 1
            self._keep()
            self.is_over = self.is_over or self._tries >= TRIES_MAX
        if self._asked or self.is_whole or self.is_over:
            return
        request = self._request()
        if spool.counter + self._count > COUNTER_MAX:  # all in one epoch
            spool.counter = COUNTER_MAX
        counter = spool.take_counter()
        for _ in range(1, self._count):
            spool.take_counter()
        if spool.stored_epoch != spool.epoch:
            spool.save()
        frame = update.seal_request(self._cipher, self._id, spool.epoch, counter, request)
        if link.publish(self._topic, frame, now_ms):
            self._epoch, self._asked = spool.epoch, counter
            self._window = [b""] * self._count
            self._again_ms = now_ms + ANSWER_MS

    def _told_board(self) -> int:
        """The wiring, as it was told with the key whose releases to take; without one it asks for
        none. One that is damaged is said to the gateway, for nobody else would see it."""
        try:
            with open(self._folder + TRUST) as file:
                board = json.load(file)["board"]
            if isinstance(board, int) and 0 < board < 256:
                return board
        except OSError:
            self.is_over = True
            return 0
        except (ValueError, KeyError, TypeError):
            pass
        self._failed, self._reason = update.NOTHING.hex(), "nokey"
        return 0

    def hear(self, payload: bytes) -> bool:
        """An answer. False if it answers nothing that was asked."""
        try:
            answer = update.open_answer(self._cipher, self._id, payload)
        except WireError:
            return False
        epoch, counter, release, kind, number, release_counter, data = answer
        i = counter - self._asked
        if not self._asked or epoch != self._epoch or not 0 <= i < self._count:
            return False
        if kind != update.BLOCK:
            if release == update.NOTHING or not self._release:
                self._offered(release, number, release_counter, kind == update.OFFER_IMAGE)
                return True
        elif release == self._release:
            self._take(i, number, data)
            return True
        return False

    def restart(self) -> None:
        """Everything else is done: the next start is for what lies there."""
        from chooser import Slots

        Slots(self._folder).install(self._release.hex())

    def _request(self) -> "tuple[int | bytes, ...]":
        kind, release, reason = update.ASK, update.NOTHING, 0
        self._count = 1
        if self._release:
            kind, release = update.FETCH, self._release
            left = -(-(self._size - self._have) // update.BLOCK_BYTES)
            self._count = 1 if self._tries else min(left, WINDOW)  # on a bad line one by one
        elif self._failed:
            release = bytes.fromhex(self._failed)
            known = self._reason in REASONS
            reason = REASONS.index(self._reason) if known else len(REASONS) - 1
        name = getattr(sys.implementation, "_machine", "").split(" ")[-1].lower()
        chip = CHIPS.index(name) if name in CHIPS else 0
        return kind, self._floor, chip, self._board, reason, release, self._have, self._count

    def _offered(self, release: bytes, size: int, counter: int, is_image: bool) -> None:
        self._asked = 0
        if self._release:  # it is not given out any more
            self._drop()
        self.is_over = (
            release in (update.NOTHING, bytes.fromhex(self._failed))
            or counter <= self._floor
            or not size
            or not self._board
        )
        if self.is_over:
            return
        self._release, self._size, self._have, self._tries = release, size, 0, 0
        try:
            if size > (update.OFFSET_MAX if is_image else room(self._folder)):
                raise OSError(_NO_SPACE, "full")
            if is_image:
                if not self._open_image():
                    return
                self._image.begin()  # before the file: what it says of another is not this one's
            with open(self._path, "wb") as file:
                file.write(release + (size | is_image << 31).to_bytes(4, "big"))
        except OSError as error:
            self._fail(error)

    def _take(self, i: int, offset: int, data: bytes) -> None:
        """A block of the window; it goes to the flash when all have come."""
        start = i * update.BLOCK_BYTES
        length = min(update.BLOCK_BYTES, self._size - self._have - start)
        if offset != self._have + start or len(data) != length:
            return
        self._window[i] = data
        if b"" not in self._window:
            self._keep()

    def _keep(self) -> None:
        """What has come without a gap goes to the flash."""
        blocks = []
        for block in self._window:
            if not block:
                break
            blocks.append(block)
        self._asked, self._window = 0, []
        if not blocks:
            return
        self._tries = 0
        try:
            if self._image is not None:
                self._image.take(self._have, blocks)
                if self._have + sum([len(block) for block in blocks]) == self._size:
                    self._image.finish(self._size)
            else:
                append(self._path, blocks)
        except OSError as error:
            self._fail(error)
            return
        self._have += sum([len(block) for block in blocks])
        self.is_whole = self._have == self._size

    def _resume(self) -> None:
        """Where it was left, before sleep or a power cut."""
        try:
            have = os.stat(self._path)[6] - _HEAD_BYTES
            with open(self._path, "rb") as file:
                head = file.read(_HEAD_BYTES)
        except OSError:
            return
        release, size = head[:6].hex(), int.from_bytes(head[6:], "big")
        is_image, size = size >> 31, size & 0x7FFFFFFF
        if not 0 <= have <= size or release in (self._failed, self._trying):
            self._drop()
            return
        if is_image:
            self._release, self._size = head[:6], size
            if not self._open_image():
                return
            try:
                have = self._image.reached(have)
            except OSError as error:
                self._fail(error)
                return
        if have > size:  # what is written of how far it came is damaged
            self._drop()
            return
        self._release, self._size, self._have = head[:6], size, have
        self.is_whole = have == size

    def _open_image(self) -> bool:
        """Where an image's bytes go. False on a board without a place for it."""
        from sealupdate import image

        try:
            self._image = image.Sink(self._folder, self._path, self._size)
        except image.NoPlaceError:
            self._refuse("incompatible")
            return False
        return True

    def _fail(self, error: OSError) -> None:
        """The flash does not take it. What is full stays full; for what else there is, another try
        in an hour, of which the gateway counts the bytes that come twice."""
        if error.errno == _NO_SPACE:
            self._refuse("full")
        else:
            self._drop()
            self.is_over = True

    def _refuse(self, reason: str) -> None:
        """Nothing of this release comes again, and the next question says why: asked at once."""
        from chooser import Slots

        self._failed, self._reason = self._release.hex(), reason
        self._drop()
        try:
            slots = Slots(self._folder)
            if slots.state == slot_file.GOOD:
                slots.refuse(self._failed, reason)
        except OSError:  # told, and perhaps pulled once more
            pass

    def _drop(self) -> None:
        self._release, self._size, self._have = b"", 0, 0
        self._image = _none()  # type: ignore[no-untyped-call]
        try:
            os.remove(self._path)
        except OSError:
            pass


def _none():  # type: ignore[no-untyped-def]
    """No image: its code is read in for one alone."""


def room(folder: str) -> int:
    """How many bytes a file may have."""
    status = os.statvfs(folder)
    free, blocks = status[3], status[2]
    return status[0] * free - ROOM_BYTES if free <= blocks else 0  # littlefs counts some twice


def append(path: str, blocks: "list[bytes]") -> None:
    """Behind what lies in the file."""
    with open(path, "ab") as file:
        for block in blocks:
            file.write(block)
