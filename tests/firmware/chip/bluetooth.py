"""A chip's `bluetooth`, as far as board.py uses it: what was asked, and NimBLE's refusals."""

calls = []
no_memory = [False]


class BLE:
    def __init__(self):
        self._active = self._advertises = False

    def active(self, on=None):
        if on is not None:
            calls.append(("active", on))
            self._active = on
        return self._active

    def config(self, addr_mode):
        if not self._active or self._advertises:
            raise OSError(16)  # an address is not changed while it is on the air
        calls.append(("addr_mode", addr_mode))

    def gap_advertise(self, interval_us, adv_data=None, connectable=True):
        if not self._active:
            raise OSError(19)
        if interval_us is not None and no_memory[0]:
            raise OSError(12)
        self._advertises = interval_us is not None
        if interval_us is None:
            calls.append(("stop",))
        else:
            calls.append(("advertise", interval_us, bytes(adv_data), connectable))
