"""`menshen destruction`: what was destroyed, what is held and why; is the record true?"""

from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from sqlalchemy import Connection, select

from gateway.cli.command_time import command_ms
from gateway.cli.exit_codes import MISUSED, CommandError
from gateway.cli.option_fields import field
from gateway.cli.options import CONFIG, Config, Json, Limit
from gateway.cli.output import say, say_cut, say_json, show, when
from gateway.core.duration import DAY_MS, HOUR_MS
from gateway.ending import holds, records
from gateway.ending.holds import HoldError
from gateway.ending.records import Destruction, RecordsError
from gateway.language.peoples_text import TextError
from gateway.registry import fields
from gateway.registry.door_names import with_label
from gateway.settings import Settings, load
from gateway.store import resident_views, tables
from gateway.store.database import Store


class What(StrEnum):
    """What is done."""

    SHOW = "show"
    VERIFY = "verify"
    HOLDS = "holds"
    HOLD = "hold"
    RELEASE = "release"


def destruction(
    what: Annotated[What, typer.Argument(help="What to do; see the list above.")] = What.SHOW,
    name: Annotated[
        str,
        typer.Argument(
            metavar="[NAME]",
            help="verify: the record's file; hold, release: the order.",
        ),
    ] = "",
    by: Annotated[str, typer.Option(help="hold: the name of the person who answers for it.")] = "",
    days: Annotated[
        int, typer.Option(min=1, max=365, help="hold: for so many days from now.")
    ] = 30,
    printed: Annotated[
        list[str] | None,
        typer.Option("--hash", help="verify: a hash that was printed; again for more."),
    ] = None,
    why: Annotated[str, typer.Option(help="hold: why it is needed. Its household reads it.")] = "",
    limit: Limit = 100,
    config: Config = CONFIG,
    as_json: Json = False,
) -> None:
    """Show what was destroyed and what is held; verify a record; hold an order's records.

    show · verify FILE [--hash HASH] · holds · hold ORDER --by NAME --why WHY [--days N] · release
    ORDER. verify needs nothing but the file. What is held stays whole until then, and its household
    sees that it does, by whom and why.
    """
    match what:
        case What.VERIFY:
            _verify(name, tuple(printed or ()), as_json)
        case What.SHOW:
            _show(load(config), limit, as_json)
        case What.HOLDS:
            _holds(load(config), as_json)
        case What.HOLD:
            _hold(load(config), name, by, why, days)
        case What.RELEASE:
            _release(load(config), name)


def _verify(name: str, printed: tuple[str, ...], as_json: bool) -> None:
    if not name:
        raise CommandError("name the record's file: menshen destruction verify FILE", MISUSED)
    path = Path(name)
    try:
        found = records.verify(path, printed)
    except RecordsError as error:
        raise CommandError(f"the record was changed: {error}") from error
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}") from error
    if as_json:
        say_json({"records": found.count, "hash": found.last})
        return
    say(f"Records: {found.count}, each as it was written. Hash of the last: {found.last}")


def _show(settings: Settings, limit: int, as_json: bool) -> None:
    path = records.place(settings.store.path)
    try:
        all_of_it = records.read(path)
    except RecordsError as error:
        raise CommandError(f"{path} was changed: {error}") from error
    found, is_cut = all_of_it[-limit:], len(all_of_it) > limit
    if as_json:
        say_cut(is_cut, limit, as_json, str(len(all_of_it)))
        say_json([msgspec.to_builtins(line) for line in found])
        return
    if not found:
        say("Nothing was destroyed yet.")
        return
    say(f"{path}: whoever has it can verify it with `menshen destruction verify`.")
    show(
        ("", "when", "order", "rule", "late", "what went", "hash"),
        [_row(line, settings) for line in reversed(found)],
    )
    say_cut(is_cut, limit, as_json, str(len(all_of_it)))


def _row(line: Destruction, settings: Settings) -> list[str]:
    counts = ", ".join(f"{name} {count}" for name, count in sorted(line.counts.items()))
    late = f"{line.late_ms // HOUR_MS} h" if line.late_ms else ""
    at = when(line.at_ms, settings.zone)
    return [str(line.number), at, line.order, line.rule, late, counts, line.hash]


def _holds(settings: Settings, as_json: bool) -> None:
    now_ms = command_ms(settings.store.place, settings.zone)
    store = Store.open(*settings.store.place, create=False)
    with closing(store), store.reading() as connection:
        found = holds.living(connection, now_ms)
        homes = [_home(connection, row.order_id) for row in found]
    if as_json:
        say_json([msgspec.to_builtins(row) for row in found])
        return
    if not found:
        say("Nobody holds anything.")
        return
    show(
        ("order", "home", "by", "until", "why"),
        [
            [row.order_id, home, row.by, when(row.until_ms, settings.zone), row.why]
            for row, home in zip(found, homes, strict=True)
        ],
    )


def _hold(settings: Settings, name: str, by: str, why: str, days: int) -> None:
    order_id = field("NAME", name, fields.an_id)
    now_ms = command_ms(settings.store.place, settings.zone)
    until_ms = now_ms + days * DAY_MS
    o, store = tables.orders.c.order_id, Store.open(*settings.store.place, create=False)
    with closing(store), store.writing() as connection:
        if connection.execute(select(o).where(o == order_id)).first() is None:
            raise CommandError(f"there is no order {order_id}")
        try:
            holds.hold(connection, order_id, by, why, until_ms, now_ms)
        except (HoldError, TextError) as error:
            raise CommandError(str(error).rstrip("."), MISUSED) from error
        order = with_label(order_id, _home(connection, order_id))
    until = when(until_ms, settings.zone)
    say(f"Order {order} is held until {until}. Its household sees by whom and why.")


def _release(settings: Settings, name: str) -> None:
    order_id = field("NAME", name, fields.an_id)
    now_ms = command_ms(settings.store.place, settings.zone)
    store = Store.open(*settings.store.place, create=False)
    with closing(store), store.writing() as connection:
        is_released = holds.release(connection, order_id, now_ms)
        order = with_label(order_id, _home(connection, order_id))
    if not is_released:
        raise CommandError(f"nobody holds the order {order}; `menshen destruction holds`")
    say(
        f"Order {order} is held no more: what is over is destroyed on time, or at once if it is "
        "late."
    )


def _home(connection: Connection, order_id: str) -> str:
    """Whose an order is, by what people call the doors; empty where nobody can tell any more."""
    o = tables.orders.c
    query = select(o.household_id).where(o.order_id == order_id)
    household_id = connection.execute(query).scalar()
    doors = resident_views.doors_of(connection, household_id) if household_id else []
    return " · ".join(row.label for row in doors if row.label)
