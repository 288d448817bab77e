"""How the log is written: a line each, for people, or an object a line, for programs."""

import json
import logging
from datetime import UTC, datetime
from typing import Any

TEXT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING}


class LineFormatter(logging.Formatter):
    """Puts before each line of a message what stands before its first one."""

    def format(self, record: logging.LogRecord) -> str:
        """As `logging.Formatter.format`."""
        text = super().format(record)
        if "\n" not in record.message:
            return text
        head, _, rest = text.partition(record.message)  # a traceback stays as it is
        return head + record.message.replace("\n", "\n" + head) + rest


class JsonFormatter(logging.Formatter):
    """One JSON object a line: `time` (RFC 3339), `level`, `logger`, `message`. What happened has
    its ids beside them, an object for each thing that did (`gateway.engine.event_log`)."""

    def format(self, record: logging.LogRecord) -> str:
        """As `logging.Formatter.format`."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        head: dict[str, Any] = {
            "time": at.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        happened: list[dict[str, Any]] | None = getattr(record, "happened", None)
        if happened:
            return "\n".join(_written(head | one) for one in happened)
        said = head | {"message": record.getMessage()}
        if record.exc_info:
            said["exception"] = self.formatException(record.exc_info)
        return _written(said)


def begin(level: str, kind: str) -> None:
    """Write the log of this process from here on.

    Args:
        level: the least that is written: debug, info, warning or error.
        kind: text or json.
    """
    lines = logging.StreamHandler()
    lines.setFormatter(JsonFormatter() if kind == "json" else LineFormatter(TEXT))
    logging.basicConfig(level=LEVELS.get(level, logging.ERROR), handlers=[lines])


def _written(said: dict[str, Any]) -> str:
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"), default=str)
