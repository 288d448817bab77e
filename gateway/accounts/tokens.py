"""Tokens of programs: made with named scopes, listed, and ended; each is shown once, when made."""

from collections.abc import Collection
from typing import Final

from sqlalchemy import Connection

from gateway.accounts import persons, sessions
from gateway.accounts.persons import Account, AccountError
from gateway.accounts.scopes import Scope, scopes_for
from gateway.accounts.sessions import LIMITS, OF_PROGRAMS, Kind, Session
from gateway.core.duration import DAY_MS

DAYS_MAX: Final = LIMITS[Kind.PROGRAM].absolute_ms // DAY_MS
TOKENS_MAX: Final = sessions.OF_ACCOUNT_MAX


def make(
    connection: Connection,
    account: Account,
    scopes: Collection[Scope],
    purpose: str,
    days: int,
    now_ms: int,
) -> str:
    """A new token of a program, beside those it has; what nobody can read again.

    Args:
        connection: A transaction.
        account: The program's.
        scopes: What it may, as far as the account's roles allow.
        purpose: What it is for, so that somebody can tell it from others.
        days: How long it lasts at most.
        now_ms: The time, in ms of UTC.

    Raises:
        AccountError: The account is a person's, its roles never allow a scope, or it has too many.
    """
    if account.kind is not persons.Kind.PROGRAM:
        raise AccountError(f"{account.name} is a person; a program is added with --program")
    if not scopes:
        raise AccountError("a token wants at least one scope; `menshen token scopes` has them")
    if never := sorted(set(scopes) - set(scopes_for(account.roles))):
        roles = ", ".join(account.roles)
        raise AccountError(f"no role of {account.name} ({roles}) allows {', '.join(never)}")
    if not 1 <= days <= DAYS_MAX:
        raise AccountError(f"a token lasts 1 to {DAYS_MAX} days")
    if len(of_account(connection, account, now_ms)) >= TOKENS_MAX:
        raise AccountError(f"{account.name} has {TOKENS_MAX} tokens, which is the limit: end one")
    lasts_ms, may = days * DAY_MS, frozenset(scopes)
    return sessions.begin(
        connection, account, Kind.PROGRAM, purpose, now_ms, scopes=may, lasts_ms=lasts_ms
    )


def of_account(connection: Connection, account: Account, now_ms: int) -> list[Session]:
    """Its live tokens, the one used last first."""
    live = sessions.of_account(connection, account, now_ms)
    return [session for session in live if session.kind in OF_PROGRAMS]
