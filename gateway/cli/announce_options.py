"""The options and the help of `menshen announce`; its body is imported when it is called."""

from typing import Annotated

import typer

from gateway.cli.history_options import CONFIG, Config, Json


def announce(
    ends: Annotated[str, typer.Option("--to", help="Until: the next 12:30, or 2026-03-01 12:30.")],
    who: Annotated[str, typer.Option(help="Who announces it.")],
    why: Annotated[str, typer.Option(help="What for: a meal, a test, a doctor.")],
    door: Annotated[
        str | None, typer.Argument(help="The door's id, as `menshen doors` lists it.")
    ] = None,
    area: Annotated[
        str | None, typer.Option(help="In its place, all doors of stair:3/2 or building:3.")
    ] = None,
    begins: Annotated[str, typer.Option("--from", help="From when.")] = "now",
    openings: Annotated[
        int, typer.Option(min=1, help="How many openings; with --daily, each time.")
    ] = 1,
    longest: Annotated[
        int, typer.Option(min=1, metavar="MINUTES", help="How long each at most.")
    ] = 15,
    daily: Annotated[
        str | None, typer.Option(help="Only at these hours, each day: 07:00-08:30,11:30-13:00.")
    ] = None,
    days: Annotated[str | None, typer.Option(help="With --daily: Mon-Fri, or Sat,Sun.")] = None,
    permit: Annotated[
        str | None, typer.Option("--id", help="An id, so that saying it twice does no harm.")
    ] = None,
    config: Config = CONFIG,
    as_json: Json = False,
) -> None:
    """Announce an opening (a permit), so that it bothers nobody."""
    from gateway.cli import announce as body

    told = body.Announcement(
        door, area, begins, ends, openings, longest, who, why, daily, days, permit, as_json
    )
    body.announce(config, told)
