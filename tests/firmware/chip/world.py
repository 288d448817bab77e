"""What surrounds a fake chip: which it is, how its pins stand, what time it is, what was asked."""

chip = "ESP32C6"
release = (1, 25)
battery_uv = 1_510_000  # behind the divider
ticks = 0  # ms since the chip's clock began
clock_ms = 1_000_000  # of the clock that goes on in deep sleep
cause = 1  # of the reset
reason = 0  # of the wake
woken_pins = ()
levels = {}  # of the pins, as the world outside drives them; a pin that is not here floats
pins = {}  # the Pin objects, by number
memory = b""  # of the RTC
store = {}  # NVS: what has been committed
is_full = False  # the NVS: it takes nothing more
found = []  # what a scan of the networks finds
there = False  # whether the network lets the station in
rssi = -60
asked = []
flip_flop = None  # the pins (Q, clear) of a flip-flop, None where none is fitted
