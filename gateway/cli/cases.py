"""`menshen cases`: what needs a person, or what has ended, in a table or as JSON."""

from contextlib import closing
from datetime import tzinfo
from typing import Annotated

import msgspec
import typer

from gateway.cli.options import CONFIG, Config, Json, Limit
from gateway.cli.output import say, say_cut, say_json, show, when
from gateway.language.reasons import reason_word
from gateway.settings import load
from gateway.store.case_views import CaseRow, closed_part, open_part, part_in_review
from gateway.store.contact_views import CaseContact, contacts_of
from gateway.store.database import Store
from gateway.store.tables import DONE_TO_CASE
from gateway.web.case_words import place_word

_HEADER = "case", "door", "label", "state", "reason", "raised", "events", "who", "outcome"


def cases(
    config: Config = CONFIG,
    closed: Annotated[bool, typer.Option("--closed", help="Those that have ended.")] = False,
    limit: Limit = 100,
    as_json: Json = False,
) -> None:
    """List the open cases: what needs a person, and who has it."""
    settings = load(config)
    with (
        closing(Store.open(*settings.store.place, create=False)) as store,
        store.reading() as connection,
    ):
        lists = (closed_part,) if closed else (open_part, part_in_review)
        parts = [part(connection, limit) for part in lists]
        rows = [row for part in parts for row in part.rows]
        contacts = [contacts_of(connection, row) for row in rows]
    is_cut = any(part.next is not None for part in parts)
    if as_json:
        say_cut(is_cut, limit, as_json, "each kind")
        say_json(
            [
                msgspec.to_builtins(row) | {"contacts": msgspec.to_builtins(doors)}
                for row, doors in zip(rows, contacts, strict=True)
            ]
        )
        return
    if not rows:
        say("No case has been closed yet." if closed else "No case is open.")
        return
    cells = [_cells(*one, settings.zone) for one in zip(rows, contacts, strict=True)]
    show(_HEADER, cells)
    say_cut(is_cut, limit, as_json, "each kind")


def _cells(row: CaseRow, contacts: list[CaseContact], zone: tzinfo) -> list[str]:
    """A line. Where a household has several doors, each that the case is about is named."""
    labels = ", ".join(door.label for door in contacts)
    return [
        row.case_id,
        row.door_id or "-",
        labels or place_word(row.label, row.area, "en"),
        "put aside" if row.shelved_until_ms else row.state.replace("_", " "),
        reason_word(row.reason, "en"),
        when(row.raised_ms, zone),
        str(row.openings),
        _latest_actor(row) or "-",
        row.outcome or "-",
    ]


def _latest_actor(row: CaseRow) -> str | None:
    """Who did the latest thing about it."""
    if row.shelved_until_ms:
        return row.shelved_name or row.shelved_by
    for deed in reversed(DONE_TO_CASE):
        if actor := getattr(row, f"{deed}_by"):
            return str(getattr(row, f"{deed}_name") or actor)
    return None
