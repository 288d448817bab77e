"""The pictures of assembly.md, rendered from the solids (pyvista, off screen).

The numbers in the circles are the same in every picture and language; `NUMBERS` says what they are
and the pages explain them. Needs requirements-hardware.lock.
"""

import io
import tempfile
from collections.abc import Callable
from pathlib import Path

import pyvista as pv
from build123d import Box, Part, Pos, Rot, export_stl
from PIL import Image, ImageDraw, ImageFont

from hardware import dimensions as d
from hardware import enclosure as e
from hardware import stand_ins as s

FOLDER = Path(__file__).parent / "pictures"
SIZE = (1400, 900)
FINER = 2  # rendered larger, then made smaller, for smooth lines
INK, PAPER = "#1d2733", "#ffffff"
BASE, LID, HOLDER = "#e9e4d8", "#f6f3ec", "#e9e4d8"
FRAME, LEAF, WALL = "#d9cbb2", "#b98d5f", "#eef0f2"
NUMBERS = {
    "base": 1, "U1": 2, "X1": 3, "S1": 4, "S3": 5, "S2": 6, "H1": 7, "lid": 8, "screw": 9,
    "M1": 10, "holder": 11, "gauge": 12, "shim": 13, "tape": 14, "seal": 15, "frame": 16,
    "leaf": 17,
}  # fmt: skip
Point = tuple[float, float, float]


class Scene:
    """Solids with colours, a camera, and numbers that point at places."""

    def __init__(self, eye: Point, up: Point, focus: Point, width_mm: float) -> None:
        self._plotter = pv.Plotter(off_screen=True, window_size=[n * FINER for n in SIZE])
        self._plotter.set_background(PAPER)
        self._plotter.enable_parallel_projection()
        self._camera = (eye, focus, up)
        self._width_mm = width_mm
        self._numbers: list[tuple[str, Point, tuple[int, int]]] = []
        self._lines: list[tuple[Point, Point, str]] = []

    def add(self, solid: Part, colour: str, *, opacity: float = 1.0) -> None:
        """One solid, its edges drawn."""
        with tempfile.NamedTemporaryFile(suffix=".stl") as file:
            export_stl(solid, file.name, tolerance=0.05, angular_tolerance=0.15)
            mesh = pv.read(file.name)
        self._plotter.add_mesh(
            mesh, color=colour, opacity=opacity, ambient=0.35, diffuse=0.7, specular=0.05
        )
        edges = mesh.extract_feature_edges(35, boundary_edges=False)
        if edges.n_points:
            self._plotter.add_mesh(edges, color=INK, line_width=1.6 * FINER, opacity=opacity)

    def add_all(self, parts: s.Coloured, move: Point = (0, 0, 0)) -> None:
        """Several solids, moved together."""
        for solid, colour in parts:
            self.add(Pos(*move) * solid, colour)

    def number(self, name: str, at: Point, away: tuple[int, int]) -> None:
        """The number of `name`, `away` pixels from the place it points at."""
        self._numbers.append((str(NUMBERS[name]), at, away))

    def measure(self, one: Point, other: Point, words: str) -> None:
        """A red line between two places with words at its middle."""
        self._lines.append((one, other, words))

    def _pixel(self, at: Point) -> tuple[float, float]:
        renderer = self._plotter.renderer
        renderer.SetWorldPoint(*at, 1.0)
        renderer.WorldToDisplay()
        x, y, _ = renderer.GetDisplayPoint()
        return x / FINER, SIZE[1] - y / FINER

    def save(self, name: str) -> None:
        """Render, draw numbers and measures, and write `pictures/NAME.png`."""
        self._plotter.camera_position = self._camera
        self._plotter.camera.parallel_scale = self._width_mm * SIZE[1] / SIZE[0] / 2
        self._plotter.renderer.ResetCameraClippingRange()
        shot = self._plotter.screenshot(None, return_img=True)
        picture = Image.fromarray(shot).resize(SIZE, Image.Resampling.LANCZOS)
        draw = ImageDraw.Draw(picture)
        for one, other, words in self._lines:
            draw_measure(draw, self._pixel(one), self._pixel(other), words)
        for words, at, away in self._numbers:
            draw_number(draw, self._pixel(at), away, words)
        self._plotter.close()
        out = io.BytesIO()
        picture.quantize(128).save(out, "PNG", optimize=True)
        (FOLDER / f"{name}.png").write_bytes(out.getvalue())


def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """The font that comes with Pillow."""
    return ImageFont.load_default(size)


def draw_number(
    draw: ImageDraw.ImageDraw, at: tuple[float, float], away: tuple[int, int], words: str
) -> None:
    """A circle with a number and a line to what it means."""
    x, y = at[0] + away[0], at[1] + away[1]
    draw.line([at, (x, y)], fill=INK, width=3)
    draw.ellipse([at[0] - 6, at[1] - 6, at[0] + 6, at[1] + 6], fill=INK)
    draw.ellipse([x - 26, y - 26, x + 26, y + 26], fill=PAPER, outline=INK, width=4)
    draw.text((x, y), words, fill=INK, font=font(32), anchor="mm")


def draw_measure(
    draw: ImageDraw.ImageDraw, one: tuple[float, float], other: tuple[float, float], words: str
) -> None:
    """A red line with its ends marked, and a length."""
    draw.line([one, other], fill=s.RED, width=5)
    for x, y in (one, other):
        draw.line([(x, y - 16), (x, y + 16)], fill=s.RED, width=5)
    x, y = (one[0] + other[0]) / 2, min(one[1], other[1]) - 40
    box = draw.textbbox((x, y), words, font=font(38), anchor="mm")
    draw.rectangle([box[0] - 8, box[1] - 6, box[2] + 8, box[3] + 6], fill=PAPER)
    draw.text((x, y), words, fill=s.RED, font=font(38), anchor="mm")


def contents() -> dict[str, s.Coloured]:
    """Everything that goes into the case, by its reference."""
    return {
        "U1": s.board(), "X1": s.perfboard(), "S1": s.reed("S1"), "S3": s.reed("S3"),
        "S2": s.switch(), "H1": s.cells(),
    }  # fmt: skip


PLACES: dict[str, Point] = {
    "U1": (14, 11, 9),
    "X1": (54, 24, 9),
    "S1": (37, 36, 10),
    "S3": (37, 10, 18.5),
    "S2": (30, 24, 20),
    "H1": (103, 12, 18),
}


def exploded() -> None:
    """Every part above its place."""
    scene = Scene((210, 300, 400), (0, 0, 1), (69, 20, 60), 262)
    scene.add(e.base(), BASE)
    lift = {"S1": 26.0, "S3": 50.0}
    away = {
        "U1": (170, 40), "S1": (150, 60), "S3": (-150, -70), "S2": (170, -60), "X1": (150, 170),
        "H1": (-220, -40),
    }  # fmt: skip
    for name, parts in contents().items():
        up = lift.get(name, 36.0)
        scene.add_all(parts, (0, 0, up))
        x, y, z = PLACES[name]
        scene.number(name, (x, y, z + up), away[name])
    scene.add(Pos(0, 0, 98) * e.shut(e.lid()), LID)
    scene.add_all(s.screw(), (0, 0, 116))
    scene.number("base", (128, 40, 12), (-80, 60))
    scene.number("lid", (60, 20, 122.5), (-40, -80))
    scene.number("screw", (136, 20, 141), (-90, -40))
    scene.save("exploded")


def inside() -> None:
    """The open case from the front, everything at its place."""
    scene = Scene((69, 20, 400), (0, 1, 0), (69, 20, 0), 165)
    scene.add(e.base(), BASE)
    for parts in contents().values():
        scene.add_all(parts)
    for name, at, away in (
        ("U1", PLACES["U1"], (-60, 210)), ("S1", PLACES["S1"], (-210, -130)),
        ("S2", PLACES["S2"], (-40, 370)), ("X1", PLACES["X1"], (90, -240)),
        ("S3", PLACES["S3"], (60, 190)), ("H1", PLACES["H1"], (40, 220)),
    ):  # fmt: skip
        scene.number(name, at, away)
    holder = Pos(d.WALL + d.S1_X - d.MAGNET_HOLDER.x / 2, d.OUTER.y + d.GAP, 0)
    scene.add(holder * on_leaf(e.magnet_holder()), HOLDER, opacity=0.35)
    scene.add_all([(holder * on_leaf(p), c) for p, c in s.magnet()])
    scene.number("M1", (39, 49, 10), (120, -60))
    scene.save("inside")


def on_leaf(part: Part) -> Part:
    """A part of the magnet's holder turned over, its face outwards, its pole wall to the seal."""
    size = d.MAGNET_HOLDER
    return Pos(size.x, 0, size.z) * Rot(0, 180, 0) * part


def upright(part: Part) -> Part:
    """From the case's axes to the door's: x of the case goes down, y to the right, z to us."""
    return Rot(0, 0, -90) * part


def door() -> None:
    """Seal on the frame, magnet on the leaf, near the door's upper corner on the lock's side."""
    scene = Scene((56, -92, 420), (0, 1, 0), (50, -80, 0), 370)
    wall = Pos(-200, -300, -24) * Box(700, 450, 12, align=e.LOW)
    frame = Pos(-25, -300, -12) * Box(400, 385, 12, align=e.LOW)
    frame = frame - Pos(41.0, -301, -13) * Box(400, 321, 14, align=e.LOW)
    leaf = Pos(44.0, -300, -12) * Box(300, 317, 12, align=e.LOW)
    scene.add(wall, WALL)
    scene.add(frame, FRAME)
    scene.add(leaf, LEAF)
    seal = e.base() + e.shut(e.lid())
    scene.add(upright(seal), LID)
    holder = Pos(d.WALL + d.S1_X - d.MAGNET_HOLDER.x / 2, d.OUTER.y + d.GAP, 0)
    scene.add(upright(holder * on_leaf(e.magnet_holder())), HOLDER)
    gauge = Pos(75, d.OUTER.y + d.GAP, 0) * Rot(90, 0, 0) * e.gauge()
    scene.add(upright(gauge), "#e07a3f")
    scene.number("seal", (18, -110, 24), (-230, 60))
    scene.number("frame", (0, -175, 0), (-150, 40))
    scene.number("leaf", (150, -150, 0), (110, 60))
    scene.number("holder", (58, -30, 12), (190, -40))
    scene.number("gauge", (42.5, -110, 15), (180, 60))
    scene.measure((d.OUTER.y, 6, 12), (d.OUTER.y + d.GAP, 6, 12), "5 mm")
    scene.save("door")


def gap() -> None:
    """The same from above: both at one level, the gap between the plastic faces."""
    scene = Scene((200, 20, 6), (0, 0, 1), (0, 41, 5), 122)
    cut = Box(400, 400, 400, align=(e.LOW[0], e.CENTRE[1], e.CENTRE[1]))
    cut = Pos(-400 + d.WALL + d.S1_X, 0, 0) * cut
    frame = Pos(-60, -10, -13) * Box(120, 51, 12, align=e.LOW)
    leaf = Pos(-60, 43.5, -16) * Box(120, 48, 12, align=e.LOW)
    scene.add(frame & cut, FRAME)
    scene.add(leaf & cut, LEAF)
    scene.add(e.base() & cut, BASE)
    scene.add(e.shut(e.lid()) & cut, LID)
    for name, parts in contents().items():
        if name in ("S1", "U1"):
            for solid, colour in parts:
                if piece := solid & cut:
                    scene.add(piece, colour)
    scene.add_all(s.tape(4, 7, (26, 25)))
    holder = Pos(d.WALL + d.S1_X - d.MAGNET_HOLDER.x / 2, d.OUTER.y + d.GAP, 0)
    scene.add((holder * on_leaf(e.magnet_holder())) & cut, HOLDER)
    for solid, colour in s.magnet():
        if piece := (holder * on_leaf(solid)) & cut:
            scene.add(piece, colour)
    shim = holder * Pos(0, 0, -d.SHIM) * e.shim()
    scene.add(shim & cut, "#cfc6b3")
    scene.add(Pos(18, d.OUTER.y + d.GAP, -d.SHIM - 1) * Box(14, 22, 1.0, align=e.LOW), "#9a5b4f")
    x = d.WALL + d.S1_X
    scene.number("S1", (x, d.OUTER.y - d.REED_FROM_FACE, 8), (-150, 10))
    scene.number("M1", (x, d.OUTER.y + d.GAP + 4.2, 8), (60, -130))
    scene.number("holder", (x, d.OUTER.y + d.GAP + 16, 11.6), (130, -90))
    scene.number("shim", (x, d.OUTER.y + d.GAP + 19, -1.5), (170, 10))
    scene.number("tape", (x, 20, -0.5), (-60, 150))
    scene.number("frame", (x, 2, -8), (-90, 40))
    scene.number("leaf", (x, 80, -10), (60, 130))
    scene.measure((x, d.OUTER.y, 26), (x, d.OUTER.y + d.GAP, 26), "5 mm")
    scene.save("gap")


def closing() -> None:
    """Hooks first, then down, then the screw; cut through a hook, the post seen above S2."""
    scene = Scene((69, -400, 40), (0, 0, 1), (69, 20, 20), 165)
    x, _ = e.switch_middle()
    cut = Pos(-50, d.WALL + d.HOOKS_Y[0], -50) * Box(400, 100, 300, align=e.LOW)
    scene.add(e.base() & cut, BASE)
    for name in ("U1", "S2", "H1", "X1", "S1"):
        for solid, colour in contents()[name]:
            if piece := solid & cut:
                scene.add(piece, colour)
    hinge = (d.WALL, d.FLOOR + d.DEPTH - d.LIP_HEIGHT + 2.4)
    tilt = Pos(hinge[0], 0, hinge[1]) * Rot(0, -9, 0) * Pos(-hinge[0], 0, -hinge[1])
    scene.add(tilt * (e.shut(e.lid()) & cut), LID)
    for solid, colour in s.screw():
        scene.add(tilt * Pos(0, 0, 14) * solid, colour)
    scene.number("lid", (80, 20, 36), (30, -110))
    scene.number("S2", (d.WALL + x, 20, 14), (-40, 230))
    scene.number("screw", (129, 20, 59), (-110, -40))
    scene.number("base", (120, 20, 1), (60, 120))
    scene.save("closing")


def magnet_holder() -> None:
    """M1 goes into its holder from behind, along the groove's side."""
    scene = Scene((-60, -90, 110), (0, 0, 1), (15, 10, 12), 78)
    scene.add(e.magnet_holder(), HOLDER)
    scene.add_all(s.magnet(), (0, 0, 22))
    scene.number("M1", (20, 4, 28), (180, -90))
    scene.number("holder", (6, 0, 5), (-150, 130))
    scene.save("magnet_holder")


ALL: tuple[Callable[[], None], ...] = (exploded, inside, door, gap, closing, magnet_holder)


def write() -> None:
    """Render them all."""
    for picture in ALL:
        picture()
