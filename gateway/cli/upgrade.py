"""`menshen upgrade`: what this release will do to the site when it starts. Changes nothing."""

import shutil
from contextlib import closing
from pathlib import Path
from typing import Final

from sqlalchemy import text

from gateway.accounts import file as accounts
from gateway.backup import rotation
from gateway.cli.exit_codes import CommandError
from gateway.cli.options import CONFIG, Config, Json
from gateway.cli.output import ago, counted, now_ms, say, say_json
from gateway.settings import load
from gateway.store import giving_back
from gateway.store.database import RELEASE, SITE, Chain, Store

MIB: Final = 1024 * 1024
# Reckoned, not measured: a migration that changes a column copies its table, and an SD card writes
# some 10 MB a second. One that only adds takes no time.
BYTES_A_SECOND: Final = 10_000_000
START_S: Final = 5


def upgrade(config: Config = CONFIG, as_json: Json = False) -> None:
    """Say what this release will do to the site when it starts, and how to go back. Changes
    nothing.

    A release writes the database anew where its tables changed, once, at its first start. An older
    release cannot read that any more: so copy first.
    """
    settings = load(config)
    path = settings.store.path
    if not path.exists():
        raise CommandError(f"there is no database at {path}: nothing is to be brought up to date")
    written_by = _release_of(path)
    steps = _steps(path, SITE)
    other = accounts.file_of(path)
    steps += _steps(other, accounts.CHAIN) if other.exists() else []
    size = path.stat().st_size
    is_anew = giving_back.wants(path) and not giving_back.hindrance(path)
    lasts_s = START_S + (2 * size // BYTES_A_SECOND if steps else 0)
    lasts_s += giving_back.lasts_s(path) if is_anew else 0
    free = shutil.disk_usage(path.parent).free
    newest = next(iter(rotation.copies(settings.backup.folder)), None)
    if as_json:
        say_json(
            {
                "release": RELEASE,
                "written_by": written_by,
                "migrations": [name for name, _ in steps],
                "seconds_at_most": lasts_s,
                "bytes": size,
                "free_bytes": free,
                "is_written_anew": is_anew,
                "newest_copy": None if newest is None else str(newest.path),
            }
        )
        return
    say(f"This is release {RELEASE}; {written_by or 'an older release'} wrote {path} last.")
    _say_room(path)
    if not steps:
        lasts = f"up to {lasts_s} s on a slow card" if is_anew else "some seconds"
        say(f"Its tables are those of this release: a restart is all, {lasts}.")
        say("Seals keep their reports meanwhile.")
        return
    say(f"{counted(len(steps), 'migration')} at the first start:")
    for name, what in steps:
        say(f"  {name}: {what}")
    say(f"It lasts up to {lasts_s} s on a slow card ({size / MIB:.0f} MiB). Meanwhile seals keep")
    say("their reports, 64 each, and nobody is told of any door.")
    if free < 2 * size:
        say(f"! {free / MIB:.0f} MiB are free, and it may need {2 * size / MIB:.0f}.")
    if newest is None:
        say("! There is no copy: `menshen backup` first. Without one there is no way back.")
    else:
        made = ago(int(newest.made.timestamp() * 1000), now_ms())
        say(f"The newest copy was made {made}; a fresh one first: `menshen backup`.")
    say("Then: `sudo menshen install`, which writes the units anew and starts this release; then")
    say("`menshen check`.")
    say("Back again: install the release before, `menshen restore` that copy. What was receipted")
    say("since is then forgotten; one case says so.")


def _say_room(path: Path) -> None:
    """Whether the room of what is destroyed will be given back to the disk."""
    if not giving_back.wants(path):
        return
    why = giving_back.hindrance(path)
    if why:
        say(f"! Room of what is destroyed is not given back: {why}.")
    else:
        say("It is written anew once, at the gateway's first start, so that the room of what is")
        say("destroyed is given back.")


def _release_of(path: Path) -> str | None:
    """Which release started on a database last; None where it does not say."""
    with closing(Store(path)) as store, store.reading() as connection:
        columns = connection.execute(text("SELECT name FROM pragma_table_info('site')")).all()
        if ("release",) not in [tuple(row) for row in columns]:
            return None
        release: str | None = connection.execute(text("SELECT release FROM site")).scalar()
        return release


def _steps(path: Path, chain: Chain) -> list[tuple[str, str]]:
    """What is to be migrated. StoreError where a newer release has written it: a start would say
    the same."""
    with closing(Store(path, chain)) as store:
        steps = store.behind()
        if not steps:
            store.migrate()  # nothing to do, or too new: then it says so
        return steps
