"""A chip's `machine`, as far as board.py uses it, with the words of MicroPython's own."""

import world

PWRON_RESET, HARD_RESET, WDT_RESET, DEEPSLEEP_RESET, SOFT_RESET = 1, 2, 3, 4, 5
PIN_WAKE = EXT0_WAKE = 2
EXT1_WAKE, TIMER_WAKE = 3, 4
_KEEP = -1


class Pin:
    IN, OUT, OPEN_DRAIN = 1, 3, 7
    PULL_DOWN, PULL_UP = 1, 2
    IRQ_RISING, IRQ_FALLING = 1, 2

    def __init__(self, id, mode=_KEEP, pull=_KEEP, *, value=None, drive=0, hold=None):
        self.number, self.pull = id, None
        world.pins[id] = self
        self.init(mode, pull, value=value)

    def init(self, mode=_KEEP, pull=_KEEP, *, value=None, drive=0, hold=None):
        if pull is not _KEEP:
            self.pull = pull
        if value is not None:
            self.value(value)

    def irq(self, handler=None, trigger=IRQ_FALLING | IRQ_RISING, wake=None):
        self.handler, self.trigger = handler, trigger

    def value(self, level=_KEEP):
        if level is _KEEP:
            return world.levels.get(self.number, int(self.pull == Pin.PULL_UP))
        if world.flip_flop and self.number == world.flip_flop[1] and not level:
            world.levels[world.flip_flop[0]] = 0
        return None

    def move(self, level):
        """As the world moves it: level first, then the interrupt."""
        world.levels[self.number] = level
        self.handler(self)


class ADC:
    ATTN_11DB = 3

    def __init__(self, pin, *, atten=ATTN_11DB):
        self.pin = pin

    def read_uv(self):
        return world.battery_uv


class RTC:
    def memory(self, data=None):
        if data is None:
            return world.memory
        if len(data) > 2048:
            raise ValueError("buffer too long")
        world.memory = bytes(data)
        return None


class Timer:
    ONE_SHOT = 0
    made = []

    def __init__(self, number):
        Timer.made.append(self)

    def init(self, mode, period, callback):
        self.period, self.callback = period, callback


class WDT:
    def __init__(self, id=0, timeout=5000):
        world.asked.append(("watchdog", timeout))

    def feed(self):
        world.asked.append(("fed", 0))


class _Memory:
    def __getitem__(self, address):
        world.asked.append(("mem32", address))
        return sum([1 << pin for pin in world.woken_pins])


mem32 = _Memory()


def deepsleep(time_ms=None):
    world.asked.append(("sleep", time_ms))


def reset():
    world.asked.append(("reset", 0))


def reset_cause():
    return world.cause


def wake_reason():
    return world.reason


if world.release >= (1, 29):

    def wake_pins():
        return world.woken_pins
