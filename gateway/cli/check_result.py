"""What `menshen check` found at one part."""

from enum import StrEnum
from typing import Any

from msgspec import Struct


class Mark(StrEnum):
    """How well it is. Only a failure changes the exit code."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


class CheckResult(Struct, frozen=True):
    """A part, its mark, a sentence for people, and the figures behind it for scripts."""

    part: str
    mark: Mark
    text: str
    facts: dict[str, Any] = {}
