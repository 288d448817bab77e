"""Stand-ins for what is bought, as solids for the pictures: recognisable, not true to the maker.

Each is a list of (solid, colour), at its place in the case as it hangs with z outwards.
"""

from build123d import Align, Box, Cylinder, Location, Part, Pos

from hardware import dimensions as d
from hardware import enclosure as e

GREEN, GREY, DARK, STEEL = "#2e7d5b", "#c9cdd2", "#2a2f36", "#aeb4bb"
GOLD, RED, BLUE, BLACK, GLASS = "#d9a93a", "#b3261e", "#2f5d8a", "#17191c", "#8fc7d6"
COPPER, ORANGE = "#b87333", "#c98a2b"
Coloured = list[tuple[Part, str]]
CENTRE = (Align.CENTER, Align.CENTER, Align.CENTER)


def rod(x: float, y: float, z: float, diameter: float, length: float, turn: str = "x") -> Part:
    """A cylinder along x or y with its middle at inner x, y, z."""
    turned = (0, 90, 0) if turn == "x" else (90, 0, 0)
    at = Location((d.WALL + x, d.WALL + y, d.FLOOR + z), turned)
    return at * Cylinder(diameter / 2, length, align=CENTRE)


def board() -> Coloured:
    """U1, its antenna at the case's end and its USB socket towards the wiring."""
    x, y = d.BOARD_AT
    plate = e.block(x + 0.2, y, 4.0, (21.0, 17.8, 1.2))
    usb = e.block(x + 15.0, y + 4.4, 5.2, (7.3, 9.0, 3.2))
    can = e.block(x + 5.5, y + 3.4, 5.2, (9.0, 11.0, 2.0))
    antenna = e.block(x + 1.2, y + 6.0, 5.2, (1.6, 6.0, 1.0))
    return [(plate, GREEN), (usb, STEEL), (can, STEEL), (antenna, GOLD)]


def cells() -> Coloured:
    """H1 with the two cells B1 in it, head to tail."""
    x, y = d.HOLDER_AT
    tray = e.block(x, y, 0, (d.HOLDER.x, d.HOLDER.y, 9.0))
    tray = tray - e.block(x + 1.5, y + 1.5, 1.5, (d.HOLDER.x - 3, d.HOLDER.y - 3, 20))
    made: Coloured = [(tray, DARK)]
    for at, flipped in ((y + 8.4, False), (y + 23.6, True)):
        middle = x + d.HOLDER.x / 2
        made.append((rod(middle, at, 9.0, 14.2, 48.5), "#d8dde3"))
        made.append((rod(middle + (12 if flipped else -12), at, 9.0, 14.3, 14), BLUE))
        made.append((rod(middle + (25 if flipped else -25), at, 9.0, 5.2, 1.6), STEEL))
    return made


def perfboard() -> Coloured:
    """X1 with C1, the resistors and the latch's adapter."""
    x, y = d.PERFBOARD_AT
    made: Coloured = [(e.block(x, y, 3.6, (d.PERFBOARD.x, d.PERFBOARD.y, 1.6)), ORANGE)]
    made.append((rod(x + 8, y + 7, 9.3, 8.0, 12.5), BLACK))
    made.append((rod(x + 13.2, y + 7, 9.3, 8.05, 1.2), GREY))
    for i in range(6):
        made.append((rod(x + 3 + i * 4.2, y + 21.0, 6.4, 2.2, 6.0, "y"), "#cdb58a"))
    made.append((e.block(x + 15.5, y + 3.0, 5.2, (11.0, 10.0, 1.2)), GREEN))
    made.append((e.block(x + 19.5, y + 7.0, 6.4, (2.4, 2.2, 0.9)), BLACK))
    return made


def switch() -> Coloured:
    """S2 in its pocket, the lever as the shut lid presses it."""
    x, y = e.switch_middle()
    body = e.block(x - 3.2, y - 9.9, d.SWITCH_FLOOR, (6.4, 19.8, 10.2))
    lever = e.block(x - 1.6, y - 7.0, d.SWITCH_AXIS + 7.6, (3.2, 17.5, 0.4))
    made: Coloured = [(body, DARK), (lever, STEEL)]
    for at in (-6.5, 0, 6.5):
        made.append((e.block(x - 1.6, y + at - 0.5, d.SWITCH_FLOOR - 6, (3.2, 1.0, 6)), COPPER))
    return made


def reed(which: str) -> Coloured:
    """S1 along the leaf's wall, or S3 across it: a glass with a wire at each end."""
    if which == "S3":
        x, y, z, turn = *d.S3_AT, d.S3_HEIGHT - d.FLOOR, "y"
    else:
        x, y, z, turn = d.S1_X, d.WIDTH - d.REED.y / 2, d.REED_HEIGHT - d.FLOOR, "x"
    return [(rod(x, y, z, 3.0, 14.0, turn), GLASS), (rod(x, y, z, 0.9, 18.0, turn), STEEL)]


def screw() -> Coloured:
    """E3, in the lid."""
    x, y = d.SCREW_AT
    shaft = Pos(d.WALL + x, d.WALL + y, d.OUTER.z - 10) * Cylinder(1.4, 10, align=e.CENTRE)
    head = Pos(d.WALL + x, d.WALL + y, d.OUTER.z) * Cylinder(2.9, 2.0, align=e.CENTRE)
    return [(shaft + head, STEEL)]


def magnet() -> Coloured:
    """M1 as it lies in its holder on the bed, its two poles in two colours."""
    at = Pos((d.MAGNET_HOLDER.x - d.MAGNET.x) / 2, d.MAGNET_WALL + d.FIT / 2, d.MAGNET_WALL)
    half = (d.MAGNET.x / 2, d.MAGNET.y, d.MAGNET.z)
    north = at * Box(*half, align=e.LOW)
    south = at * Pos(d.MAGNET.x / 2, 0, 0) * Box(*half, align=e.LOW)
    return [(north, RED), (south, BLUE)]


def tape(x: float, y: float, size: tuple[float, float]) -> Coloured:
    """A strip of mounting tape under the case, at outer x and y."""
    return [(Pos(x, y, -1.0) * Box(*size, 1.0, align=e.LOW), "#9a5b4f")]
