"""The drill: everything of a whole deployment is destroyed, with a report that anybody can verify.

1. What there is is written down: every file with its place, and how many rows each table has.
2. The keys first: from then on no copy anywhere can be read. Then file by file, each overwritten,
   cut to nothing and taken away. InfluxDB is asked to forget what it has, and of what Home
   Assistant's broker keeps nothing stays.
3. It is looked again, until nothing is found.
4. The report is signed with the site's own key; its public half was known before.
5. Last go that key, the progress and the settings: whoever finds settings may go on.

Killed anywhere it goes on where it was, for what is written down is overwritten, or gone, or not.
What a card or drive keeps of a block that was overwritten, no program can say: melt it.
"""

import base64
import glob
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec import Struct
from sqlalchemy import func, select

from gateway.backup import passing, rotation
from gateway.backup.site import Site
from gateway.core.no_json import NO_JSON
from gateway.ending import records
from gateway.keys import keeping
from gateway.keys.ring import KeyRing, KeyRingError
from gateway.photos.folder import PhotoFolder
from gateway.provisioning.spare_logins import SPARE_LOGINS
from gateway.registry import site_key
from gateway.registry.site_key import SiteKeyError
from gateway.settings import Settings
from gateway.store import archives, file_copy, marker, tables
from gateway.store.database import Store, StoreError
from gateway.store.states import site_id

PIECE: Final = 1_048_576  # bytes overwritten at a time
LOOKS_MAX: Final = 5  # until nothing is found
_MODE: Final = 0o600
_encode = msgspec.json.Encoder(order="deterministic").encode
Forget = Callable[[], None]
Sweep = Callable[[str], None]


class SiteEndingError(Exception):
    """It cannot go on. The text is a sentence for whoever destroys."""


class Plan(Struct, frozen=True):
    """What is destroyed, where its report goes, who asks InfluxDB, and who takes away what another
    system's broker keeps of a site with this random id (None: there is none)."""

    site: Site
    report: Path
    forget: Forget | None = None
    sweep: Sweep | None = None

    @property
    def progress(self) -> Path:
        """What was there at the beginning, until the report is made."""
        return self.report.with_name(self.report.name + ".progress")


class Found(Struct, frozen=True):
    """What was there when it began: the site's random id, files by place, rows by table, keys, and
    the last hash in the record of destructions."""

    site: str
    began_ms: int
    files: dict[str, int]
    rows: dict[str, int]
    keys: int
    last_record: str


class Report(Struct, frozen=True):
    """What was destroyed. `signature` is Ed25519 in base64, over all that stands before it."""

    site: str
    began_ms: int
    ended_ms: int
    counts: dict[str, int]  # files by place
    rows: dict[str, int]
    keys: int
    last_record: str
    left: int  # what was found at the last look: nothing
    is_history_forgotten: bool
    public_key: str
    signature: str = ""


_decode_report = msgspec.json.Decoder(Report).decode
_decode_found = msgspec.json.Decoder(Found).decode


def destroy(plan: Plan, now_ms: Callable[[], int]) -> Report:
    """Destroy all of it, or go on with it; the signed report.

    Raises:
        SiteEndingError: it cannot go on now. Said again, it goes on.
    """
    if _inside(plan.report, archives.folder_of(plan.site.database)):
        raise SiteEndingError(f"{plan.report} lies in what is to be destroyed")
    try:
        if not plan.report.exists():
            with passing.nobody_copies(plan.site.database):  # one made meanwhile would outlive it
                _all(plan, now_ms)
        report = _own_report(plan)
        _last(plan)
    except OSError as error:
        raise SiteEndingError(
            f"it was cut off ({error.strerror or error}); say the same again, and it goes on"
        ) from error
    except (StoreError, KeyRingError, SiteKeyError) as error:
        raise SiteEndingError(f"it was cut off: {error}; say the same again") from error
    return report


def _own_report(plan: Plan) -> Report:
    """The report, which is of this site and leaves nothing; else SiteEndingError."""
    report = verify(plan.report)
    key = _key_left(site_key.place(plan.site.database))
    if key not in ("", report.public_key) or next(_files(plan), None) is not None:
        raise SiteEndingError(
            f"{plan.report} is there already, and no report of this: name another"
        )
    return report


def _key_left(place: Path) -> str:
    """The public half of the site's key; empty where that is gone, or was cut off half destroyed:
    it goes after the report."""
    try:
        return _public(site_key.load(place))
    except (FileNotFoundError, SiteKeyError):
        return ""


def _public(key: Ed25519PrivateKey) -> str:
    return base64.b64encode(key.public_key().public_bytes_raw()).decode()


def verify(path: Path, public_key: str = "") -> Report:
    """A report that is as it was signed.

    Args:
        path: of the report; nothing else is needed,
        public_key: but the site's, in base64, as it was known before. Without it the report only
            agrees with itself.

    Raises:
        SiteEndingError: it is not, or another key signed it.
    """
    try:
        report = _decode_report(path.read_bytes())
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(report.public_key))
        key.verify(base64.b64decode(report.signature), _said(report))
    except OSError as error:
        raise SiteEndingError(f"{path} cannot be read: {error.strerror}") from error
    except (*NO_JSON, ValueError, InvalidSignature) as error:
        raise SiteEndingError(f"{path} is not as it was signed") from error
    if public_key and public_key != report.public_key:
        raise SiteEndingError(f"{path} is signed by another key, {report.public_key}")
    return report


# All of it.


def _all(plan: Plan, now_ms: Callable[[], int]) -> None:
    if not plan.progress.exists():
        _write(plan.progress, _encode(_found(plan, now_ms())))
    found = _decode_found(plan.progress.read_bytes())
    ring = KeyRing.beside(plan.site.database)
    _need_second(plan, ring)
    for key_id in sorted(ring.key_ids()):
        ring.destroy(key_id)
    _need_second(plan, ring)  # its drive was pulled out meanwhile
    _elsewhere(plan, found.site)
    for _ in range(LOOKS_MAX):
        left = list(_files(plan))
        if not left:
            break
        for _, path in left:
            shred(path)
    if left:
        raise SiteEndingError(f"{left[0][1]} comes again and again: who writes it?")
    key = site_key.load_or_make(site_key.place(plan.site.database))
    report = Report(
        found.site,
        found.began_ms,
        now_ms(),
        found.files,
        found.rows,
        found.keys,
        found.last_record,
        0,
        plan.forget is not None,
        _public(key),
    )
    signature = base64.b64encode(key.sign(_said(report))).decode()
    _write(plan.report, _encode(msgspec.structs.replace(report, signature=signature)))


def _elsewhere(plan: Plan, site: str) -> None:
    """What other machines have of the site goes. StoreError where that is not known to be done."""
    if plan.forget is not None:
        plan.forget()
    if plan.sweep is not None and site:
        plan.sweep(site)


def _need_second(plan: Plan, ring: KeyRing) -> None:
    """The second folder of keys is there, or nobody wants it any more: else its keys would outlive
    a report that says that none is left."""
    if ring.copy is not None and not ring.is_copy_here and plan.site.settings.keys.second:
        raise SiteEndingError(
            f"the second folder of keys {ring.copy} is not there, and keys of this site lie in it: "
            "put its drive in and say the same again. If it is lost for good, take keys.second out "
            "of the settings, and whoever finds it can read the copies that were made"
        )


def _last(plan: Plan) -> None:
    """What had to stay to the end, the settings last of all."""
    site, config = plan.site, plan.site.config
    for path in (
        site_key.place(site.database),
        plan.progress,
        *marker.places(site.accounts, config.parent),
        *marker.places(site.database, config.parent),
        config,
    ):
        if path.is_file():
            shred(path)


def _found(plan: Plan, now_ms: int) -> Found:
    files = Counter(place for place, _ in _files(plan))
    rows: dict[str, int] = {}
    site, record = "", records.place(plan.site.database)
    with suppress(StoreError):  # one that is damaged is destroyed all the same, uncounted
        site, rows = _counted(plan.site.database)
    keys = len(KeyRing.beside(plan.site.database).key_ids())
    try:
        last = records.verify(record).last if record.exists() else ""
    except records.RecordsError as error:
        last = str(error)
    return Found(site, now_ms, dict(files), rows, keys, last)


def _counted(database: Path) -> tuple[str, dict[str, int]]:
    """The site's random id, and how many rows each table has. StoreError."""
    if not database.exists():
        return "", {}
    store, rows = Store.open(database, create=False), dict[str, int]()
    with closing(store), store.reading() as connection:
        for table in tables.metadata.sorted_tables:
            count = connection.execute(select(func.count()).select_from(table)).scalar()
            rows[table.name] = count or 0
        return site_id(connection) or "", rows


def _files(plan: Plan) -> Iterator[tuple[str, Path]]:
    """Every file that is to go, with its place, as far as it is there; keys first."""
    site = plan.site
    yield from _key_files(site)
    for place, database in (("database", site.database), ("accounts", site.accounts)):
        yield from ((place, path) for path in _of_database(plan, database))
    for work in sorted(site.database.parent.glob(f"{passing.WORK}*")):
        yield from (("backups", path) for path in _below(work))
    yield from (("archives", path) for path in _below(archives.folder_of(site.database)))
    yield from _others(site)


def _of_database(plan: Plan, database: Path) -> Iterator[Path]:
    """A database with all that goes by its name: its log, its lock, its record, those that a
    restore set aside, and what a kill left unfinished."""
    config = plan.site.config
    stay = {
        site_key.place(database),
        plan.report,
        plan.progress,
        config,
        *marker.places(database, config.parent),
    }
    name = glob.escape(database.name)
    for pattern in (f"{name}*", f".{name}*"):
        for path in sorted(database.parent.glob(pattern)):
            if path not in stay and (path.is_file() or path.is_symlink()):
                yield path


def _key_files(site: Site) -> Iterator[tuple[str, Path]]:
    """Those of the ring; the second folder may hold what is none of ours."""
    for path in keeping.files(KeyRing.beside(site.database)):
        yield "keys", path


def _others(site: Site) -> Iterator[tuple[str, Path]]:
    """Photos, logins, certificates, secrets and copies: all but what must stay to the end."""
    stay = {site_key.place(site.database), site.config}
    for part in site.files():
        if part.path not in stay:
            yield part.name.partition("/")[0], part.path
    spare = site.settings.broker.folder / SPARE_LOGINS
    if spare.is_file():
        yield "broker", spare
    hidden = (path for path in _below(PhotoFolder(site.database).path) if path.name[0] == ".")
    yield from (("photos", path) for path in hidden)  # what a kill left unfinished
    backups = site.settings.backup.placed(site.database.parent).folder
    for copy in rotation.copies(backups):
        yield "backups", copy.path
    yield from (("backups", path) for path in rotation.months(backups).values())
    yield from (("backups", path) for path in file_copy.left_unfinished(backups))


def _below(folder: Path) -> Sequence[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else []


def shred(path: Path) -> None:
    """Overwrite a file, cut it and take it away; what is gone already is. OSError."""
    with suppress(FileNotFoundError):
        if not path.is_symlink():
            _overwrite(path)
        path.unlink()
    with suppress(FileNotFoundError):
        marker.sync(path.parent)


def _overwrite(path: Path) -> None:
    handle = os.open(path, os.O_WRONLY)
    try:
        size = os.fstat(handle).st_size
        for start in range(0, size, PIECE):
            os.pwrite(handle, bytes(min(PIECE, size - start)), start)
        os.fsync(handle)
        os.ftruncate(handle, 0)
    finally:
        os.close(handle)


def _write(path: Path, content: bytes) -> None:
    """A file, whole or not there. OSError."""
    fresh = path.with_name(f".{path.name}.new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _MODE)
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    fresh.replace(path)
    marker.sync(path.parent)


def _said(report: Report) -> bytes:
    return _encode(msgspec.structs.replace(report, signature=""))


def _inside(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())


def plan_of(
    config: Path,
    settings: Settings,
    report: Path,
    forget: Forget | None,
    sweep: Sweep | None = None,
) -> Plan:
    """The plan of a site."""
    return Plan(Site(config.resolve(), settings), report.absolute(), forget, sweep)
