"""The case in millimetres: what goes in, how thick, how far apart. Plain numbers and sums of them.

Axes as the seal hangs: x along the case from the radio's end, y across it from the far side to the
leaf's side, z from the frame outwards. "Inner" lengths start inside the walls and on the floor.
Change a number here, then `make hardware`.
"""

from typing import NamedTuple


class Box(NamedTuple):
    """Length along x, y and z."""

    x: float
    y: float
    z: float


# What goes in, as large as bom.csv allows.
BOARD = Box(21.5, 18.0, 8.0)  # with its USB socket and the wires on it
HOLDER = Box(59.0, 32.0, 16.5)  # with the cells in
PERFBOARD = Box(28.0, 28.0, 11.0)  # with the parts on it, C1 lying
SWITCH = Box(6.4, 19.8, 10.2)  # S2 standing, its plunger up; Omron SS, published
REED = Box(18.0, 4.0, 4.0)
MAGNET = Box(20.0, 5.0, 5.0)

# Of the micro switch, measured from the axis of its two holes; Omron SS-01GL, published.
SWITCH_AXIS_ABOVE_BOTTOM = 2.9
SWITCH_HOLES_APART = 9.5
SWITCH_HOLE = 2.35
SWITCH_OPERATES = (8.0, 9.6)  # lever's height, 8.8 ± 0.8: pressed below the lower one it has closed
SWITCH_FREE_MAX = 13.6
SWITCH_BODY_TOP = 7.3
SWITCH_TERMINALS = 6.8  # below the body; longer ones are bent

# How it is printed: a nozzle of 0.4 mm, no supports, PETG or ABS.
WALL = 2.0
FLOOR = 2.0
LID = 2.0
RIB = 1.6
THIN_MIN = 1.2  # three lines of a 0.4 mm nozzle; nothing may be thinner
FIT = 0.3  # between what is put into each other
BRIDGE_MAX = 12.0  # what a printer spans in the air

# The inside.
WIDTH = 36.0
DEPTH = 20.5
BOARD_AT = (FIT, RIB + FIT / 2)
SWITCH_POCKET_X = 23.0
PERFBOARD_AT = (39.3, 1.0)
HOLDER_AT = (69.2, 2.0)
END_ZONE = 7.5  # behind the holder: the screw, and the cells' leads
LENGTH = HOLDER_AT[0] + HOLDER.x + FIT + END_ZONE
OUTER = Box(LENGTH + 2 * WALL, WIDTH + 2 * WALL, FLOOR + DEPTH + LID)

# S1 on the leaf's side, along x, at M1's height. S3 lies across it, along y, in the plane through
# the middles of S1 and M1, where M1's field along S3 is zero however wide the gap is (magnets.py),
# and near the front, where a hand would hold another magnet.
REED_HEIGHT = 8.0
S1_X = 35.2
S3_AT = (S1_X, 12.0)
S3_HEIGHT = 17.0
M1_ASTRAY = 2.0  # mm that the two grooves may miss each other
REED_FROM_FACE = WALL + FIT / 2 + REED.y / 2  # a reed's axis behind the case's outer face

# S2 and what presses it.
SWITCH_FLOOR = SWITCH_TERMINALS + 0.2
SWITCH_AXIS = SWITCH_FLOOR + SWITCH_AXIS_ABOVE_BOTTOM
POST_TIP = SWITCH_AXIS + SWITCH_OPERATES[0] - 0.3  # inner height of the lid's post, shut
PRINT_ERROR = 0.2  # in height, of both parts together

# The lid: a plate, a lip inside the walls, two hooks at the radio's end, one screw at the other.
LIP = 1.6
LIP_HEIGHT = 5.5  # so that 2.8 mm of wall stand above each hook
HOOK = Box(1.7, 9.0, 2.4)
HOOKS_Y = (9.0, 27.0)
SCREW_BOSS = 7.0
SCREW_PILOT = 2.5  # for a 3 mm screw for plastics
SCREW_CLEAR = 3.4
SCREW_AT = (LENGTH - 3.6, WIDTH / 2)

# Holes for two wall screws, and the cable of a seal on the mains.
WALL_SCREWS_AT = ((12.0, 28.0), (LENGTH - 3.8, 7.0))  # heads of at most 6.5 × 3 mm
WALL_SCREW = 3.6
CABLE_HOLE = 5.0

# The radio: no metal within 15 mm of the board's antenna (Espressif), which is at its outer end.
ANTENNA_AT = (BOARD_AT[0] + 2.5, BOARD_AT[1] + BOARD.y / 2)
ANTENNA_FREE = 15.0

# On the leaf: M1 in its holder, the gap between the two plastic faces.
MAGNET_WALL = 1.6
MAGNET_HOLDER = Box(30.0, 22.0, REED_HEIGHT + MAGNET.z / 2 + FIT / 2 + MAGNET_WALL)
MAGNET_FROM_FACE = MAGNET_WALL + FIT / 2 + MAGNET.y / 2
SHIM = 3.0
GAP, GAP_MAX = 5.0, 15.0
GAUGE = Box(50.0, GAP_MAX, GAP)


def metal() -> dict[str, tuple[float, float]]:
    """The metal point nearest to the antenna of whatever has metal: inner x and y."""
    return {
        "S1": (S1_X - REED.x / 2, WIDTH - REED.y / 2),
        "S3": (S3_AT[0] - REED.y / 2, ANTENNA_AT[1]),
        "S2": (SWITCH_POCKET_X + RIB, ANTENNA_AT[1]),
        "cells": (HOLDER_AT[0], ANTENNA_AT[1]),
        "X1": (PERFBOARD_AT[0], ANTENNA_AT[1]),
        "a wall screw": (WALL_SCREWS_AT[0][0] - 3.0, WALL_SCREWS_AT[0][1] - 3.0),
    }


def magnet_to_reed(gap: float) -> float:
    """From M1's axis to S1's, across, for a gap between the faces."""
    return MAGNET_FROM_FACE + gap + REED_FROM_FACE
