"""Which language a person gets: asked for, remembered, preferred by the browser, or the site's."""

from pathlib import Path

import pytest
from starlette.requests import Request

from gateway.language.negotiate import chosen
from tests.web.web_site import console, new_store


def request(query: str = "", cookie: str = "", accept: str = "") -> Request:
    headers = [(b"accept-language", accept.encode()), (b"cookie", cookie.encode())]
    return Request({"type": "http", "query_string": query.encode(), "headers": headers})


@pytest.mark.parametrize(
    ("query", "cookie", "accept", "language"),
    [
        ("", "", "", "zh"),
        ("", "", "en-GB,en;q=0.9", "en"),
        ("", "", "zh-Hans-CN,en;q=0.9", "zh"),
        ("", "", "de;q=1, en;q=0.4, zh;q=0.7", "zh"),
        ("", "", "fr, *;q=0.1", "zh"),
        ("", "", "en;q=rubbish, zh;q=0.1", "zh"),
        ("", "", ",;,;q=," * 400, "zh"),
        ("", "menshen_language=en", "zh", "en"),
        ("", "menshen_language=klingon", "en", "en"),
        ("lang=en", "menshen_language=zh", "zh", "en"),
        ("lang=../../etc", "", "en", "en"),
    ],
)
def test_the_nearer_wish_wins(query: str, cookie: str, accept: str, language: str) -> None:
    assert chosen(request(query, cookie, accept), "zh") == language


async def test_a_language_that_was_asked_for_is_remembered(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        assert "各户" in await site.text("/?lang=zh", "en")
        assert "各户" in await site.text("/", "en")
        assert "Doors" in await site.text("/?lang=en", "zh")


async def test_without_any_wish_the_site_decides(tmp_path: Path) -> None:
    async with console(new_store(tmp_path), site={"language": "zh"}) as site:
        page = await site.text("/", language="")
        assert 'lang="zh-CN"' in page
