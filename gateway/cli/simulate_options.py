"""The options and the help of `menshen simulate`; its body is imported when it is called."""

from pathlib import Path
from typing import Annotated

import typer


def simulate(
    doors: Annotated[int, typer.Option(min=1, max=1_000_000, help="How many.")] = 1_000,
    days: Annotated[int, typer.Option(min=1, max=366, help="How long they live.")] = 14,
    seed: Annotated[int, typer.Option(help="The same seed, the same fleet.")] = 1,
    scenario: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Another city's scenario, a TOML file.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a page with plots here.")
    ] = None,
    door: Annotated[
        int | None, typer.Option(min=0, metavar="K", help="Tell the story of this door instead.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="For scripts: JSON on standard output.")
    ] = False,
) -> None:
    """Let a fleet of sealed doors live, and see what the rules make of it.

    Doors share power, access points and a postman within their building. Exit code 1 if the rules
    missed a breach that a report showed.
    """
    from gateway.cli.simulate import Wanted
    from gateway.cli.simulate import simulate as body

    raise typer.Exit(body(Wanted(doors, days, seed, scenario, html, door, as_json)))
