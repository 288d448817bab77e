"""What `menshen flash` is told, read and checked before a board is looked for."""

import os
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

import typer
from sqlalchemy import select

from gateway.cli.exit_codes import MISUSED, CommandError
from gateway.cli.output import named
from gateway.ingest.mqtt_probe import probe
from gateway.link.client import ask
from gateway.provisioning import site_check
from gateway.provisioning.broker_config import PASSWORDS
from gateway.provisioning.broker_logins import BrokerLogins
from gateway.provisioning.certificates import CA_CRT, CA_DER
from gateway.provisioning.flash import Registry
from gateway.provisioning.site_check import SiteError
from gateway.registry.credentials import Identity
from gateway.registry.door_names import with_label
from gateway.registry.enrolment import enrol_seal
from gateway.settings import Settings
from gateway.settings.sections import Broker
from gateway.settings.values import is_loopback
from gateway.store import tables
from gateway.store.database import Store
from gateway.store.first_report import FirstReport, first_report
from gateway.updates import signing

WIFI_PASSWORD = "MENSHEN_WIFI_PASSWORD"  # noqa: S105 - a variable's name
DOORS_MAX = 1_000
GATEWAY_S = 3.0


def authority(site: Settings, given: Path | None) -> bytes:
    """The authority's certificate for the seals, which the gateway trusts too."""
    path = given or site.broker.folder / CA_DER
    try:
        der = site_check.authority(path)
        site_check.need_trusted_by_gateway(der, path, site.broker.ca)
    except OSError as error:
        raise CommandError(
            f"the authority's certificate {path} cannot be read ({error.strerror}); "
            "`menshen broker-config` makes it at a new site; where there is one, let the settings "
            "say where it lies: folder under [broker]"
        ) from error
    except SiteError as error:
        raise CommandError(str(error)) from error
    return der


def host(site: Settings, broker: str, tls: bool) -> str:
    """By which name a seal reaches the broker, if none is typed that of the settings; one that its
    certificate has."""
    name = broker or site.broker.host
    if not broker and is_loopback(name):
        raise CommandError(
            f"a seal cannot reach {name}; say with --broker by which name or address it "
            "reaches this machine",
            MISUSED,
        )
    try:
        if tls:
            site_check.need_named(site.broker.folder, name)
    except SiteError as error:
        raise CommandError(str(error)) from error
    return name


def wifi_password(wifi: str | None) -> str:
    """From the environment, else asked for; never an argument, where all could read it."""
    given = os.environ.get(WIFI_PASSWORD)
    if given is None and wifi:
        given = typer.prompt(f"Password of {wifi}", hide_input=True, default="", show_default=False)
    password = given or ""
    try:
        site_check.need_wifi(wifi, password)
    except SiteError as error:
        raise CommandError(str(error), MISUSED) from error
    return password


def doors(named: Sequence[str] | None, listed: Path | None) -> list[str]:
    """The doors to make seals for, in their order: of --door and of the file of --doors."""
    found = list(named or ())
    if listed is not None:
        try:
            text = listed.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{listed} cannot be read as a list of doors", MISUSED) from error
        lines = (line.partition("#")[0].strip() for line in text.splitlines())
        found += [line for line in lines if line]
    need_once(found)
    if len(found) > DOORS_MAX:
        raise CommandError(f"{len(found)} doors are too many at once; {DOORS_MAX} at most", MISUSED)
    return found


def need_once(doors: Sequence[str], called: Callable[[str], str] = str) -> None:
    """CommandError for a door that is named twice, by what `called` makes of it."""
    twice = sorted({door for door in doors if doors.count(door) > 1})
    if twice:
        raise CommandError(f"door {called(twice[0])} is named twice", MISUSED)


def labels_of(database: Path, door_ids: Sequence[str], replace: bool) -> dict[str, str]:
    """What people call these doors. CommandError if one is not there, or has its seal already."""
    labels: dict[str, str] = {}
    carried: dict[str, str] = {}
    if database.exists():  # a new site's is made with its first seal, and not for a mistake
        d, s = tables.doors.c, tables.seals.c
        in_use = select(d.door_id, d.label).where(d.door_id.in_(door_ids), d.ended_ms.is_(None))
        on_them = select(s.door_id, s.seal_id).where(s.door_id.in_(door_ids))
        with closing(Store.open(database)) as store, store.reading() as connection:
            labels = {row.door_id: row.label for row in connection.execute(in_use)}
            carried = {row.door_id: row.seal_id for row in connection.execute(on_them)}
    if unknown := [door_id for door_id in door_ids if door_id not in labels]:
        raise CommandError(f"there is no door {named(unknown)}; `menshen doors` lists them")
    sealed = [with_label(door_id, labels[door_id]) for door_id in door_ids if door_id in carried]
    if len(sealed) == 1 and not replace:
        (seal_id,) = carried.values()
        raise CommandError(
            f"door {sealed[0]} carries seal {seal_id} already; say --replace if the new one hangs "
            "there instead"
        )
    if sealed and not replace:
        raise CommandError(
            f"{len(sealed)} of these doors carry seals already: {named(sealed)}; leave them out, "
            "or say --replace if the new ones hang there instead"
        )
    return labels


def broker_logins(site: Settings, name: str, port: int, tls: bool) -> BrokerLogins | None:
    """The logins of our own broker; None where its folder is not here."""
    if not (site.broker.folder / PASSWORDS).exists():
        return None

    def enters(user: str, password: str) -> str | None:
        return probe(_as_seal(site, name, port, tls, user, password))

    return BrokerLogins(site.broker.folder, site.store.path, site.broker.pid_file, enters)


def need_broker(site: Settings, name: str, port: int, tls: bool) -> None:
    """CommandError unless something answers as a broker there, though it may not let us in: of a
    broker whose folder is not here, no login is known."""
    problem = probe(_as_seal(site, name, port, tls, "", ""))
    if problem is not None and "refused us" not in problem:
        raise CommandError(f"no seal could reach the broker at {name}:{port}: {problem}")


def _as_seal(site: Settings, name: str, port: int, tls: bool, user: str, password: str) -> Broker:
    """Settings to connect with as a seal does."""
    trusted = site.broker.ca or site.broker.folder / CA_CRT
    return Broker.model_validate(
        {
            "host": name,
            "port": port,
            "tls": tls,
            "ca": trusted if tls else None,
            "user": user,
            "password": password or None,
        }
    )


def registry_for(
    database: Path,
    logins: BrokerLogins | None,
    heartbeat_ms: int,
    now_ms: Callable[[], int],
    replace: bool,
    door_id: str | None,
) -> Registry:
    """What the flashing of one board asks of the database and of the broker's logins."""

    def enrol(identity: Identity) -> None:
        with closing(Store.open(database)) as store:
            enrol_seal(
                store,
                seal_id=identity.seal_id,
                key=identity.key,
                door_id=door_id,
                broker_password=identity.broker_password,
                at_ms=now_ms(),
                heartbeat_ms=heartbeat_ms,
                replace=replace,
            )
        drop(identity)

    def drop(identity: Identity) -> None:
        if logins is not None:
            logins.used(identity.seal_id)

    known = partial(_is_enrolled, database)
    if logins is None:
        return Registry(known, enrol)
    return Registry(known, enrol, lambda: logins.identity(now_ms()), drop)


def ear(site: Settings) -> Callable[[str], FirstReport | None] | None:
    """How a seal's first report is looked for; None while no gateway hears any."""
    if ask(site.store.path, GATEWAY_S) is None:
        return None

    def heard(seal_id: str) -> FirstReport | None:
        with closing(Store(site.store.path)) as store, store.reading() as connection:
            return first_report(connection, seal_id)

    return heard


def _is_enrolled(database: Path, seal_id: str) -> bool:
    if not database.exists():
        return False
    c = tables.seals.c
    with closing(Store.open(database)) as store, store.reading() as connection:
        seals = connection.execute(select(c.seal_id).where(c.seal_id == seal_id))
        return seals.first() is not None


def release_key(settings: Settings) -> bytes | None:
    """Whose releases this site's seals take; None where nobody has made a key."""
    folder = settings.store.place[1]
    if folder is None or not (folder / signing.PUBLIC).exists():
        return None
    try:
        return signing.public_key(folder / signing.PUBLIC)
    except signing.KeyUnusableError as error:
        raise CommandError(str(error)) from error
