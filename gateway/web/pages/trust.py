"""How a phone comes to trust this console: a page and the authority's certificate, for everybody.

A phone must trust the console before anybody can sign in on it. Nothing here is secret: the file is
what every handshake shows. Whether it is ours, a person sees by its fingerprint.
"""

import asyncio
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from fastapi import APIRouter, Request, Response

from gateway.language.catalogue import N_
from gateway.provisioning.certificates import authority_in, chain_in, fingerprint
from gateway.web.answers import HttpProblem
from gateway.web.context import WebContext

MIME: Final = "application/x-x509-ca-cert"  # else an iPhone does not offer to install it
FILE: Final = "menshen-ca.crt"
PAIRS_A_LINE: Final = 8

_NO_AUTHORITY = N_("There is no certificate to install here: phones trust this console already.")


def routes(context: WebContext) -> APIRouter:
    """GET /trust, and the certificate at /trust/ca.crt."""
    router = APIRouter()

    @router.get("/trust")
    async def page(request: Request) -> Response:
        authority = await _authority(context)
        values: dict[str, Any] = {"lines": [] if authority is None else _lines(authority)}
        html = context.draw("trust.html", context.setting(request), values)
        return context.answer(request, html)

    @router.get("/trust/ca.crt")
    async def certificate() -> Response:
        authority = await _authority(context)
        if authority is None:
            raise HttpProblem(404, _NO_AUTHORITY)
        headers = {"Content-Disposition": f'attachment; filename="{FILE}"'}
        return Response(authority.public_bytes(Encoding.DER), headers=headers, media_type=MIME)

    return router


async def _authority(context: WebContext) -> x509.Certificate | None:
    """The site's own authority, as the console's certificate names it now; None without one."""
    pair = context.settings.console.pair
    if pair is None:
        return None
    try:
        return authority_in(await asyncio.to_thread(chain_in, pair[0]))
    except (OSError, ValueError):
        return None  # it is being renewed, or was taken away; `menshen check` says so


def _lines(authority: x509.Certificate) -> list[str]:
    """The fingerprint, cut as a phone shows it."""
    pairs = fingerprint(authority).split(":")
    starts = range(0, len(pairs), PAIRS_A_LINE)
    return [":".join(pairs[start : start + PAIRS_A_LINE]) for start in starts]
