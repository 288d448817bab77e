"""What `menshen check` finds of the labels on doors: whether each order's has been printed."""

from collections.abc import Iterator

from sqlalchemy import Connection, func, select

from gateway.cli.check_result import CheckResult, Mark
from gateway.cli.named_door import named_doors
from gateway.cli.output import counted
from gateway.store import door_codes
from gateway.store.door_codes import DOOR_CODES


def labels(connection: Connection, now: int) -> Iterator[CheckResult]:
    """Doors whose order runs and whose label was never printed; nothing where none ever was, for
    then a site does without them."""
    printed = select(func.count()).where(DOOR_CODES.c.printed_ms.is_not(None))
    if not connection.execute(printed).scalar():
        return
    running = [row for row in door_codes.labels(connection, now) if row.from_ms <= now]
    without = [row.door_id for row in running if row.printed_ms is None]
    if without:
        words = (
            f"no label was printed for {named_doors(connection, without)}, so nobody can prove to "
            "be there; `menshen door-label` prints it"
        )
        yield CheckResult("labels", Mark.WARN, words, {"without": without})
        return
    words = f"of {counted(len(running), 'door')} under an order, all printed"
    yield CheckResult("labels", Mark.OK, words)
