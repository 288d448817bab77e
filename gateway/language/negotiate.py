"""Which language a person reads: asked for, remembered, preferred by the browser, or the site's."""

from typing import Final

from starlette.requests import HTTPConnection

from gateway.language.catalogue import LOCALES

COOKIE: Final = "menshen_language"
COOKIE_S: Final = 365 * 24 * 3600
HEADER_MAX: Final = 512  # characters of Accept-Language that are checked


def asked_for(request: HTTPConnection) -> str | None:
    """The language in `?lang=`, if we speak it."""
    language = request.query_params.get("lang", "")
    return language if language in LOCALES else None


def chosen(request: HTTPConnection, default: str) -> str:
    """The language of this request's answer."""
    remembered = request.cookies.get(COOKIE, "")
    return (
        asked_for(request)
        or (remembered if remembered in LOCALES else None)
        or _preferred(request.headers.get("accept-language", ""))
        or default
    )


def _preferred(header: str) -> str | None:
    """The first that we speak, by weight: `zh-CN,zh;q=0.9,en;q=0.8` is zh."""
    ranked: list[tuple[float, int, str]] = []
    for place, item in enumerate(header[:HEADER_MAX].split(",")):
        tag, _, weight = item.strip().partition(";q=")
        language = tag.strip().lower().partition("-")[0]
        if language in LOCALES:
            ranked.append((-_number(weight or "1"), place, language))
    return min(ranked)[2] if ranked else None


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
