"""What `menshen check` finds of phones that ring: whether each that should can."""

import json
from collections.abc import Iterator
from contextlib import closing

from sqlalchemy import select

from gateway.accounts import phones, subscriptions
from gateway.accounts.file import AccountsFile
from gateway.accounts.phones import OLD_MS
from gateway.channels.push import PUSH
from gateway.cli.check_result import CheckResult, Mark
from gateway.cli.output import counted, named, span
from gateway.settings import Settings
from gateway.store import tables
from gateway.store.database import Store, StoreError


def parts(store: Store, settings: Settings, now: int) -> Iterator[CheckResult]:
    """Whoever is told by a ringing phone, and has none; nothing where nobody is told so."""
    w = tables.wardens.c
    with store.reading() as connection:
        query = select(w.warden_id, w.channels).where(w.ended_ms.is_(None))
        people = connection.execute(query).all()
    rung = sorted(who for who, channels in people if PUSH.name in json.loads(channels))
    if not rung:
        return
    if not settings.push.contact:
        words = f"push.contact is empty, so no phone rings for {named(rung)}"
        yield CheckResult("ringing", Mark.FAIL, words, {"without": rung})
        return
    try:
        without = _without(settings, rung, now)
    except StoreError as error:
        yield CheckResult("ringing", Mark.FAIL, str(error), {"without": rung})
        return
    if without:
        words = f"no phone rings for {named(without)}: none is signed in on one that may ring"
        yield CheckResult("ringing", Mark.WARN, words, {"without": without})
        return
    if silent := _silent(settings, rung, now):
        words = (
            f"no phone of {named(silent)} has signed for more than {span(OLD_MS)} that a page rang "
            "it; menshen test-page tries now"
        )
        yield CheckResult("ringing", Mark.WARN, words, {"silent": silent})
        return
    words = f"{counted(len(rung), 'warden')} by phones that ring, all signed in"
    yield CheckResult("ringing", Mark.OK, words)


def _silent(settings: Settings, rung: list[str], now: int) -> list[str]:
    """Those of whom every phone that should ring has not signed for long that it did."""
    with (
        closing(AccountsFile(*settings.store.place)) as file,
        file.store().reading() as connection,
    ):
        live = phones.of_people(connection, rung, now)
    return [
        who
        for who in rung
        if all(phone.is_unproved(now) for phone in live.get(who, []) if phone.rings)
    ]


def _without(settings: Settings, rung: list[str], now: int) -> list[str]:
    with closing(AccountsFile(*settings.store.place)) as file:
        if not file.is_used():
            return rung
        with file.store().reading() as connection:
            return [who for who in rung if not subscriptions.of_person(connection, who, now)]
