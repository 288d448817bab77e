"""The keys by which a machine is looked after: its log, and who hears that all is well."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from gateway.settings.section import Section
from gateway.settings.values import url

CheckAddress = Annotated[
    str,
    AfterValidator(url),
    Field(description='the address of the check, such as "https://hc-ping.com/…", or "" for off'),
]


class Log(Section):
    """What the gateway writes to its log (standard error, which systemd keeps)."""

    level: Annotated[
        Literal["debug", "info", "warning", "error"],
        Field(description='"debug", "info", "warning" or "error"'),
    ] = "info"
    format: Annotated[
        Literal["text", "json"],
        Field(description='"text", or "json" for one object a line, for programs'),
    ] = "text"


class Ping(Section):
    """A service that calls you when it hears nothing (Healthchecks and its like). It is told that
    all is well while all is, and at /fail when something is not. Off while url is empty."""

    url: CheckAddress = ""
    every_s: Annotated[
        int, Field(ge=10, le=3_600, description="seconds between two pings, 10 to 3600")
    ] = 60
