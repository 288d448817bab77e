"""The solids of the case, the magnet's holder and the gauge (build123d), ready to be printed.

Every part is made as it lies on the printer's bed, without supports: walls stand up, what hangs
over is at 45° or spans less than `BRIDGE_MAX`. Needs requirements-hardware.lock.
"""

from build123d import (
    Align,
    Axis,
    Box,
    Cylinder,
    Location,
    Part,
    Plane,
    Polyline,
    Pos,
    Rot,
    chamfer,
    extrude,
    fillet,
    make_face,
)

from hardware import dimensions as d

LOW = (Align.MIN, Align.MIN, Align.MIN)
CENTRE = (Align.CENTER, Align.CENTER, Align.MIN)
ROUND = 3.0  # of the case's upright edges
EDGE = 0.8  # chamfer of the edge that a hand meets


def block(x: float, y: float, z: float, size: tuple[float, float, float]) -> Part:
    """A box with its lowest corner at inner x, y, z."""
    return Pos(d.WALL + x, d.WALL + y, d.FLOOR + z) * Box(*size, align=LOW)


def hole(x: float, y: float, z: float, diameter: float, depth: float) -> Part:
    """An upright hole, its lower end at inner x, y, z."""
    return Pos(d.WALL + x, d.WALL + y, d.FLOOR + z) * Cylinder(diameter / 2, depth, align=CENTRE)


def base(*, mains: bool = False) -> Part:
    """The part on the frame; `mains` has a hole for the cable in place of the cells."""
    height = d.FLOOR + d.DEPTH
    shell = Box(d.OUTER.x, d.OUTER.y, height, align=LOW)
    shell = fillet(shell.edges().filter_by(Axis.Z), ROUND)
    shell = shell - block(0, 0, 0, (d.LENGTH, d.WIDTH, d.DEPTH + 1))
    solid = shell + board_bay() + reed_bed() + switch_pocket() + perfboard_rails()
    solid = solid + holder_stops() + screw_boss()
    for x, y in d.WALL_SCREWS_AT:
        solid = solid - hole(x, y, -d.FLOOR - 1, d.WALL_SCREW, d.FLOOR + 2)
    for y in d.HOOKS_Y:
        solid = solid - hook_slot(y)
    solid = solid - witness_line(height)
    if mains:
        at = Location((d.OUTER.x, d.WALL + d.WIDTH - 8, d.FLOOR + 5), (0, 90, 0))
        solid = solid - at * Cylinder(d.CABLE_HOLE / 2, 4 * d.WALL)
    return solid


def board_bay() -> Part:
    """A pedestal for the tape under the board, and ribs at its corners; its end meets the wall."""
    x, y = d.BOARD_AT
    made = block(x + 6, y + d.BOARD.y / 2 - 4, 0, (10, 8, 3.0))
    end = x + d.BOARD.x + d.FIT / 2
    low, high = y - d.FIT / 2, y + d.BOARD.y + d.FIT / 2
    for arm_y in (low - d.RIB, high):
        made = made + block(0, arm_y, 0, (3.2, d.RIB, 5.5))
        made = made + block(end - 3.2 + d.RIB, arm_y, 0, (3.2, d.RIB, 5.5))
    made = made + block(end, low - d.RIB, 0, (d.RIB, 3.2, 5.5))
    return made + block(end, high - 3.2 + d.RIB, 0, (d.RIB, 3.2, 5.5))


def reed_bed() -> Part:
    """A raised bed for S1 along the leaf's wall, with a rib before it."""
    bed = d.REED_HEIGHT - d.FLOOR - d.REED.z / 2 - d.FIT / 2
    width, length = d.REED.y + d.FIT, d.REED.x + d.FIT
    start = d.S1_X - length / 2
    made = block(start, d.WIDTH - width, 0, (length, width, bed))
    rib = (length - 6, d.RIB, bed + 4)
    return made + block(start + 3, d.WIDTH - width - d.RIB, 0, rib)


def switch_pocket() -> Part:
    """A wall and a block with S2 between them, its terminals hanging free; S3 lies on the block."""
    x, gap = d.SWITCH_POCKET_X, d.SWITCH.x + d.FIT
    length = d.SWITCH.y + d.FIT
    middle = switch_middle()[1]
    y, inner = middle - length / 2, x + d.RIB + gap
    made = block(x, y, 0, (d.RIB, length, d.SWITCH_AXIS + 3.2))
    for end in (y, y + length - 2.6):
        made = made + block(x, end, 0, (d.RIB + gap + 0.1, 2.6, d.SWITCH_FLOOR))
    channel = d.REED.y + d.FIT
    right = d.S3_AT[0] + channel / 2 + d.RIB
    start = d.S3_AT[1] - (d.REED.x + d.FIT) / 2
    bed = d.S3_HEIGHT - d.FLOOR - d.REED.z / 2 - d.FIT / 2
    size = (right - inner, y + length - start, bed + 3)
    made = made + block(inner, start, 0, size)
    made = made - block(right - d.RIB - channel, start - 1, bed, (channel, 60, 10))
    for side in (-1, 1):
        at = (x - 1, middle + side * d.SWITCH_HOLES_APART / 2, d.SWITCH_AXIS)
        made = made - level_hole(at, 2.3, d.RIB + 2) - level_hole(at, 1.6, 14)
    return made


def level_hole(at: tuple[float, float, float], diameter: float, depth: float) -> Part:
    """A hole along x from inner x, y, z."""
    start = (d.WALL + at[0], d.WALL + at[1], d.FLOOR + at[2])
    return Location(start, (0, 90, 0)) * Cylinder(diameter / 2, depth, align=CENTRE)


def switch_middle() -> tuple[float, float]:
    """Inner x and y of the middle of S2."""
    x = d.SWITCH_POCKET_X + d.RIB + (d.SWITCH.x + d.FIT) / 2
    return x, d.WIDTH / 2 - 1.5


def perfboard_rails() -> Part:
    """Two rails under X1, so that its solder joints hang free."""
    x, y = d.PERFBOARD_AT
    made = Part()
    for at in (2.0, d.PERFBOARD.x - 5.0):
        made = made + block(x + at, y + 1, 0, (3.0, d.PERFBOARD.y - 2, 3.5))
    return made


def holder_stops() -> Part:
    """Ribs that keep the cells' holder from sliding along the case."""
    x, y = d.HOLDER_AT
    made = Part()
    for at in (y + 2, y + d.HOLDER.y - 8):
        made = made + block(x - d.RIB - d.FIT / 2, at, 0, (d.RIB, 6, 7))
        made = made + block(x + d.HOLDER.x + d.FIT / 2, at, 0, (d.RIB, 6, 7))
    return made


def screw_boss() -> Part:
    """The boss for the lid's screw, with its pilot hole."""
    x, y = d.SCREW_AT
    high = d.DEPTH - 0.2
    boss = Pos(d.WALL + x, d.WALL + y, d.FLOOR) * Cylinder(d.SCREW_BOSS / 2, high, align=CENTRE)
    web = block(x, y - 1.2, 0, (d.LENGTH - x, 2.4, high - d.LIP_HEIGHT - 1))
    return boss + web - hole(x, y, high - 12, d.SCREW_PILOT, 13)


def hook_slot(y: float) -> Part:
    """A slot through the end wall for a hook of the lid."""
    low = d.DEPTH - d.LIP_HEIGHT - 0.3
    return block(-d.WALL - 1, y - d.HOOK.y / 2 - d.FIT, low,
                 (d.WALL + 2, d.HOOK.y + 2 * d.FIT, d.HOOK.z + 0.6))  # fmt: skip


def witness_line(height: float) -> Part:
    """A groove in the leaf's side that shows where the middle of S1 is."""
    return Pos(d.WALL + d.S1_X, d.OUTER.y, 0) * Rot(0, 0, 45) * Box(1.0, 1.0, height, align=CENTRE)


def lid() -> Part:
    """The lid as it is printed: its face on the bed, lip, hooks and post upwards.

    `shut` brings it to its place on the base.
    """
    plate = Box(d.OUTER.x, d.OUTER.y, d.LID, align=LOW)
    plate = fillet(plate.edges().filter_by(Axis.Z), ROUND)
    plate = chamfer(plate.faces().sort_by(Axis.Z)[0].edges(), EDGE)
    solid = plate + lip()
    for y in d.HOOKS_Y:
        solid = solid + hook(y)
    solid = solid + post()
    x, y = d.SCREW_AT
    screw = Pos(d.WALL + x, d.OUTER.y - d.WALL - y, -1)
    solid = solid - screw * Cylinder(d.SCREW_CLEAR / 2, 20, align=CENTRE)
    groove = Pos(d.WALL + d.S1_X, 0, 0) * Rot(0, 0, 45) * Box(1.0, 1.0, d.LID, align=CENTRE)
    return solid - groove


def lip() -> Part:
    """The ring inside the walls, open where the reeds' wires, the screw and the switch are."""
    outer_x, outer_y = d.LENGTH - 2 * d.FIT, d.WIDTH - 2 * d.FIT
    at = Pos(d.WALL + d.FIT, d.WALL + d.FIT, d.LID)
    ring = Box(outer_x, outer_y, d.LIP_HEIGHT, align=LOW)
    ring = ring - Pos(d.LIP, d.LIP, 0) * Box(
        outer_x - 2 * d.LIP, outer_y - 2 * d.LIP, d.LIP_HEIGHT, align=LOW
    )
    ring = at * ring
    x, y = d.SCREW_AT
    return ring - Pos(d.WALL + x, d.OUTER.y - d.WALL - y, d.LID) * Box(
        d.SCREW_BOSS + 10, d.SCREW_BOSS + 1, 2 * d.LIP_HEIGHT, align=CENTRE
    )


def hook(y: float) -> Part:
    """A wedge on the lip's end that goes into the base's slot; 45° below, so that it prints."""
    reach = d.HOOK.x + d.FIT
    top = d.LID + d.LIP_HEIGHT
    x = d.WALL + d.FIT
    low = top - d.HOOK.z
    corners = [(x + 0.2, top), (x + 0.2, low), (x, low), (x - reach, low + reach), (x - reach, top)]
    outline = Polyline(*corners, close=True)
    face = Plane.XZ * make_face(outline)
    wedge = extrude(face, amount=d.HOOK.y / 2, both=True)
    return Pos(0, d.OUTER.y - d.WALL - y, 0) * wedge


def post() -> Part:
    """What presses S2's lever when the lid is shut."""
    x, y = switch_middle()
    length = d.DEPTH - d.POST_TIP
    return Pos(d.WALL + x, d.OUTER.y - d.WALL - y - 3.5, d.LID) * Box(
        5.0, 11.0, length, align=CENTRE
    )


def shut(part: Part) -> Part:
    """The lid turned over, onto the base."""
    return Pos(0, d.OUTER.y, d.OUTER.z) * Rot(180, 0, 0) * part


def magnet_holder() -> Part:
    """M1's holder as it is printed: its face on the bed, open towards the tape."""
    size = d.MAGNET_HOLDER
    solid = Box(size.x, size.y, size.z, align=LOW)
    solid = fillet(solid.edges().filter_by(Axis.Z), 2.0)
    solid = chamfer(solid.faces().sort_by(Axis.Z)[0].edges(), EDGE)
    pocket = (d.MAGNET.x + d.FIT, d.MAGNET.y + d.FIT, size.z - d.MAGNET_WALL)
    at = Pos((size.x - pocket[0]) / 2, d.MAGNET_WALL, d.MAGNET_WALL)
    solid = solid - at * Box(*pocket, align=LOW)
    room_y = d.MAGNET_WALL + pocket[1] + d.RIB
    hollow = Pos(d.RIB + 0.4, room_y, 2.4) * Box(
        size.x - 2 * d.RIB - 0.8, size.y - room_y - d.RIB - 0.4, size.z, align=LOW
    )
    groove = Pos(size.x / 2, 0, 0) * Rot(0, 0, 45) * Box(1.0, 1.0, size.z, align=CENTRE)
    return solid - hollow + ribs(room_y) - groove


def ribs(room_y: float) -> Part:
    """Two ribs across the hollow of the magnet's holder: something for the tape to hold."""
    size = d.MAGNET_HOLDER
    made = Part()
    for x in (size.x / 3, 2 * size.x / 3):
        made = made + Pos(x - d.RIB / 2, room_y - 0.2, 1.0) * Box(
            d.RIB, size.y - room_y - d.RIB, size.z - 1.0, align=LOW
        )
    return made


def shim() -> Part:
    """A plate that raises the magnet's holder where the leaf lies deeper than the frame."""
    solid = Box(d.MAGNET_HOLDER.x, d.MAGNET_HOLDER.y, d.SHIM, align=LOW)
    return fillet(solid.edges().filter_by(Axis.Z), 2.0)


def gauge() -> Part:
    """5 mm thick: set the gap with it. 15 mm wide: a gap that takes it on edge is too large."""
    solid = Box(*d.GAUGE, align=LOW)
    solid = fillet(solid.edges().filter_by(Axis.Z), 2.0)
    return solid - Pos(d.GAUGE.x - 6, d.GAUGE.y / 2, -1) * Cylinder(2, 20, align=CENTRE)


PRINTED = {
    "base": base,
    "base_mains": lambda: base(mains=True),
    "lid": lid,
    "magnet_holder": magnet_holder,
    "shim": shim,
    "gauge": gauge,
}
