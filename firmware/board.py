"""The only file that knows hardware: an ESP32 (C6 first, S3 alike) under MicroPython 1.25 or newer.

Dull on purpose. No rule that a test would want is in here: levels, times, bytes, nothing else.

Traps, from data sheets and other people's boards, to be kept in mind with a soldering iron in hand:

- All pins that may wake the chip share one level. So every switch is wired to be low as it should
  be (shut, covered, no foreign magnet) and high when it is not, and "any high" wakes.
- A door that stands open holds its pin high and would wake the chip for ever. Then the reed alone
  is armed, for low: the door's shutting wakes, and cover and magnet are checked on each heartbeat.
- The chip's own pull resistors (45 kOhm) may be off in deep sleep, and cost 67 uA a closed switch
  where they are on: none is asked for, the 1 MOhm ones outside do it.
- A door that opens and shuts again within the 0.4 s that a chip takes to wake is not seen.
- A pin's handler runs between two bytecodes. A lookup of a name or a TLS handshake holds it back,
  and of more than eight changes meanwhile the last ones are lost; the level tells the truth after.
"""

import os
import time

import esp32
import machine
import network

from sealnode.hardware import COVER, MAGNET, REED, Hardware
from sealwire.note import NOT_TOLD, POWER_ON, RESET, RESTART, WATCHDOG

PINS = {"reed": 2, "cover": 6, "magnet": 7, "battery": 1}
FLASH = "/"

_LATCH = 32  # changes a pin remembers between two readings
_DIVIDER = 2  # two equal resistors before the battery's pin
_BATTERY_READINGS = 8
_WATCHDOG_MS = 60_000  # more than the slowest name lookup and handshake together
_RELEASED_MS = 3_600_000  # a watchdog cannot be stopped, only be given an hour
_CAUSES = {
    machine.PWRON_RESET: POWER_ON,  # a brown-out too: the port does not tell them apart
    machine.HARD_RESET: RESET,
    machine.WDT_RESET: WATCHDOG,
    machine.SOFT_RESET: RESTART,
}


class Latch:
    """One switch: its level, and when it changed. One writer (the interrupt), one reader."""

    def __init__(self, number):
        self._times = [0] * _LATCH
        self._written = 0
        self._read = 0
        self.pin = machine.Pin(number, machine.Pin.IN)
        edges = machine.Pin.IRQ_RISING | machine.Pin.IRQ_FALLING
        self.pin.irq(handler=self._changed, trigger=edges)

    def _changed(self, _pin):
        if self._written - self._read < _LATCH:
            self._times[self._written % _LATCH] = time.ticks_ms()
            self._written += 1

    def take(self):
        """How many ms ago each change since the last call came, oldest first."""
        now, ages_ms = time.ticks_ms(), []
        until = self._written
        while self._read < until:
            ages_ms.append(max(time.ticks_diff(now, self._times[self._read % _LATCH]), 0))
            self._read += 1
        return ages_ms


class Board(Hardware):
    """The board under this program. `wifi` is (ssid, password) or None; `mains` has no battery."""

    flash = FLASH

    def __init__(self, wifi, mains):
        self._wifi = wifi
        self._wlan = network.WLAN(network.STA_IF)
        self._rtc = machine.RTC()
        self._watchdog = None
        self._latches = [
            Latch(PINS["reed"]),
            Latch(PINS["cover"]),
            Latch(PINS["magnet"]),
        ]
        self._adc = None
        if not mains:
            self._adc = machine.ADC(machine.Pin(PINS["battery"]), atten=machine.ADC.ATTN_11DB)

    def now_ms(self):
        return time.time_ns() // 1_000_000  # goes on in deep sleep, and nobody ever sets it

    def level(self, switch):
        return self._latches[switch].pin.value()

    def take_latches(self, switch):
        return self._latches[switch].take()

    def battery_mv(self):
        if self._adc is None:
            return None
        total_uv = 0
        for _ in range(_BATTERY_READINGS):
            total_uv += self._adc.read_uv()
        return total_uv * _DIVIDER // (_BATTERY_READINGS * 1000)

    def wifi(self, up):
        if self._wifi is None:
            return False
        if not up:
            if self._wlan.active():
                self._wlan.disconnect()  # else a WPA3 access point keeps the next wake waiting
                self._wlan.active(False)
            return False
        if not self._wlan.active():
            self._wlan.active(True)
            self._wlan.connect(self._wifi[0], self._wifi[1])
        return self._wlan.isconnected()

    def join(self, wifi):
        self.wifi(False)
        self._wifi = wifi

    def signal_dbm(self):
        try:
            return self._wlan.status("rssi") if self._wlan.isconnected() else None
        except OSError:  # the network went just now
            return None

    def reset_cause(self):
        return _CAUSES.get(machine.reset_cause(), NOT_TOLD)

    def random_below(self, n):
        return int.from_bytes(os.urandom(4), "big") % n if n > 0 else 0

    def remember(self, state):
        self._rtc.memory(state)

    def recall(self):
        return self._rtc.memory() if machine.reset_cause() == machine.DEEPSLEEP_RESET else b""

    def sleep(self, ms):
        pins, level = [], esp32.WAKEUP_ANY_HIGH
        if self.level(REED):
            pins, level = [self._latches[REED].pin], esp32.WAKEUP_ALL_LOW
        else:
            for switch in (REED, COVER, MAGNET):
                if not self.level(switch):  # one that is high already would wake at once
                    pins.append(self._latches[switch].pin)
        esp32.wake_on_ext1(pins=pins, level=level)
        machine.deepsleep(ms)

    def feed(self):
        if self._watchdog is None:
            self._watchdog = machine.WDT(timeout=_WATCHDOG_MS)
        self._watchdog.feed()

    def release(self):
        """Leave the board to somebody at its cable for an hour before the watchdog bites."""
        if self._watchdog is not None:
            machine.WDT(timeout=_RELEASED_MS)

    def restart(self):
        """Begin anew, as after power-on."""
        machine.reset()
