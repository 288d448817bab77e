"""`menshen settings`: what holds here, or an example to start from."""

from pathlib import Path

import msgspec

from gateway.cli.output import say, say_json, show
from gateway.settings import example, load
from gateway.settings.secret import SECRETS
from gateway.settings.sections import SECTIONS


def print_example() -> None:
    """A whole settings file with the defaults."""
    say(example())


def print_settings(config: Path, as_json: bool) -> None:
    """Every key as it holds; of secrets only whether they are set."""
    settings = load(config)
    held: dict[str, dict[str, object]] = {}
    for section, model in SECTIONS.items():
        values = getattr(settings, section)
        held[section] = {key: getattr(values, key) for key in model.model_fields}
    for name, one in settings.classes.items():
        otherwise = one.model_dump().items()
        held[f"classes.{name}"] = {key: value for key, value in otherwise if value is not None}
    for section, key in SECRETS:
        held[section][key] = "set" if held[section][key] else "not set"
    if as_json:
        say_json(msgspec.to_builtins(held, enc_hook=str))
        return
    rows = [[f"{s}.{k}", str(value)] for s, keys in held.items() for k, value in keys.items()]
    show(["setting", "value"], rows)
