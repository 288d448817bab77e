"""Whether other programs left something for the gateway: one small question, asked twice a second.

Asked on the driver's cursor, as a commit is written (`statements`): what SQLAlchemy does around
five queries of which nothing comes was a third of what an idle gateway took of its processor.
"""

from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from gateway.store import tables
from gateway.store.seal_commands import OPEN
from gateway.store.seal_tables import seal_commands


class LeftByOthers(NamedTuple):
    """What stands there now. All numbers only grow, but for that of the open commands."""

    pending_id: int  # the newest pending event; 0 for none
    enrolment: int  # the latest change of the registry; 0 for none
    commands_open: int  # to seals
    command_id: int  # the newest; 0 for none


def look(connection: Connection) -> LeftByOthers:
    """Read it.

    Args:
        connection: One that reads.

    Raises:
        sqlite3.Error: The driver's own; within `Store.reading` they become a StoreError.
    """
    cursor = connection.connection.cursor()
    try:
        cursor.execute(_question(connection.dialect))
        return LeftByOthers(*(number or 0 for number in cursor.fetchone() or (0, 0, 0, 0)))
    finally:
        cursor.close()


@lru_cache(2)
def _question(dialect: Any) -> str:
    c = seal_commands.c
    numbers = (
        select(func.max(tables.pending_events.c.pending_id)),
        select(func.max(tables.enrolments.c.enrolment_id)),
        select(func.count()).select_from(seal_commands).where(c.state.in_(OPEN)),
        select(func.max(c.command_id)),
    )
    question = select(*(number.scalar_subquery() for number in numbers))
    return str(question.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
