"""What is around a virtual board: the networks in its air, and somebody's hands at its switches.

Run by MicroPython, from `shim.py`. Both are files of the host, which are opened before the board's
flash takes the root's place, and read again and again.
"""

import json
import time

LOOK_MS = 50  # so often it is looked what hands did, and which networks there are
HARD = 10  # what shim.py ends with when the chip would reset


class Air:
    """Which networks there are, by the file of the host, opened before the flash took its place."""

    def __init__(self, path):
        self.file = open(path)  # noqa: SIM115 - as long as there is power
        self.looked_ms, self.there = -LOOK_MS, {}

    def get(self, name):
        now_ms = time.ticks_ms()
        if time.ticks_diff(now_ms, self.looked_ms) >= LOOK_MS:
            self.looked_ms = now_ms
            self.file.seek(0)
            try:  # noqa: SIM105 - there is no contextlib here
                self.there = json.loads(self.file.read())
            except ValueError:  # it is being written
                pass
        return self.there.get(name)


class Hands:
    """What somebody does to the seal: opens its door, lifts it off its plate."""

    def __init__(self, path):
        self.file = open(path)  # noqa: SIM115 - as long as there is power
        self.looked_ms = time.ticks_ms()

    def moves(self):
        """(ms, switch, level), in order, of all that is new."""
        found = []
        while True:
            at, line = self.file.tell(), self.file.readline()
            if not line.endswith("\n"):
                self.file.seek(at)
                return found
            found.append(tuple([int(word) for word in line.split()]))

    def is_time(self):
        now_ms = time.ticks_ms()
        is_due = time.ticks_diff(now_ms, self.looked_ms) >= LOOK_MS
        if is_due:
            self.looked_ms = now_ms
        return is_due


class Station:
    """A chip's Wi-Fi, as far as MicroPython shows it; one for all who ask for it."""

    STA_IF = 0

    def __init__(self, air):
        self.air, self.asked, self.on = air, None, False

    def WLAN(self, _interface):
        return self

    def active(self, on=None):
        if on is not None:
            self.on, self.asked = on, None
        return self.on

    def connect(self, name, password):
        self.asked = name, password

    def disconnect(self):
        self.asked = None

    def heard(self):
        known = self.air.get(self.asked[0]) if self.asked else None
        return known, known is not None and known["password"] == self.asked[1]

    def isconnected(self):
        known, is_let_in = self.heard()
        return is_let_in and known.get("address", True)

    def status(self, what=None):
        known, is_let_in = self.heard()
        if what == "rssi":
            if not is_let_in:
                raise OSError(-1)
            return known.get("signal", -60)
        if known is None:
            return 201 if self.asked else 1000
        return 202 if not is_let_in else 1010 if known.get("address", True) else 1001


class OnStation:
    """What a bench's board does otherwise here: its network is this station's, its door is in
    somebody's hands."""

    def __init__(self, bench, module, wanted, mains):
        self.station, self.hands, self.wanted = module.station, module.hands, wanted
        bench.__init__(self, "/", battery_mv=None if mains else 3010)
        for _, switch, level in self.hands.moves():  # nobody saw them: there was no power
            self._levels[switch] = level

    def now_ms(self):
        if self.hands.is_time():
            moves = self.hands.moves()
            if moves:
                self.play(moves)
        return self.clock()

    def wifi(self, up):
        if not up or self.wanted is None:
            self.station.active(False)
            return up and self.wanted is None
        if not self.station.active():
            self.station.active(True)
            self.station.connect(self.wanted[0], self.wanted[1])
        return self.station.isconnected()

    def join(self, wifi):
        self.station.active(False)
        self.wanted = wifi

    def signal_dbm(self):
        return self.station.status("rssi") if self.station.isconnected() else None

    def reset_cause(self):
        return 1

    def release(self):
        pass

    def restart(self):
        raise SystemExit(HARD)


class SealBoard:
    """The module `board` of a seal that runs here: the bench's board, on this station's network."""

    FLASH = "/"

    def __init__(self, source, station, hands):
        self.source, self.station, self.hands = source, station, hands
        self.Board = self.new_board  # what is imported by name must not be a method

    def new_board(self, wanted, mains, *_, **__):
        space = {"__name__": "bench_board"}
        exec(self.source, space)  # noqa: S102 - our own, read before the flash took the root's place

        class Board(OnStation, space["BenchBoard"]):
            pass

        return Board(space["BenchBoard"], self, wanted, mains)
