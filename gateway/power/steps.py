"""What each step of a wake costs, in millicoulombs at 3 V: low, model and high.

Nothing here was measured on our board; hardware/bench.md lists what to measure. The sources are
other people's measurements on like boards, numbered as in hardware/power.md; where a figure is a
reckoning, it says so. A change of the firmware is judged by the ledger whatever these are; how long
the cells last is not, hence three columns.
"""

from dataclasses import dataclass

FILES, ROMFS, FROZEN = "files", "romfs", "frozen"
STORAGES = (FILES, ROMFS, FROZEN)
LOW, MODEL, HIGH = range(3)
ASLEEP_UA = (12.0, 14.2, 20.0)  # the sum in hardware/power.md; around it what boards differ by
USABLE_MAH = (2600, 2800, 3000)  # of two AA lithium cells, down to what the radio needs


@dataclass(frozen=True)
class Step:
    """One step's price. `mc` is low, model, high; `per` what one of it is."""

    name: str
    mc: tuple[float, float, float]
    per: str
    source: str


STEPS = (
    Step("start", (1.8, 3.0, 3.3), "wake", "1, 2: wake of a frozen program and back, S3 and ESP32"),
    Step(
        "module_bytes",
        (0.0003, 0.00064, 0.00095),
        "byte of module read in from littlefs",
        "1: 23.6 mC for mount, main.py and modules, taken for the 37 KB of ours; half to one and "
        "a half",
    ),
    Step(
        "fixed_bytes",
        (0.0003, 0.00064, 0.00095),
        "byte of main.py and slot_file, which no update and no ROMFS moves",
        "1: likewise",
    ),
    Step(
        "sealing",
        (0.6, 1.2, 2.4),
        "report sealed or receipt opened",
        "reckoned: 0.5 ms on this kind of machine, 80 times that on the chip, at 15 to 60 mA",
    ),
    Step(
        "flash_write",
        (0.7, 1.5, 3.0),
        "write of the spool",
        "reckoned: 45 ms to erase a sector (data sheet of a W25Q32) at 15 to 65 mA",
    ),
    Step(
        "wifi_fast", (70.0, 97.0, 150.0), "join", "3: 100 mC with a fixed address, less the start"
    ),
    Step("searching_s", (80.0, 100.0, 130.0), "second in search of a network", "6: 100 mA"),
    Step("dhcp", (60.0, 104.0, 190.0), "address asked for", "3: 204 against 100 mC"),
    Step("scan", (50.0, 70.0, 150.0), "full scan", "reckoned: 0.7 s, up to 1.5 s, at 100 mA"),
    Step(
        "session",
        (23.0, 69.0, 125.0),
        "TCP, TLS and MQTT session",
        "3: 9 mC for plain MQTT; TLS reckoned: 0.3 to 1 s at 45 to 105 mA",
    ),
    Step("publish", (4.0, 11.0, 20.0), "report and its receipt", "reckoned: 110 ms at 100 mA"),
    Step("ble_start", (3.0, 5.0, 8.0), "start of the radio", "8, 9: reckoned, 50 ms at 100 mA"),
    Step("advert", (0.3, 0.5, 1.0), "advertisement", "8, 10: reckoned, 10 of 100 ms at 50 mA"),
)
PRICES = {step.name: step for step in STEPS}

# What reading a module in costs where it does not lie in littlefs. An image of ROMFS is read where
# it lies, 3.3 times as fast on this kind of machine; a frozen module is not read at all.
READING = {FILES: 1.0, ROMFS: 1 / 3.3, FROZEN: 0.02}


def wake_mc(counts: dict[str, int], storage: str = FILES, column: int = MODEL) -> float:
    """The charge of one wake in mC. KeyError for a step that has no price."""
    shares = {"module_bytes": READING[storage]}
    if storage == FROZEN:  # then all of it is in the image
        shares["fixed_bytes"] = READING[FROZEN]
    return sum(
        count * PRICES[name].mc[column] * shares.get(name, 1) for name, count in counts.items()
    )
