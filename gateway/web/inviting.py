"""A phone is invited: a link that signs it in once, as a page shows it for the phone's camera."""

from collections.abc import Callable
from typing import Any

from fastapi import Request
from sqlalchemy import Connection

from gateway.accounts import invitations, persons
from gateway.accounts.persons import Account
from gateway.settings.values import is_loopback
from gateway.web.answers import NOT_FOUND, HttpProblem
from gateway.web.context import WebContext
from gateway.web.said_address import host_of
from gateway.web.security import prefix
from gateway.web.signing_in import squares
from gateway.web.visitors import visitor


async def invited(
    context: WebContext, request: Request, name: str, find: Callable[[Connection], Account | None]
) -> dict[str, Any]:
    """Make an invitation; what parts/invitation.html shows of it, which nobody can read again.

    Args:
        context: of the console.
        request: of whoever invites; its address leads to the console where the settings name none.
        name: what the invited is called.
        find: whose phone it is. HttpProblem where that is nobody, or a program.
    """
    who, now_ms = visitor(request), context.now_ms()
    if who is None:
        raise HttpProblem(404, NOT_FOUND)

    def make(rows: Connection) -> str:
        account = find(rows)
        if account is None or account.kind is not persons.Kind.PERSON:
            raise HttpProblem(404, NOT_FOUND)
        return invitations.make(rows, account, who.account.name, now_ms)

    token = await context.visitors.write(make)
    here = f"{'https' if context.visitors.is_secure(request) else 'http'}://"
    here += request.headers.get("x-forwarded-host", request.headers.get("host", ""))
    address = context.settings.console.public_url or here + prefix(request)
    return {
        "name": name,
        "ends_ms": now_ms + invitations.LASTS_MS,
        "picture": squares(f"{address}/invitation/{token}"),
        "reaches_phones": not is_loopback(host_of(address)),
    }
