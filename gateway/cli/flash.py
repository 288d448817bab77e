"""`menshen flash`, `label` and `broker-config`: an installer's commands around a seal."""

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import typer
from sqlalchemy import select

from gateway.cli.exit_codes import MISUSED, CommandError
from gateway.cli.output import console, counted, now_ms, say
from gateway.provisioning import certificates, label
from gateway.provisioning.broker_config import (
    BrokerPlan,
    Login,
    write_broker_config,
    write_passwords,
)
from gateway.provisioning.firmware_bundle import bundle
from gateway.provisioning.flash import Registry, SealSettings
from gateway.provisioning.flash_screen import Job, flash_on_screen, write_label
from gateway.registry.credentials import Identity
from gateway.registry.enrolment import enrol_seal
from gateway.registry.fields import seal_id as read_seal_id
from gateway.registry.fields import tidy
from gateway.settings import Settings, load
from gateway.settings.values import is_loopback
from gateway.store import tables
from gateway.store.database import Store

BROKER_FOLDER = "broker"  # beside the settings, unless told otherwise
WIFI_PASSWORD = "MENSHEN_WIFI_PASSWORD"  # noqa: S105 - a variable's name


@dataclass(frozen=True)
class Flashing:
    """What the command line says of one board."""

    port: str | None
    door: str | None
    broker: str | None
    broker_port: int
    ca: Path | None
    plain: bool
    wifi: str | None
    heartbeat_s: int
    mains: bool
    erase: bool
    replace: bool
    labels: Path | None


def flash(config: Path, asked: Flashing) -> None:
    """Make the board on the cable a seal of this site."""
    settings = load(config)
    store = Store.open(settings.store.path)
    try:
        job = Job(
            files=bundle(None if asked.plain else _ca(config, asked.ca)),
            settings=_seal_settings(settings, asked),
            registry=Registry(partial(_is_enrolled, store), partial(_enrol, store, asked)),
            port=asked.port,
            erase=asked.erase,
            labels=asked.labels,
        )
        if asked.door is not None:
            _need_door(store, asked.door, asked.replace)
        flash_on_screen(job, console())
    finally:
        store.close()


def print_label(seal: str, folder: Path | None) -> None:
    """A seal's label again: on the terminal, or as files for a printer."""
    try:
        seal_id = read_seal_id(tidy(seal))
    except ValueError as wrong:
        raise CommandError(f"{seal!r} is no seal's id: {wrong}", MISUSED) from None
    if folder is None:
        say(label.terminal(seal_id))
        return
    try:
        for path in write_label(folder, seal_id):
            say(str(path))
    except OSError as error:
        raise CommandError(f"{folder} cannot be written: {error.strerror}") from error


def broker_config(config: Path, plan: BrokerPlan, out: Path | None) -> None:
    """Everything that mosquitto needs for this site; without names, the passwords alone."""
    settings = load(config)
    target = out or config.parent / BROKER_FOLDER
    store = Store.open(settings.store.path)
    try:
        seals, without = _logins(store)
    finally:
        store.close()
    try:
        for sentence in _written(target, plan, seals):
            say(sentence)
    except OSError as error:
        raise CommandError(f"{target} cannot be written: {error.strerror}") from error
    if without:
        say(f"{counted(without, 'seal')} without a password cannot log in: flash it anew.")


def _written(target: Path, plan: BrokerPlan, seals: list[Login]) -> list[str]:
    if plan.names:
        return write_broker_config(target, plan, seals, datetime.now(UTC))
    if not (target / certificates.CA_CRT).exists():
        raise CommandError(
            "name the hosts and addresses by which seals reach the broker, as in "
            "`menshen broker-config pi.local 192.168.1.2`",
            MISUSED,
        )
    count = write_passwords(target, plan, seals)
    return [f"{target} lets in the gateway and {counted(count, 'seal')}; reload the broker."]


def _logins(store: Store) -> tuple[list[Login], int]:
    """Who may log in, and how many seals have no password."""
    c = tables.seals.c
    with store.reading() as connection:
        rows = connection.execute(select(c.seal_id, c.broker_hash).order_by(c.seal_id)).all()
    logins = [Login(seal_id, password_hash) for seal_id, password_hash in rows if password_hash]
    return logins, len(rows) - len(logins)


def _ca(config: Path, ca: Path | None) -> bytes:
    path = ca or config.parent / BROKER_FOLDER / certificates.CA_DER
    try:
        return path.read_bytes()
    except OSError as error:
        raise CommandError(
            f"the authority's certificate {path} cannot be read ({error.strerror}); "
            "`menshen broker-config` makes it, or name another with --ca"
        ) from error


def _seal_settings(settings: Settings, asked: Flashing) -> SealSettings:
    broker = asked.broker or settings.broker.host
    if asked.broker is None and is_loopback(broker):
        raise CommandError(
            f"a seal cannot reach {broker}; say with --broker by which name or address it "
            "reaches this machine",
            MISUSED,
        )
    return SealSettings(
        broker,
        server_name=broker,
        port=asked.broker_port,
        tls=not asked.plain,
        wifi_ssid=asked.wifi,
        wifi_password=_wifi_password(asked.wifi),
        heartbeat_s=asked.heartbeat_s,
        mains=asked.mains,
    )


def _wifi_password(wifi: str | None) -> str | None:
    """From the environment, else asked for; never an argument, where all could read it."""
    if wifi is None:
        return None
    given = os.environ.get(WIFI_PASSWORD)
    if given is not None:
        return given
    password: str = typer.prompt(f"Password of {wifi}", hide_input=True, default="")
    return password


def _need_door(store: Store, door_id: str, replace: bool) -> None:
    """Say it before the board is touched."""
    with store.reading() as connection:
        known = connection.execute(
            select(tables.doors.c.door_id).where(tables.doors.c.door_id == door_id)
        ).first()
        carried = connection.execute(
            select(tables.seals.c.seal_id).where(tables.seals.c.door_id == door_id)
        ).scalar()
    if known is None:
        raise CommandError(f"there is no door {door_id}; `menshen doors` lists them")
    if carried and not replace:
        raise CommandError(
            f"door {door_id} carries seal {carried} already; say --replace if the new one hangs "
            "there instead"
        )


def _is_enrolled(store: Store, seal_id: str) -> bool:
    with store.reading() as connection:
        found = connection.execute(
            select(tables.seals.c.seal_id).where(tables.seals.c.seal_id == seal_id)
        )
        return found.first() is not None


def _enrol(store: Store, asked: Flashing, identity: Identity) -> None:
    enrol_seal(
        store,
        seal_id=identity.seal_id,
        key=identity.key,
        door_id=asked.door,
        broker_password=identity.broker_password,
        at_ms=now_ms(),
        heartbeat_ms=asked.heartbeat_s * 1000,
    )
