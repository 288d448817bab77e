"""Doors with labels, and a phone whose camera sees one: a film is made of the printed label."""

import contextlib
import random
import re
from collections.abc import AsyncIterator
from pathlib import Path

import segno
from playwright.async_api import BrowserContext, async_playwright
from sqlalchemy import insert

from gateway.core.events import OrderPlaced
from gateway.core.model import Order
from gateway.core.subject import of_door
from gateway.provisioning.door_label import DoorLabel, svg
from gateway.registry.door_codes import check_digit
from gateway.store.database import Store
from gateway.store.door_codes import DOOR_CODES
from tests.web.handheld_phone import ARGS, PHONE, WAIT_MS
from tests.web.web_site import Console

WIDTH, HEIGHT, FRAMES = 640, 480, 3
MODULE = 10  # pixels: a label at a forearm's length
PAPER, INK = 225, 30  # grey by day,
DIM_PAPER, DIM_INK, NOISE = 75, 40, 8  # and in a stairwell without a lamp


def code_of(number: int) -> str:
    """A code whose last digit checks."""
    digits = f"{number:09d}"
    return digits + check_digit(digits)


def gets_code(store: Store, order_id: str, door_id: str, code: str) -> None:
    """An order has this code, as enrolment would have given it."""
    row = {"order_id": order_id, "door_id": door_id, "code": code, "made_ms": 0}
    with store.writing() as connection:
        connection.execute(insert(DOOR_CODES), row)


async def order_changes(site: Console, door_id: str, order: Order, code: str) -> None:
    """Another order on the door, with a code of its own."""
    gets_code(site.store, order.order_id, door_id, code)
    await site.engine.submit(of_door(door_id), OrderPlaced(order))


def film(folder: Path, code: str, *, is_dim: bool = False) -> Path:
    """What a camera before the printed label of this code sees."""
    label = svg(DoorLabel(code, "3-101", "", ""), "zh")
    dark = [(int(x), int(y)) for x, y in re.findall(r"M(\d+) (\d+)h1v1", label)]
    return _filmed(folder / f"{code}.y4m", dark, is_dim=is_dim)


def other_film(folder: Path) -> Path:
    """A camera before a code that is no door's."""
    matrix = segno.make_qr("menshen:seal:00112233445566aa").matrix
    dark = [(x, y) for y, row in enumerate(matrix) for x, dark in enumerate(row) if dark]
    return _filmed(folder / "other.y4m", dark, is_dim=False)


def _filmed(path: Path, dark: list[tuple[int, int]], *, is_dim: bool) -> Path:
    side = max(max(pair) for pair in dark) + 1
    left, top = (WIDTH - side * MODULE) // 2, (HEIGHT - side * MODULE) // 2
    paper, ink = (DIM_PAPER, DIM_INK) if is_dim else (PAPER, INK)
    rows = [bytearray([paper]) * WIDTH for _ in range(HEIGHT)]
    for x, y in dark:
        for row in rows[top + y * MODULE : top + (y + 1) * MODULE]:
            row[left + x * MODULE : left + (x + 1) * MODULE] = bytes([ink]) * MODULE
    luma, chance = b"".join(rows), random.Random(1)  # noqa: S311 - grain, and no secret
    frames = bytearray(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F10:1 Ip A1:1 C420mpeg2\n".encode())
    for _ in range(FRAMES):
        seen = bytes(grey + chance.randint(-NOISE, NOISE) for grey in luma) if is_dim else luma
        frames += b"FRAME\n" + seen + b"\x80" * (WIDTH * HEIGHT // 2)
    path.write_bytes(frames)
    return path


@contextlib.asynccontextmanager
async def camera_phone(
    chromium: str, folder: Path, seen: Path | None, language: str = "en", *, allowed: bool = True
) -> AsyncIterator[BrowserContext]:
    """A phone whose camera sees a film; without one it has no camera."""
    args = [*ARGS]
    if seen is not None:
        args += ["--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={seen}"]
    async with async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(
            folder,
            executable_path=chromium,
            args=args,
            viewport=PHONE,
            locale=language,
            permissions=["camera"] if allowed else [],
        )
        context.set_default_timeout(WAIT_MS)
        yield context
        await context.close()
