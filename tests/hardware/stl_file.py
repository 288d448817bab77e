"""A printed part as the slicer gets it, and what can be asked of it without any library."""

from __future__ import annotations

import struct
from collections import Counter
from pathlib import Path
from typing import NamedTuple

Point = tuple[float, float, float]
Triangle = tuple[Point, Point, Point]
STEEP = -0.7072  # a facet whose normal points further down than 45° hangs over


class Solid(NamedTuple):
    """The triangles of a binary STL file; corners rounded to a micrometre, so that they meet."""

    triangles: list[Triangle]

    def volume(self) -> float:
        """Cubic millimetres: the sum of the tetrahedra to the origin."""
        return sum(dot(a, cross(b, c)) for a, b, c in self.triangles) / 6

    def size(self) -> Point:
        """Length along x, y and z."""
        x, y, z = ([p[axis] for t in self.triangles for p in t] for axis in range(3))
        return max(x) - min(x), max(y) - min(y), max(z) - min(z)

    def open_edges(self) -> int:
        """How many edges are not shared by exactly two triangles, once in each direction."""
        edges = Counter((t[i], t[(i + 1) % 3]) for t in self.triangles for i in range(3))
        return sum(1 for (a, b), n in edges.items() if n != 1 or edges[(b, a)] != 1)

    def overhangs(self) -> list[tuple[float, float]]:
        """The patches that hang over more than 45° and do not lie on the bed: their x and y."""
        bed = min(p[2] for t in self.triangles for p in t)
        hanging = [
            t for t in self.triangles if min(p[2] for p in t) > bed + 0.01 and normal(t)[2] < STEEP
        ]
        return [extent(patch) for patch in patches(hanging)]


def read(path: Path) -> Solid:
    """The solid of a binary STL file."""
    data = path.read_bytes()
    (count,) = struct.unpack_from("<I", data, 80)
    assert len(data) == 84 + 50 * count, f"{path.name} is no binary STL"
    triangles = []
    for at in range(84, len(data), 50):
        n = [round(v, 3) for v in struct.unpack_from("<9f", data, at + 12)]
        triangle = ((n[0], n[1], n[2]), (n[3], n[4], n[5]), (n[6], n[7], n[8]))
        if len(set(triangle)) == 3:
            triangles.append(triangle)
    return Solid(triangles)


def cross(a: Point, b: Point) -> Point:
    """The vector product."""
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


def dot(a: Point, b: Point) -> float:
    """The scalar product."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def normal(triangle: Triangle) -> Point:
    """The unit vector out of a triangle; nothing for one without area."""
    a, b, c = triangle
    u = (b[0] - a[0], b[1] - a[1], b[2] - a[2])
    v = (c[0] - a[0], c[1] - a[1], c[2] - a[2])
    n = cross(u, v)
    length = dot(n, n) ** 0.5
    return (n[0] / length, n[1] / length, n[2] / length) if length else (0.0, 0.0, 0.0)


def patches(triangles: list[Triangle]) -> list[list[Triangle]]:
    """Triangles that touch, together."""
    home: dict[Point, Point] = {}

    def root(p: Point) -> Point:
        while home.setdefault(p, p) != p:
            home[p] = home[home[p]]
            p = home[p]
        return p

    for a, b, c in triangles:
        home[root(b)] = root(a)
        home[root(c)] = root(a)
    together: dict[Point, list[Triangle]] = {}
    for triangle in triangles:
        together.setdefault(root(triangle[0]), []).append(triangle)
    return list(together.values())


def extent(patch: list[Triangle]) -> tuple[float, float]:
    """How long a patch is along x and y."""
    x, y = ([p[axis] for t in patch for p in t] for axis in range(2))
    return max(x) - min(x), max(y) - min(y)
