"""`make icons`: the handheld's icons, drawn by real Chromium from our own mark.

A launcher may cut a "maskable" icon into any shape, so that one keeps the mark within the inner
four fifths and fills the rest with the mark's own dark.
"""

import asyncio
import sys
from pathlib import Path

from playwright.async_api import async_playwright

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "gateway" / "web"
MARK = WEB / "static" / "mark.svg"
FOLDER = WEB / "handheld" / "static"
DARK = "#1d2528"
ICONS = {  # file -> side in pixels, share of it that the mark takes, ground behind it
    "icon-180.png": (180, 0.86, DARK),  # iOS rounds it itself, and knows no clear ground
    "icon-192.png": (192, 1.0, "transparent"),
    "icon-512.png": (512, 1.0, "transparent"),
    "icon-maskable.png": (512, 0.66, DARK),
}


def page(side: int, share: float, ground: str) -> str:
    """The mark in the middle of a square."""
    size = round(side * share)
    style = f"margin:0;height:{side}px;display:grid;place-items:center;background:{ground}"
    mark = MARK.read_text().replace("<svg ", f'<svg width="{size}" height="{size}" ', 1)
    return f'<body style="{style}">{mark}</body>'


async def draw(chromium: str) -> None:
    """Write all icons anew, by a Chromium at that path."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        for name, (side, share, ground) in ICONS.items():
            view = await browser.new_page(viewport={"width": side, "height": side})
            await view.set_content(page(side, share, ground))
            clear = ground == "transparent"
            await view.screenshot(path=FOLDER / name, omit_background=clear)
        await browser.close()


if __name__ == "__main__":
    from tests import neighbours

    found = neighbours.find("chromium") or neighbours.find("chromium-browser")
    if found is None:
        sys.exit("no Chromium here; make neighbours gets one")
    asyncio.run(draw(found))
