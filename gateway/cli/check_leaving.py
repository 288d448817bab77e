"""What `menshen check` says of seals that are out of use: that the broker lets none of them in."""

from pathlib import Path

from sqlalchemy import select

from gateway.cli.check_result import CheckResult, Mark
from gateway.cli.output import counted, named
from gateway.provisioning.retirement import has_files, left_behind
from gateway.store import tables
from gateway.store.database import Store


def retired(store: Store, folder: Path) -> CheckResult | None:
    """Whether seals that ended have logins still: whoever retired them was cut off before the
    broker heard of it. None where the broker's files are not here, or none has ended."""
    c = tables.seals.c
    with store.reading() as connection:
        ended = connection.execute(
            select(c.seal_id).where(c.ended_ms.is_not(None), c.make == "")
        ).scalars()
        gone = set(ended)
    if not gone or not has_files(folder):
        return None
    try:
        left = left_behind(folder, gone)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        words = f"the broker's logins in {folder} cannot be read ({why}); begin with sudo"
        return CheckResult("retired", Mark.WARN, words, {})
    if not left:
        words = f"the broker lets none of {counted(len(gone), 'seal')} in"
        return CheckResult("retired", Mark.OK, words, {"left": []})
    words = (
        f"the broker may still let {counted(len(left), 'retired seal')} in, whose reports are "
        f"refused here: {named(left)}; `menshen retire SEAL` for each"
    )
    return CheckResult("retired", Mark.FAIL, words, {"left": left})
