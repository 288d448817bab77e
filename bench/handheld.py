"""A warden's phone on a slow line: how long until she can press, and what the app weighs.

A real Chromium over HTTPS, on a line of 400 ms a turn and 400 kbit/s, handshakes and the app's
worker included. A page can be used when its button is there and its scripts have run.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import statistics
import tempfile
import time
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.async_api import BrowserContext, Page, async_playwright

from bench.phones import COOKIE, HTTPS, Phones, signed_in, warden
from bench.slow_line import SlowLine
from bench.stage import CannotMeasure, Stage, stage
from bench.walls import address
from gateway.provisioning.certificates import CA_CRT
from tests import neighbours
from tests.end_to_end import site as sites
from tests.web.site_certificate import certified

LOOKS = 3
QUIET_S = 4.0  # then all is told that a page asks for by itself
IDLE_S = 25.0  # then the gateway has let go of every other connection
WAIT_MS = 60_000
ITS_BUTTON = 'form[data-action="acknowledge"] button'


async def measure(folder: Path, seconds: float) -> dict[str, float]:
    """first_load_kb, first_load_3g_s, case_page_3g_s, case_page_3g_new_line_s, case_page_kept_s."""
    program = neighbours.find("chromium") or neighbours.find("chromium-browser")
    if program is None:
        raise CannotMeasure("chromium is missing; `make neighbours` installs it on Debian")
    tokens: list[str] = []

    def prepare(site: sites.Site) -> None:
        certified(site.folder, ())
        tokens.extend(signed_in(site, 1))

    async with stage(folder, ordered=True, console=HTTPS, prepare=prepare) as play:
        play.line.write(play.sealers[0].turn())  # a door opens, and nobody had announced it
        await Phones(play, tokens).first()
        line = SlowLine(*address(play.site.console_url))
        profile = tempfile.TemporaryDirectory(prefix="menshen-phone-")
        async with line.open(), async_playwright() as playwright:
            context = await playwright.chromium.launch_persistent_context(
                profile.name,
                executable_path=program,
                args=["--no-sandbox", "--disable-gpu", _trusts(play)],
                viewport={"width": 360, "height": 740},
            )
            try:
                return await _looks(context, line, play, tokens[0])
            finally:
                await context.close()
                profile.cleanup()


async def _looks(
    context: BrowserContext, line: SlowLine, play: Stage, token: str
) -> dict[str, float]:
    site = f"https://127.0.0.1:{line.port}/"
    path = f"/handheld/{warden(0)}/cases/{play.sealers[0].seal_id}-1"
    case = site[:-1] + path
    await context.add_cookies([{"name": COOKIE, "value": token, "url": site, "secure": True}])
    page = await context.new_page()
    page.set_default_timeout(WAIT_MS)
    first_s = await _usable(page, case)
    first_kb = line.down_bytes / 1_000
    await page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    kept = "(path) => Kept.page(path).then((one) => Boolean(one))"
    late = time.monotonic() + WAIT_MS / 1_000
    while not await page.evaluate(kept, path):
        if time.monotonic() > late:
            raise CannotMeasure("the phone does not keep the case's page")
        await asyncio.sleep(0.2)
    await page.reload()  # its worker is in charge from now on
    from_line, from_new_line, from_phone = list[float](), list[float](), list[float]()
    for number in range(LOOKS):
        from_phone.append(await _usable(page, case))
        await asyncio.sleep(IDLE_S)
        from_new_line.append(await _usable(page, f"{case}?new={number}"))
        await asyncio.sleep(QUIET_S)
        from_line.append(await _usable(page, f"{case}?again={number}"))
        await asyncio.sleep(QUIET_S)
    return {
        "first_load_kb": first_kb,
        "first_load_3g_s": first_s,
        "case_page_3g_s": statistics.median(from_line),
        "case_page_3g_new_line_s": statistics.median(from_new_line),
        "case_page_kept_s": statistics.median(from_phone),
    }


async def _usable(page: Page, url: str) -> float:
    """How long until she can press, in s."""
    began = time.monotonic()
    await page.goto(url, wait_until="commit")
    await page.locator(ITS_BUTTON).first.wait_for()
    await page.wait_for_load_state("domcontentloaded")  # its deferred scripts have run
    return time.monotonic() - began


def _trusts(play: Stage) -> str:
    """The browser's flag by which it trusts the site's authority."""
    key = x509.load_pem_x509_certificate((play.site.folder / CA_CRT).read_bytes()).public_key()
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    digest = base64.b64encode(hashlib.sha256(der).digest()).decode()
    return f"--ignore-certificate-errors-spki-list={digest}"
