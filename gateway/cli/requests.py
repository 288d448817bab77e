"""`menshen requests`: what households want of people, or how much was done for them."""

from contextlib import closing
from datetime import tzinfo
from typing import Annotated, Final

import msgspec
import typer
from sqlalchemy import Connection

from gateway.cli.options import CONFIG, Config, Json, Limit
from gateway.cli.output import now_ms, say, say_cut, say_json, show, when
from gateway.core import local_time
from gateway.language.times import day_name
from gateway.settings import Settings, load
from gateway.store import household_views
from gateway.store.database import Store
from gateway.store.household_views import DeliveryCount, DisputeRow, QuestionRow, RequestRow
from gateway.web.matter_words import MatterWords

DAYS_MAX: Final = 366
_HEADER = "id", "door", "label", "what", "state", "since", "who"
_COUNTED = "day", "what", "how it ended", "count"
_WORDS = MatterWords("en")
Row = RequestRow | QuestionRow | DisputeRow


class Listed(msgspec.Struct, frozen=True):
    """A matter in a line."""

    id: str
    door_id: str
    label: str
    what: str
    state: str
    since_ms: int
    who: str | None

    def cells(self, zone: tzinfo) -> list[str]:
        """As it stands in the table."""
        at = when(self.since_ms, zone)
        state = self.state.replace("_", " ") or "-"
        return [self.id, self.door_id, self.label, self.what, state, at, self.who or "-"]


def requests(
    config: Config = CONFIG,
    counts: Annotated[
        bool, typer.Option("--counts", help="How many were done, by day and kind.")
    ] = False,
    days: Annotated[
        int, typer.Option(help="Of so many days, with --counts.", min=1, max=DAYS_MAX)
    ] = 7,
    limit: Limit = 1_000,
    as_json: Json = False,
) -> None:
    """List what households ask for, contest and say; or how much was done for them.

    The words of households are in nobody's list but on the console, where each look is noted.
    """
    settings = load(config)
    with (
        closing(Store.open(*settings.store.place, create=False)) as store,
        store.reading() as connection,
    ):
        if counts:
            _counts(connection, settings, days, as_json)
        else:
            _open(connection, settings.zone, limit, as_json)


def _open(connection: Connection, zone: tzinfo, limit: int, as_json: bool) -> None:
    rows, is_cut = _listed(connection, limit)
    if as_json:
        say_json([msgspec.to_builtins(row) for row in rows])
    elif not rows:
        say("No household wants anything now.")
    else:
        show(_HEADER, [row.cells(zone) for row in rows])
    say_cut(is_cut, limit, as_json, "each kind")


def _listed(connection: Connection, limit: int) -> tuple[list[Listed], bool]:
    """What goes on, so many of each kind, and whether there is more."""
    asked = household_views.open_requests(connection, limit)
    about_health = household_views.open_questions(connection, limit)
    contested = household_views.open_disputes(connection, limit)
    rows = [
        _row(row.request_id, row, _WORDS.kind(row.kind), row.state, row.asked_ms, row.taken_by)
        for row in asked.rows
    ]
    for question in about_health.rows:
        what = "not well" if question.is_unwell else "no report"
        times = question.asked_ms, question.taken_by
        rows.append(_row(question.question_id, question, what, "", *times))
    for dispute in contested.rows:
        times = dispute.raised_ms, dispute.assigned_to
        rows.append(_row(dispute.dispute_id, dispute, "dispute", dispute.state, *times))
    return rows, any(part.next is not None for part in (asked, about_health, contested))


def _row(known_as: str, row: Row, what: str, state: str, since_ms: int, who: str | None) -> Listed:
    return Listed(known_as, row.door_id, row.label, what, state, since_ms, who)


def _counts(connection: Connection, settings: Settings, days: int, as_json: bool) -> None:
    today = local_time.day(settings.rulebook.rules.zone, now_ms())
    found = household_views.counts(connection, today - days + 1, today)
    if as_json:
        say_json([msgspec.to_builtins(row) for row in found])
        return
    if not found:
        say("Nothing was asked for and ended in these days.")
        return
    show(_COUNTED, [_cells(row) for row in found])


def _cells(row: DeliveryCount) -> list[str]:
    return [day_name(row.day, "en"), _WORDS.kind(row.kind), _WORDS.state(row.state), str(row.count)]
