"""board.py over a fake chip: what it reads, latches, arms and keeps. Prints "well" at its end.

Each story begins with `boot`: the chip starts as the fake world says, and board.py is read anew.
"""

import sys
import time

import bluetooth
import machine
import world

from sealnode import waking
from sealnode.hardware import COVER, MAGNET, REED

MS = {"ESP32C6": (2, 6, 7), "ESP32S3": (2, 6, 7), "ESP32C3": (3, 4, 5)}
HOME = (("home", "12345678"), False)
LATCH = {"ESP32C6": (0, 21), "ESP32S3": (4, 5), "ESP32C3": (1, 10)}


class Borrowed:
    """A module that is another one but for a few names."""

    def __init__(self, module, **names):
        self.__module = module
        for name in names:
            setattr(self, name, names[name])

    def __getattr__(self, name):
        return getattr(self.__module, name)


def check(one, other):
    if one != other:
        raise AssertionError("%r is not %r" % (one, other))


def boot(
    cause=machine.PWRON_RESET,
    reason=0,
    pins=(),
    ticks=300,
    passed_ms=0,
    board=HOME,
    is_counted=False,
):
    """A start after `passed_ms`; `ticks` ms of it are over when board.py is read."""
    world.cause, world.reason, world.woken_pins = cause, reason, pins
    world.ticks, world.clock_ms = ticks, world.clock_ms + passed_ms
    world.asked = []
    sys.modules.pop("board", None)
    module = __import__("board")
    if not is_counted:
        world.asked = []
    return module.Board(*board)


def wake(reason, pins=(), ticks=300, passed_ms=5000, board=HOME, is_counted=False):
    return boot(machine.DEEPSLEEP_RESET, reason, pins, ticks, passed_ms, board, is_counted)


def pass_ms(ms):
    world.ticks += ms
    world.clock_ms += ms


def armed():
    return [one for one in world.asked if one[0] in ("ext0", "ext1", "gpio")]


def switches():
    board = boot()
    reed, cover, magnet = [world.pins[n] for n in MS[world.chip]]
    check((reed.pull, cover.pull, magnet.pull), (None, None, None))  # 1 MOhm outside do it
    check([board.take_latches(s) for s in (REED, COVER, MAGNET)], [[], [], []])
    reed.move(1)
    pass_ms(20)
    reed.move(0)
    pass_ms(3)
    check(board.take_latches(REED), [23, 3])
    check(board.take_latches(REED), [])
    for i in range(100):  # more than it remembers: the first ones count, the level tells the rest
        cover.move(1 - i % 2)
    check((len(board.take_latches(COVER)), board.level(COVER)), (32, 0))
    cover.move(1)
    check((len(board.take_latches(COVER)), board.level(COVER)), (1, 1))
    cover.move(0)


def first_edge():
    """Open and shut again before the first line of Python: the chip's latch tells, with its age."""
    reed, cover, _ = MS[world.chip]
    board = boot()
    board.sleep(5000)
    by = waking.BY_GPIO if world.chip == "ESP32C3" else waking.BY_EXT1
    board = wake(by, (reed,), ticks=340)
    pass_ms(10)
    check(board.take_latches(REED), [410])
    check((board.take_latches(COVER), board.level(REED)), ([], 0))
    board.sleep(5000)
    board = wake(by, (cover,))
    told = board.take_latches(COVER)
    if world.chip == "ESP32C3" and world.release < (1, 29):  # nothing names the pin: the door's
        told = board.take_latches(REED)
    check(told, [360])
    board.sleep(5000)
    board = wake(waking.BY_TIMER)
    check(board.take_latches(REED), [])
    board = boot(machine.WDT_RESET, by, (reed,))  # what stands in a latch after a reset is old
    check(board.take_latches(REED), [])


def sleeps():
    numbers = list(MS[world.chip])
    reed, cover, magnet = numbers
    many = world.chip == "ESP32C6" and world.release >= (1, 27)
    way = "gpio" if world.chip == "ESP32C3" else "ext1"
    for levels, muted, high, low in (
        ((0, 0, 0), 0, numbers, []),
        ((1, 0, 0), 0, [cover, magnet], [reed]),
        ((0, 1, 0), 0, [reed, magnet], [cover]),
        ((1, 1, 1), 0, [], numbers),
        ((0, 0, 0), 1, [cover, magnet], []),  # a door that flutters
        ((1, 1, 0), 1, [magnet], [cover]),
        ((0, 0, 0), 7, [], []),
    ):
        board = boot()
        for number, level in zip(numbers, levels):
            world.levels[number] = level
        board.sleep(5000, muted)
        wanted = []
        if many:
            wanted = [("ext1", high, True)] * bool(high) + [("gpio", low, False)] * bool(low)
        elif world.chip == "ESP32S3":
            wanted = [("ext1", high, True)] * bool(high) + [("ext0", low[:1], False)] * bool(low)
        elif reed in low:  # one level for all: only the reed, for shut
            wanted = [(way, [reed], False)]
        elif high:
            wanted = [(way, high, True)]
        check(armed(), wanted)
        check(world.asked[-1], ("sleep", 5000))
    for number in numbers:
        world.levels[number] = 0


def memories():
    board = boot()
    board.remember(b"abc")
    check(board.recall(), b"")  # a cold boot: what is there is not ours
    board = wake(waking.BY_TIMER)
    check(board.recall(), b"abc")
    board.remember(b"")
    check(board.recall(), b"")
    board.remember(b"x" * 128)
    world.memory = world.memory[:-1] + b"?"  # a bit fell over
    check(wake(waking.BY_TIMER).recall(), b"")


def flip_flop():
    q, clear = LATCH[world.chip]
    reed = MS[world.chip][0]
    board = boot()
    check(board.take_latches(REED), [])
    board.sleep(5000)
    check(q in armed()[0][1], False)  # none is fitted: its pin says nothing
    world.flip_flop, world.levels[q] = (q, clear), 1  # as it comes up: anything
    board = boot()
    board.take_latches(REED)
    pass_ms(100)
    check(board.take_latches(REED), [])
    board.sleep(5000)
    check(q in armed()[0][1], True)
    world.levels[q] = 1  # opened and shut while the chip started, by its timer
    board = wake(waking.BY_TIMER, ticks=400)
    check(board.take_latches(REED), [460, 459])
    check(world.levels[q], 0)
    check(waking.Kept(world.memory).caught, 0)
    board.sleep(5000)
    check(waking.Kept(world.memory).caught, 1)
    board = wake(waking.BY_TIMER)
    board.take_latches(REED)
    world.pins[reed].move(1)  # seen by both: told once
    world.levels[q] = 1
    check(len(board.take_latches(REED)), 1)
    world.levels[q] = 1  # while a handshake held the interrupt back, with the door open anyway
    check(board.take_latches(REED), [])
    world.pins[reed].move(0)
    board.take_latches(REED)
    world.flip_flop = None
    del world.levels[q]


def networks():
    one, two = b"\x01" * 6, b"\x02" * 6
    world.found = [(b"other", one, 1, -30, 3, False), (b"home", one, 6, -80, 3, False),
                   (b"home", two, 11, -50, 3, False)]  # fmt: skip
    board = boot()
    check(board.wifi(True), False)
    check(world.asked[-4:], [("disconnect",), ("ifconfig", "dhcp"), ("scan",),
                             ("connect", "home", "12345678", two)])  # fmt: skip
    world.there = True
    check(board.wifi(True), True)
    check(board.wifi(False), False)
    check(world.asked[-1], ("disconnect",))
    board.sleep(5000)
    world.there = False
    board = wake(waking.BY_TIMER)
    board.wifi(True)
    own = ("10.0.0.7", "255.255.255.0", "10.0.0.1", "10.0.0.2")
    fast = [("ifconfig", own), ("channel", 11), ("connect", "home", "12345678", two)]
    check(world.asked, fast)
    pass_ms(4900)
    board.wifi(True)
    check(world.asked, fast)
    pass_ms(200)  # it is not there any more: a full scan
    world.found = []
    board.wifi(True)
    check(world.asked[-2:], [("scan",), ("connect", "home", "12345678", None)])
    board.sleep(1000)
    board = wake(waking.BY_TIMER, board=(HOME[0], True))
    board.wifi(True)
    check(world.asked[:2], [("pm", 0), ("ifconfig", own)])  # on mains the radio never dozes
    world.there = True
    board.wifi(True)
    board.unreachable()  # another house has that address now
    world.there = False
    check(world.asked[-1], ("disconnect",))
    board.wifi(True)
    check(world.asked[-2][0], "scan")


def starts():
    world.store, world.memory = {}, b""
    board = boot(is_counted=True)
    check((board.cause, board.boots()), (waking.POWERED, 1))
    check(
        ("committed", 0) in world.asked, True
    )  # as board.py is read: before anything that may fail
    check(boot(machine.WDT_RESET).boots(), 2)
    check(wake(waking.BY_TIMER, is_counted=True).boots(), 2)
    check(("committed", 0) in world.asked, False)  # a wake is no start
    world.is_full = True  # what cannot be counted ends no seal
    board.well()
    check(boot(machine.WDT_RESET).boots(), 3)
    world.is_full = False
    board.well()
    board = boot(machine.HARD_RESET)
    check(board.boots(), 1)
    board.remember(b"")
    board = boot(machine.PWRON_RESET)  # the memory is whole: a brown-out
    check((board.cause, board.dips()), (waking.DIPPED, 1))
    board.sleep(1)
    board = boot()
    check(board.dips(), 2)
    board.sleep(1)
    board = wake(waking.BY_TIMER)
    check(board.dips(), 2)
    board.well()
    board.sleep(1)
    check(boot().dips(), 1)
    world.levels[MS[world.chip][1]] = 0
    check(board.is_case_open(), False)
    del world.levels[MS[world.chip][1]]  # no switch is wired yet
    check(board.is_case_open(), True)
    check(world.pins[MS[world.chip][1]].pull, None)


def rest():
    board = boot(board=(None, True))
    check((board.battery_mv(), board.wifi(True)), (None, False))
    board = boot()
    check(board.battery_mv(), 3020)
    check(world.asked, [])  # no watchdog before the first feed
    board.feed()
    board.feed()
    check(world.asked, [("watchdog", 60_000), ("fed", 0), ("fed", 0)])
    board.release()
    check(world.asked[-1], ("watchdog", 3_600_000))
    board.restart()
    check(world.asked[-1], ("reset", 0))
    check(all([0 <= board.random_below(7) < 7 for _ in range(100)]), True)
    check(board.random_below(0), 0)
    first_ms = board.now_ms()
    pass_ms(5)
    check(board.now_ms() - first_ms, 5)


def under_load():
    """Fresh cells that sag under the radio: what they give then is told, asleep and by air too."""
    world.battery_uv, world.there, world.memory = 1_600_000, False, b""
    board = boot()
    check(board.battery_mv(), 3200)  # nothing drew yet
    board.wifi(True)
    world.battery_uv = 1_400_000  # scan, join, handshake
    board.wifi(True)
    world.battery_uv = 1_550_000
    check(board.battery_mv(), 2800)
    board.wifi(False)
    world.battery_uv = 1_590_000
    check(board.battery_mv(), 2800)
    board.sleep(5000)
    board = wake(waking.BY_TIMER)
    check(board.battery_mv(), 2800)  # a beat by air, before any radio is on
    world.battery_uv = 1_390_000
    check(board.battery_mv(), 2780)  # and lower at rest than under load: as it is
    world.battery_uv = 1_450_000
    board.wifi(True)  # the next session is told for itself
    check(board.battery_mv(), 2900)
    board.wifi(False)
    board.wifi(True)
    world.battery_uv = 1_500_000
    check(board.battery_mv(), 2900)
    board.sleep(5000)
    world.battery_uv, world.memory = 1_650_000, b""  # fresh cells: nothing is remembered
    board = boot()
    check(board.battery_mv(), 3300)
    world.battery_uv = 1_510_000
    board = boot(board=(HOME[0], True))
    board.wifi(True)
    check(board.battery_mv(), None)
    board.wifi(False)
    world.memory = b""


def air():
    board = boot()
    said, other, calls = bytes(range(31)), bytes(31), bluetooth.calls
    check(board.advertise(b"", 0), 0)  # nothing was ever said: no radio is started for that
    check(calls, [])
    check(board.advertise(said, 10), 350)
    first = [("active", True), ("addr_mode", 3), ("advertise", 30_000, said, False)]
    check(calls, first)  # a fresh private address before each, never the chip's own
    del calls[:]
    check(board.advertise(other, 8), 280)
    check(calls[:3], [("stop",), ("active", True), ("addr_mode", 3)])
    check(calls[3], ("advertise", 30_000, other, False))
    del calls[:]
    check(board.advertise(b"", 0), 0)
    check(calls, [("stop",), ("active", False)])
    bluetooth.no_memory[0] = True  # as beside a TLS handshake: the seal goes on by the network
    check(board.advertise(said, 10), 0)
    bluetooth.no_memory[0] = False
    check(board.advertise(said, 10), 350)
    check(board.advertise(b"", 0), 0)


def main():
    sys.modules["sys"] = Borrowed(
        sys,
        implementation=Borrowed(
            sys.implementation, _machine="Generic %s module with %s" % (world.chip, world.chip)
        ),
    )
    sys.modules["time"] = Borrowed(
        time, ticks_ms=lambda: world.ticks, time_ns=lambda: world.clock_ms * 1_000_000
    )
    for number in MS[world.chip]:
        world.levels[number] = 0
    for story in (
        switches,
        first_edge,
        sleeps,
        memories,
        flip_flop,
        networks,
        under_load,
        air,
        starts,
        rest,
    ):
        story()
    print("well")
