"""How the log is written: one line each, however many a message has."""

import logging


class LineFormatter(logging.Formatter):
    """Puts before each line of a message what stands before its first one."""

    def format(self, record: logging.LogRecord) -> str:
        """As `logging.Formatter.format`."""
        text = super().format(record)
        if "\n" not in record.message:
            return text
        head, _, rest = text.partition(record.message)  # a traceback stays as it is
        return head + record.message.replace("\n", "\n" + head) + rest
