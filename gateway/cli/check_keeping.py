"""What `menshen check` says of what is kept: room on the disk, and for how long; and copies."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from gateway.backup import rotation
from gateway.cli.check_result import CheckResult, Mark
from gateway.cli.output import ago, counted, named
from gateway.core.duration import DAY_MS
from gateway.ending import holds, household_ending
from gateway.settings import Settings
from gateway.store import archives, growth
from gateway.store.database import Store, StoreError
from gateway.store.retention import Limits

MIB: Final = 1024 * 1024
DISK_FAIL_BYTES, DISK_WARN_BYTES = 100 * MIB, 1024 * MIB
DAYS_WARN: Final = 30
COPY_OLD_MS: Final = 2 * DAY_MS


def disk(store: Store | None, settings: Settings, now: int) -> CheckResult:
    """Room beside the database, and for how long that is enough."""
    folder = settings.store.path.parent
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    mark = Mark.OK
    if free < DISK_WARN_BYTES:
        mark = Mark.FAIL if free < DISK_FAIL_BYTES else Mark.WARN
    words = f"{free / MIB / 1024:.1f} GiB free in {folder}"
    facts: dict[str, object] = {"free_bytes": free}
    rate = None if store is None else _rate(store)
    if rate is None:
        return CheckResult("disk", mark, words, facts)
    limits = Limits(**settings.retention.model_dump(exclude={"audit_months"}))
    left = growth.days_left(rate, limits, _used(settings.store.path), free)
    facts["days_left"] = left
    if left is None:
        words += ", enough: what is old goes before it is full"
        return CheckResult("disk", mark, words, facts)
    words += f", full in {counted(left, 'day')} as it grows now; [retention] keeps less, or make"
    words += " room"
    return CheckResult(
        "disk", max(mark, Mark.WARN if left < DAYS_WARN else mark, key=_RANK.index), words, facts
    )


_RANK: Final = [Mark.OK, Mark.WARN, Mark.FAIL]


def copies(settings: Settings, now: int) -> CheckResult:
    """Whether there is a copy of the site, of late, and elsewhere than the site itself."""
    folder = settings.backup.folder
    try:
        found = rotation.copies(folder)
        ahead = [copy for copy in found if rotation.is_ahead(copy, now)]
        newest = next((copy for copy in found if copy not in ahead), None)
        is_beside = newest is not None and (
            folder.stat().st_dev == settings.store.path.parent.stat().st_dev
        )
    except OSError as error:
        words = f"{folder} cannot be read: {error.strerror}"
        return CheckResult("copies", Mark.WARN, words)
    if newest is None:
        words = f"none in {folder}: `menshen backup` makes one"
        return CheckResult("copies", Mark.WARN, words + _beside(ahead))
    made_ms = int(newest.made.timestamp() * 1000)
    facts = {"newest": str(newest.path), "made_ms": made_ms, "encrypted": newest.is_encrypted}
    words = f"the newest was made {ago(made_ms, now)}: {newest.path}"
    words += _beside(ahead)
    if ahead or now - made_ms > COPY_OLD_MS:
        return CheckResult("copies", Mark.WARN, words, facts)
    if is_beside:
        words += "; on the site's own disk, and lost with it: see backup.folder"
        return CheckResult("copies", Mark.WARN, words, facts)
    return CheckResult("copies", Mark.OK, words, facts)


def _beside(ahead: list[rotation.Copy]) -> str:
    """What is said of copies whose names cannot be true."""
    if not ahead:
        return ""
    clock = "a clock that was ahead (or this machine's is behind)"
    return f"; named by {clock}: {named([copy.path.name for copy in ahead])}"


def months(store: Store) -> Iterator[CheckResult]:
    """Whether the journal's old months are where the database says; nothing while it has none."""
    with store.reading() as connection:
        known = archives.known(connection)
    paths = [archives.file_of(store.path, month.month) for month in known]
    away = [path for path in paths if not path.is_file()]
    if away:
        words = f"{counted(len(away), 'month')} of the journal not there: {away[0]}"
        words += "; `menshen restore` brings it back from a copy, and nothing is claimed of it now"
        yield CheckResult("months", Mark.FAIL, words, {"away": [path.stem for path in away]})
    elif known:
        words = f"{counted(len(known), 'month')} of the journal in {archives.folder_of(store.path)}"
        yield CheckResult("months", Mark.OK, words)


def _rate(store: Store) -> growth.Daily | None:
    try:
        with store.reading() as connection:
            return growth.daily(connection)
    except StoreError:
        return None  # another line says so


def _used(database: Path) -> int:
    folder = archives.folder_of(database)
    files = [database, *(folder.iterdir() if folder.is_dir() else ())]
    return sum(path.stat().st_size for path in files if path.is_file())


def ended(store: Store | None, settings: Settings, now: int) -> CheckResult:
    """Whether what is known of households goes on time, and what somebody holds."""
    if store is None:
        return CheckResult("ended", Mark.OK, "no site yet", {})
    with store.reading() as connection:
        late = household_ending.late(connection, household_ending.limits_of(settings), now)
        held = len({hold.order_id for hold in holds.terms(connection, now)})
    facts: dict[str, object] = {"late": late, "held": held}
    words = (
        f"held by a named person, or contested: {held}; `menshen destruction holds`" if held else ""
    )
    if late:
        words = (
            f"orders whose records should be gone: {late}. Is the gateway running, its clock "
            f"believed, and InfluxDB there? {words}"
        )
        return CheckResult("ended", Mark.FAIL, words.strip(), facts)
    return CheckResult("ended", Mark.OK, words or "nothing is there beyond its time", facts)
