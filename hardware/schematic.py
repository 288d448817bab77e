"""The circuit through electrical rules (skidl), and the netlist and bill of materials from it.

Needs requirements-hardware.lock. A rule that is broken, even one that only warns, is an error: a
net with one pin, an input that nothing drives, two outputs on one net, a pin left open.
"""

import os
import tempfile
from pathlib import Path

from hardware import circuit

POWER_NETS = ("3V3", "GND")


Nets = dict[str, tuple[tuple[str, str], ...]]


def check(nets: Nets = circuit.NETS) -> dict[str, set[tuple[str, str]]]:
    """Join the parts by `nets`, run the rules, and give skidl's own nets.

    skidl writes logs and libraries where it stands, so it stands in a temporary folder. Raises
    ValueError with skidl's words where a rule is broken.
    """
    home = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            return _checked(nets)
        finally:
            os.chdir(home)


def _checked(nets: Nets) -> dict[str, set[tuple[str, str]]]:
    import skidl

    skidl.set_default_tool(skidl.SKIDL)
    board = skidl.Circuit(name="seal")
    parts = {}
    for part in circuit.wired():
        pins = [
            skidl.Pin(num=pin.number, name=pin.name, func=getattr(skidl.Pin.types, pin.does))
            for pin in part.pins
        ]
        parts[part.reference] = skidl.Part(
            name=part.role,
            ref=part.reference,
            tag=part.reference,
            tool=skidl.SKIDL,
            dest=skidl.NETLIST,
            circuit=board,
            pins=pins,
        )
    for name, members in nets.items():
        net = skidl.Net(name, circuit=board)
        for reference, number in members:
            net += parts[reference][number]
        if name in POWER_NETS:
            net.drive = skidl.POWER
    board.ERC()
    logger = skidl.logger.erc_logger
    broken = logger.error.count, logger.warning.count
    logger.error.reset()
    logger.warning.reset()
    if any(broken):
        raise ValueError(f"electrical rules: {broken[0]} errors, {broken[1]} warnings, see above")
    return {
        net.name: {(pin.part.ref, pin.num) for pin in net.pins}
        for net in board.get_nets()
        if net.pins
    }


def without(net: str, member: tuple[str, str]) -> Nets:
    """The nets with one pin taken off: a wire forgotten."""
    return {
        name: tuple(m for m in members if (name, m) != (net, member))
        for name, members in circuit.NETS.items()
    }


def joined(one: str, other: str) -> Nets:
    """The nets with two of them made one: a wire on the wrong pin."""
    rest = {n: m for n, m in circuit.NETS.items() if n not in (one, other)}
    return {**rest, one: circuit.NETS[one] + circuit.NETS[other]}


BROKEN: dict[str, Nets] = {
    "R1 not on 3V3": without("3V3", ("R1", "1")),
    "U2 without ground": without("GND", ("U2", "4")),
    "the flip-flop's output on the board's output": joined("latch", "latch_clear"),
}


def files() -> dict[str, str]:
    """Check the circuit and the rules themselves; then what it says, by the file's name."""
    for what, nets in BROKEN.items():
        print(f"hardware: tried with a mistake, which the rules must name: {what}")
        try:
            check(nets)
        except ValueError:
            continue
        raise AssertionError(f"the electrical rules did not notice: {what}")
    found = check()
    told = {name: set(members) for name, members in circuit.NETS.items()}
    if found != told:
        raise ValueError(f"skidl joined other nets than circuit.py: {found} and not {told}")
    return {
        "netlist.csv": circuit.csv_text(circuit.netlist()),
        "bom.csv": circuit.csv_text(circuit.bom()),
    }
