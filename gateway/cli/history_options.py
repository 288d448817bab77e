"""The options and the help of the commands about the past; bodies are imported when called."""

from pathlib import Path
from typing import Annotated

import typer

Config = Annotated[
    Path,
    typer.Option("--config", "-c", envvar="MENSHEN_CONFIG", help="The settings, a TOML file."),
]
Json = Annotated[bool, typer.Option("--json", help="For scripts: JSON on standard output.")]
CONFIG = Path("menshen.toml")


def what_if(
    begins: Annotated[str, typer.Option("--from", help="From when: 2026-03-01, or with 08:00.")],
    ends: Annotated[str, typer.Option("--to", help="Until when; a date alone: its end.")] = "now",
    rules: Annotated[
        Path | None, typer.Option(help="The other rules: a TOML file with a section [rules].")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="How many lines at most.")] = 100,
    config: Config = CONFIG,
    as_json: Json = False,
) -> None:
    """Live through the journal under other rules: which pages, and which not. Changes nothing."""
    from gateway.cli import what_if as body

    body.what_if(config, body.Wanted(begins, ends, rules, limit, as_json))


def coverage(
    door: Annotated[str, typer.Argument(help="The door's id, as `menshen doors` lists it.")],
    config: Config = CONFIG,
    as_json: Json = False,
) -> None:
    """Show for a door's orders when it was seen shut, seen open, and not seen."""
    from gateway.cli import coverage as body

    body.coverage(config, door, as_json)
