"""A real browser that trusts the site's authority, and a real proxy before the console."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import html
import re
import subprocess
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest
from axe_playwright_python.async_playwright import Axe
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.async_api import Page, async_playwright, expect

from gateway.engine.clock import MachineClock
from gateway.provisioning.certificates import CONSOLE_CRT, CONSOLE_KEY
from tests import neighbours
from tests.web.site_certificate import NAME, certified, sections, served_by, trusting
from tests.web.web_site import Console, console, first_case, new_store

WAIT_MS = 20_000
PHONE = {"width": 360, "height": 740}
SAMPLE = Path(__file__).parents[2] / "docs" / "proxies" / "nginx.conf"


@contextlib.asynccontextmanager
async def phone(chromium: str, ca: Path | None, language: str = "zh-CN") -> AsyncIterator[Page]:
    """A phone's browser for which NAME is this machine, and that trusts an authority."""
    trusts = [] if ca is None else [f"--ignore-certificate-errors-spki-list={_spki(ca)}"]
    where = f"--host-resolver-rules=MAP {NAME} 127.0.0.1"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu", where, *trusts]
        )
        context = await browser.new_context(viewport=PHONE, locale=language)  # type: ignore[arg-type]
        page = await context.new_page()
        page.set_default_timeout(WAIT_MS)
        yield page
        await browser.close()


def _spki(ca: Path) -> str:
    key = x509.load_pem_x509_certificate(ca.read_bytes()).public_key()
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(der).digest()).decode()


async def test_a_page_lives_over_https_in_a_browser_that_trusts_the_site(
    chromium: str, tmp_path: Path
) -> None:
    ca = certified(tmp_path)
    allowed = sections(tmp_path, host="127.0.0.1")
    async with (
        console(new_store(tmp_path), MachineClock(0), **allowed) as site,
        served_by(site, allowed) as (_, port),
        phone(chromium, ca) as page,
    ):
        await site.seal(0)
        await page.goto(f"https://127.0.0.1:{port}/inbox/wang")
        await expect(page.get_by_text("实时").first).to_be_visible(timeout=WAIT_MS)
        await site.opens(0)  # its stream is alive
        card = page.locator('[data-state="raised"]')
        await expect(card).to_contain_text("门开了，没有人报备。", timeout=WAIT_MS)
        await card.get_by_role("button").first.click()
        await expect(page.locator('[data-state="acknowledged"]')).to_be_visible(timeout=WAIT_MS)
        cookies = await page.context.cookies()
        assert all(cookie["secure"] for cookie in cookies)


async def test_a_browser_that_does_not_trust_the_site_warns(chromium: str, tmp_path: Path) -> None:
    certified(tmp_path)
    allowed = sections(tmp_path)
    async with (
        console(new_store(tmp_path), MachineClock(0), **allowed) as site,
        served_by(site, allowed) as (_, port),
        phone(chromium, None) as page,
    ):
        with pytest.raises(Exception, match="ERR_CERT_AUTHORITY_INVALID"):
            await page.goto(f"https://{NAME}:{port}/trust")


@pytest.mark.parametrize(
    ("language", "button"), [("zh-CN", "下载证书"), ("en-GB", "Get the certificate")]
)
async def test_the_page_of_trust_is_read_on_a_phone_and_gives_the_file(
    chromium: str, tmp_path: Path, language: str, button: str
) -> None:
    ca = certified(tmp_path)
    allowed = sections(tmp_path, host="0.0.0.0", password="门神 open 门 sesame")
    complaints: list[str] = []
    async with (
        console(new_store(tmp_path), MachineClock(0), **allowed) as site,
        served_by(site, allowed) as (_, port),
        phone(chromium, ca, language) as page,
    ):
        page.on("console", lambda said: complaints.append(said.text))
        await page.goto(f"http://{NAME}:{port}/trust")  # as people type it
        assert page.url == f"https://{NAME}:{port}/trust"
        assert await page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
        found = (await Axe().run(page)).response["violations"]
        assert [one["id"] for one in found] == []
        async with page.expect_download() as downloading:
            await page.get_by_text(button, exact=True).click()
        download = await downloading.value
        assert download.suggested_filename == "menshen-ca.crt"
        got = x509.load_der_x509_certificate(Path(await download.path()).read_bytes())
        assert got == x509.load_pem_x509_certificate(ca.read_bytes())
    assert complaints == []


async def test_the_sample_for_nginx_does_what_it_says(
    tmp_path: Path, free_port: Callable[[], int], keep: Callable[[neighbours.Neighbour], None]
) -> None:
    program = neighbours.or_skip(
        neighbours.find("nginx"), "nginx", "`make neighbours` installs it on Debian"
    )
    ca = certified(tmp_path)
    behind_it = {"site": {"language": "en"}, "console": {"proxies": ["127.0.0.1"]}}
    async with (
        console(new_store(tmp_path), MachineClock(0), **behind_it) as site,
        served_by(site, behind_it) as (_, behind),
    ):
        await site.seal(0)
        port, plain = free_port(), free_port()
        keep(_nginx(program, tmp_path, {443: port, 80: plain, 8080: behind}))
        async with httpx.AsyncClient(verify=trusting(ca)) as client:
            moved = await client.get(f"http://127.0.0.1:{plain}/cases")
            assert moved.status_code == 308
            assert moved.headers["location"] == "https://127.0.0.1/cases"
            answer = await client.get(f"https://127.0.0.1:{port}/?lang=zh")
            assert answer.status_code == 200
            assert answer.headers["strict-transport-security"]
            assert all(c.endswith("; Secure") for c in answer.headers.get_list("set-cookie"))
            pressed = await client.post(
                f"https://127.0.0.1:{port}/cases/none/acknowledge",
                headers={"origin": f"https://127.0.0.1:{port}"},
            )
            assert pressed.status_code == 404  # not 403: its own page may press
            await _is_live(client, f"https://127.0.0.1:{port}", site)


async def _is_live(client: httpx.AsyncClient, address: str, site: Console) -> None:
    """What happens comes through the proxy as it happens."""
    stream = re.search(r'sse-connect="([^"]+)"', (await client.get(f"{address}/cases")).text)
    assert stream
    async with (
        asyncio.timeout(20),
        client.stream("GET", address + html.unescape(stream[1]), timeout=None) as live,
    ):
        await site.opens(0)
        async for line in live.aiter_lines():
            if first_case(0) in line:
                return
    pytest.fail("the stream ended")


def _nginx(program: str, folder: Path, ports: dict[int, int]) -> neighbours.Neighbour:
    """nginx with the sample as it stands, but for its ports and the place of the certificate."""
    sample = SAMPLE.read_text().replace(
        "/etc/nginx/menshen/fullchain.pem", str(folder / CONSOLE_CRT)
    )
    sample = sample.replace("/etc/nginx/menshen/privkey.pem", str(folder / CONSOLE_KEY))
    for usual, port in ports.items():
        sample = re.sub(rf"(listen |127\.0\.0\.1:){usual}\b", rf"\g<1>{port}", sample)
    places = "".join(
        f"{name}_temp_path {folder}/{name};"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    conf = folder / "nginx.conf"
    conf.write_text(
        f"daemon off; master_process off; pid {folder}/nginx.pid; error_log stderr;"
        f"events {{}} http {{ access_log off; {places}\n{sample}\n}}"
    )
    check = subprocess.run([program, "-t", "-c", conf], capture_output=True, text=True, check=False)
    assert check.returncode == 0, check.stderr

    def ready() -> bool:
        return neighbours.answers(ports[443])

    return neighbours.Neighbour("nginx", [program, "-c", str(conf)], folder, ready)
