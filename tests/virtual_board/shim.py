"""The board's half, run by MicroPython's Unix port: a flash with littlefs, and the raw REPL.

    micropython shim.py <flash image> <blocks> <raw|boot> <reset cause> <version or -> <air or ->

Debian's interpreter has no raw REPL of its own; this speaks what mpremote asks for: raw REPL, raw
paste, soft reset. It ends with a status that says how it wants to be started again.

`air` is a file that says which networks are in the air here, as JSON: by name, password, signal and
whether there are addresses. It is read again and again, for networks come and go. With it,
`board.py` is the bench's board in the place of a chip's, and `main.py` runs the real seal over this
machine's own network. `hands`, beside that file, says what is done to the seal: lines of `ms switch
level`, by this machine's clock. The environment's CHIP is what MicroPython says that it runs on.
"""

import json
import os
import sys
import termios
import time

import micropython as real_micropython
import vfs

BLOCK = 4096
HARD, SOFT, SOFT_RAW, ASLEEP = 10, 11, 12, 42  # what this program ends with
CTRL_A, CTRL_B, CTRL_C, CTRL_D, CTRL_E = b"\x01", b"\x02", b"\x03", b"\x04", b"\x05"
RAW_BANNER = "raw REPL; CTRL-B to exit\n>"
WINDOW = 128
ISIG = 1
BENCH = __file__.rsplit("/", 2)[0] + "/bench_board.py"
LOOK_MS = 50  # so often it is looked what hands did, and which networks there are


class Flash:
    """A block device over a file of the host; what is written survives this program."""

    def __init__(self, path, blocks):
        self.file, self.blocks = open(path, "r+b"), blocks  # noqa: SIM115 - open while powered

    def readblocks(self, number, buffer, offset=0):
        self.file.seek(number * BLOCK + offset)
        self.file.readinto(buffer)

    def writeblocks(self, number, buffer, offset=None):
        self.file.seek(number * BLOCK + (offset or 0))
        self.file.write(buffer)

    def ioctl(self, operation, _argument):
        if operation == 3:
            self.file.flush()
        return {4: self.blocks, 5: BLOCK}.get(operation, 0)


class Borrowed:
    """A module that is another one but for a few names."""

    def __init__(self, module, **names):
        self.__module = module
        for name in names:
            setattr(self, name, names[name])

    def __getattr__(self, name):
        return getattr(self.__module, name)


def kbd_intr(character):
    """Which byte interrupts: -1 for none. The Unix port's own way would end the interpreter."""
    mode = termios.tcgetattr(0)
    mode[3] = mode[3] | ISIG if character == 3 else mode[3] & ~ISIG
    termios.tcsetattr(0, termios.TCSANOW, mode)


class Timer:
    """None ever ends here: what an update does with too much time is tried elsewhere."""

    ONE_SHOT = 0

    def __init__(self, _number):
        pass

    def init(self, mode, period, callback):
        pass


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


def fake_modules(cause, version, around, bench):
    def end(status):
        def leave(*_):
            raise SystemExit(status)

        return leave

    sys.modules["micropython"] = Borrowed(real_micropython, kbd_intr=kbd_intr)
    sys.modules["machine"] = Borrowed(
        None,
        reset=end(HARD),
        soft_reset=end(SOFT),
        deepsleep=end(ASLEEP),
        reset_cause=lambda: cause,
        DEEPSLEEP_RESET=4,
        unique_id=lambda: b"\x02virt\x01",
        Timer=Timer,
    )
    for name in ("network", "esp32"):
        sys.modules[name] = Borrowed(None)
    if around is not None:
        sys.modules["network"] = Station(around[0])
        sys.modules["board"] = SealBoard(bench, sys.modules["network"], around[1])
    claimed, chip = {}, os.getenv("CHIP")
    if version != "-":
        claimed["version"] = tuple([int(n) for n in version.split(".")])
    if chip:
        claimed["_machine"] = "A virtual board with " + chip.upper()
    if claimed:
        implementation = Borrowed(sys.implementation, **claimed)
        sys.modules["sys"] = Borrowed(sys, implementation=implementation)


def mount(image, blocks):
    flash = Flash(image, blocks)
    try:
        system = vfs.VfsLfs2(flash)
    except OSError:
        vfs.VfsLfs2.mkfs(flash)
        system = vfs.VfsLfs2(flash)
    vfs.umount("/")
    vfs.mount(system, "/")
    os.chdir("/")
    sys.path[:] = ["", ".frozen", "/lib"]


def run_file(name):
    try:
        with open(name) as file:
            source = file.read()
    except OSError:
        return
    run(source)


def run(source):
    try:
        exec(compile(source, "<board>", "exec"), space)  # noqa: S102 - what a REPL is for
    except SystemExit:
        raise
    except BaseException as error:  # noqa: BLE001 - the host is told of it
        return error


def read():
    """One byte from the host; an empty one if ctrl-C came instead."""
    try:
        byte = sys.stdin.buffer.read(1)
    except KeyboardInterrupt:
        return b""
    if not byte:
        raise SystemExit(HARD)  # the host is gone
    return byte


def say(text):
    sys.stdout.write(text)


def read_paste():
    """Raw paste: a window of bytes at a time, so that nothing is lost at any speed."""
    read(), read()  # the "A" and the 1 that follow ctrl-E
    sys.stdout.buffer.write(b"R\x01" + bytes((WINDOW & 255, WINDOW >> 8)) + b"\x01")
    source, room = bytearray(), WINDOW
    while True:
        byte = read()
        if not byte:  # a host that died in the middle, and the next one's ctrl-C: begin anew
            say("\x04")
            return b""
        if byte == CTRL_D:
            say("\x04")
            return bytes(source)
        source.extend(byte)
        room -= len(byte)
        if room == 0:
            say("\x01")
            room = WINDOW


def raw_repl():
    """Until ctrl-B."""
    say(RAW_BANNER)
    source = bytearray()
    while True:
        byte = read()
        if byte == CTRL_A:
            source = bytearray()
            say(RAW_BANNER)
        elif byte == CTRL_B:
            say("\n")
            return
        elif byte == CTRL_D:
            say("OK")
            end_of_raw(bytes(source))
            source = bytearray()
        elif byte == CTRL_E and not source:
            answer(read_paste())
        elif byte not in (CTRL_C, b"\r"):
            source.extend(byte)


def end_of_raw(source):
    if source:
        answer(source)
    else:
        say("\nMPY: soft reboot\n")
        raise SystemExit(SOFT_RAW)


def answer(source):
    wrong = run(source)
    say("\x04")
    if wrong is not None:
        sys.print_exception(wrong)
    say("\x04>")


def friendly_repl():
    """Enough of it to be called from: ctrl-A for raw, ctrl-D for a soft reset."""
    while True:
        say(">>> ")
        byte = read()
        if byte == CTRL_A:
            raw_repl()
        elif byte == CTRL_D:
            say("\nMPY: soft reboot\n")
            raise SystemExit(SOFT)


def text_of(path):
    with open(path) as file:
        return file.read()


def start(image, blocks, mode, cause, version, air):
    around = None if air == "-" else (Air(air), Hands(air.rsplit("/", 1)[0] + "/hands"))
    bench = text_of(BENCH) if around is not None else ""
    mount(image, int(blocks))
    fake_modules(int(cause), version, around, bench)
    say("\x00")  # up: from here on a ctrl-C is an exception and not the end
    wrong = run_file("boot.py")
    if mode == "raw":
        raw_repl()
    else:
        wrong = run_file("main.py") or wrong
    if wrong is not None:
        sys.print_exception(wrong)


space = {"__name__": "__main__"}
try:  # noqa: SIM105 - there is no contextlib here
    start(*sys.argv[1:])
except KeyboardInterrupt:
    pass
while True:
    try:  # noqa: SIM105
        friendly_repl()
    except KeyboardInterrupt:
        pass
