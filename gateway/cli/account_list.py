"""What `menshen account list` shows: everybody, how they sign in, and where they are signed in."""

from typing import NamedTuple

from gateway.accounts import passkeys, persons, sessions
from gateway.accounts.passkeys import Passkey
from gateway.accounts.persons import Account
from gateway.accounts.sessions import Session
from gateway.cli.output import ago, counted
from gateway.store.database import Store

HEADER = "account", "roles", "warden", "signs in by", "session", "phone, last seen"


class Listed(NamedTuple):
    """An account, its passkeys, and its sessions that live."""

    account: Account
    passkeys: list[Passkey]
    sessions: list[Session]


def listed(store: Store, now_ms: int) -> list[Listed]:
    """Everybody who is in use. StoreError if the accounts cannot be read."""
    with store.reading() as connection:
        return [
            Listed(
                one,
                passkeys.of_account(connection, one),
                sessions.of_account(connection, one, now_ms),
            )
            for one in persons.everybody(connection)
        ]


def rows(one: Listed, now_ms: int) -> list[list[str]]:
    """The account's line of the table, and one for each session."""
    account = one.account
    ways = ["password"] * bool(account.password) + ["code"] * bool(account.code_key)
    ways += [counted(len(one.passkeys), "passkey")] * bool(one.passkeys)
    who = account.warden_id or "-"
    first = [account.name, " ".join(account.roles), who, ", ".join(ways) or "-", "", ""]
    return [
        first,
        *(
            ["", "", "", "", s.session_id, f"{s.phone or s.kind}, {ago(s.seen_ms, now_ms)}"]
            for s in one.sessions
            if s.kind is not sessions.Kind.CODE
        ),
    ]


def as_json(one: Listed) -> dict[str, object]:
    """The same for a script."""
    account = one.account
    return {
        "account": account.name,
        "kind": account.kind,
        "roles": list(account.roles),
        "warden": account.warden_id,
        "grids": sorted(account.grids),
        "has_password": account.password is not None,
        "has_code": account.code_key is not None,
        "passkeys": [
            {"name": p.name, "host": p.host, "made_ms": p.made_ms, "used_ms": p.used_ms}
            for p in one.passkeys
        ],
        "sessions": [
            {"session": s.session_id, "kind": s.kind, "phone": s.phone, "seen_ms": s.seen_ms}
            for s in one.sessions
        ],
    }
