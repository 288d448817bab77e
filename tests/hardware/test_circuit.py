"""The circuit: one source, and everything that is written or drawn from it says the same."""

from __future__ import annotations

import ast
import csv
import re
from collections import Counter

import pytest

from hardware import circuit
from tests.neighbours import ROOT

HARDWARE = ROOT / "hardware"
CHIPS = {"ESP32C6": "gpio_c6", "ESP32S3": "gpio_s3", "ESP32C3": "gpio_c3"}
WAKES = {"gpio_c6": range(8), "gpio_s3": range(22), "gpio_c3": range(6)}
DECIDES_THE_START = {
    "gpio_c6": {4, 5, 8, 9, 15},
    "gpio_s3": {0, 3, 45, 46},
    "gpio_c3": {2, 8, 9},
}
IS_USB = {"gpio_c6": {12, 13}, "gpio_s3": {19, 20}, "gpio_c3": {18, 19}}
MEASURES_BESIDE_WIFI = {"gpio_c6": range(7), "gpio_s3": range(1, 11), "gpio_c3": range(5)}
SIGNALS = {row["signal"] for row in circuit.pins_csv()}


def rows(name: str) -> list[dict[str, str]]:
    with (HARDWARE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def pins_of_board_py() -> dict[str, dict[str, int]]:
    """PINS in board.py, chip by chip, read without running it: it wants a chip."""
    tree = ast.parse((ROOT / "firmware" / "board.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "PINS":
            pins = ast.literal_eval(node.value)
            nested = all(isinstance(value, dict) for value in pins.values())
            return pins if nested else {"ESP32C6": pins}
    raise AssertionError("board.py has no PINS")


def words(drawing: str) -> list[str]:
    """The words of an SVG, one for each run of text."""
    text = (HARDWARE / drawing).read_text(encoding="utf-8")
    return [w.strip() for w in re.findall(r">([^<>]+)</t(?:ext|span)>", text) if w.strip()]


def test_the_netlist_and_the_bill_of_materials_are_the_circuits() -> None:
    assert rows("netlist.csv") == circuit.netlist(), "make hardware WRITE=1"
    assert rows("bom.csv") == circuit.bom(), "make hardware WRITE=1"


def test_every_pin_of_every_part_is_on_one_net_or_left_open_on_purpose() -> None:
    joined = Counter((row["part"], row["pin"]) for row in rows("netlist.csv"))
    for part in circuit.wired():
        for pin in part.pins:
            expected = 0 if pin.does == circuit.NOT_USED else 1
            assert joined.pop((part.reference, pin.number), 0) == expected, (part.reference, pin)
    assert not joined, "the netlist names pins that no part has"


def test_no_net_ends_nowhere_and_none_has_two_that_drive_it() -> None:
    does = {(p.reference, pin.number): pin.does for p in circuit.PARTS for pin in p.pins}
    for net, members in circuit.NETS.items():
        assert len(members) > 1, net
        drivers = [m for m in members if does[m] in {circuit.OUTPUT, circuit.POWER_OUT}]
        assert len(drivers) <= 1, (net, drivers)


def test_each_signal_of_the_pin_table_is_a_net_and_a_pin_of_the_seal() -> None:
    at_the_seal = {row["name"]: row["net"] for row in rows("netlist.csv") if row["part"] == "U1"}
    assert {name: net for name, net in at_the_seal.items() if name in SIGNALS} == {
        signal: signal for signal in SIGNALS
    }
    assert set(at_the_seal) - SIGNALS == {"3V3", "GND"}


def test_the_parts_that_the_pin_table_names_are_on_the_nets_of_their_signals() -> None:
    for row in circuit.pins_csv():
        for reference in re.findall(r"\b[A-Z]\d\b", row["circuit"]):
            on = {net for net, members in circuit.NETS.items() if reference in dict(members)}
            assert row["signal"] in on, (row["signal"], reference)


@pytest.mark.parametrize("chip", CHIPS)
def test_the_firmware_uses_the_pins_of_the_table(chip: str) -> None:
    used = pins_of_board_py().get(chip)
    if used is None:
        pytest.skip(f"board.py does not know the {chip}")
    table = {row["signal"]: int(row[CHIPS[chip]]) for row in circuit.pins_csv()}
    assert used == {signal: table[signal] for signal in used}
    assert used.keys() >= {row["signal"] for row in circuit.pins_csv() if row["optional"] == "no"}


@pytest.mark.parametrize("column", WAKES)
def test_every_chip_can_do_with_its_pins_what_the_table_asks(column: str) -> None:
    used = [int(row[column]) for row in circuit.pins_csv()]
    assert len(set(used)) == len(used), "two signals on one pin"
    for row in circuit.pins_csv():
        gpio = int(row[column])
        assert gpio not in DECIDES_THE_START[column] | IS_USB[column], row
        if row["wakes"] == "yes":
            assert gpio in WAKES[column], row
            assert (row["well"], row["alarm"]) == ("low", "high"), "one level wakes them all"
        if row["direction"] == "analogue in":
            assert gpio in MEASURES_BESIDE_WIFI[column], row


def test_both_drawings_name_the_parts_of_the_circuit_and_no_others() -> None:
    optional = {part.reference for part in circuit.PARTS if part.optional}
    wired = {part.reference for part in circuit.wired()}
    for drawing in ("schematic.svg", "wiring.svg"):
        text = " ".join(words(drawing))
        named = set(re.findall(r"\b[A-Z]\d\b", text)) - {"C6", "B1", "M1"}
        expected = wired if drawing == "schematic.svg" else wired - {"H1"}
        assert named == expected, drawing
    assert optional == {"U2", "R6", "C4"}


def test_both_drawings_show_the_pins_of_the_table() -> None:
    table = circuit.pins_csv()
    shown = set(re.findall(r"GPIO \d+", " ".join(words("schematic.svg"))))
    assert shown == {f"GPIO {row['gpio_c6']}" for row in table}
    shown = set(re.findall(r"GPIO \d+", " ".join(words("wiring.svg"))))
    assert shown == {f"GPIO {row['gpio_c6']}" for row in table if row["signal"] != "latch_clear"}
    signals = set(words("schematic.svg")) & SIGNALS
    assert signals == SIGNALS


def test_the_flip_flop_in_the_drawing_has_its_makers_numbers() -> None:
    text = words("schematic.svg")
    for pin in circuit.FLIP_FLOP:
        assert pin.name in text
        assert pin.number in text


def test_what_is_bought_is_said_with_a_reason_and_stands_once() -> None:
    references = [row["reference"] for row in rows("bom.csv")]
    assert len(set(references)) == len(references)
    for row in rows("bom.csv"):
        assert row["part"], row
        assert row["why"], row
        assert int(row["quantity"]) >= 1
