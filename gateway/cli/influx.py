"""`menshen influx`: makes an InfluxDB ready for the gateway's history."""

import os
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.exit_codes import FAILED, MISUSED, CommandError
from gateway.cli.options import CONFIG, Config, Json
from gateway.cli.output import say, say_json
from gateway.settings import load, secret

if TYPE_CHECKING:
    from gateway.feeds.influx_setup import Ready

KEPT_DAYS = 400


class What(StrEnum):
    """What is done."""

    INIT = "init"


def influx(
    what: Annotated[What, typer.Argument(help="What to do; see above.")],
    days: Annotated[
        int, typer.Option(min=1, max=36_500, help="So long the points are kept.")
    ] = KEPT_DAYS,
    new_tokens: Annotated[
        bool, typer.Option("--new-tokens", help="Of InfluxDB 2: revoke those made before.")
    ] = False,
    config: Config = CONFIG,
    as_json: Json = False,
) -> None:
    """Make an InfluxDB ready for the history: where its points go, how long they stay, its tokens.

    init makes the bucket of influx.bucket with its retention, and for InfluxDB 2 a token for the
    gateway (it may only write) and one for Grafana (it may only read), each shown once. Of
    InfluxDB 1.8 and later it makes the database and its retention policy. What is there stays,
    tokens too; done again, it sets the retention anew. The login of an administrator is taken from
    MENSHEN_INFLUX_ADMIN_TOKEN: a token, or name:password of InfluxDB 1.
    """
    from gateway.feeds import influx_setup  # most of a second, for those who use it

    settings = load(config).influx
    if not settings.url:
        raise CommandError(
            "influx.url is empty; set url, org and bucket under [influx] first", MISUSED
        )
    wanted = influx_setup.Wanted(settings.org, settings.bucket, days, new_tokens)
    try:
        ready = influx_setup.make_ready(settings.url, _login(), wanted)
    except influx_setup.SetupError as error:
        raise CommandError(str(error), FAILED) from error
    if as_json:
        say_json(ready._asdict())
        return
    _told(ready)


def _login() -> str:
    """The administrator's; empty where there is none. CommandError if it cannot be one."""
    admin = secret.named(secret.INFLUX_ADMIN_TOKEN, os.environ) or ""
    if isinstance(admin, secret.Broken):
        raise CommandError(admin.sentence, MISUSED)
    if wrong := secret.unfit(secret.INFLUX_ADMIN_TOKEN, admin):
        raise CommandError(wrong, MISUSED)
    return admin


def _told(ready: "Ready") -> None:
    say(f"InfluxDB {ready.version} is ready for the history.")
    for sentence in ready.done:
        say(sentence)
    if ready.write_token:
        say(f"For the gateway, as MENSHEN_INFLUX_TOKEN: {ready.write_token}")
    if ready.read_token:
        say(f"For Grafana, which may only read: {ready.read_token}")
    if ready.write_token or ready.read_token:
        say("Shown now and never again. Then restart the gateway.")
