"""A point as one line of InfluxDB's line protocol, held to what influx_schema.py says. Pure.

Source: InfluxDB's reference of the line protocol. Tags here need no escape, for they are ids and
words; texts do.
"""

import re
from collections.abc import Mapping

from gateway.feeds.influx_schema import NONE, Measurement, Type

NS_PER_MS = 1_000_000
Value = int | float | str | None

_PLAIN = re.compile(r"[A-Za-z0-9_-]+")


class NotPlainError(ValueError):
    """A tag's value that is no id and no word."""


def plain(value: str) -> str:
    """A tag's value as it stands in a line. NotPlainError if it would need an escape."""
    if not _PLAIN.fullmatch(value):
        raise NotPlainError(f"{value!r} is no id: a to z, A to Z, digits, _ and - only")
    return value


def time_ns(at_ms: int, number: int) -> int:
    """A point's time: that of a millisecond, and below it the number that is its own."""
    return at_ms * NS_PER_MS + number % NS_PER_MS


class LineMaker:
    """Makes the lines of one measurement.

    Args:
        measurement: what they are.
        site_id: of the site, and so of its one gateway.
    """

    def __init__(self, measurement: Measurement, site_id: str) -> None:
        self._head = f"{measurement.name},site={plain(site_id)},gateway={site_id}"
        self._tags = [tag.name for tag in measurement.tags[2:]]
        self._types = {field.name: field.type for field in measurement.fields}

    def line(self, tags: Mapping[str, str], fields: Mapping[str, Value], at_ns: int) -> str:
        """A point.

        Args:
            tags: all of the measurement's but the site and the gateway; an empty one is none.
            fields: by name; None is left out. One has a value at least.
            at_ns: its time, in nanoseconds of UTC.

        Raises:
            KeyError: a tag is missing, or there is no such field.
            NotPlainError: a tag's value is neither an id nor a word.
        """
        named = "".join(f",{name}={plain(tags[name] or NONE)}" for name in self._tags)
        types = self._types
        said = ",".join(
            f"{name}={_written(types[name], value)}"
            for name, value in fields.items()
            if value is not None
        )
        return f"{self._head}{named} {said} {at_ns}"


def _written(kind: Type, value: int | float | str) -> str:
    if kind is Type.INT:
        return f"{int(value)}i"
    if kind is Type.FLOAT:
        return repr(float(value))
    text = str(value).replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    return f'"{text}"'
