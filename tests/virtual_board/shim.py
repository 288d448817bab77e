"""The board's half, run by MicroPython's Unix port: a flash with littlefs, and the raw REPL.

    micropython shim.py <flash image> <blocks> <raw|boot> <reset cause> <version or -> <air or ->
        <ROMFS partition or ->

Debian's interpreter has no raw REPL of its own; this speaks what mpremote asks for: raw REPL, raw
paste, soft reset. It ends with a status that says how it wants to be started again.

`air` is a file that says which networks are in the air here, as JSON: by name, password, signal and
whether there are addresses. It is read again and again, for networks come and go. With it,
`board.py` is the bench's board in the place of a chip's, and `main.py` runs the real seal over this
machine's own network. `hands`, beside that file, says what is done to the seal: lines of `ms switch
level`, by this machine's clock. The environment's CHIP is what MicroPython says that it runs on.
"""

import os
import sys
import termios

import micropython as real_micropython
import rom_partition
import vfs
from surroundings import Air, Hands, SealBoard, Station

BLOCK = 4096
HARD, SOFT, SOFT_RAW, ASLEEP = 10, 11, 12, 42  # what this program ends with
CTRL_A, CTRL_B, CTRL_C, CTRL_D, CTRL_E = b"\x01", b"\x02", b"\x03", b"\x04", b"\x05"
RAW_BANNER = "raw REPL; CTRL-B to exit\n>"
WINDOW = 128
ISIG = 1
BENCH = __file__.rsplit("/", 2)[0] + "/bench_board.py"


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


def mount(image, blocks, rom):
    flash = Flash(image, blocks)
    if rom != "-":  # read before the flash takes the root's place
        ioctl = rom_partition.rom_ioctl_on(rom_partition.RomPartition(rom))
        held = rom_partition.mapped(rom)
    try:
        system = vfs.VfsLfs2(flash)
    except OSError:
        vfs.VfsLfs2.mkfs(flash)
        system = vfs.VfsLfs2(flash)
    vfs.umount("/")
    vfs.mount(system, "/")
    os.chdir("/")
    sys.path[:] = ["", ".frozen", "/lib"]
    if rom != "-":
        rom_partition.mount_at_rom(held)
        sys.modules["vfs"] = Borrowed(vfs, rom_ioctl=ioctl)


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


def start(image, blocks, mode, cause, version, air, rom):
    around = None if air == "-" else (Air(air), Hands(air.rsplit("/", 1)[0] + "/hands"))
    bench = text_of(BENCH) if around is not None else ""
    mount(image, int(blocks), rom)
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
