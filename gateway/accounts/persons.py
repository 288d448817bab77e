"""Accounts: who may sign in, as whom of the registry, with which roles.

A person signs in by an invitation or a password; a program by a token. Nothing is deleted: an
account ends, and its name stays its own, for the audit names it.
"""

import re
import secrets
from collections.abc import Iterable
from enum import StrEnum
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import Connection, func, or_, select, update

from gateway.accounts import tables
from gateway.accounts.roles import OF_THE_REGISTRY, Role
from gateway.core.actor import Acting, Actor, ActorKind, of_account
from gateway.store.records import whole

NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{1,31}")
ACCOUNTS_MAX: Final = 5_000
GRIDS_MAX: Final = 100
_a = tables.accounts.c


class Kind(StrEnum):
    """What signs in."""

    PERSON = "person"
    PROGRAM = "program"


class Account(Struct, frozen=True):
    """Somebody who may sign in. `grids` are those beside the registry's own."""

    account_id: str
    name: str
    kind: Kind
    warden_id: str | None
    roles: tuple[Role, ...]
    grids: frozenset[str]
    password: str | None
    code_key: str | None
    code_step: int
    ended_ms: int | None

    @property
    def actor(self) -> Actor:
        """Who acts: the person of the registry, else the account."""
        if self.warden_id is not None:
            return Actor(ActorKind.WARDEN, self.warden_id)
        return of_account(self.name)

    @property
    def acting(self) -> Acting:
        """The same in what they do now: whether for the centre, their roles say."""
        return Acting(self.actor, Role.DISPATCHER in self.roles)


class AccountError(Exception):
    """What was asked cannot be. The text is a sentence for whoever asked."""


def add(
    connection: Connection,
    name: str,
    roles: list[Role],
    now_ms: int,
    warden_id: str | None = None,
    grids: list[str] | None = None,
    kind: Kind = Kind.PERSON,
) -> Account:
    """A new account. AccountError if it cannot be. Whether the registry has the person and the
    grids is the caller's to know."""
    _check(connection, name, roles, warden_id, grids or [])
    row: dict[str, Any] = {
        "account_id": secrets.token_hex(8),
        "name": name,
        "kind": kind.value,
        "warden_id": warden_id,
        "roles": " ".join(sorted(set(roles))),
        "grids": " ".join(sorted(set(grids or []))),
        "made_ms": now_ms,
    }
    connection.execute(tables.accounts.insert(), row)
    account = named(connection, name)
    assert account is not None  # noqa: S101 - it was stored above
    return account


def named(connection: Connection, name: str) -> Account | None:
    """The account with this name, ended or not."""
    return _first(connection, _a.name == name)


def of_id(connection: Connection, account_id: str) -> Account | None:
    """The account with this id, ended or not."""
    return _first(connection, _a.account_id == account_id)


def everybody(connection: Connection, limit: int = ACCOUNTS_MAX) -> list[Account]:
    """Accounts that have not ended, by name."""
    query = select(tables.accounts).where(_a.ended_ms.is_(None)).order_by(_a.name).limit(limit)
    return _accounts(connection.execute(query))


def programs(connection: Connection, limit: int, after: str = "") -> list[Account]:
    """Those of `everybody` that are programs: the first of them behind a name."""
    query = select(tables.accounts).where(_a.ended_ms.is_(None), _a.kind == Kind.PROGRAM.value)
    return _accounts(
        connection.execute(query.where(_a.name > after).order_by(_a.name).limit(limit))
    )


def found(
    connection: Connection, text: str, after: str, limit: int
) -> tuple[list[Account], int, bool]:
    """Those of `everybody` whose name, or id in the registry, has a text: the first of them behind
    a name, how many there are in all, and whether more follow."""
    is_meant = (
        _a.ended_ms.is_(None),
        or_(_a.name.contains(text, autoescape=True), _a.warden_id.contains(text, autoescape=True)),
    )
    query = select(tables.accounts).where(*is_meant, _a.name > after).order_by(_a.name)
    rows = connection.execute(query.limit(limit + 1)).all()
    count = connection.execute(select(func.count()).where(*is_meant)).scalar_one()
    return _accounts(rows[:limit]), count, len(rows) > limit


def set_password(connection: Connection, account: Account, stored: str | None) -> None:
    """Another password, as `passwords.kept` gave it; None for none."""
    _set(connection, account, password=stored)


def set_code_key(connection: Connection, account: Account, key: str | None, step: int = 0) -> None:
    """Another second factor; None for none, so that the next sign-in sets one up."""
    _set(connection, account, code_key=key, code_step=step)


def spend_step(connection: Connection, account: Account, step: int) -> bool:
    """A code was used, by the account as it was read. Whether it was the first use: two at once are
    one."""
    query = update(tables.accounts).values(code_step=step)
    is_as_read = _a.account_id == account.account_id, _a.code_step == account.code_step
    return connection.execute(query.where(*is_as_read)).rowcount == 1


def end(connection: Connection, account: Account, now_ms: int) -> None:
    """Nobody signs in as it any more. Its sessions are the caller's to end."""
    _set(connection, account, ended_ms=now_ms, password=None, code_key=None)


def check_name(name: str) -> None:
    """AccountError unless somebody could sign in by it."""
    if NAME.fullmatch(name) is None:
        raise AccountError(
            f"{name!r} is no name to sign in by: 2 to 32 of a-z 0-9 . _ - beginning with a letter "
            "or digit"
        )


def _check(
    connection: Connection, name: str, roles: list[Role], warden_id: str | None, grids: list[str]
) -> None:
    check_name(name)
    known = named(connection, name)
    if known is not None:
        ended = " (it has ended; a name is not given twice)" if known.ended_ms else ""
        raise AccountError(f"there is an account {name} already{ended}")
    _check_roles(roles, warden_id)
    if len(grids) > GRIDS_MAX:
        raise AccountError(f"an account has {GRIDS_MAX} grids at most")
    if warden_id is not None:
        other = _first(connection, (_a.warden_id == warden_id) & _a.ended_ms.is_(None))
        if other is not None:
            raise AccountError(f"{warden_id} has the account {other.name} already")
    count = connection.execute(select(func.count()).select_from(tables.accounts)).scalar() or 0
    if count >= ACCOUNTS_MAX:
        raise AccountError(f"there are {ACCOUNTS_MAX} accounts, which is the limit")


def _check_roles(roles: list[Role], warden_id: str | None) -> None:
    if not roles:
        raise AccountError("an account wants at least one role: --role")
    need = sorted(set(roles) & OF_THE_REGISTRY)
    if need and warden_id is None:
        raise AccountError(f"who is {need[0]} is somebody of the registry: --warden ID")


def _set(connection: Connection, account: Account, **values: Any) -> None:
    query = update(tables.accounts).where(_a.account_id == account.account_id)
    connection.execute(query.values(**values))


def _first(connection: Connection, where: Any) -> Account | None:
    row = connection.execute(select(tables.accounts).where(where).limit(1)).first()
    return None if row is None else _account(row._mapping)


def roles_in(cell: Any) -> tuple[Role, ...]:
    """The roles of an account's row. One that this release does not know gives no right."""
    known = {role.value for role in Role}
    return tuple(Role(word) for word in words_in(cell) if word in known)


def words_in(cell: Any) -> list[str]:
    """The words of a cell; none of one that holds no text."""
    return cell.split() if isinstance(cell, str) else []


def _accounts(rows: Iterable[Any]) -> list[Account]:
    found = (_account(row._mapping) for row in rows)
    return [account for account in found if account is not None]


def _account(row: Any) -> Account | None:
    """A row as an account; None where it cannot be read, so that nobody signs in by it."""
    lists = {"roles": roles_in(row["roles"]), "grids": words_in(row["grids"])}
    return whole({**row, **lists}, Account)
