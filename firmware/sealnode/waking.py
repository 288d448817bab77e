"""What a start means and how the next one is prepared: decisions alone, for `board.py` to obey.

A sleeping chip latches by itself which pin woke it, so the edge that did is known though the door
may be shut again when the first line of Python runs. This module turns that into edges, says which
pins to arm for the next sleep, how to come back to a network, and what to do after a bad start.
"""

import struct
from binascii import crc32

from .hardware import COVER, MAGNET, REED

SWITCHES = (REED, COVER, MAGNET)

# What began this run. The numbers are MicroPython's `machine.*_RESET`, and one of ours behind.
NOT_TOLD, POWERED, RESET, WATCHDOG, WOKEN, SOFT, DIPPED = range(7)

# What ended the sleep: ESP-IDF's `esp_sleep_wakeup_cause_t`, as `machine.wake_reason()` gives it.
BY_EXT0, BY_EXT1, BY_TIMER, BY_GPIO = 2, 3, 4, 7

# What a chip can wake by: one level for several pins (EXT1, or GPIO on a C3), and beside it one
# single pin at the other level (EXT0 of an S3) or several (GPIO of a C6 from 1.27 on).
NO_PIN, ONE_PIN, MANY_PINS = range(3)

BOOTS_MAX = 10  # bad starts in a row, after which a seal only beats and takes an update
WELL_MS = 300_000  # without a receipt, a run of so long was no bad start either
REST_MS, REST_MS_MAX = 60_000, 3_600_000
CABLE_MS = 5000  # after RESET with the case open, so long may Ctrl-C stop a seal

FAST_MS_MAX = 5000  # for the access point, channel and address of last time; then a full scan
SCAN_MS_MAX = 20_000  # and from then on a scan so often
ADDRESS_MS_MAX = 3_600_000  # a lease is not asked for its length; shorter ones are rare
STAY, FAST, SCAN, LEARN = range(4)  # what to do about the network

_MAGIC = 0xB3
# Magic, armed, dips, channel, BSSID, address, its time in s, caught, battery.
_RECORD = ">BBBB6s16sIHH"
_RECORD_BYTES = 34
_NOTHING = bytes(6)


def chip(machine: str, known: "dict[str, object]") -> str:
    """Which of the `known` chips MicroPython says it runs on; ValueError if on none of them."""
    for name in known:
        if name in machine:
            return name
    raise ValueError("this seal is for %s, not for %s" % (", ".join(sorted(known)), machine))


def began(cause: int, remembered: bool) -> int:
    """What began this run. A power-on that left the memory whole was a dip of the supply: the
    brown-out detector, which MicroPython calls a power-on, or a finger on RESET."""
    return DIPPED if cause == POWERED and remembered else cause


def boots(count: int, cause: int) -> int:
    """How many starts in a row, this one too, did not come to anything yet. A wake is no start."""
    return count if cause == WOKEN else min(count + 1, 255)


def is_safe_mode(count: int) -> bool:
    """Whether ten starts before this one came to nothing."""
    return count > BOOTS_MAX


def rest_ms(dips: int) -> int:
    """How long to let the cells recover before the radio is tried again. The first dip is free."""
    return 0 if dips < 2 else min(REST_MS << min(dips - 2, 6), REST_MS_MAX)


def leaves_cable_open(cause: int, is_case_open: bool) -> bool:
    """Whether Ctrl-C may stop this run in its first seconds: somebody has the case open and has
    just given it power or pressed RESET. A seal on its door is shut, and wakes and bites shut."""
    return is_case_open and cause in (POWERED, RESET, DIPPED)


def pins_in(status: int) -> "tuple[int, ...]":
    """The pins in a chip's wake status, of which bit n is pin n."""
    return tuple([n for n in range(22) if status >> n & 1])


def woken_by(
    reason: int, pins: "tuple[int, ...] | None", armed: int, numbers: "list[int]"
) -> "list[int]":
    """The switches that surely changed and so ended the sleep.

    `pins` as the chip latched them, None where this MicroPython does not tell; `armed` the switches
    that could end it, as bits; `numbers` the pin of each switch. Where several could and nothing
    names one, it is the door that is taken to have moved: better a wrong alarm than an opening that
    nobody hears of.
    """
    if reason not in (BY_EXT0, BY_EXT1, BY_GPIO):
        return []
    if pins:
        return [switch for switch in SWITCHES if numbers[switch] in pins]
    could = [switch for switch in SWITCHES if armed >> switch & 1]
    return could[:1]


def with_caught(
    contact: int, ages_ms: "list[int]", level: int, caught: bool, since_ms: int
) -> "list[int]":
    """The reed's changes, with the opening that only the flip-flop saw.

    `contact` is where the reed stood before these changes. The flip-flop says that the reed opened
    at least once since it was cleared, `since_ms` ago; if no change tells of it, it did, and shut.
    """
    if not caught or contact or ages_ms or level:
        return ages_ms
    return [since_ms, max(since_ms - 1, 0)]


def arm(levels: "list[int]", muted: int, way: int) -> "tuple[list[int], list[int]]":
    """Which switches shall end the next sleep by going high, and which by going low.

    `muted` switches (bits) shall not, for they flutter. A chip with one level for all is given the
    open reed alone, for low, and else all that are low, for high: one that is high would wake at
    once.
    """
    free = [switch for switch in SWITCHES if not muted >> switch & 1]
    low = [switch for switch in free if levels[switch]]
    high = [switch for switch in free if not levels[switch]]
    if way == MANY_PINS:
        return high, low
    if way == ONE_PIN:
        return high, low[:1]
    return ([], [REED]) if REED in low else (high, [])


def strongest(found: "list[tuple]", ssid: bytes) -> "tuple[int, bytes] | None":  # type: ignore[type-arg]
    """Channel and BSSID of the strongest access point of this name, from `WLAN.scan()`."""
    best = None
    for network in found:
        if network[0] == ssid and (best is None or network[3] > best[3]):
            best = network
    return None if best is None else (best[2], bytes(best[1]))


class Kept:
    """What outlives deep sleep: the seal's own state, and the board's. One writer, one memory."""

    def __init__(self, data: bytes = b"") -> None:
        self.seal = b""
        self.armed = self.dips = self.channel = self.caught = self.address_s = 0
        self.battery_mv = 0  # the lowest of the last session with the radio on
        self.bssid = _NOTHING
        self.address: "bytes | None" = None  # own, mask, gateway, name server: 16 bytes
        self.is_whole = False
        if len(data) < _RECORD_BYTES + 4 or data[0] != _MAGIC:
            return
        if crc32(data[:-4]) != int.from_bytes(data[-4:], "big"):
            return
        self.is_whole = True
        self.seal = data[_RECORD_BYTES:-4]
        fields = struct.unpack(_RECORD, data[:_RECORD_BYTES])
        _, self.armed, self.dips, self.channel, self.bssid, address = fields[:6]
        self.address_s, self.caught, self.battery_mv = fields[6:]
        self.address = address if any(address) else None

    def pack(self) -> bytes:
        """As bytes for the memory."""
        data = struct.pack(
            _RECORD,
            _MAGIC,
            self.armed,
            self.dips,
            self.channel,
            self.bssid,
            self.address or bytes(16),
            self.address_s,
            min(self.caught, 0xFFFF),
            self.battery_mv,
        )
        data += self.seal
        return data + struct.pack(">I", crc32(data))


class Load:
    """The battery under load: the lowest of a session with the radio on, told until the next.

    A resting cell looks fresh nearly to its end, so what is read while the radio is off (a beat by
    air is sealed before its radio starts) is told only where it is lower still. `kept` holds it
    through deep sleep, not through an exchange of cells.
    """

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self._began = False

    def took(self, mv: int) -> None:
        """Read with the radio on."""
        self._kept.battery_mv = min(mv, self._kept.battery_mv) if self._began else mv
        self._began = True

    def over(self) -> None:
        """The radio was let go: the next session begins anew."""
        self._began = False

    def told(self, mv: int) -> int:
        """What a report says, where `mv` is read now."""
        return min(mv, self._kept.battery_mv) if self._kept.battery_mv else mv


class Joining:
    """The way back to a network: as last time for five seconds, then a full scan.

    Ask `step` whenever the network is wanted; it says what to do now, and `kept` says with what.
    """

    def __init__(self, kept: Kept) -> None:
        self.kept = kept
        self._doing = STAY
        self._since_ms = 0
        self._known = False  # what this connection stands on has been written down

    def step(self, now_ms: int, connected: bool) -> int:
        """FAST, SCAN, LEARN (it is there: write down how), or STAY."""
        if connected:
            self._since_ms = now_ms
            if self._known:
                return STAY
            self._known = True
            return LEARN if self._doing == SCAN else STAY
        if self._doing == STAY:
            return self._do(FAST if self.kept.channel else SCAN, now_ms)
        patience_ms = FAST_MS_MAX if self._doing == FAST or self._known else SCAN_MS_MAX
        if now_ms - self._since_ms < patience_ms:
            return STAY
        return self._do(SCAN, now_ms)

    def address(self, now_ms: int) -> "bytes | None":
        """The address of last time, while its lease surely runs; None asks for one anew."""
        age_ms = now_ms - self.kept.address_s * 1000
        return self.kept.address if 0 <= age_ms < ADDRESS_MS_MAX else None

    def learn(self, channel: int, bssid: bytes, address: "bytes | None", now_ms: int) -> None:
        """Write down how the network was reached."""
        kept = self.kept
        kept.channel, kept.bssid = channel, bssid
        kept.address, kept.address_s = address, now_ms // 1000

    def renewed(self, address: "bytes | None", now_ms: int) -> None:
        """Write down an address that was asked for anew."""
        self.kept.address, self.kept.address_s = address, now_ms // 1000

    def forget(self) -> bool:
        """The broker cannot be reached over it. Whether that may be the fault of what was kept."""
        kept = self.kept
        stood_on = bool(kept.channel) and self._doing == FAST
        kept.channel, kept.bssid, kept.address = 0, _NOTHING, None
        self.leave()
        return stood_on

    def leave(self) -> None:
        """The network has been let go."""
        self._doing, self._known = STAY, False

    def _do(self, what: int, now_ms: int) -> int:
        self._doing, self._since_ms, self._known = what, now_ms, False
        return what


def packed_address(parts: "tuple[str, ...]") -> "bytes | None":
    """The four dotted addresses of `WLAN.ifconfig()` as 16 bytes; None if they are no such."""
    numbers = ".".join(parts).split(".")
    if len(numbers) != 16 or not all([n.isdigit() and int(n) < 256 for n in numbers]):
        return None
    return bytes([int(n) for n in numbers])


def dotted_address(address: bytes) -> "tuple[str, ...]":
    """The other way round, as `WLAN.ifconfig` takes it."""
    return tuple([".".join([str(n) for n in address[i : i + 4]]) for i in range(0, 16, 4)])
