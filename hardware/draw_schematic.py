"""Draw `schematic.svg` (schemdraw) from circuit.py and pins.csv.

Placed by hand; what stands at each place is asked of the netlist, so a part on the wrong net is an
error here and not a wrong drawing. Needs requirements-hardware.lock.
"""

from itertools import pairwise

import schemdraw
import schemdraw.elements as elm

from hardware import circuit

ROW = 4.0
INK, QUIET, RED, BLUE = "#1d2733", "#5f6b78", "#b3261e", "#2f5d8a"


def between(reference: str, net: str, other: str) -> str:
    """The part's label, after making sure that it is between these two nets."""
    found = {name for name, members in circuit.NETS.items() if reference in dict(members)}
    if found != {net, other}:
        raise ValueError(f"{reference} is drawn between {net} and {other}, but is on {found}")
    words = circuit.part(reference).part
    for value in ("1 MΩ", "100 kΩ", "1000 µF", "100 nF"):
        if value in words:
            return f"{reference}\n{value}"
    return reference


class Sheet:
    """The drawing, with the few moves that it needs."""

    def __init__(self) -> None:
        self.drawing = schemdraw.Drawing(show=False)
        self.drawing.config(unit=2.4, fontsize=13, color=INK, lw=1.6, bgcolor="#fbfaf6", margin=0.9)

    def supply(self, at: tuple[float, float]) -> None:
        """The 3V3 sign."""
        self.drawing.add(elm.Vdd().at(at).label("3V3", color=RED).color(RED))

    def ground(self, at: tuple[float, float]) -> None:
        """The ground sign."""
        self.drawing.add(elm.Ground().at(at).color(BLUE))

    def wire(self, *points: tuple[float, float]) -> None:
        """A line through the points."""
        for start, end in pairwise(points):
            self.drawing.add(elm.Line().at(start).to(end))

    def dot(self, at: tuple[float, float]) -> None:
        """A joint."""
        self.drawing.add(elm.Dot().at(at))

    def words(self, at: tuple[float, float], text: str, size: int = 12) -> None:
        """Words that stand alone."""
        label = (
            elm.Label().at(at).label(text, loc="right", halign="left", color=QUIET, fontsize=size)
        )
        self.drawing.add(label)

    def pull(self, at: tuple[float, float], reference: str, net: str, *, up: bool) -> None:
        """A resistor from a net to 3V3 or to ground."""
        other = "3V3" if up else "GND"
        end = (at[0], at[1] + (2.0 if up else -2.0))
        self.dot(at)
        words = between(reference, net, other)
        self.drawing.add(elm.ResistorIEC().at(at).to(end).label(words, loc="bottom", ofst=0.15))
        (self.supply if up else self.ground)(end)


def chip(pins: dict[str, str]) -> elm.Ic:
    """U1 with its supply on the left and its signals on the right."""
    right = [
        elm.IcPin(name=signal, pin=f"GPIO {pins[signal]}", side="right", slot=f"{5 - i}/5")
        for i, signal in enumerate(("reed", "cover", "magnet", "latch", "latch_clear"))
    ]
    left = [
        elm.IcPin(
            name=name, pin=f"GPIO {pins[name]}" if name in pins else None, side="left", slot=slot
        )
        for name, slot in (("3V3", "5/5"), ("battery", "3/5"), ("GND", "1/5"))
    ]
    return elm.Ic(pins=right + left, size=(5, 5 * ROW), pinspacing=ROW, edgepadH=0, edgepadW=0,
                  leadlen=1.0, plblsize=12).label("U1, ESP32-C6", "top")  # fmt: skip


def flip_flop() -> elm.Ic:
    """U2, its outputs towards U1."""
    numbers = {pin.name: pin.number for pin in circuit.FLIP_FLOP}
    sides = (("Q", "left", "3/3"), ("/Q", "left", "2/3"), ("/RD", "left", "1/3"),
             ("CP", "right", "5/5"), ("D", "right", "4/5"), ("/SD", "right", "3/5"),
             ("VCC", "right", "2/5"), ("GND", "right", "1/5"))  # fmt: skip
    pins = [elm.IcPin(name=n, pin=numbers[n], side=side, slot=slot) for n, side, slot in sides]
    return elm.Ic(pins=pins, size=(3.4, ROW + 1.6), edgepadH=0.8, leadlen=0.8, plblsize=11).label(
        "U2, 74AUP1G74, optional", "bottom"
    )


def cells(sheet: Sheet, u1: elm.Ic) -> None:
    """H1 with C1, and the divider with C2."""
    top, low = u1.absanchors["3V3"], u1.absanchors["GND"]
    middle = u1.absanchors["battery"]
    battery_x, c1_x, divider_x, c2_x = top[0] - 9.5, top[0] - 6.8, top[0] - 3.6, top[0] - 1.4
    sheet.wire((battery_x, top[1]), (top[0], top[1]))
    sheet.wire((battery_x, low[1]), (low[0], low[1]))
    sheet.drawing.add(
        elm.Battery().at((battery_x, top[1])).to((battery_x, low[1])).reverse()
        .label("H1\nB1", loc="top", ofst=0.2)
    )  # fmt: skip
    sheet.drawing.add(
        elm.Capacitor2().at((c1_x, top[1])).to((c1_x, low[1]))
        .label(between("C1", "3V3", "GND"), loc="bottom", ofst=0.2)
    )  # fmt: skip
    for reference, start, end in (("R4", top, middle), ("R5", middle, low)):
        net, other = ("3V3", "battery") if reference == "R4" else ("battery", "GND")
        resistor = elm.ResistorIEC().at((divider_x, start[1])).to((divider_x, end[1]))
        sheet.drawing.add(resistor.label(between(reference, net, other), loc="bottom", ofst=0.15))
    sheet.wire((divider_x, middle[1]), (middle[0], middle[1]))
    capacitor = elm.Capacitor().at((c2_x, middle[1])).to((c2_x, low[1]))
    sheet.drawing.add(capacitor.label(between("C2", "battery", "GND"), loc="bottom", ofst=0.15))
    for at in ((c1_x, top[1]), (c1_x, low[1]), (divider_x, top[1]), (divider_x, middle[1]),
               (divider_x, low[1]), (c2_x, middle[1]), (c2_x, low[1])):  # fmt: skip
        sheet.dot(at)
    sheet.supply((c1_x, top[1]))
    sheet.ground((c1_x, low[1]))


def switches(sheet: Sheet, u1: elm.Ic) -> None:
    """The three switches as they rest while all is well: each pin is low."""
    rows = (("reed", "S1", "R1", "the door: closed by M1"),
            ("cover", "S2", "R2", "the case: closed while the lid presses it"),
            ("magnet", "S3", "R3", "a foreign magnet: open at rest"))  # fmt: skip
    for signal, switch, resistor, says in rows:
        x, y = u1.absanchors[signal]
        upside_down = signal == "magnet"
        rail = "3V3" if upside_down else "GND"
        sheet.wire((x, y), (x + 3.0, y))
        sheet.pull((x + 1.2, y), resistor, signal, up=not upside_down)
        kind = elm.SwitchReed if switch != "S2" else elm.Switch
        part = kind().at((x + 3.0, y)).to((x + 5.4, y))
        sheet.drawing.add(part.label(between(switch, signal, rail), loc="top", ofst=0.3))
        sheet.wire((x + 5.4, y), (x + 6.2, y))
        (sheet.supply if upside_down else sheet.ground)((x + 6.2, y))
        sheet.words((x + 7.0, y), says)
    x, y = u1.absanchors["reed"]
    sheet.words(
        (x + 3.0, y + 2.6), "Switches are drawn open. With door and case shut S1 and S2", 12
    )
    sheet.words((x + 3.0, y + 2.1), "are closed, and every signal is low.", 12)


def latch(sheet: Sheet, u1: elm.Ic) -> None:
    """The optional flip-flop with R6, R7 and C4."""
    x, y = u1.absanchors["latch"]
    u2 = sheet.drawing.add(flip_flop().at((x + 6.2, y - ROW)).anchor("/RD"))
    q, clear = u2.absanchors["Q"], u2.absanchors["/RD"]
    sheet.wire((x, y), q)
    sheet.pull((x + 1.2, y), "R7", "latch", up=False)
    cx, cy = u1.absanchors["latch_clear"]
    sheet.wire((cx, cy), clear)
    sheet.pull((x + 4.0, cy), "R6", "latch_clear", up=True)
    sheet.drawing.add(elm.NoConnect().at(u2.absanchors["/Q"]))
    right = u2.absanchors["CP"][0]
    sheet.wire(u2.absanchors["CP"], (right + 1.0, u2.absanchors["CP"][1]))
    sheet.words((right + 1.0, u2.absanchors["CP"][1]), "reed (S1, R1)")
    rail = right + 1.4
    for name in ("D", "/SD", "VCC"):
        sheet.wire(u2.absanchors[name], (rail, u2.absanchors[name][1]))
    sheet.wire((rail, u2.absanchors["D"][1]), (rail + 1.4, u2.absanchors["D"][1]))
    sheet.wire((rail, u2.absanchors["D"][1]), (rail, u2.absanchors["VCC"][1]))
    sheet.dot((rail, u2.absanchors["/SD"][1]))
    sheet.supply((rail + 1.4, u2.absanchors["D"][1]))
    low = u2.absanchors["GND"][1]
    sheet.wire(u2.absanchors["GND"], (rail + 1.4, low))
    c4 = elm.Capacitor().at((rail + 1.4, u2.absanchors["D"][1])).to((rail + 1.4, low))
    sheet.drawing.add(c4.label(between("C4", "3V3", "GND"), loc="bottom", ofst=0.2))
    sheet.ground((rail + 1.4, low))


def files() -> dict[str, str]:
    """The drawing, by its file's name."""
    schemdraw.use("svg")
    schemdraw.svgconfig.text = "text"
    pins = {row["signal"]: row["gpio_c6"] for row in circuit.pins_csv()}
    sheet = Sheet()
    u1 = sheet.drawing.add(chip(pins))
    cells(sheet, u1)
    switches(sheet, u1)
    latch(sheet, u1)
    return {"schematic.svg": sheet.drawing.get_imagedata("svg").decode() + "\n"}
