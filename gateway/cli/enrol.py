"""`menshen enrol`: rows into the registry, by file or one seal."""

import gc
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import msgspec
import typer
from sqlalchemy import select

from gateway.cli.broker_leaving import take_off_ended
from gateway.cli.command_time import command_ms
from gateway.cli.exit_codes import FAILED, MISUSED, OK, CommandError
from gateway.cli.named_door import called, door_id
from gateway.cli.option_fields import field
from gateway.cli.options import CONFIG, Config, Json, whole
from gateway.cli.output import bar, counted, say, say_json, show
from gateway.core.duration import SECOND_MS
from gateway.core.no_json import NO_JSON
from gateway.provisioning.flash import SealSettings
from gateway.registry import columns, fields
from gateway.registry.credentials import Identity, fresh_identity, fresh_password
from gateway.registry.enrolment import enrol_seal
from gateway.registry.import_files import Result, Tables, Wish
from gateway.registry.rows import RowResult
from gateway.settings import Settings, load
from gateway.settings.sections import Store as Place
from gateway.store import tables
from gateway.store.database import Store, need_none_before
from gateway.store.private_file import write_private

MISTAKES_SHOWN = 50
NEW = "new"  # in place of a seal's id: a fresh one


class _Seal(NamedTuple):
    """What was typed of one seal, not yet read: an id, or "new"."""

    seal: str
    door: str | None
    key_file: Path | None
    out: Path
    replace: bool


def enrol(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="Tables (.csv or .xlsx) of grids, wardens, doors, seals, orders …"),
    ] = None,
    kind: Annotated[
        str | None, typer.Option(metavar="TABLE", help="The files' table, if not by the header.")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="New seals may take doors that carry another.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check only, write nothing.")] = False,
    example: Annotated[
        str | None, typer.Option(metavar="TABLE", help="Print a table's header and a sample row.")
    ] = None,
    seal: Annotated[
        str | None, typer.Option(metavar="ID|new", help="One seal instead of files.")
    ] = None,
    door: Annotated[str | None, typer.Option(help="With --seal: the door it hangs on.")] = None,
    key_file: Annotated[
        Path | None, typer.Option(help="With --seal ID: a file with its key, 64 hex digits.")
    ] = None,
    out: Annotated[
        Path,
        typer.Option(
            callback=whole, help="With --seal: where its settings file goes (it holds secrets)."
        ),
    ] = Path(),
    config: Config = CONFIG,
    as_json: Json = False,
) -> None:
    """Enrol from CSV files, all of them or nothing; or one seal.

    Every mistake is told by file, line and column. Rows that are enrolled already change nothing;
    rows with a yes in a column `end` end now.
    """
    if example is not None:
        _print_example(example)
    elif seal is not None and not files:
        _enrol_seal(load(config), _Seal(seal, door, key_file, out, replace))
    elif files and seal is None and door is None and key_file is None:
        if kind is not None:
            _need_table(kind)
        site = load(config)
        now = command_ms(site.store.place, site.zone)
        wish = Wish(now, site.zone, site.site.language, kind, replace, dry_run)
        code = _enrol_files(site.store, files, wish, as_json)
        if code == OK and not dry_run:
            _take_off_ended(site, as_json)
        raise typer.Exit(code)
    else:
        raise CommandError("name CSV files, or one seal with --seal (and --door)", MISUSED)


def _take_off_ended(site: Settings, as_json: bool) -> None:
    """Seals that end by a table leave the broker too, where its files are at hand."""
    count = take_off_ended(site)
    if count and not as_json:
        say(f"{counted(count, 'seal')} that ended left the broker.")


def _print_example(kind: str) -> None:
    """A table's header and a sample row, to start from."""
    _need_table(kind)
    say(",".join(column.name for column in columns.TABLES[kind]))
    say(",".join(columns.example(kind, datetime.now(UTC).date())))


def _need_table(kind: str) -> None:
    if kind not in columns.TABLES:
        raise CommandError(f"{kind} is no table; there are {', '.join(columns.TABLES)}", MISUSED)


def _enrol_files(at: Place, files: Sequence[Path], wish: Wish, as_json: bool) -> int:
    """Enrol CSV files into the database and tell what came of it; the exit code."""
    path, is_new = at.path, not at.path.exists()
    need_none_before(*at.place)
    with _uncollected(), bar() as progress:
        tables, result = Tables(files, wish, progress), None
        if is_new:  # whatever is wrong with the files, no database is left behind
            with _rehearsal() as store:
                result = tables.enrol(store, dry_run=True)
        if result is None or not (result.mistakes or wish.dry_run):
            with closing(Store.open(*at.place)) as store:
                result = tables.enrol(store)
    if as_json:
        say_json(_plain(result))
    else:
        _say(result, wish.dry_run)
        if is_new and result.written:
            say(f"A new database was made: {path}")
    return FAILED if result.mistakes else OK


@contextmanager
def _uncollected() -> Iterator[None]:
    """All that a table is made of is needed to the end: to look for garbage in it again and again
    takes a fifth of the time. How much it can be is limited where files are read."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@contextmanager
def _rehearsal() -> Iterator[Store]:
    """An empty database as a new site's, that leaves nothing behind."""
    with (
        tempfile.TemporaryDirectory(prefix="menshen-") as folder,
        closing(Store.open(Path(folder) / "rehearsal.db")) as store,
    ):
        yield store


def _plain(result: Result) -> dict[str, Any]:
    counts: dict[str, dict[str, int]] = {}
    for (kind, outcome), number in result.counts.items():
        counts.setdefault(kind, {})[outcome] = number
    mistakes = [vars(mistake) for mistake in result.mistakes]
    answer = {"written": result.written, "counts": counts, "mistakes": mistakes}
    return answer | ({"notes": [vars(note) for note in result.notes]} if result.notes else {})


def _say(result: Result, dry_run: bool) -> None:
    for told in (result.notes, result.mistakes):
        for one in told[:MISTAKES_SHOWN]:
            say(f"Note: {one}" if told is result.notes else str(one))
        if len(told) > MISTAKES_SHOWN:
            say(f"… and {len(told) - MISTAKES_SHOWN} more; --json tells all")
    if result.mistakes:
        say(f"Nothing was enrolled: {counted(len(result.mistakes), 'mistake')}.")
        return
    seldom = {RowResult.ENDED, RowResult.SKIPPED} - {outcome for _, outcome in result.counts}
    outcomes = [outcome for outcome in RowResult if outcome not in seldom]
    rows = [
        [kind, *(str(result.counts[kind, outcome]) for outcome in outcomes)]
        for kind in columns.TABLES
        if any(result.counts[kind, outcome] for outcome in outcomes)
    ]
    show(["", *outcomes], rows)
    if dry_run:
        say("Nothing was enrolled: this was a dry run. There is no mistake.")
    elif result.counts["seals", RowResult.ADDED]:
        say("The broker lets new seals in after `menshen broker-config`.")


def _enrol_seal(site: Settings, typed: _Seal) -> None:
    """Enrol one seal and write the settings file that goes on it, readable by its owner only."""
    need_none_before(*site.store.place)
    now = command_ms(site.store.place, site.zone)
    identity = _identity(typed.seal, typed.key_file)
    door = None if typed.door is None else door_id("--door", typed.door, site)
    path = typed.out / f"seal-{identity.seal_id}.json" if typed.out.is_dir() else typed.out
    if path.exists() and not _is_left(path, identity.seal_id, site):
        raise CommandError(f"{path} is there already; name another with --out", MISUSED)
    broker = site.broker
    seal = SealSettings(
        broker.host,
        server_name=broker.host,
        port=broker.port,
        tls=broker.tls,
        bluetooth=site.ble.enabled,
    )

    def enrol_in(store: Store) -> None:
        enrol_seal(
            store,
            seal_id=identity.seal_id,
            key=identity.key,
            door_id=door,
            broker_password=identity.broker_password,
            at_ms=now,
            heartbeat_ms=seal.heartbeat_s * SECOND_MS,
            replace=typed.replace,
        )

    if not site.store.path.exists():  # a seal that does not fit must leave no database behind
        with _rehearsal() as store:
            enrol_in(store)
    _write(path, seal.render(identity))
    try:
        with closing(Store.open(*site.store.place)) as store:
            enrol_in(store)
    except BaseException:
        path.unlink(missing_ok=True)  # a seal that is not enrolled must not be taken for one
        raise
    where = f"on door {called(site, door)}" if door else "and hangs on no door yet"
    say(f"Seal {identity.seal_id} is enrolled {where}.")
    say(f"{path} holds its key and password: put it on the seal as seal.json, then delete it here.")


def _is_left(path: Path, seal_id: str, site: Settings) -> bool:
    """Whether a run that was killed left this file: its seal never came into the registry."""
    try:
        found = msgspec.json.decode(path.read_bytes())
    except (OSError, *NO_JSON):
        return False
    if not isinstance(found, dict) or found.get("id") != seal_id or not site.store.path.exists():
        return False
    with closing(Store.open(*site.store.place)) as store, store.reading() as connection:
        query = select(tables.seals.c.seal_id).where(tables.seals.c.seal_id == seal_id)
        return connection.execute(query).first() is None


def _identity(seal: str, key_file: Path | None) -> Identity:
    """A fresh one for "new"; else the given id with the key in a file, and a fresh password."""
    if seal == NEW:
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


def _write(path: Path, content: bytes) -> None:
    try:
        write_private(path, content)
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}") from error
