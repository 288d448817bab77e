"""Passkeys: which devices sign an account in, without a password.

A passkey is good for one name of the console (`host`) and for one account; what is kept of it can
check it and nothing else. Its counter only ever goes forward: where it does not, somebody has a
copy.
"""

import secrets
from typing import Final

from msgspec import Struct
from sqlalchemy import Connection, delete, func, or_, select, update

from gateway.accounts import tables
from gateway.accounts.persons import Account
from gateway.store.records import whole

OF_ACCOUNT_MAX: Final = 10
TOO_MANY: Final = "too many"  # why one is not kept, for the audit
NAME_MAX: Final = 40
CREDENTIAL_BYTES_MAX: Final = 1_023  # the standard's own
KEY_BYTES_MAX: Final = 2_048
_p = tables.passkeys.c


class Passkey(Struct, frozen=True):
    """One device, or what a person's devices share."""

    credential_id: bytes
    passkey_id: str
    account_id: str
    host: str
    public_key: bytes
    uses: int
    name: str
    made_ms: int
    used_ms: int | None


class PasskeyError(Exception):
    """There are as many as an account may have (`TOO_MANY`), or this one is known already."""


def of_account(connection: Connection, account: Account) -> list[Passkey]:
    """Its passkeys, the oldest first."""
    query = select(tables.passkeys).where(_p.account_id == account.account_id)
    rows = connection.execute(query.order_by(_p.made_ms, _p.passkey_id).limit(OF_ACCOUNT_MAX))
    found = (whole(row._mapping, Passkey) for row in rows)
    return [passkey for passkey in found if passkey is not None]


def of_credential(connection: Connection, credential_id: bytes) -> Passkey | None:
    """The one that an authenticator calls so."""
    query = select(tables.passkeys).where(_p.credential_id == credential_id)
    row = connection.execute(query).first()
    return None if row is None else whole(row._mapping, Passkey)


def is_any(connection: Connection, host: str) -> bool:
    """Whether somebody has one for this name of the console."""
    query = select(_p.passkey_id).where(_p.host == host).limit(1)
    return connection.execute(query).first() is not None


def add(connection: Connection, passkey: Passkey) -> None:
    """A new one. PasskeyError if it cannot be."""
    count = select(func.count()).where(_p.account_id == passkey.account_id)
    if of_credential(connection, passkey.credential_id) is not None:
        raise PasskeyError("known already")
    if (connection.execute(count).scalar() or 0) >= OF_ACCOUNT_MAX:
        raise PasskeyError(TOO_MANY)
    row = {field: getattr(passkey, field) for field in passkey.__struct_fields__}
    connection.execute(tables.passkeys.insert(), row)


def new_id() -> str:
    """By what people remove one."""
    return secrets.token_hex(8)


def remove(connection: Connection, account: Account, passkey_id: str) -> bool:
    """It signs nobody in any more; whether the account had such a one."""
    is_it = _p.account_id == account.account_id, _p.passkey_id == passkey_id
    return connection.execute(delete(tables.passkeys).where(*is_it)).rowcount == 1


def remove_all(connection: Connection, account: Account) -> int:
    """None of its passkeys signs anybody in any more; how many there were."""
    query = delete(tables.passkeys).where(_p.account_id == account.account_id)
    return connection.execute(query).rowcount


def use(connection: Connection, passkey: Passkey, uses: int, now_ms: int) -> bool:
    """It was used, and says how often in all. False if that is not more than before, by which one
    of two copies shows; one that counts nothing says 0 each time."""
    is_forward = or_(_p.uses < uses, (_p.uses == 0) & (uses == 0))
    query = update(tables.passkeys).where(_p.credential_id == passkey.credential_id, is_forward)
    return connection.execute(query.values(uses=uses, used_ms=now_ms)).rowcount == 1
