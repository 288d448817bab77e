"""How a phone comes to trust the console, and who is let in where nothing is encrypted."""

from __future__ import annotations

import hashlib
import ssl
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pydantic import ValidationError

from gateway.settings import Settings
from tests.web.site_certificate import certified, sections
from tests.web.web_site import console, new_store

PASSWORD = "门神 open 门 sesame"
PROXY, STRANGER, CLOUD = "10.0.0.5", "10.0.0.9", "203.0.113.9"
BEHIND = {"host": "0.0.0.0", "password": PASSWORD, "proxies": [PROXY]}
LOGIN = ("menshen", PASSWORD.encode())


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_the_page_is_open_to_a_phone_that_cannot_sign_in_yet(
    tmp_path: Path, language: str
) -> None:
    ca = certified(tmp_path)
    der = ssl.PEM_cert_to_DER_cert(ca.read_text())
    with_tls = sections(tmp_path, host="0.0.0.0", password=PASSWORD)
    async with console(new_store(tmp_path), **with_tls) as site:
        text = await site.text("/trust", language)
        assert ":".join(f"{byte:02X}" for byte in hashlib.sha256(der).digest()[:8]) in text
        assert "iPhone" in text
        assert ("HarmonyOS" if language == "en" else "鸿蒙") in text
        assert (await site.client.get("/static/menshen.css")).status_code == 200
        answer = await site.client.get("/trust/ca.crt")
        assert answer.headers["content-type"] == "application/x-x509-ca-cert"
        assert answer.content == der
        assert x509.load_der_x509_certificate(answer.content).subject.rfc4514_string()
        for path in ("/", "/trust/", "/trust/ca.key", "/trustx", "/cases"):
            assert (await site.client.get(path)).status_code == 401
        assert (await site.client.post("/trust")).status_code == 401


async def test_a_given_certificate_or_none_needs_nothing_on_the_phone(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    async with console(store) as site:
        assert "no certificate to install here" in await site.text("/trust")
        assert (await site.client.get("/trust/ca.crt")).status_code == 404
    certified(tmp_path)
    crt = tmp_path / "console.crt"
    leaf = x509.load_pem_x509_certificates(crt.read_bytes())[0]
    crt.write_text(ssl.DER_cert_to_PEM_cert(leaf.public_bytes(Encoding.DER)))
    async with console(store, **sections(tmp_path)) as site:
        assert "no certificate to install here" in await site.text("/trust")
        assert (await site.client.get("/trust/ca.crt")).status_code == 404


def test_an_address_beyond_loopback_without_tls_is_refused_with_a_way_forward() -> None:
    for host, name in (("192.168.1.20", "192.168.1.20"), ("0.0.0.0", "pi.local 192.168.1.20")):
        with pytest.raises(ValidationError) as refused:
            Settings(console={"host": host, "password": PASSWORD})
        said = str(refused.value)
        assert "would cross the network readable" in said
        assert f"`menshen console-certificate {name}`" in said
        assert 'host = "127.0.0.1"' in said
        assert "console.proxies" in said
    Settings(console={"host": "0.0.0.0", "password": PASSWORD, "certificate": "c", "key": "k"})
    Settings(console={"host": "127.0.0.1"})


@pytest.mark.parametrize(
    ("peer", "status"),
    [(PROXY, 200), ("127.0.0.1", 200), ("127.0.0.2", 200), (STRANGER, 421), (CLOUD, 421)],
)
async def test_in_clear_only_the_named_proxy_is_let_in(
    tmp_path: Path, peer: str, status: int
) -> None:
    async with console(new_store(tmp_path), console=BEHIND) as site:
        transport = httpx.ASGITransport(site.app, client=(peer, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://pi.local") as client:
            answer = await client.get("/cases", auth=LOGIN)
            assert answer.status_code == status
            if status != 200:
                assert "proxy only" in answer.text or "代理" in answer.text


@pytest.mark.parametrize(("peer", "is_believed"), [(PROXY, True), ("127.0.0.1", False)])
async def test_a_proxy_s_word_that_the_browser_speaks_tls_is_believed_of_our_own_alone(
    tmp_path: Path, peer: str, is_believed: bool
) -> None:
    async with console(new_store(tmp_path), console=BEHIND) as site:
        transport = httpx.ASGITransport(site.app, client=(peer, 1))
        headers = {"x-forwarded-proto": "https"}
        async with httpx.AsyncClient(transport=transport, base_url="http://pi.local") as client:
            answer = await client.get("/?lang=zh", auth=LOGIN, headers=headers)
            assert ("strict-transport-security" in answer.headers) is is_believed
            assert answer.headers.get_list("set-cookie")
            for cookie in answer.headers.get_list("set-cookie"):
                assert cookie.endswith("; Secure") is is_believed
