"""What the gateway commands is for `orders`, read in when there is a command or a trial, and put
away afterwards: a chip's heap has no room for what is seldom used."""

import gc
import sys

TYPE_CHECKING = False  # what a type checker takes for true
if TYPE_CHECKING:
    from .orders import Orders
    from .seal import Seal

_SMALL = sys.implementation.name == "micropython"


class Commands:
    """Those of one seal. With too little heap for one the seal watches on, and is asked again."""

    def __init__(self, seal: "Seal") -> None:
        self._seal = seal
        self._orders: "Orders | None" = None  # until it is read in

    def go_on(self, now_ms: int, woken: bool) -> None:
        """A trial is under way: with it, or, without the room, by what is in force."""
        try:
            self._read().go_on(now_ms, woken)
        except (MemoryError, OSError):
            self._let_be()

    def take(self, epoch: int, counter: int, plain: bytes, now_ms: int) -> bool:
        """Obey a command that was authenticated; False if there is no room for it."""
        try:
            self._read().obey(epoch, counter, plain, now_ms)
        except (MemoryError, OSError):
            self._let_be()
            return False
        return True

    def poll(self, now_ms: int) -> None:
        """Bring a trial on."""
        if self._orders is not None:
            try:
                self._orders.poll(now_ms)
            except (MemoryError, OSError):  # the other settings have their turn in a minute
                pass
            if self._orders.is_done:
                self._put_away()

    def heard_of(self, now_ms: int) -> None:
        """The gateway has a note."""
        if self._orders is not None:
            self._orders.heard_of(now_ms)

    def _read(self) -> "Orders":
        if self._orders is None:
            from .orders import Orders

            self._orders = Orders(self._seal)
        return self._orders

    def _let_be(self) -> None:
        """No room, or a flash that fails. What is under way goes on: put away, a trial would never
        end, and the seal tell of nothing else."""
        if self._orders is None or self._orders.is_done:
            self._put_away()

    def _put_away(self) -> None:
        self._orders = None
        if not _SMALL:
            return
        for name in ("sealnode.orders", "sealnode.trial", "sealwire.command"):
            package, _, module = name.partition(".")
            if sys.modules.pop(name, None) and hasattr(sys.modules[package], module):
                delattr(sys.modules[package], module)
        gc.collect()
