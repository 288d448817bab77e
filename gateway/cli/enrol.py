"""`menshen enrol`: rows into the registry, by file or one by one."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.cli.exit_codes import FAILED, MISUSED, CommandError
from gateway.cli.option_fields import field
from gateway.cli.output import bar, counted, now_ms, say, say_json, show
from gateway.provisioning.flash import SealSettings
from gateway.provisioning.private_file import write_private
from gateway.registry import columns, fields
from gateway.registry.credentials import Identity, fresh_identity, fresh_password
from gateway.registry.enrolment import enrol_seal
from gateway.registry.import_files import Result, Wish, enrol_files
from gateway.registry.rows import RowResult
from gateway.settings import Settings, load
from gateway.store.database import Store

MISTAKES_SHOWN = 50


def print_example(kind: str) -> None:
    """A table's header and a sample row, to start from."""
    _need_kind(kind)
    header = columns.TABLES[kind]
    say(",".join(column.name for column in header))
    say(",".join(column.sample for column in header))


@dataclass(frozen=True)
class Files:
    """What the command line asks of `enrol` for files."""

    paths: Sequence[Path]
    kind: str | None
    replace: bool
    dry_run: bool
    as_json: bool


def by_files(config: Path, asked: Files) -> int:
    """Enrol CSV files; the exit code."""
    if asked.kind is not None:
        _need_kind(asked.kind)
    settings = load(config)
    wish = Wish(
        now_ms(), settings.zone, settings.site.language, asked.kind, asked.replace, asked.dry_run
    )
    path = settings.store.path
    is_new = not path.exists()
    with _database(path, thrown_away=is_new and asked.dry_run) as store, bar() as told:
        result = enrol_files(store, asked.paths, wish, told)
    if asked.as_json:
        say_json(_plain(result))
    else:
        _report(result, asked.dry_run)
        if is_new and result.written:
            say(f"A new database was made: {path}")
    return FAILED if result.mistakes else 0


@contextmanager
def _database(path: Path, *, thrown_away: bool) -> Iterator[Store]:
    """The site's; for a dry run before there is one, another that leaves nothing behind."""
    with tempfile.TemporaryDirectory(prefix="menshen-") as room:
        store = Store.open(Path(room) / "dry.db" if thrown_away else path)
        try:
            yield store
        finally:
            store.close()


@dataclass(frozen=True)
class OneSeal:
    """What the command line asks of `enrol` for one seal: an id, or "new"."""

    seal: str
    door: str | None
    key_file: Path | None
    out: Path
    replace: bool


def one_seal(config: Path, asked: OneSeal) -> None:
    """Enrol one seal and write the settings file that goes on it, readable by its owner only."""
    settings = load(config)
    identity = _identity(asked.seal, asked.key_file)
    door = None if asked.door is None else field("--door", asked.door, fields.an_id)
    path = asked.out / f"seal-{identity.seal_id}.json" if asked.out.is_dir() else asked.out
    if path.exists():
        raise CommandError(f"{path} is there already; name another with --out", MISUSED)
    store = Store.open(settings.store.path)
    try:
        its_own = _seal_settings(settings)
        _write(path, its_own.render(identity))
        enrol_seal(
            store,
            seal_id=identity.seal_id,
            key=identity.key,
            door_id=door,
            broker_password=identity.broker_password,
            at_ms=now_ms(),
            heartbeat_ms=its_own.heartbeat_s * 1000,
            replace=asked.replace,
        )
    except BaseException:
        path.unlink(missing_ok=True)  # a seal that is not enrolled must not be taken for one
        raise
    finally:
        store.close()
    where = f"on door {door}" if door else "and hangs on no door yet"
    say(f"Seal {identity.seal_id} is enrolled {where}.")
    say(f"{path} holds its key and password: put it on the seal as seal.json, then delete it here.")


def _write(path: Path, content: bytes) -> None:
    try:
        write_private(path, content)
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}") from error


def _identity(seal: str, key_file: Path | None) -> Identity:
    """A fresh one for "new"; else the given id with the key in a file, and a fresh password."""
    if seal == "new":
        if key_file is not None:
            raise CommandError("--key-file goes with a seal's id, not with new", MISUSED)
        return fresh_identity()
    if key_file is None:
        raise CommandError("--seal with an id needs --key-file; or say --seal new", MISUSED)
    try:
        text = key_file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        raise CommandError(f"{key_file} cannot be read as a key", MISUSED) from None
    key = field(str(key_file), text, fields.key, secret=True)
    return Identity(field("--seal", seal, fields.seal_id), key, fresh_password())


def _seal_settings(settings: Settings) -> SealSettings:
    broker = settings.broker
    return SealSettings(broker.host, server_name=broker.host, port=broker.port, tls=broker.tls)


def _need_kind(kind: str) -> None:
    if kind not in columns.TABLES:
        raise CommandError(f"{kind} is no table; there are {', '.join(columns.TABLES)}", MISUSED)


def _plain(result: Result) -> dict[str, Any]:
    counts: dict[str, dict[str, int]] = {}
    for (kind, outcome), number in result.counts.items():
        counts.setdefault(kind, {})[outcome] = number
    mistakes = [vars(mistake) for mistake in result.mistakes]
    return {"written": result.written, "counts": counts, "mistakes": mistakes}


def _report(result: Result, dry_run: bool) -> None:
    for mistake in result.mistakes[:MISTAKES_SHOWN]:
        say(str(mistake))
    if len(result.mistakes) > MISTAKES_SHOWN:
        say(f"… and {len(result.mistakes) - MISTAKES_SHOWN} more; --json tells all")
    if result.mistakes:
        say(f"Nothing was enrolled: {counted(len(result.mistakes), 'mistake')}.")
        return
    rows = [
        [kind, *(str(result.counts[kind, outcome]) for outcome in RowResult)]
        for kind in columns.TABLES
        if any(result.counts[kind, outcome] for outcome in RowResult)
    ]
    show(["", *RowResult], rows)
    if dry_run:
        say("Nothing was enrolled: this was a dry run. There is no mistake.")
    elif result.counts["seals", RowResult.ADDED]:
        say("The broker lets new seals in after `menshen broker-config`.")
