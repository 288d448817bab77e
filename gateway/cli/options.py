"""The options that most commands have, spelt the same everywhere."""

from pathlib import Path
from typing import Annotated

import typer

CONFIG = Path("menshen.toml")


def whole(path: Path) -> Path:
    """A path as the messages name it: from the root on, for nobody may have typed it."""
    return path.absolute()


Config = Annotated[
    Path,
    typer.Option(
        "--config",
        "-c",
        envvar="MENSHEN_CONFIG",
        help="The settings, a TOML file.",
        callback=whole,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="For scripts: JSON on standard output.")]
Limit = Annotated[int, typer.Option(min=1, max=100_000, help="How many at most.")]
Port = Annotated[int, typer.Option(min=1, max=65_535)]
