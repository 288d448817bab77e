"""The console speaks HTTPS by itself: on real sockets, with the site's own authority."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import ssl
from asyncio import sslproto
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import psutil
import pytest
from cryptography import x509

from gateway.engine.clock import MachineClock
from gateway.provisioning.certificates import CONSOLE_CRT, CONSOLE_KEY
from gateway.web import connections, entrance, tls
from gateway.web.entrance import answer_to_http
from gateway.web.tls import Certificate, CertificateError, context_of
from tests.waiting import until
from tests.web.site_certificate import (
    NAME,
    certified,
    said_to,
    sections,
    served_by,
    shown_at,
    trusting,
)
from tests.web.web_site import Console, console, new_store

LINES = 120
KIB = 1024
A_LINE_MAX = 160 * KIB  # both ends of it are in this process; with asyncio's own buffers over 500
GET = b"GET /cases HTTP/1.1\r\nHost: menshen.test:8443\r\n\r\n"


@contextlib.asynccontextmanager
async def at_work(folder: Path) -> AsyncIterator[tuple[Console, tuple[str, int], ssl.SSLContext]]:
    """A site, the address at which it speaks HTTPS, and a phone's trust in it."""
    ca = certified(folder)
    async with (
        console(new_store(folder), MachineClock(0)) as site,
        served_by(site, sections(folder)) as address,
    ):
        yield site, address, trusting(ca)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_tls_1_2_and_1_3_are_spoken(tmp_path: Path, version: ssl.TLSVersion) -> None:
    async with at_work(tmp_path) as (_, address, context):
        context.minimum_version = context.maximum_version = version
        shown = await shown_at(address, context)
        assert shown.version() == version.name.replace("_", ".")
        name = (shown.cipher() or ("",))[0]
        assert "GCM" in name or "CHACHA20" in name


async def test_tls_1_1_is_refused(tmp_path: Path) -> None:
    async with at_work(tmp_path) as (_, address, context):
        with pytest.warns(DeprecationWarning, match="TLSv1_1"):
            context.minimum_version = ssl.TLSVersion.TLSv1_1
        with pytest.warns(DeprecationWarning, match="TLSv1_1"):
            context.maximum_version = ssl.TLSVersion.TLSv1_1
        context.set_ciphers("ALL:@SECLEVEL=0")
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await shown_at(address, context)
        assert await shown_at(address, trusting(tmp_path / "ca.crt"))  # it serves on


async def test_a_phone_that_does_not_trust_the_authority_goes_no_further(tmp_path: Path) -> None:
    async with at_work(tmp_path) as (_, address, _):
        with pytest.raises(ssl.SSLCertVerificationError):
            await shown_at(address, ssl.create_default_context())


async def test_a_page_over_tls_carries_hsts_and_every_cookie_is_secure(tmp_path: Path) -> None:
    async with at_work(tmp_path) as (site, (host, port), context):
        await site.seal(0)
        async with httpx.AsyncClient(verify=context, base_url=f"https://{host}:{port}") as client:
            answer = await client.get("/?lang=zh")
            assert answer.status_code == 200
            assert answer.headers["strict-transport-security"] == "max-age=31536000"
            assert "default-src 'none'" in answer.headers["content-security-policy"]
            cookies = answer.headers.get_list("set-cookie")
            assert cookies
            assert all(cookie.endswith("; Secure") for cookie in cookies)
            rebound = await client.get("/", headers={"host": "evil.example"})
            assert rebound.status_code == 421


async def test_a_page_in_clear_under_our_own_name_cannot_press(tmp_path: Path) -> None:
    async with (
        at_work(tmp_path) as (_, (host, port), context),
        httpx.AsyncClient(verify=context, base_url=f"https://{host}:{port}") as client,
    ):
        for scheme, status in (("http", 403), ("https", 404)):
            origin = {"origin": f"{scheme}://{host}:{port}"}
            answer = await client.post("/cases/none/acknowledge", headers=origin)
            assert answer.status_code == status


async def test_a_renewed_certificate_is_what_the_next_handshake_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tls, "LOOK_S", 0.02)
    async with at_work(tmp_path) as (_, address, context):
        before = (await shown_at(address, context)).getpeercert(binary_form=True)
        reader, writer = await asyncio.open_connection(*address, ssl=context, server_hostname=NAME)
        certified(tmp_path)
        renewed = x509.load_pem_x509_certificate((tmp_path / CONSOLE_CRT).read_bytes())

        async def is_shown() -> bool:
            shown = (await shown_at(address, context)).getpeercert(binary_form=True)
            assert shown is not None
            return shown != before and x509.load_der_x509_certificate(shown) == renewed

        async with asyncio.timeout(10):
            while not await is_shown():
                pass
        writer.write(b"GET /static/menshen.css HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert await reader.readline() == b"HTTP/1.1 200 OK\r\n"  # who is in stays in
        writer.transport.abort()


def test_half_a_renewal_or_a_strangers_key_spoils_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    certified(tmp_path)
    served = Certificate(tmp_path / CONSOLE_CRT, tmp_path / CONSOLE_KEY)
    key = (tmp_path / CONSOLE_KEY).read_bytes()
    certified(tmp_path)
    new_key = (tmp_path / CONSOLE_KEY).read_bytes()
    (tmp_path / CONSOLE_KEY).write_bytes(key)  # the certificate came, its key not yet
    assert not served.renew()
    assert "the old one stays: console.key:" in caplog.text
    assert not served.renew()  # and that is told once
    (tmp_path / CONSOLE_KEY).write_bytes(new_key)
    assert served.renew()
    (tmp_path / CONSOLE_KEY).unlink()
    assert not served.renew()
    assert "cannot be read" in caplog.text


def test_what_cannot_be_used_is_told_in_a_sentence(tmp_path: Path) -> None:
    certified(tmp_path)
    crt, key = tmp_path / CONSOLE_CRT, tmp_path / CONSOLE_KEY
    for pair, words in (
        ((tmp_path / "none", key), "console.certificate: .*none cannot be read: No such file"),
        ((crt, tmp_path), "console.key: .* cannot be read: Is a directory"),
        ((crt, tmp_path / "server.key"), r"console.key: .*server.key is not the key of .*\.crt"),
        ((key, key), "both are PEM files"),
    ):
        with pytest.raises(CertificateError, match=words):
            context_of(*pair)


async def test_http_on_the_port_of_https_is_sent_there(tmp_path: Path) -> None:
    async with at_work(tmp_path) as (_, address, _):
        answer = await said_to(address, GET)
        assert answer.startswith(b"HTTP/1.1 307 ")
        assert b"\r\nLocation: https://menshen.test:8443/cases\r\n" in answer
        assert "请在前面写上 https://".encode() in answer
        assert b"Set-Cookie" not in answer
        post = b"POST /cases/x/report HTTP/1.1\r\nHost: menshen.test\r\nContent-Length: 2\r\n\r\nab"
        answer = await said_to(address, post)
        assert answer.startswith(b"HTTP/1.1 400 ")
        assert b"write https:// before it" in answer
        with contextlib.suppress(ConnectionResetError):  # what is neither gets no word
            assert await said_to(address, b"\x00\x01\x02") == b""


@pytest.mark.parametrize(
    "head",
    [
        b"GET /a\r\nb HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET http://evil/ HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x/evil\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET",
        b"",
    ],
)
def test_nobody_is_sent_where_a_crooked_request_says(head: bytes) -> None:
    assert answer_to_http(head).startswith(b"HTTP/1.1 400 ")


async def test_i2_who_never_finishes_the_handshake_is_let_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "REQUEST_S", 0.5)
    async with at_work(tmp_path) as (_, address, context):
        for begin in (b"", b"\x16", b"\x16\x03\x01\x02\x00\x01", b"GET / HTTP/1.1\r\n"):
            async with asyncio.timeout(10):
                with contextlib.suppress(ConnectionError):
                    await said_to(address, begin)
        reader, writer = await asyncio.open_connection(*address, ssl=context, server_hostname=NAME)
        async with asyncio.timeout(10):
            assert await reader.read() == b""  # nor who says nothing after it
        writer.transport.abort()


async def test_i2_silent_strangers_before_the_handshake_take_places_and_lose_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.web.server.connections_max", lambda: 16)
    async with at_work(tmp_path) as (_, address, context):
        silent = [await asyncio.open_connection(*address) for _ in range(40)]
        assert await shown_at(address, context)
        await until(lambda: sum(reader.at_eof() for reader, _ in silent) >= 24)
        for _, writer in silent:
            writer.transport.abort()


async def test_whoever_makes_connections_without_end_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entrance, "HANDSHAKES", (0.001, 3.0))
    monkeypatch.setattr(entrance, "is_own", lambda _: False)
    async with at_work(tmp_path) as (_, address, context):
        for _ in range(3):
            await shown_at(address, context)
        with pytest.raises((ConnectionError, ssl.SSLError)):
            await shown_at(address, context)


async def test_a_connection_with_tls_costs_no_quarter_of_a_mebibyte(tmp_path: Path) -> None:
    """asyncio's own read buffer would. If the constant goes, this fails."""
    assert sslproto.SSLProtocol.__dict__.keys() >= {"max_size"}
    process = psutil.Process()
    async with at_work(tmp_path) as (_, address, context):
        assert sslproto.SSLProtocol.max_size == tls.READ_BUFFER_BYTES
        await shown_at(address, context)
        gc.collect()
        before = process.memory_info().rss
        lines = [
            await asyncio.open_connection(*address, ssl=context, server_hostname=NAME)
            for _ in range(LINES)
        ]
        each = (process.memory_info().rss - before) / LINES
        for _, writer in lines:
            writer.transport.abort()
    assert each < A_LINE_MAX, f"{each / KIB:.0f} KiB for a connection and its far end"


def test_the_console_s_certificate_is_what_browsers_take(tmp_path: Path) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    certified(tmp_path, ["pi.local", "192.168.1.20"], now)
    leaf, ca = x509.load_pem_x509_certificates((tmp_path / CONSOLE_CRT).read_bytes())
    assert leaf.not_valid_after_utc - leaf.not_valid_before_utc == timedelta(days=397)
    assert leaf.not_valid_before_utc < now < leaf.not_valid_after_utc
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["pi.local", "localhost"]
    addresses = [str(address) for address in names.get_values_for_type(x509.IPAddress)]
    assert addresses == ["192.168.1.20", "127.0.0.1"]
    leaf.verify_directly_issued_by(ca)
    assert (tmp_path / CONSOLE_KEY).stat().st_mode & 0o077 == 0
