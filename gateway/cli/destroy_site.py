"""`menshen destroy-site`: everything of this deployment, for good, with a signed report."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.exit_codes import MISUSED, CommandError
from gateway.cli.options import CONFIG, Config
from gateway.cli.output import now_ms, say
from gateway.ending import site_ending
from gateway.ending.site_ending import SiteEndingError
from gateway.feeds import history_ending, home_assistant_ending
from gateway.settings import load
from gateway.store.one_gateway import is_running


def destroy_site(
    report: Annotated[
        Path | None, typer.Option(help="Where the signed report goes; away from the site's folder.")
    ] = None,
    name: Annotated[
        str, typer.Option(help="The site's name, in the place of typing it when asked.")
    ] = "",
    verify: Annotated[
        Path | None, typer.Option(help="Destroy nothing: verify a report that was made before.")
    ] = None,
    key: Annotated[
        str, typer.Option(help="verify: the site's public key, as it was printed before.")
    ] = "",
    config: Config = CONFIG,
) -> None:
    """Destroy everything of this site for good, and sign a report of it.

    Keys first, so that from then on no copy anywhere can be read; then the database, archives,
    photos, accounts, copies, logins, the history in InfluxDB and what Home Assistant's broker
    keeps. Said again after it was cut off, it goes on. There is no way back.
    """
    try:
        if verify is not None:
            found = site_ending.verify(verify, key)
            say(f"The report is as it was signed, by the key {found.public_key}.")
            return
        if report is None:
            raise CommandError("say with --report where the signed report goes", MISUSED)
        settings = load(config)
        if is_running(settings.store.path):
            raise CommandError("the gateway runs: stop it first (systemctl stop menshen)")
        plan = site_ending.plan_of(
            config,
            settings,
            report,
            history_ending.all_points(settings.influx),
            home_assistant_ending.sweeping(settings.home_assistant),
        )
        typed = name or typer.prompt(
            f"Everything of the site {settings.site.name} will be destroyed. Type its name"
        )
        if typed != settings.site.name:
            raise CommandError("that is not the site's name; nothing was destroyed", MISUSED)
        made = site_ending.destroy(plan, now_ms)
    except SiteEndingError as error:
        raise CommandError(str(error)) from error
    say(f"Destroyed: {sum(made.counts.values())} things. The report is {report}, signed by")
    say(made.public_key)
