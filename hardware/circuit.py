"""The circuit as data: every part with its pins, and every net with the pins on it.

The one source of `netlist.csv`, `bom.csv` and both drawings; `schematic` puts it through electrical
rules. GPIO numbers are not here: they stand in `pins.csv`, one column a chip, and the pins of U1
are called by their signal. C3 is the name of a chip in these pages, so no capacitor has it.
"""

import csv
import io
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent

# What a pin does to its net, in the words of skidl.Pin.types.
PASSIVE, INPUT, OUTPUT, OPEN_DRAIN = "PASSIVE", "INPUT", "OUTPUT", "OPENCOLL"
BIDIRECTIONAL, POWER_IN, POWER_OUT, NOT_USED = "BIDIR", "PWRIN", "PWROUT", "NOCONNECT"


class Pin(NamedTuple):
    """One pin: its number on the part, its name, and what it does to its net."""

    number: str
    name: str
    does: str


class Part(NamedTuple):
    """One line of the bill of materials; `pins` is empty for what is not wired."""

    reference: str
    quantity: int
    part: str
    role: str
    why: str
    pins: tuple[Pin, ...] = ()
    optional: bool = False


TWO = (Pin("1", "1", PASSIVE), Pin("2", "2", PASSIVE))
POLAR = (Pin("1", "+", PASSIVE), Pin("2", "-", PASSIVE))
BOARD = (
    Pin("1", "3V3", POWER_IN),
    Pin("2", "GND", POWER_IN),
    Pin("3", "battery", INPUT),
    Pin("4", "reed", INPUT),
    Pin("5", "cover", INPUT),
    Pin("6", "magnet", INPUT),
    Pin("7", "latch", INPUT),
    Pin("8", "latch_clear", OPEN_DRAIN),
)
# 74AUP1G74DC, VSSOP8. Not-Q is left open on purpose.
FLIP_FLOP = (
    Pin("1", "CP", INPUT),
    Pin("2", "D", INPUT),
    Pin("3", "/Q", NOT_USED),
    Pin("4", "GND", POWER_IN),
    Pin("5", "Q", OUTPUT),
    Pin("6", "/RD", INPUT),
    Pin("7", "/SD", INPUT),
    Pin("8", "VCC", POWER_IN),
)

PARTS = (
    Part(
        "U1", 1, "Seeed XIAO ESP32C6, or any ESP32-C6 board of at most 21.5 × 18 × 8 mm with native"
        " USB, no USB bridge, no power LED, 4 MB flash", "the seal",
        "21 × 17.8 mm, 15 µA asleep by its maker; GPIO 6 and 7 are the pads MTCK and MTDO on its"
        " back. An S3 or a C3 has pins of its own in pins.csv", BOARD,
    ),
    Part(
        "B1", 2, "AA lithium cell, 1.5 V (FR6)", "power",
        "3.5 Ah, works at −20 °C, flat voltage; alkaline cells sag below what the radio needs",
    ),
    Part(
        "H1", 1, "holder for 2 AA cells side by side, open, at most 59 × 32 × 16.5 mm with the"
        " cells in, with leads", "power", "the cells are replaced without solder",
        (Pin("1", "+", POWER_OUT), Pin("2", "-", POWER_OUT)),
    ),
    Part(
        "C1", 1, "electrolytic or polymer capacitor, 1000 µF, 6.3 V, low ESR, at most 8 × 13 mm,"
        " lying", "reserve",
        "the radio draws some 350 mA for milliseconds, at the end of the cells' life more than"
        " they give", POLAR,
    ),
    Part("C2", 1, "ceramic capacitor, 100 nF", "steady battery reading",
         "the ADC samples faster than 1 MΩ can follow", TWO),
    Part(
        "S1", 1, "reed switch, normally open, 10 to 15 AT, glass of 14 mm in a sleeve or moulded,"
        " at most 18 × 4 mm", "the door",
        "closed by the door's own magnet; needs no current and sees an edge at once", TWO,
    ),
    Part(
        "M1", 1, "bar magnet, 20 × 5 × 5 mm, NdFeB N35 or N42, magnetised along the 20 mm",
        "the door", "on the door's leaf; closes S1 within 15 mm. Most bars of this size are"
        " magnetised through 5 mm: those do not work here, see magnets.md",
    ),
    Part(
        "S2", 1, "micro switch Omron SS-01GL-F or of its shape (19.8 × 10.2 × 6.4 mm, hinge lever,"
        " gold contacts), COM and NO used", "the case",
        "pressed by the lid: opening the case lets go of it, whatever else happens", TWO,
    ),
    Part(
        "S3", 1, "reed switch, normally open, 10 to 15 AT, like S1", "foreign magnet",
        "lies across S1 in M1's middle plane, where M1's field along it is zero, see magnets.md, so"
        " that only another magnet closes it", TWO,
    ),
    Part("R1", 1, "resistor, 1 MΩ, 1/8 W or larger, any", "pull-up of S1",
         "3 µA while the door is shut; a smaller one shortens the cells' life", TWO),
    Part("R2", 1, "resistor, 1 MΩ", "pull-up of S2", "the same", TWO),
    Part("R3", 1, "resistor, 1 MΩ", "pull-down of S3", "no current while all is well", TWO),
    Part("R4", 1, "resistor, 1 MΩ, 1 %", "battery divider",
         "halves the cells' voltage for the ADC; 1.5 µA", TWO),
    Part("R5", 1, "resistor, 1 MΩ, 1 %", "battery divider", "equal to R4", TWO),
    Part("R7", 1, "resistor, 1 MΩ", "holds the latch's pin low",
         "fit it on every seal: without U2 the pin would float and wake the chip", TWO),
    Part(
        "U2", 1, "74AUP1G74DC (VSSOP8) on an adapter to 2.54 mm", "the latch",
        "keeps an opening that comes while the chip starts; 0.9 µA at most, 0.8 to 3.6 V",
        FLIP_FLOP, True,
    ),
    Part("R6", 1, "resistor, 100 kΩ", "keeps the latch from being cleared asleep",
         "the chip's pin floats in deep sleep", TWO, True),
    Part("C4", 1, "ceramic capacitor, 100 nF", "U2's supply", "beside U2's pins 4 and 8", TWO,
         True),
    Part("X1", 1, "prototype board, 2.54 mm grid, cut to 28 × 28 mm", "wiring",
         "a piece off the shelf instead of a circuit board of our own; soldered at the bench,"
         " never on the door"),
    Part("E1", 1, "case, 140 × 40 × 24.5 mm: base and lid, printed from enclosure/", "housing",
         "light and not metal: metal would shield radio and magnet"),
    Part("E2", 1, "magnet's holder with shims, and the gauge, printed", "the door",
         "brings M1 to S1's height; the gauge is 5 mm thick and 15 mm wide"),
    Part("E3", 1, "screw for plastics, 3 × 10 mm", "the lid", "one screw, two hooks"),
    Part("E4", 2, "screw for plastics, 2 × 12 mm", "holds S2", "through the switch's two holes"),
    Part("T1", 1, "mounting tape, 25 mm wide, acrylic foam, 300 mm", "fixing",
         "two strips under the case, one under the magnet; for a year use screws"),
    Part("L1", 1, "label, 62 × 29 mm", "identity",
         "printed by `menshen flash`; carries the id and no secret"),
    Part("L2", 1, "notice, 62 × 20 mm", "not a lock",
         "says to whoever is at the door that it opens freely; artwork in labels/"),
)  # fmt: skip

# Net: (reference, pin's number) of every pin on it.
NETS: dict[str, tuple[tuple[str, str], ...]] = {
    "3V3": (("H1", "1"), ("U1", "1"), ("C1", "1"), ("R1", "1"), ("R2", "1"), ("R4", "1"),
            ("S3", "2"), ("R6", "1"), ("C4", "1"), ("U2", "8"), ("U2", "2"), ("U2", "7")),
    "GND": (("H1", "2"), ("U1", "2"), ("C1", "2"), ("C2", "2"), ("R3", "2"), ("R5", "2"),
            ("R7", "2"), ("S1", "2"), ("S2", "2"), ("C4", "2"), ("U2", "4")),
    "battery": (("U1", "3"), ("R4", "2"), ("R5", "1"), ("C2", "1")),
    "reed": (("U1", "4"), ("S1", "1"), ("R1", "2"), ("U2", "1")),
    "cover": (("U1", "5"), ("S2", "1"), ("R2", "2")),
    "magnet": (("U1", "6"), ("S3", "1"), ("R3", "1")),
    "latch": (("U1", "7"), ("U2", "5"), ("R7", "1")),
    "latch_clear": (("U1", "8"), ("U2", "6"), ("R6", "2")),
}  # fmt: skip


def part(reference: str) -> Part:
    """The part of that reference. KeyError if there is none."""
    for candidate in PARTS:
        if candidate.reference == reference:
            return candidate
    raise KeyError(reference)


def wired() -> list[Part]:
    """The parts that have pins, in the order of the bill of materials."""
    return [candidate for candidate in PARTS if candidate.pins]


def bom() -> list[dict[str, str]]:
    """`bom.csv`, row by row."""
    return [
        {
            "reference": p.reference,
            "quantity": str(p.quantity),
            "part": p.part,
            "role": p.role,
            "optional": "yes" if p.optional else "no",
            "why": p.why,
        }
        for p in PARTS
    ]


def netlist() -> list[dict[str, str]]:
    """`netlist.csv`, row by row: net, part, pin's number and name."""
    return [
        {"net": net, "part": reference, "pin": number, "name": pin_name(reference, number)}
        for net, members in NETS.items()
        for reference, number in members
    ]


def pin_name(reference: str, number: str) -> str:
    """What a part calls the pin of that number. KeyError if there is no such part or pin."""
    for pin in part(reference).pins:
        if pin.number == number:
            return pin.name
    raise KeyError(reference, number)


def pins_csv() -> list[dict[str, str]]:
    """The pin table, row by row."""
    with (HERE / "pins.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def csv_text(rows: list[dict[str, str]]) -> str:
    """Rows of equal keys as a file's text."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()
