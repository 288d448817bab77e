"""Draw `wiring.svg` from `pins.csv`, so that the drawing cannot say anything else than the table.

    python hardware/draw_wiring.py          writes hardware/wiring.svg

One row a switch, each with its own 3V3 flag and its own ground, so that no two wires cross.
"""

import csv
from html import escape
from pathlib import Path

HERE = Path(__file__).parent
WIDTH, HEIGHT = 1480, 960
INK, QUIET, PAPER, BOARD = "#1d2733", "#5f6b78", "#fbfaf6", "#ffffff"
RED, BLUE, GOLD = "#b3261e", "#2f5d8a", "#9a6a00"
SANS = "'DejaVu Sans', Helvetica, Arial, 'Noto Sans CJK SC', sans-serif"

BOARD_LEFT, BOARD_RIGHT, BOARD_TOP, BOARD_BOTTOM = 560, 800, 190, 770
PLUS_Y, MINUS_Y = 270, 690  # the two wires of the cells
NODE_X, SWITCH_X, FAR_X, WORDS_X = 905, 985, 1085, 1155
ROWS_Y = {"reed": 330, "cover": 500, "magnet": 670}
PARTS = {
    "reed": ("S1", "R1", "The door", "Reed switch, closed by the", "magnet on the door's leaf."),
    "cover": ("S2", "R2", "The case", "Micro switch, closed while", "the lid presses it."),
    "magnet": ("S3", "R3", "A foreign magnet", "Reed switch on the far side,", "open at rest."),
}


def wire(*points: tuple[float, float], colour: str = INK) -> str:
    """A line through `points`."""
    path = " ".join(f"{x},{y}" for x, y in points)
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="3"/>'


def dot(x: float, y: float) -> str:
    """A joint."""
    return f'<circle cx="{x}" cy="{y}" r="6" fill="{INK}"/>'


def text(x: float, y: float, words: str, *, size: int = 18, anchor: str = "start",
         colour: str = INK, bold: bool = False) -> str:  # fmt: skip
    """Words with their baseline at (x, y)."""
    weight = ' font-weight="700"' if bold else ""
    return (
        f'<text x="{x}" y="{y}" font-size="{size}" text-anchor="{anchor}" fill="{colour}"'
        f"{weight}>{escape(words)}</text>"
    )


def resistor(x: float, top: float, bottom: float, name: str, side: int = -1) -> str:
    """A resistor standing at `x`, its name on the left (-1) or the right (1)."""
    middle = (top + bottom) / 2
    anchor = "end" if side < 0 else "start"
    return (
        wire((x, top), (x, middle - 26))
        + f'<rect x="{x - 10}" y="{middle - 26}" width="20" height="52" rx="2" fill="{BOARD}"'
        f' stroke="{INK}" stroke-width="3"/>'
        + wire((x, middle + 26), (x, bottom))
        + text(x + side * 20, middle - 3, name, anchor=anchor, bold=True)
        + text(x + side * 20, middle + 19, "1 MΩ", anchor=anchor, size=16, colour=QUIET)
    )


def capacitor(x: float, top: float, bottom: float, name: str, value: str) -> str:
    """A capacitor standing at `x`, its name on the right."""
    middle = (top + bottom) / 2
    plates = "".join(
        f'<line x1="{x - 20}" x2="{x + 20}" y1="{y}" y2="{y}" stroke="{INK}" stroke-width="4"/>'
        for y in (middle - 6, middle + 6)
    )
    return (
        wire((x, top), (x, middle - 6))
        + wire((x, middle + 6), (x, bottom))
        + plates
        + text(x + 28, middle - 3, name, bold=True)
        + text(x + 28, middle + 19, value, size=16, colour=QUIET)
    )


def supply(x: float, y: float) -> str:
    """The 3V3 flag, standing on (x, y)."""
    return (
        f'<path d="M{x} {y}v-14M{x - 15} {y - 14}h30" stroke="{RED}" stroke-width="4" fill="none"/>'
        + text(x, y - 22, "3V3", anchor="middle", colour=RED, bold=True, size=16)
    )


def ground(x: float, y: float) -> str:
    """The ground sign, hanging from (x, y)."""
    bars = "".join(f"M{x - w} {y + 12 + d}h{2 * w}" for w, d in ((18, 0), (11, 8), (4, 16)))
    return f'<path d="M{x} {y}v12{bars}" stroke="{BLUE}" stroke-width="4" fill="none"/>'


def switch(x: float, y: float, name: str, *, closed: bool) -> str:
    """A switch lying between `x` and `x` + 60, drawn as it rests while all is well."""
    lever = (x + 60, y) if closed else (x + 54, y - 26)
    return (
        "".join(
            f'<circle cx="{c}" cy="{y}" r="6" fill="{BOARD}" stroke="{INK}" stroke-width="3"/>'
            for c in (x, x + 60)
        )
        + wire((x + 5, y - 2), (lever[0] - 5 * closed, lever[1] - 2 * closed))
        + text(x + 30, y - 36, name, anchor="middle", bold=True)
    )


def pin(x: float, y: float, name: str, side: int, colour: str = GOLD) -> str:
    """A pin on the board's edge with its name inside; `side` is -1 for the left edge."""
    anchor = "start" if side < 0 else "end"
    return (
        f'<circle cx="{x}" cy="{y}" r="9" fill="{colour}" stroke="{PAPER}" stroke-width="3"/>'
        + text(x - side * 22, y + 6, name, anchor=anchor, bold=True)
    )


def board() -> str:
    """The board, with the cells' pins; the switches bring their own."""
    middle = (BOARD_LEFT + BOARD_RIGHT) / 2
    chip = f'<rect x="{middle - 66}" y="550" width="132" height="70" rx="6" fill="{INK}"/>'
    return (
        f'<rect x="{BOARD_LEFT}" y="{BOARD_TOP}" width="{BOARD_RIGHT - BOARD_LEFT}"'
        f' height="{BOARD_BOTTOM - BOARD_TOP}" rx="16" fill="{BOARD}" stroke="{INK}"'
        ' stroke-width="3"/>'
        + chip
        + text(middle, 591, "ESP32-C6", anchor="middle", colour=BOARD, bold=True)
        + text(middle, BOARD_BOTTOM - 24, "U1, the seal", anchor="middle", colour=QUIET, size=16)
    )


def cells(gpio: str) -> str:
    """Two cells, the reserve, and the divider from which the board reads their voltage."""
    joint_y = (PLUS_Y + MINUS_Y) / 2
    cell = "".join(
        f'<rect x="84" y="{top}" width="72" height="176" rx="12" fill="{BOARD}" stroke="{INK}"'
        f' stroke-width="3"/><rect x="106" y="{top - 12}" width="28" height="12" fill="{INK}"/>'
        + text(120, top + 96, "AA", anchor="middle", size=22, bold=True)
        for top in (296, 490)
    )
    return (
        wire((120, 284), (120, PLUS_Y), (BOARD_LEFT, PLUS_Y), colour=RED)
        + wire((120, 666), (120, MINUS_Y), (BOARD_LEFT, MINUS_Y), colour=BLUE)
        + wire((120, 472), (120, 478))
        + cell
        + text(84, 250, "B1", bold=True)
        + text(84, 742, "2 × AA lithium", size=16, colour=QUIET)
        + capacitor(225, PLUS_Y, MINUS_Y, "C1", "1000 µF")
        + text(210, joint_y - 20, "+", anchor="end", bold=True)
        + resistor(370, PLUS_Y, joint_y, "R4")
        + resistor(370, joint_y, MINUS_Y, "R5")
        + wire((370, joint_y), (BOARD_LEFT, joint_y))
        + capacitor(440, joint_y, MINUS_Y, "C2", "100 nF")
        + "".join(dot(x, y) for x in (225, 370) for y in (PLUS_Y, MINUS_Y))
        + dot(370, joint_y)
        + dot(440, joint_y)
        + dot(440, MINUS_Y)
        + pin(BOARD_LEFT, PLUS_Y, "3V3", -1, RED)
        + pin(BOARD_LEFT, joint_y, f"GPIO {gpio}", -1)
        + pin(BOARD_LEFT, MINUS_Y, "GND", -1, BLUE)
    )


def row(signal: str, gpio: str) -> str:
    """One switch: pin, resistor, switch, and what it means."""
    y = ROWS_Y[signal]
    switch_name, resistor_name, title, how, more = PARTS[signal]
    upside_down = signal == "magnet"
    if upside_down:
        pull = resistor(NODE_X, y, y + 88, resistor_name) + ground(NODE_X, y + 88)
        end = wire((SWITCH_X + 66, y), (FAR_X, y), (FAR_X, y - 20)) + supply(FAR_X, y - 20)
    else:
        pull = resistor(NODE_X, y - 88, y, resistor_name) + supply(NODE_X, y - 88)
        end = wire((SWITCH_X + 66, y), (FAR_X, y), (FAR_X, y + 14)) + ground(FAR_X, y + 14)
    return (
        wire((BOARD_RIGHT, y), (SWITCH_X - 6, y))
        + pull
        + dot(NODE_X, y)
        + switch(SWITCH_X, y, switch_name, closed=not upside_down)
        + end
        + pin(BOARD_RIGHT, y, f"GPIO {gpio}", 1)
        + text(WORDS_X, y - 28, title, size=22, bold=True)
        + text(WORDS_X, y, how, size=17)
        + text(WORDS_X, y + 24, more, size=17)
    )


def draw(table: list[dict[str, str]]) -> str:
    """The whole drawing."""
    pins = {line["signal"]: line for line in table}
    levels = "".join(
        text(WORDS_X, ROWS_Y[s] + 54, f"well {pins[s]['well']}, alarm {pins[s]['alarm']}",
             size=17, colour=QUIET)
        for s in ROWS_Y
    )  # fmt: skip
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
        f' aria-label="Wiring of the seal" font-family="{SANS}" stroke-linecap="round"'
        ' stroke-linejoin="round">\n'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{PAPER}"/>\n'
        + text(84, 92, "The seal, wired without a circuit board", size=34, bold=True)
        + text(
            84,
            128,
            "Each switch is drawn as it rests while all is well: its pin is low. "
            "Any pin that goes high wakes the chip.",
            size=19,
            colour=QUIET,
        )
        + board()
        + cells(pins["battery"]["gpio_c6"])
        + "".join(row(signal, pins[signal]["gpio_c6"]) for signal in ROWS_Y)
        + levels
        + text(84, 880, "The resistors beside the chip are needed: its own may be off, or draw "
               "too much, in deep sleep.", size=17, colour=QUIET)
        + text(84, 908, "While USB is plugged in for flashing, take the cells out: the board's "
               "regulator then feeds 3V3.", size=17, colour=RED)
        + "\n</svg>\n"
    )  # fmt: skip


if __name__ == "__main__":
    with (HERE / "pins.csv").open(encoding="utf-8", newline="") as file:
        drawing = draw(list(csv.DictReader(file)))
    (HERE / "wiring.svg").write_text(drawing, encoding="utf-8")
