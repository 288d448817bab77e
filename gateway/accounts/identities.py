"""Who an account is at the site's OpenID provider: by its issuer and its subject, by nothing else.

No e-mail, name or group makes a link: a provider's users may choose those, and one that is given to
another person opens the first one's account. A link is made by somebody who is signed in and has
just proved it, or by `menshen account link`.
"""

from typing import Any, Final

from msgspec import Struct
from sqlalchemy import Connection, delete, select, update

from gateway.accounts import persons, tables
from gateway.accounts.persons import Account
from gateway.store.records import whole

SUBJECT_MAX: Final = 255
_i = tables.identities.c


class Identity(Struct, frozen=True):
    """One account's at one provider."""

    issuer: str
    subject: str
    account_id: str
    made_ms: int
    used_ms: int | None


class IdentityError(Exception):
    """That subject is linked with an account, or the account with a subject, already."""


def of_account(connection: Connection, account: Account, issuer: str) -> Identity | None:
    """Who the account is at that provider."""
    return _first(connection, (_i.account_id == account.account_id) & (_i.issuer == issuer))


def whose(connection: Connection, issuer: str, subject: str) -> Account | None:
    """The account of that subject, ended or not."""
    found = _first(connection, (_i.issuer == issuer) & (_i.subject == subject))
    return None if found is None else persons.of_id(connection, found.account_id)


def link(connection: Connection, account: Account, issuer: str, subject: str, now_ms: int) -> None:
    """From now on that subject signs the account in. IdentityError if it cannot be."""
    if not 0 < len(subject) <= SUBJECT_MAX or whose(connection, issuer, subject) is not None:
        raise IdentityError
    if of_account(connection, account, issuer) is not None:
        raise IdentityError
    row: dict[str, Any] = {
        "issuer": issuer,
        "subject": subject,
        "account_id": account.account_id,
        "made_ms": now_ms,
    }
    connection.execute(tables.identities.insert(), row)


def unlink(connection: Connection, account: Account) -> int:
    """No provider signs the account in any more; how many links there were."""
    query = delete(tables.identities).where(_i.account_id == account.account_id)
    return connection.execute(query).rowcount


def use(connection: Connection, issuer: str, subject: str, now_ms: int) -> None:
    """It was used."""
    is_it = _i.issuer == issuer, _i.subject == subject
    connection.execute(update(tables.identities).where(*is_it).values(used_ms=now_ms))


def _first(connection: Connection, where: Any) -> Identity | None:
    row = connection.execute(select(tables.identities).where(where)).first()
    return None if row is None else whole(row._mapping, Identity)
