"""`menshen settings`: what holds here, or an example to start from."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from gateway.cli.options import CONFIG, Config, Json
from gateway.cli.output import say, say_json, show
from gateway.settings import example as example_file
from gateway.settings import load
from gateway.settings.secret import SECRETS
from gateway.settings.sections import SECTIONS
from gateway.settings.web_address import without_path


def settings(
    config: Config = CONFIG,
    example: Annotated[
        bool, typer.Option("--example", help="Print a whole file with the defaults instead.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show the settings that hold. Start with: menshen settings --example > menshen.toml"""
    if example:
        say(example_file())
        return
    held = _held(config)
    if as_json:
        say_json(msgspec.to_builtins(held, enc_hook=str))
        return
    rows = [
        [f"{section}.{key}", str(value)]
        for section, keys in held.items()
        for key, value in keys.items()
    ]
    show(["setting", "value"], rows)


def _held(config: Path) -> dict[str, dict[str, object]]:
    """Every section's keys as they hold; of secrets only whether they are set."""
    site = load(config)
    held: dict[str, dict[str, object]] = {}
    for section, model in SECTIONS.items():
        values = getattr(site, section)
        held[section] = {key: getattr(values, key) for key in model.model_fields}
    for name, door_class in site.classes.items():
        changed = door_class.model_dump().items()
        held[f"classes.{name}"] = {key: value for key, value in changed if value is not None}
    # What follows the host may be a key.
    for section, key in (
        ("webhook", "url"),
        ("webhook", "events_url"),
        ("influx", "url"),
        ("ping", "url"),
    ):
        held[section][key] = without_path(str(held[section][key]))
    for section, key in SECRETS:
        held[section][key] = "set" if held[section][key] else "not set"
    return held
