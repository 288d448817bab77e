"""What `menshen check` says of the keys of orders: are they here, also elsewhere, and is nothing
owed to destruction."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection, Text, select, type_coerce

from gateway.cli.check_result import CheckResult, Mark
from gateway.cli.output import counted, named
from gateway.keys.sealed_text import key_of
from gateway.language.peoples_text import sameness
from gateway.store import sealing_up, tables
from gateway.store.database import Store
from gateway.store.key_tables import order_keys


def parts(store: Store, second: Path | None) -> Iterator[CheckResult]:
    """The keys of the site with this database.

    Args:
        store: the database.
        second: the second folder by the settings; None for none.
    """
    with store.reading() as connection:
        k = order_keys.c
        live = select(k.key_id).where(k.destroyed_ms.is_(None))
        wanted, going = set(connection.execute(live).scalars()), sealing_up.progress(connection)
        telling = _telling_ids(connection)
        is_old = _has_readable(connection)
    yield _here(store, wanted)
    if wanted:
        yield _elsewhere(store, second)
    if not going.is_done and (going.rows or is_old):
        share = f"{going.journal_id} of {going.to_id} rows" if going.to_id else "not begun"
        words = f"what an older release wrote readable is being sealed: {share}"
        yield CheckResult("sealed", Mark.WARN, words, {"journal_id": going.journal_id})
    if telling:
        words = (
            f"{counted(len(telling), 'door')} whose id repeats the label ({named(telling)}): ids"
        )
        words += " are not sealed; leave door_id empty in the table of doors, and a random one is"
        words += " made"
        yield CheckResult("door ids", Mark.WARN, words, {"doors": len(telling)})


def _here(store: Store, wanted: set[str]) -> CheckResult:
    folder = store.keys.folder
    if not wanted:
        return CheckResult("keys", Mark.OK, "none yet: the first door that is enrolled makes one")
    if not folder.is_dir():
        words = f"there is no folder {folder}: no label, telephone or note can be read. Put the"
        return CheckResult(
            "keys", Mark.FAIL, f"{words} second folder in its place, or a copy of it"
        )
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        words = f"{folder} cannot be read and written: check its owner"
        return CheckResult("keys", Mark.FAIL, words)
    destroyed = wanted & store.keys.destroyed_ids()
    lost = wanted - store.keys.key_ids() - destroyed
    facts = {"keys": len(wanted), "lost": len(lost), "destroyed": len(destroyed)}
    if lost:
        words = f"{counted(len(lost), 'key')} of {len(wanted)} not in {folder}: what they sealed"
        words += " cannot be read; put the files back from a copy of the folder"
        return CheckResult("keys", Mark.FAIL, words, facts)
    return CheckResult("keys", Mark.OK, f"{counted(len(wanted), 'key')} in {folder}", facts)


def _elsewhere(store: Store, second: Path | None) -> CheckResult:
    keys = store.keys
    owed = len(keys.owed_ids())
    facts: dict[str, object] = {"owed": owed, "folder": str(second or "")}
    if second is None:
        words = "on the site's own disk only, and in no backup: a card that dies takes all labels"
        return CheckResult("key copy", Mark.WARN, f"{words} with it; see keys.second_folder", facts)
    if keys.copy != second:
        words = f"{second} is not in use yet: start the gateway anew"
        return CheckResult("key copy", Mark.WARN, words, facts)
    if not keys.is_copy_here:
        words = f"{second} is not there: is its drive mounted?"
        if owed:
            words += f" {counted(owed, 'key')} destroyed since may still lie in it"
        return CheckResult("key copy", Mark.FAIL if owed else Mark.WARN, words, facts)
    if second.stat().st_dev == keys.folder.stat().st_dev:
        words = f"{second} is on the same drive, and dies with it"
        return CheckResult("key copy", Mark.WARN, words, facts)
    if owed:
        words = f"{counted(owed, 'key')} to be destroyed in {second}; the gateway does it when it"
        return CheckResult("key copy", Mark.WARN, f"{words} runs", facts)
    return CheckResult("key copy", Mark.OK, f"in {second} too", facts)


def _has_readable(connection: Connection) -> bool:
    """Whether an older release wrote labels here; one of the last door tells it for all."""
    label = type_coerce(tables.doors.c.label, Text()).label("label")
    query = select(label).where(tables.doors.c.label != "").order_by(tables.doors.c.door_id.desc())
    found = connection.execute(query.limit(1)).scalar()
    return found is not None and key_of(found) is None


def _telling_ids(connection: Connection) -> list[str]:
    """The doors whose ids say what their labels say: the same text, or the same numbers."""
    d = tables.doors.c
    query = select(d.door_id, d.label).where(d.ended_ms.is_(None)).order_by(d.door_id)
    return [
        row.door_id
        for row in connection.execute(query)
        if sameness(row.door_id) == sameness(row.label)
        or (_numbers(row.door_id) and _numbers(row.door_id) == _numbers(row.label))
    ]


def _numbers(text: str) -> list[str]:
    return re.findall(r"[0-9]+", text)
