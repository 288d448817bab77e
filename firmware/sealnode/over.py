"""A seal whose order is over: it is written down, and its lamp shows it to who stands before it.

The gateway says that no order holds at the door, or that it is to watch again. That stands in the
flash as an empty file, so a reboot, deep sleep, a power cut and an older program (which does not
look at it, and says more than it need) find what was. Only a seal whose order is over lights its
lamp: three flashes, whenever the door or the seal is moved, after a start, and on mains now and
then. So whoever wants to know opens the door and looks.
"""

import os

from .settings import OVER

LIT_MS, DARK_MS, FLASHES = 600, 400, 3
SHOWN_MS = FLASHES * (LIT_MS + DARK_MS)
AGAIN_MS = 10_000  # on mains, where nothing is spared


def end_order(seal, is_over: bool, now_ms: int) -> None:  # type: ignore[no-untyped-def]
    """The gateway says that no order holds at the seal's door, or that it is to be watched again.
    A flash that fails leaves all as it is: the gateway says it again."""
    if is_over == seal.node.is_over:
        return  # its beats have shown it
    path = seal.board.flash + OVER
    try:
        if is_over:
            with open(path, "w"):
                pass
        elif OVER in os.listdir(seal.board.flash):
            os.remove(path)
    except OSError:
        seal.flash_failures += 1
        return
    seal.node.end_order(is_over, now_ms)
    if not is_over:
        if seal.lamp is not None:
            seal.lamp.end()
        seal.lamp, seal.node.showing = None, False
    elif seal.lamp is None:
        seal.lamp = Lamp(seal.board, seal.settings.mains, now_ms)


def resume(seal, now_ms: int, woken: bool) -> None:  # type: ignore[no-untyped-def]
    """It was over before this start. A wake shows it only where somebody moves something."""
    seal.node.is_over = True
    began_ms = now_ms - SHOWN_MS if woken else now_ms
    seal.lamp = Lamp(seal.board, seal.settings.mains, began_ms)


class Lamp:
    """The lamp of a seal whose order is over."""

    def __init__(self, board, mains: bool, now_ms: int) -> None:  # type: ignore[no-untyped-def]
        self._board, self._mains = board, mains
        self._is_lit = False
        self._began_ms = now_ms

    def show(self, now_ms: int) -> None:
        """Somebody moves the door or the seal: flash, from the first flash on where it is dark."""
        if now_ms >= self._began_ms + SHOWN_MS:
            self._began_ms = now_ms

    def poll(self, now_ms: int) -> bool:
        """Light it or not, as it is time for; whether a seal on batteries stays awake for it."""
        if self._mains and now_ms >= self._began_ms + AGAIN_MS:
            self._began_ms = now_ms
        since_ms = now_ms - self._began_ms
        showing = since_ms < SHOWN_MS
        self._light(showing and since_ms % (LIT_MS + DARK_MS) < LIT_MS)
        return showing

    def due_ms(self, now_ms: int) -> int:
        """When `poll` has something to do."""
        since_ms = now_ms - self._began_ms
        if since_ms >= SHOWN_MS:
            return self._began_ms + AGAIN_MS if self._mains else now_ms + AGAIN_MS
        of_flash_ms = since_ms % (LIT_MS + DARK_MS)
        return now_ms - of_flash_ms + (LIT_MS if of_flash_ms < LIT_MS else LIT_MS + DARK_MS)

    def end(self) -> None:
        """Dark."""
        self._light(False)

    def _light(self, on: bool) -> None:
        if on != self._is_lit:
            self._is_lit = on
            self._board.light(on)
