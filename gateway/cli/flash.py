"""`menshen flash`: the board on the cable becomes a seal of this site."""

import os
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import select

from gateway.cli.command_time import command_ms
from gateway.cli.exit_codes import MISUSED, CommandError
from gateway.cli.options import CONFIG, Config, Port
from gateway.cli.output import console
from gateway.core.duration import SECOND_MS
from gateway.provisioning.certificates import CA_DER
from gateway.provisioning.firmware_bundle import bundle
from gateway.provisioning.flash import Registry, SealSettings
from gateway.provisioning.flash_screen import Job, flash_on_screen
from gateway.registry.credentials import Identity
from gateway.registry.enrolment import enrol_seal
from gateway.registry.fields import HEARTBEAT_S_MAX
from gateway.settings import Settings, load
from gateway.settings.values import is_loopback
from gateway.store import tables
from gateway.store.database import Store, need_none_before

HEARTBEAT_S_MIN = 10
WIFI_PASSWORD = "MENSHEN_WIFI_PASSWORD"  # noqa: S105 - a variable's name

_Heartbeat = Annotated[
    int,
    typer.Option(
        min=HEARTBEAT_S_MIN, max=HEARTBEAT_S_MAX, metavar="SECONDS", help="A sign of life so often."
    ),
]


def flash(
    door: Annotated[str | None, typer.Option(help="The door that it will hang on.")] = None,
    port: Annotated[str | None, typer.Option(help="The serial port, if there are several.")] = None,
    broker: Annotated[
        str | None, typer.Option(metavar="HOST", help="By which name seals reach the broker.")
    ] = None,
    broker_port: Port = 8883,
    ca: Annotated[
        Path | None, typer.Option(help="The authority's ca.der; else that in [broker] folder.")
    ] = None,
    wifi: Annotated[
        str | None,
        typer.Option(metavar="SSID", help=f"Its password: ${WIFI_PASSWORD}, else asked for."),
    ] = None,
    heartbeat: _Heartbeat = SealSettings.heartbeat_s,
    mains: Annotated[bool, typer.Option("--mains", help="Powered from the mains.")] = False,
    plain: Annotated[bool, typer.Option("--no-tls", help="For the bench only: no TLS.")] = False,
    erase: Annotated[bool, typer.Option("--erase", help="Remove what is on the board.")] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="The door's present seal is taken down.")
    ] = False,
    labels: Annotated[Path | None, typer.Option(help="A folder for the label's files.")] = None,
    config: Config = CONFIG,
) -> None:
    """Make the board on the cable a seal: firmware, a fresh key, enrolment, a label."""
    site = load(config)
    files = bundle(None if plain else _ca(ca or site.broker.folder / CA_DER))
    host = _host(site, broker)
    settings = SealSettings(
        host,
        server_name=host,
        port=broker_port,
        tls=not plain,
        wifi_ssid=wifi,
        wifi_password=_wifi_password(wifi),
        heartbeat_s=heartbeat,
        mains=mains,
    )
    database = site.store.path
    need_none_before(*site.store.place)
    now = command_ms(site.store.place, site.zone)
    _need_room(database, door, replace)
    registry = Registry(
        partial(_is_enrolled, database), partial(_enrol, database, door, heartbeat * SECOND_MS, now)
    )
    flash_on_screen(Job(files, settings, registry, port, erase, labels), console())


def _ca(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CommandError(
            f"the authority's certificate {path} cannot be read ({error.strerror}); "
            "`menshen broker-config` makes it at a new site; where there is one, let the settings "
            "say where it lies: folder under [broker]"
        ) from error


def _host(site: Settings, broker: str | None) -> str:
    """By which name a seal reaches the broker."""
    host = broker or site.broker.host
    if broker is None and is_loopback(host):
        raise CommandError(
            f"a seal cannot reach {host}; say with --broker by which name or address it "
            "reaches this machine",
            MISUSED,
        )
    return host


def _wifi_password(wifi: str | None) -> str | None:
    """From the environment, else asked for; never an argument, where all could read it."""
    if wifi is None:
        return None
    given = os.environ.get(WIFI_PASSWORD)
    if given is not None:
        return given
    password: str = typer.prompt(f"Password of {wifi}", hide_input=True, default="")
    return password


def _need_room(database: Path, door_id: str | None, replace: bool) -> None:
    """Say what is in the way before the board is touched."""
    known, carried = None, None
    if database.exists():  # a new site's is made with its first seal, and not for a mistake
        d, s = tables.doors.c, tables.seals.c
        in_use = select(d.door_id).where(d.door_id == door_id, d.ended_ms.is_(None))
        with closing(Store.open(database)) as store, store.reading() as connection:
            known = connection.execute(in_use).first()
            carried = connection.execute(select(s.seal_id).where(s.door_id == door_id)).scalar()
    if door_id is None:
        return
    if known is None:
        raise CommandError(f"there is no door {door_id}; `menshen doors` lists them")
    if carried and not replace:
        raise CommandError(
            f"door {door_id} carries seal {carried} already; say --replace if the new one hangs "
            "there instead"
        )


def _is_enrolled(database: Path, seal_id: str) -> bool:
    if not database.exists():
        return False
    c = tables.seals.c
    with closing(Store.open(database)) as store, store.reading() as connection:
        seals = connection.execute(select(c.seal_id).where(c.seal_id == seal_id))
        return seals.first() is not None


def _enrol(
    database: Path, door_id: str | None, heartbeat_ms: int, at_ms: int, identity: Identity
) -> None:
    with closing(Store.open(database)) as store:
        enrol_seal(
            store,
            seal_id=identity.seal_id,
            key=identity.key,
            door_id=door_id,
            broker_password=identity.broker_password,
            at_ms=at_ms,
            heartbeat_ms=heartbeat_ms,
        )
