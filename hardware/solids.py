"""Build every printed part, look whether the case closes on what goes into it, and write the files.

`build` makes the solids and their facts; `write` makes STL, STEP and `facts.json`; `differences`
says where freshly built facts and the committed ones part. The tests read the STL files and the
facts without any of this. Needs requirements-hardware.lock.
"""

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import trimesh
from build123d import Box, Part, Pos, export_step, export_stl

from hardware import dimensions as d
from hardware import enclosure as e

FOLDER = Path(__file__).parent / "enclosure"
FACTS = FOLDER / "facts.json"
FINE = 0.05  # mm between the true surface and a triangle
OVERLAP_MAX = 0.5  # mm³ that two parts may share by rounding
WITH_STEP = ("base", "lid", "magnet_holder")
STEP_TIME = "2026-01-01T00:00:00"  # the same file from the same solid
Facts = dict[str, Any]


def inside() -> dict[str, Part]:
    """What goes into the case, each as the largest box that it may be."""
    x, y = e.switch_middle()
    bed = d.REED_HEIGHT - d.FLOOR - d.REED.z / 2
    return {
        "board": e.block(*d.BOARD_AT, 3.1, d.BOARD),
        "cells": e.block(*d.HOLDER_AT, 0, d.HOLDER),
        "X1": e.block(*d.PERFBOARD_AT, 3.6, d.PERFBOARD),
        "S1": e.block(d.S1_X - d.REED.x / 2, d.WIDTH - d.REED.y, bed, d.REED),
        "S3": e.block(
            d.S3_AT[0] - d.REED.y / 2,
            d.S3_AT[1] - d.REED.x / 2,
            d.S3_HEIGHT - d.FLOOR - d.REED.z / 2,
            (d.REED.y, d.REED.x, d.REED.z),
        ),
        "S2": e.block(x - d.SWITCH.x / 2, y - d.SWITCH.y / 2, d.SWITCH_FLOOR + 0.01, d.SWITCH),
    }


def overlap(one: Part, other: Part) -> float:
    """How many mm³ two solids share."""
    both = one & other
    return float(both.volume) if both else 0.0


def fit() -> Facts:
    """Whether the case closes: what overlaps, and where the lid's post ends above S2."""
    base, lid = e.base(), e.shut(e.lid())
    solids = {"base": base, "lid": lid, **inside()}
    names = list(solids)
    shared = {
        f"{a} and {b}": round(overlap(solids[a], solids[b]), 2)
        for i, a in enumerate(names)
        for b in names[i + 1 :]
    }
    x, y = e.switch_middle()
    column = Pos(d.WALL + x, d.WALL + y, 0) * Box(d.SWITCH.x, d.SWITCH.y, 100)
    tip = (column & lid).bounding_box().min.Z - d.FLOOR
    return {
        "overlaps_mm3": {pair: mm3 for pair, mm3 in shared.items() if mm3 > 0},
        "post_above_switch_axis_mm": round(tip - d.SWITCH_AXIS, 2),
        "outer_mm": [round(v, 2) for v in (base + lid).bounding_box().size],
    }


def thinnest(mesh: trimesh.Trimesh) -> float:
    """The thinnest place, mm: from 4,000 points of the surface straight through the material.

    Points within 1 mm of an edge are left out: at a chamfer any body is as thin as one likes.
    """
    points, faces = trimesh.sample.sample_surface(mesh, 4000, seed=7)
    inwards = -mesh.face_normals[faces]
    hits, rays, _ = mesh.ray.intersects_location(
        points + 1e-4 * inwards, inwards, multiple_hits=False
    )
    depth = np.linalg.norm(hits - points[rays], axis=1)
    sharp = mesh.face_adjacency_edges[mesh.face_adjacency_angles > 0.3]
    ends = mesh.vertices[sharp]
    kept = [
        thick
        for thick, point in zip(depth, points[rays], strict=True)
        if edge_distance(point, ends) > 1.0
    ]
    return float(min(kept))


def edge_distance(point: np.ndarray, ends: np.ndarray) -> float:
    """From a point to the nearest of many edges, each given by its two ends."""
    start, along = ends[:, 0], ends[:, 1] - ends[:, 0]
    share = np.einsum("ij,ij->i", point - start, along) / np.einsum("ij,ij->i", along, along)
    nearest = start + np.clip(share, 0, 1)[:, None] * along
    return float(np.linalg.norm(point - nearest, axis=1).min())


def build(folder: Path) -> Facts:
    """Write every part's STL and STEP into `folder`, and give the facts about them."""
    parts: Facts = {}
    for name, make in e.PRINTED.items():
        solid = make()
        export_stl(solid, str(folder / f"{name}.stl"), tolerance=FINE, angular_tolerance=0.2)
        if name in WITH_STEP:
            export_step(solid, str(folder / f"{name}.step"), timestamp=STEP_TIME)
        mesh = trimesh.load_mesh(folder / f"{name}.stl")
        parts[name] = {
            "volume_mm3": round(float(solid.volume), 1),
            "bounds_mm": [round(v, 2) for v in solid.bounding_box().size],
            "watertight": bool(mesh.is_watertight),
            "bodies": len(solid.solids()),
            "thinnest_mm": round(thinnest(mesh), 2),
        }
    return {"parts": parts, "fit": fit()}


def complaints(facts: Facts) -> list[str]:
    """What is wrong with the parts themselves, in sentences."""
    said = []
    for name, part in facts["parts"].items():
        if not part["watertight"] or part["bodies"] != 1:
            said.append(f"{name} is not one watertight body")
        if part["thinnest_mm"] < d.THIN_MIN:
            said.append(f"{name} is only {part['thinnest_mm']} mm thick somewhere")
    said += [
        f"{pair} share {mm3} mm³"
        for pair, mm3 in facts["fit"]["overlaps_mm3"].items()
        if mm3 > OVERLAP_MAX
    ]
    return said


def differences(fresh: Facts, kept: Facts) -> list[str]:
    """Where the parts built now are not those that are committed, in sentences."""
    said = []
    for name, part in fresh["parts"].items():
        old = kept["parts"].get(name)
        if old is None:
            said.append(f"{name} is new")
        elif abs(part["volume_mm3"] / old["volume_mm3"] - 1) > 1e-3:
            said.append(f"{name}: {part['volume_mm3']} mm³, committed {old['volume_mm3']}")
        elif not np.allclose(part["bounds_mm"], old["bounds_mm"], atol=0.05):
            said.append(f"{name}: {part['bounds_mm']} mm, committed {old['bounds_mm']}")
    said += [f"{name} is gone" for name in kept["parts"] if name not in fresh["parts"]]
    return said


def compare() -> list[str]:
    """Build all anew, and say what is wrong or other than what is committed."""
    with tempfile.TemporaryDirectory() as temporary:
        facts = build(Path(temporary))
    return complaints(facts) + differences(facts, json.loads(FACTS.read_text(encoding="utf-8")))


def write() -> list[str]:
    """Build all anew and keep it. What is wrong is said all the same."""
    facts = build(FOLDER)
    FACTS.write_text(json.dumps(facts, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return complaints(facts)
