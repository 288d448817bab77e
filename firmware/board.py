"""The only file that knows hardware: an ESP32-C6, S3 or C3 under stock MicroPython.

Dull on purpose. What a test would want to see is decided in `sealnode/waking.py`; here are levels,
times, bytes. C6 and S3 from MicroPython 1.25 on, C3 from 1.27 on, where `esp32.wake_on_gpio` came
(read in the sources of 1.25.0 to 1.28.0 and of the 1.29 preview, where `machine.wake_pins` came).

Traps, from data sheets and other people's boards, to be kept in mind with a soldering iron in hand:

- All pins that may wake the chip by EXT1 share one level. So every switch is wired to be low as it
  should be (shut, covered, no foreign magnet) and high when it is not, and "any high" wakes.
- A door that stands open holds its pin high and would wake the chip for ever. An S3 waits for its
  shutting by EXT0, a C6 from 1.27 on by GPIO, beside the others. A C3 and an older C6 can only wait
  for that alone, and check cover and magnet on each heartbeat.
- The chip's own pull resistors (45 kOhm) may be off in deep sleep, and cost 67 uA a closed switch
  where they are on: none is asked for, the 1 MOhm ones outside do it.
- Importing this file is the first thing that main.py does: the edge that woke the chip is read from
  its latch, from here on the pins are listened to, and the start is counted before anything that
  might fail. What happens before, while the chip boots, only a flip-flop sees (optional; `latch` in
  hardware/pins.csv).
- An advertisement that cannot be connected is sent as a scannable one (NimBLE: `connectable=False`
  alone does not make it mute): whoever scans actively gets an empty answer, and learns no more.
- While Bluetooth is on, Wi-Fi must keep its modem sleep: `PM_NONE` beside it makes ESP-IDF abort
  ("Should enable WiFi modem sleep when both WiFi and Bluetooth are enabled"), at every start anew.
- A pin's handler runs between two bytecodes. A lookup of a name or a TLS handshake holds it back,
  and of more than eight changes meanwhile the last ones are lost; the level tells the truth after.
- The battery's pin sees the mean of some 50 ms (two 1 MOhm and 100 nF before it): what a burst of
  the radio takes for a millisecond does not show, what joining and handshake take does.
- `WLAN.connect` with arguments forgets a channel that was set before (1.25 to 1.29), so the radio
  is tuned and the access point named by its BSSID; `WLAN.scan` holds everything up for two seconds.
"""

import os
import sys
import time

import esp32
import machine
import network

from sealnode import waking
from sealnode.hardware import COVER, REED, Hardware
from sealwire.note import BROWN_OUT, NOT_TOLD, POWER_ON, RESET, RESTART, WATCHDOG

PINS = {
    "ESP32C6": {"battery": 1, "reed": 2, "cover": 6, "magnet": 7, "latch": 0, "latch_clear": 21},
    "ESP32S3": {"battery": 1, "reed": 2, "cover": 6, "magnet": 7, "latch": 4, "latch_clear": 5},
    "ESP32C3": {"battery": 0, "reed": 3, "cover": 4, "magnet": 5, "latch": 1, "latch_clear": 10},
}
# The board's own lamp, lit while its pin is low, where the board has one: XIAO's C6 and S3
# (espressif/arduino-esp32, variants). It is no part of our circuit, and the C3's has none.
LAMPS = {"ESP32C6": 15, "ESP32S3": 21}
FLASH = "/"

_LATCH = 32  # changes a pin remembers between two readings
_BOOT_MS = 60  # from the wake to the first tick of the clock; bench row 4
_DIVIDER = 2  # two equal resistors before the battery's pin
_BATTERY_READINGS = 8
_ADVERT_MS = 30  # from one advertisement to the next; 20 is the least that a chip takes
_ADVERT_DELAY_MS = 5  # which the controller adds on average, so that two seals do not stay in step
_FRESH_PRIVATE_ADDRESS = 3  # NimBLE makes a new non-resolvable one each time that it is asked
_WATCHDOG_MS = 60_000  # more than the slowest name lookup and handshake together
_RELEASED_MS = 3_600_000  # a watchdog cannot be stopped, only be given an hour
_WAKE_STATUS = {"ESP32C6": (0x600B1040, 0xFF), "ESP32S3": (0x600080E4, 0x3FFFFF)}  # EXT1's latch
_NAMESPACE, _BOOTS = "menshen", "boots"
_CAUSES = {
    waking.DIPPED: BROWN_OUT,  # a power-on to the port; what was remembered tells it apart
    machine.PWRON_RESET: POWER_ON,
    machine.HARD_RESET: RESET,
    machine.WDT_RESET: WATCHDOG,
    machine.SOFT_RESET: RESTART,
}

CHIP = waking.chip(sys.implementation._machine, PINS)


class Latch:
    """One switch: its level, and when it changed. One writer (the interrupt), one reader."""

    def __init__(self, number, woke):
        self._times = [0] * _LATCH
        self._written = 0
        self._read = 0
        if woke:  # the chip's own latch: the change that ended its sleep
            self._times[0] = -_BOOT_MS
            self._written = 1
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


class FlipFlop:
    """Holds that the door opened, whoever listened, until it is cleared. Its pin is pulled up once
    after each clearing: where none is fitted it then reads high, and nothing is believed of it."""

    def __init__(self):
        self.pin = machine.Pin(PINS[CHIP]["latch"], machine.Pin.IN)
        self._clear = machine.Pin(PINS[CHIP]["latch_clear"], machine.Pin.OPEN_DRAIN, value=1)
        self.caught = self.pin.value() == 1
        self.clear()
        self.pin.init(machine.Pin.IN, machine.Pin.PULL_UP)
        self.is_fitted = self.pin.value() == 0
        self.pin.init(machine.Pin.IN, None)
        # After power-on it holds anything, and the first reading is no event.
        self.caught = self.caught and self.is_fitted and _cause == waking.WOKEN

    def take(self):
        """Whether it caught an opening since the last call."""
        caught = self.caught or (self.is_fitted and self.pin.value() == 1)
        self.caught = False
        if caught:
            self.clear()
        return caught

    def clear(self):
        """Make it listen again."""
        self._clear.value(0)
        self._clear.value(1)


def _pins_that_woke():
    """The pins that the chip latched; None where neither MicroPython nor we know how to ask."""
    if hasattr(machine, "wake_pins"):
        return machine.wake_pins()
    where = _WAKE_STATUS.get(CHIP)
    if where is None or machine.wake_reason() != waking.BY_EXT1:
        return None
    return waking.pins_in(machine.mem32[where[0]] & where[1])


def _write_boots(count):
    try:
        store = esp32.NVS(_NAMESPACE)
        store.set_i32(_BOOTS, count)
        store.commit()
    except OSError:  # starts that cannot be counted are not to end the watch
        pass


def _count_start():
    """Count this start in the flash, if it is one; how many in a row came to nothing."""
    try:
        before = esp32.NVS(_NAMESPACE).get_i32(_BOOTS)
    except OSError:  # the first of all
        before = 0
    count = waking.boots(before, _cause)
    if count != before:
        _write_boots(count)
    return count


_rtc = machine.RTC()
_kept = waking.Kept(_rtc.memory())
_cause = waking.began(machine.reset_cause(), _kept.is_whole)
_numbers = [PINS[CHIP][name] for name in ("reed", "cover", "magnet")]
_woke = []
if _cause == waking.WOKEN:
    _woke = waking.woken_by(machine.wake_reason(), _pins_that_woke(), _kept.armed, _numbers)
_latches = [Latch(_numbers[switch], switch in _woke) for switch in waking.SWITCHES]
_flip_flop = FlipFlop()
_boots = _count_start()
if _cause == waking.DIPPED:
    _kept.dips = min(_kept.dips + 1, 255)


class Board(Hardware):
    """The board under this program. `wifi` is (ssid, password) or None; `mains` has no battery."""

    flash = FLASH
    cause = _cause

    def __init__(self, wifi, mains):
        self._wifi, self._mains = wifi, mains
        self._wlan = network.WLAN(network.STA_IF)
        self._joining = waking.Joining(_kept)
        self._watchdog = None
        self._ble = None
        self._adc = None
        self._load = waking.Load(_kept)
        if not mains:
            self._adc = machine.ADC(machine.Pin(PINS[CHIP]["battery"]), atten=machine.ADC.ATTN_11DB)
        self._found = None  # the access point of a scan: its channel and BSSID
        self._clear_ms = -_BOOT_MS  # when the flip-flop was last cleared, in ticks
        self._contact = 0  # where the reed stood when it was last read

    def boots(self):
        return _boots

    def well(self, boots=0):
        _kept.dips = 0
        _write_boots(boots)

    def dips(self):
        return _kept.dips

    def is_case_open(self):
        pin = _latches[COVER].pin
        pin.init(machine.Pin.IN, machine.Pin.PULL_UP)
        is_open = pin.value() == 1
        pin.init(machine.Pin.IN, None)
        return is_open

    def now_ms(self):
        return time.time_ns() // 1_000_000  # goes on in deep sleep, and nobody ever sets it

    def level(self, switch):
        return _latches[switch].pin.value()

    def take_latches(self, switch):
        ages_ms = _latches[switch].take()
        if switch != REED:
            return ages_ms
        level, now = self.level(REED), time.ticks_ms()
        if _flip_flop.take():
            before = len(ages_ms)
            since_ms = time.ticks_diff(now, self._clear_ms)
            ages_ms = waking.with_caught(self._contact, ages_ms, level, True, since_ms)
            _kept.caught += len(ages_ms) > before
        self._contact, self._clear_ms = level, now
        return ages_ms

    def battery_mv(self):
        if self._adc is None:
            return None
        total_uv = 0
        for _ in range(_BATTERY_READINGS):
            total_uv += self._adc.read_uv()
        mv = total_uv * _DIVIDER // (_BATTERY_READINGS * 1000)
        if self._wlan.active():
            self._load.took(mv)
        return self._load.told(mv)

    def wifi(self, up):
        if self._wifi is None:
            return False
        if not up:
            if self._wlan.active():
                self._wlan.disconnect()  # else a WPA3 access point keeps the next wake waiting
                self._wlan.active(False)
            self._joining.leave()
            self._load.over()
            return False
        if not self._wlan.active():
            self._wlan.active(True)
            if self._mains and self._ble is None:
                self._wlan.config(pm=self._wlan.PM_NONE)
        self.battery_mv()  # under load, from joining to the last receipt
        connected = self._wlan.isconnected()
        self._join(self._joining.step(self.now_ms(), connected))
        return connected

    def _join(self, what):
        wlan, now_ms = self._wlan, self.now_ms()
        if what == waking.FAST:
            address = self._joining.address(now_ms)
            wlan.ifconfig("dhcp" if address is None else waking.dotted_address(address))
            wlan.config(channel=_kept.channel)
            wlan.connect(self._wifi[0], self._wifi[1], bssid=_kept.bssid)
        elif what == waking.SCAN:
            wlan.disconnect()
            wlan.ifconfig("dhcp")
            self._found = waking.strongest(wlan.scan(), self._wifi[0].encode())
            bssid = None if self._found is None else self._found[1]
            wlan.connect(self._wifi[0], self._wifi[1], bssid=bssid)
        elif what == waking.LEARN:
            channel, bssid = self._found or (0, bytes(6))
            address = waking.packed_address(wlan.ifconfig())
            self._joining.learn(channel, bssid, address, now_ms)

    def unreachable(self):
        if self._joining.forget() and self._wlan.active():
            self._wlan.disconnect()

    def advertise(self, payload, repeats):
        try:
            return self._advertise(payload, repeats)
        except (ImportError, OSError):  # no such radio, or no memory for it: the network goes on
            return 0

    def _advertise(self, payload, repeats):
        if self._ble is None:
            if not payload:
                return 0
            import bluetooth  # a seal that has nothing to say by air does not pay for it

            if self._wlan.active():
                self._wlan.config(pm=self._wlan.PM_PERFORMANCE)  # modem sleep, see above
            self._ble = bluetooth.BLE()
        ble = self._ble
        if ble.active():
            ble.gap_advertise(None)
        if not payload:
            ble.active(False)
            return 0
        ble.active(True)
        ble.config(addr_mode=_FRESH_PRIVATE_ADDRESS)  # not while it advertises
        ble.gap_advertise(_ADVERT_MS * 1000, payload, connectable=False)
        return repeats * (_ADVERT_MS + _ADVERT_DELAY_MS)

    def join(self, wifi):
        self.wifi(False)
        self._joining.forget()
        self._wifi = wifi

    def signal_dbm(self):
        try:
            return self._wlan.status("rssi") if self._wlan.isconnected() else None
        except OSError:  # the network went just now
            return None

    def reset_cause(self):
        return _CAUSES.get(_cause, NOT_TOLD)

    def random_below(self, n):
        return int.from_bytes(os.urandom(4), "big") % n if n > 0 else 0

    def remember(self, state):
        _kept.seal = state
        _rtc.memory(_kept.pack())

    def recall(self):
        return _kept.seal if _cause == waking.WOKEN else b""

    def sleep(self, ms, muted=0):
        levels = [self.level(switch) for switch in waking.SWITCHES]
        high, low = waking.arm(levels, muted, self._way())
        pins = [_latches[switch].pin for switch in high]
        if _flip_flop.is_fitted and not muted >> REED & 1 and not low:
            pins.append(_flip_flop.pin)  # an opening between the last reading and sleep
        _kept.armed = sum([1 << switch for switch in high + low])
        _rtc.memory(_kept.pack())
        self._arm(pins, [_latches[switch].pin for switch in low])
        machine.deepsleep(ms)

    def _way(self):
        if CHIP == "ESP32S3":
            return waking.ONE_PIN
        return waking.MANY_PINS if CHIP == "ESP32C6" and hasattr(esp32, "wake_on_gpio") else 0

    def _arm(self, high, low):
        """Pins that wake by being high, and by being low; more than `_way` allows never comes."""
        if CHIP == "ESP32C3":
            if high or low:
                level = esp32.WAKEUP_ANY_HIGH if high else esp32.WAKEUP_ALL_LOW
                esp32.wake_on_gpio(pins=high or low, level=level)
            return
        if high:
            esp32.wake_on_ext1(pins=high, level=esp32.WAKEUP_ANY_HIGH)
        if low and self._way() == waking.ONE_PIN:
            esp32.wake_on_ext0(pin=low[0], level=esp32.WAKEUP_ALL_LOW)
        elif low and self._way() == waking.MANY_PINS:
            esp32.wake_on_gpio(pins=low, level=esp32.WAKEUP_ALL_LOW)
        elif low:
            esp32.wake_on_ext1(pins=low, level=esp32.WAKEUP_ALL_LOW)

    def light(self, on):
        number = LAMPS.get(CHIP)
        if number is not None:
            machine.Pin(number, machine.Pin.OUT, value=0 if on else 1)

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
