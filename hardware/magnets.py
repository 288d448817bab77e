"""The fields at S1 and S3 of the door's own magnet and of others (magpylib), into magnets.csv.

A reed is taken to see the mean of the field along it, over its 14 mm of blades. What it closes at
is told by makers in ampere-turns; Littelfuse's note AN102A takes 0.1 mT for one, as an order of
magnitude, wrong by a factor of two in either way: `MT_PER_AT`. Steel near by (cells, a steel
frame) is not in it. Needs requirements-hardware.lock.
"""

from itertools import product
from typing import NamedTuple

import magpylib
import numpy as np

from hardware import circuit
from hardware import dimensions as d

BLADES = 14.0  # mm
SAMPLES = 15
OPERATES_AT = (10.0, 15.0)  # of both reeds, in ampere-turns
MT_PER_AT = (0.05, 0.1, 0.2)  # low, likely, high
REMANENCE = {"N35": 1.17, "N42": 1.30}  # T, the low end of each grade
GAPS = (0, 2, 5, 10, 15, 20, 25, 30, 40)
# Others' magnets: name, size in mm along the direction of magnetisation first, remanence in T.
FOREIGN = (
    ("another M1", (20.0, 5.0, 5.0), 1.30),
    ("kitchen magnet 3 × 8 × 8, neodymium", (3.0, 8.0, 8.0), 1.20),
    ("block 10 × 10 × 10, neodymium", (10.0, 10.0, 10.0), 1.30),
    ("bar 40 × 10 × 10, neodymium", (40.0, 10.0, 10.0), 1.30),
    ("block 20 × 40 × 40, neodymium", (20.0, 40.0, 40.0), 1.30),
    ("loudspeaker ring, as a block 12 × 50 × 50, ferrite", (12.0, 50.0, 50.0), 0.38),
)
Point = tuple[float, float, float]
STEP = 6  # mm between the places that a foreign magnet is tried at


class Reed(NamedTuple):
    """A reed's axis (0 is x) and points along its blades, in metres."""

    axis: int
    points: np.ndarray


def reed(axis: int, at: Point) -> Reed:
    """The reed with its middle at outer `at`, mm."""
    points = np.tile(np.array(at, dtype=float), (SAMPLES, 1))
    points[:, axis] += np.linspace(-BLADES / 2, BLADES / 2, SAMPLES)
    return Reed(axis, points / 1000)


S1 = reed(0, (d.WALL + d.S1_X, d.OUTER.y - d.REED_FROM_FACE, d.REED_HEIGHT))
S3 = reed(1, (d.WALL + d.S3_AT[0], d.WALL + d.S3_AT[1], d.S3_HEIGHT))
# Where S3 would be without any thought: like S1, on the other side.
S3_OPPOSITE = reed(0, (d.WALL + d.S1_X, d.REED_FROM_FACE, d.REED_HEIGHT))


def along(magnet: magpylib.magnet.Cuboid, seen_by: Reed) -> float:
    """The mean field along a reed, mT, without its sign."""
    return abs(float(np.mean(magnet.getB(seen_by.points)[:, seen_by.axis]) * 1000))


def block(size: Point, remanence: float, axis: int, at: Point) -> magpylib.magnet.Cuboid:
    """A magnet with its direction along `axis` (0 is x), its middle at outer `at`, mm."""
    turned = [size[1], size[2]]
    turned.insert(axis, size[0])
    polarization = [0.0, 0.0, 0.0]
    polarization[axis] = remanence
    return magpylib.magnet.Cuboid(
        dimension=[v / 1000 for v in turned],
        polarization=polarization,
        position=[v / 1000 for v in at],
    )


def own(gap: float, grade: str, astray: tuple[float, float] = (0, 0)) -> magpylib.magnet.Cuboid:
    """M1 on the leaf, its holder's face `gap` mm from the case, `astray` mm along x and z."""
    y = d.OUTER.y + gap + d.MAGNET_FROM_FACE
    at = (d.WALL + d.S1_X + astray[0], y, d.REED_HEIGHT + astray[1])
    return block((d.MAGNET.x, d.MAGNET.y, d.MAGNET.z), REMANENCE[grade], 0, at)


def own_rows() -> list[dict[str, str]]:
    """What M1 does, gap by gap: the weaker grade at S1, the stronger one, glued badly, at S3."""
    rows = []
    for gap in GAPS:
        badly = [own(gap, "N42", (x, z)) for x, z in product((-d.M1_ASTRAY, d.M1_ASTRAY), repeat=2)]
        rows.append(
            {
                "gap_mm": str(gap),
                "s1_mt": f"{along(own(gap, 'N35'), S1):.2f}",
                "s3_mt": f"{max(along(magnet, S3) for magnet in badly):.2f}",
                "s3_if_opposite_mt": f"{max(along(magnet, S3_OPPOSITE) for magnet in badly):.2f}",
            }
        )
    return rows


def places(size: Point, axis: int) -> list[Point]:
    """Where a hand can hold a magnet against the case or the leaf's side of it: middles, mm."""
    turned = [size[1], size[2]]
    turned.insert(axis, size[0])
    front = [
        (float(x), float(y), d.OUTER.z + turned[2] / 2)
        for x, y in product(range(-20, 160, STEP), range(-20, 61, STEP))
    ]
    beside = [
        (float(x), d.OUTER.y + 1 + turned[1] / 2, float(z))
        for x, z in product(range(-20, 160, STEP), range(int(turned[2] / 2), 41, STEP))
    ]
    return front + beside


def foreign_row(name: str, size: Point, remanence: float) -> dict[str, str]:
    """At how many of the places where it holds S1 for an open door a magnet also closes S3."""
    holds, seen, opposite = 0, 0, 0
    likely = OPERATES_AT[1] * MT_PER_AT[1]
    for axis in (0, 1, 2):
        for at in places(size, axis):
            magnet = block(size, remanence, axis, at)
            if along(magnet, S1) < likely:
                continue
            holds += 1
            seen += along(magnet, S3) >= likely
            opposite += along(magnet, S3_OPPOSITE) >= likely
    return {
        "magnet": name,
        "holds_s1_at": str(holds),
        "seen_percent": str(round(100 * seen / holds)),
        "seen_percent_if_opposite": str(round(100 * opposite / holds)),
    }


def files() -> dict[str, str]:
    """Both tables, by the file's name."""
    return {
        "magnets.csv": circuit.csv_text(own_rows()),
        "magnets_foreign.csv": circuit.csv_text([foreign_row(*one) for one in FOREIGN]),
    }
