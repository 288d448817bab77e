"""`menshen broker-config`: what mosquitto needs to let this site's seals in, and nobody else."""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import select

from gateway.cli.exit_codes import MISUSED, CommandError
from gateway.cli.options import CONFIG, Config
from gateway.cli.output import counted, say
from gateway.provisioning import broker_record
from gateway.provisioning.broker_config import (
    BrokerPlan,
    Login,
    write_broker_config,
    write_passwords,
)
from gateway.provisioning.certificates import CA_CRT
from gateway.provisioning.site_authority import need_one_authority
from gateway.settings import load
from gateway.store import tables
from gateway.store.database import Store, need_none_before

PORT = 8883
EVERYWHERE = "all"  # the word for every address, where one was chosen before


def broker_config(
    names: Annotated[
        list[str] | None,
        typer.Argument(help="Host names and addresses that seals reach the broker by."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Where to; else [broker] folder of the settings.")
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=1, max=65_535, help="Else as before; at first 8883.")
    ] = None,
    address: Annotated[
        str | None,
        typer.Option(help="Listen on this address only, or on all; else as before, at first all."),
    ] = None,
    years: Annotated[int, typer.Option(min=1, max=30, help="How long certificates last.")] = 5,
    installed_at: Annotated[
        Path | None,
        typer.Option(help="Where the broker finds the files, if not where they are written."),
    ] = None,
    user: Annotated[
        str | None, typer.Option(help="The system's user of the broker; at first mosquitto.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Also files that were changed by hand.")
    ] = False,
    second_authority: Annotated[
        bool,
        typer.Option("--second-authority", help="With --out: one that no seal here trusts."),
    ] = False,
    config: Config = CONFIG,
) -> None:
    """Write mosquitto's configuration: TLS, one login per seal, rights by id.

    Without names it renews only the logins, after seals were enrolled. What was chosen once holds
    until it is chosen otherwise, and a file that was changed by hand is not overwritten.
    """
    site = load(config)
    target = (out or site.broker.folder).absolute()
    if not second_authority:
        need_one_authority(target, site.broker, config)
    before = broker_record.read(target)
    plan = BrokerPlan(
        tuple(names or ()),
        installed_at=installed_at or Path(before.installed_at or target),
        address=before.address if address is None else None if address == EVERYWHERE else address,
        port=port or before.port or PORT,
        years=years,
        user=user or before.user or "mosquitto",
        overwrite=overwrite,
    )
    place = site.store
    need_none_before(*place.place)  # or all of its seals would be locked out
    seals, without = _logins(place.path)
    try:
        for sentence in _written(target, plan, seals):
            say(sentence)
    except OSError as error:
        raise CommandError(f"{target} cannot be written: {error.strerror}") from error
    if without:
        say(f"{counted(without, 'seal')} without a password cannot log in: flash it anew.")


def _logins(database: Path) -> tuple[list[Login], int]:
    """Who may log in, and how many seals have no password. Nobody, where no seal is enrolled."""
    if not database.exists():
        return [], 0
    c = tables.seals.c
    with closing(Store.open(database)) as store, store.reading() as connection:
        in_use = select(c.seal_id, c.broker_hash).where(c.ended_ms.is_(None))
        rows = connection.execute(in_use.order_by(c.seal_id)).all()
    logins = [Login(seal_id, password_hash) for seal_id, password_hash in rows if password_hash]
    return logins, len(rows) - len(logins)


def _written(target: Path, plan: BrokerPlan, seals: list[Login]) -> list[str]:
    """Everything, or without names the logins alone; sentences about what there is to know."""
    if plan.names:
        return write_broker_config(target, plan, seals, datetime.now(UTC))
    if not (target / CA_CRT).exists():
        raise CommandError(
            "name the hosts and addresses by which seals reach the broker, as in "
            "`menshen broker-config pi.local 192.168.1.2`",
            MISUSED,
        )
    count = write_passwords(target, plan, seals)
    return [f"{target} lets in the gateway and {counted(count, 'seal')}; reload the broker."]
