"""When a seal asks for an update, and what of it is in its heap meanwhile.

After a start, now and then, and where a command calls for it, a receipt is followed by the
question: that is the only way to an update, and the command only makes it quicker. The code for
that is read in when it is wanted and let go afterwards, for 5 KB are much in a heap of 64; where
there is no room for it, the door is watched all the same, and the question comes later.
"""

import gc
import os
import sys

EVERY = 36  # transmissions between two questions: an hour of heartbeats at 100 s
RESUME_EVERY = 6  # likewise, while an update is half there
PULLED = "update"  # the file of `updates`, which is not read in for a look at it


class Asking:
    """`folder` holds the slots; `on_trial` what started here, so that its first receipt makes it
    good; `woken` says that this is no start."""

    def __init__(  # type: ignore[no-untyped-def]
        self, folder: str, on_trial: bool, woken: bool, seal_id: str, cipher
    ) -> None:
        self._folder, self._on_trial, self._is_start = folder, on_trial, not woken
        self._seal_id, self._cipher = seal_id, cipher
        self._updates = _none()  # type: ignore[no-untyped-call]

    def identify(self, seal_id: str, cipher) -> None:  # type: ignore[no-untyped-def]
        """Ask under another identity; what was under way is asked for later."""
        self._seal_id, self._cipher = seal_id, cipher
        self._let_go()

    def answered(self, counter: int, now_ms: int, is_called: bool = False) -> None:
        """A receipt, for the transmission of this number; `is_called`: with a command to ask."""
        is_due = is_called or self._is_start or self._on_trial or counter % EVERY == 0
        if self._on_trial:
            try:
                _confirm(self._folder)
                self._on_trial = False
            except OSError:  # a flash that does not take it: the next receipt is as good
                pass
        self._is_start = False
        if is_due or (counter % RESUME_EVERY == 0 and _is_there(self._folder + PULLED)):
            self.ask(now_ms)

    def ask(self, now_ms: int) -> None:
        """Whether there is an update: asked with the next poll, and pulled if there is."""
        if self._updates is not None:
            return
        try:
            from .updates import Updates

            self._updates = Updates(self._folder, self._seal_id, self._cipher, now_ms)
        except (MemoryError, OSError):
            self._let_go()

    def hear(self, payload: bytes) -> bool:
        """What begins as an answer does. False if it answers nothing that was asked."""
        if self._updates is None:
            return False
        try:
            heard: bool = self._updates.hear(payload)
        except (MemoryError, OSError):  # what came lies in the flash; the rest is for later
            self._let_go()
            return True
        return heard

    def pull(self, spool, link, now_ms: int) -> bool:  # type: ignore[no-untyped-def]
        """Bring it on. Whether it lies there whole, so that the seal is to `restart`."""
        updates = self._updates
        if updates is None:
            return False
        try:
            updates.poll(spool, link, now_ms)
        except (MemoryError, OSError):
            updates.is_over = True
        if updates.is_over:
            self._let_go()
        return updates.is_whole  # type: ignore[no-any-return]

    def restart(self) -> bool:
        """Everything else is done: the next start is for what lies there. False where the flash
        does not take that; it is asked for later."""
        try:
            self._updates.restart()
        except (MemoryError, OSError):
            self._let_go()
            return False
        return True

    def keeps_awake(self, now_ms: int) -> bool:
        """Whether a seal on batteries stays awake for it."""
        return self._updates is not None and now_ms < self._updates.until_ms

    def due_ms(self, now_ms: int) -> int:
        """When `pull` has something to do, if nothing comes before."""
        due: int = now_ms + 30_000 if self._updates is None else self._updates.due_ms(now_ms)
        return due

    def _let_go(self) -> None:
        """Its room is wanted for other things."""
        self._updates = None
        if sys.implementation.name == "micropython":
            for package, name in (("sealnode", "updates"), ("sealwire", "update")):
                sys.modules.pop(package + "." + name, None)
                if hasattr(sys.modules[package], name):
                    delattr(sys.modules[package], name)
            sys.modules.pop("chooser", None)
            gc.collect()


def _none():  # type: ignore[no-untyped-def]
    """No updater: it is read in when there is something to ask."""


def _confirm(folder: str) -> None:
    """The gateway has answered what is on trial here."""
    from chooser import CRASHED, Slots
    from slot_file import IMAGE

    slots = Slots(folder)
    if slots.state == IMAGE:
        from sealupdate import image

        if not image.confirm(folder):
            slots.refuse(slots.trying, CRASHED)
            return
    slots.good()
    sys.modules.pop("chooser")


def _is_there(path: str) -> bool:
    try:
        os.stat(path)
    except OSError:
        return False
    return True
