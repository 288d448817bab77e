"""board.py over a fake chip: what it reads, latches, arms and keeps. Prints "well" at its end."""

import time

import bluetooth
import esp32
import machine
import network

from board import PINS, Board
from sealnode.hardware import COVER, MAGNET, REED


def check(one, other):
    if one != other:
        raise AssertionError("%r is not %r" % (one, other))


def switches(board):
    reed, cover, magnet = [machine.Pin.made[PINS[n]] for n in ("reed", "cover", "magnet")]
    check((reed.pull, cover.pull, magnet.pull), (None, None, None))  # 1 MOhm outside do it
    check([board.take_latches(s) for s in (REED, COVER, MAGNET)], [[], [], []])
    reed.move(1)
    time.sleep_ms(20)
    reed.move(0)
    ages_ms = board.take_latches(REED)
    check(len(ages_ms), 2)
    check(15 <= ages_ms[0] - ages_ms[1] < 5000, True)
    check(board.take_latches(REED), [])
    for i in range(100):  # more than it remembers: the first ones count, the level tells the rest
        cover.move(1 - i % 2)
    check((len(board.take_latches(COVER)), board.level(COVER)), (32, 0))
    check(len(board.take_latches(COVER)), 0)
    cover.move(1)
    check((len(board.take_latches(COVER)), board.level(COVER)), (1, 1))
    cover.move(0)


def sleeps(board):
    pins = [machine.Pin.made[PINS[n]] for n in ("reed", "cover", "magnet")]
    numbers = [pin.number for pin in pins]
    for levels, armed in (
        ((0, 0, 0), (sorted(numbers), True)),
        ((1, 0, 0), (numbers[:1], False)),  # open: only the reed, for shut
        ((0, 1, 0), (sorted([numbers[0], numbers[2]]), True)),  # what is high would wake at once
        ((1, 1, 1), (numbers[:1], False)),
    ):
        for pin, level in zip(pins, levels):
            pin.level = level
        board.sleep(5000)
        check(esp32.armed.pop(), armed)
        check(machine.asked.pop(), ("sleep", 5000))


def memories(board):
    board.remember(b"abc")
    check(board.recall(), b"")  # a cold boot: what is there is not ours
    machine.cause = machine.DEEPSLEEP_RESET
    check(board.recall(), b"abc")
    board.remember(b"")
    check(board.recall(), b"")


def networks(board):
    wlan = network.WLAN
    check(board.wifi(True), False)
    check(wlan.calls, [("connect", "home", "12345678")])
    wlan.there = True
    check(board.wifi(True), True)
    check(len(wlan.calls), 1)
    check(board.wifi(False), False)
    check(wlan.calls[-1], ("disconnect",))
    check(Board(None, True).wifi(True), False)


def air(board):
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
    board = Board(("home", "12345678"), False)
    check(board.battery_mv(), 3020)
    check(Board(None, True).battery_mv(), None)
    board = Board(("home", "12345678"), False)
    switches(board)
    sleeps(board)
    memories(board)
    networks(board)
    air(board)
    check(machine.asked, [])  # no watchdog before the first feed
    board.feed()
    board.feed()
    check(machine.asked, [("watchdog", 60_000), ("fed", 0), ("fed", 0)])
    board.release()
    check(machine.asked[-1], ("watchdog", 3_600_000))
    check(all([0 <= board.random_below(7) < 7 for _ in range(100)]), True)
    check(board.random_below(0), 0)
    first_ms = board.now_ms()
    time.sleep_ms(5)
    check(4 <= board.now_ms() - first_ms < 5000, True)
    print("well")
