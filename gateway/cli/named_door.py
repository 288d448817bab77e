"""A door as people type it (its id, what it is called, its household, or the code of its label),
and as they read it."""

from collections.abc import Collection, Sequence
from contextlib import closing

from sqlalchemy import Connection, select

from gateway.cli.exit_codes import MISUSED, CommandError
from gateway.cli.output import named
from gateway.registry import fields
from gateway.registry.door_names import with_label
from gateway.registry.scanned import ScanError, door_of
from gateway.settings import Settings
from gateway.store import households, tables
from gateway.store.database import Store


def door_id(option: str, text: str, settings: Settings) -> str:
    """The id of the door that is meant; see `door_ids`."""
    return door_ids(option, [text], settings)[0]


def door_ids(option: str, texts: Sequence[str], settings: Settings) -> list[str]:
    """The ids of the doors that are meant, in their order; of a household with several, the first.

    What could be an id and is none that is in use is answered as it stands, for the caller to say
    what it lacks.

    Args:
        option: whose values they are, for the sentence.
        texts: what was typed.
        settings: of the site whose doors they are.

    Raises:
        CommandError: no door, or more than one, is called so.
        StoreError: the site's database cannot be read.
    """
    with (
        closing(Store.open(*settings.store.place, create=False)) as store,
        store.reading() as connection,
    ):
        return [_meant(connection, option, text) for text in texts]


def _meant(connection: Connection, option: str, text: str) -> str:
    try:
        return door_of(connection, text)
    except ScanError:
        of_household = households.doors_of(connection, text.strip())
    if of_household:
        return of_household[0]
    try:
        return str(fields.an_id(fields.tidy(text)))
    except ValueError:
        raise CommandError(
            f"{option} {text!r}: no door, or more than one, is called so; `menshen doors` lists "
            "their ids",
            MISUSED,
        ) from None


def called(settings: Settings, door_id: str) -> str:
    """A door by its id and what people call it; by its id where nobody knows of it."""
    place = settings.store.place
    with closing(Store.open(*place, create=False)) as store, store.reading() as connection:
        return doors_called(connection, [door_id])


def doors_called(connection: Connection, door_ids: Sequence[str]) -> str:
    """Some doors by their ids, which are typed, each with what people call it."""
    labels = _labels(connection, door_ids)
    return named([with_label(door_id, labels.get(door_id)) for door_id in door_ids])


def named_doors(connection: Connection, door_ids: Collection[str]) -> str:
    """Some doors in a sentence, by what people call them; the id where that is not known."""
    labels = _labels(connection, door_ids)
    return named([labels.get(door_id) or door_id for door_id in door_ids])


def _labels(connection: Connection, door_ids: Collection[str]) -> dict[str, str]:
    d = tables.doors.c
    if not door_ids:
        return {}
    query = select(d.door_id, d.label).where(d.door_id.in_(door_ids))
    return {row.door_id: row.label for row in connection.execute(query)}
