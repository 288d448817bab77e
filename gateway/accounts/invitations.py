"""Invitations: a QR code that signs a phone in, once, within ten minutes.

A warden types no password on a doorstep: whoever manages accounts shows the code, her phone scans
it, and she presses one button. Looking at the address spends nothing, so a chat that fetches it for
a preview takes nothing away; a newer invitation of the same account ends the older.
"""

import secrets
from typing import Final

from sqlalchemy import Connection, delete, select, update

from gateway.accounts import persons, tables
from gateway.accounts.persons import Account
from gateway.accounts.sessions import TOKEN_BYTES, TOKEN_MAX, digest
from gateway.core.duration import DAY_MS, MINUTE_MS

LASTS_MS: Final = 10 * MINUTE_MS
KEPT_MS: Final = DAY_MS  # afterwards nothing remembers it
_i = tables.invitations.c


def make(connection: Connection, account: Account, by: str, now_ms: int) -> str:
    """A new one for an account, made by whom; its token, which nobody can read again."""
    waiting = _i.account_id == account.account_id, _i.used_ms.is_(None)
    connection.execute(delete(tables.invitations).where(*waiting))
    connection.execute(delete(tables.invitations).where(_i.ends_ms < now_ms - KEPT_MS))
    token = secrets.token_urlsafe(TOKEN_BYTES)
    row = {
        "token": digest(token),
        "account_id": account.account_id,
        "by": by,
        "made_ms": now_ms,
        "ends_ms": now_ms + LASTS_MS,
    }
    connection.execute(tables.invitations.insert(), row)
    return token


def whose(connection: Connection, token: str, now_ms: int) -> Account | None:
    """For whom it is, while it can still be used."""
    if not 0 < len(token) <= TOKEN_MAX:
        return None
    # One that ends later than any can was made by a clock that was ahead.
    is_now = _i.ends_ms > now_ms, _i.ends_ms <= now_ms + 2 * LASTS_MS
    query = select(_i.account_id).where(_i.token == digest(token), _i.used_ms.is_(None), *is_now)
    account_id = connection.execute(query).scalar()
    account = persons.of_id(connection, account_id) if account_id else None
    return account if account and account.ended_ms is None else None


def use(connection: Connection, token: str, now_ms: int) -> Account | None:
    """Spend it. None if it cannot be used (any more); of two at once one gets it."""
    account = whose(connection, token, now_ms)
    query = update(tables.invitations).values(used_ms=now_ms)
    used = connection.execute(query.where(_i.token == digest(token), _i.used_ms.is_(None)))
    return account if used.rowcount == 1 else None
