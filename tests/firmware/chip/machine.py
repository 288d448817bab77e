"""A chip's `machine`, as far as board.py uses it: pins that a test moves, and what was asked."""

DEEPSLEEP_RESET = 4
PWRON_RESET = 1
HARD_RESET = 2
WDT_RESET = 3
SOFT_RESET = 5
cause = PWRON_RESET
asked = []
memory = [b""]


class Pin:
    IN, PULL_UP, PULL_DOWN = 0, 2, 1
    IRQ_RISING, IRQ_FALLING = 1, 2
    made = {}

    def __init__(self, number, mode=0, pull=None):
        self.number, self.mode, self.pull, self.level = number, mode, pull, 0
        Pin.made[number] = self

    def irq(self, handler, trigger):
        self.handler, self.trigger = handler, trigger

    def value(self):
        return self.level

    def move(self, level):
        """As the world moves it: level first, then the interrupt."""
        self.level = level
        self.handler(self)


class ADC:
    ATTN_11DB = 3

    def __init__(self, pin, atten):
        self.pin = pin

    def read_uv(self):
        return 1_510_000


class RTC:
    def memory(self, data=None):
        if data is not None:
            memory[0] = data
        return memory[0]


class WDT:
    def __init__(self, timeout):
        asked.append(("watchdog", timeout))

    def feed(self):
        asked.append(("fed", 0))


def deepsleep(ms):
    asked.append(("sleep", ms))


def reset():
    asked.append(("reset", 0))


def reset_cause():
    return cause
