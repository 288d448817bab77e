"""Writes the list of measurements, tags and fields into the page about the history:
`python -m docs.history`."""

import re
import textwrap
from pathlib import Path

from gateway.feeds.influx_schema import MEASUREMENTS, Measurement

DOCUMENT = Path(__file__).with_name("history.md")
MARK = "<!-- schema: python -m docs.history -->"
END = "<!-- end of schema -->"
WIDTH = 98


def schema() -> str:
    """All measurements as Markdown."""
    return "\n".join(_measurement(one) for one in MEASUREMENTS)


def written(document: str) -> str:
    """The document with the list as the code has it. ValueError if it has no place."""
    block = re.compile(re.escape(MARK) + r"\n.*?" + re.escape(END), re.DOTALL)
    document, places = block.subn(lambda _: f"{MARK}\n{schema()}\n{END}", document)
    if places != 1:
        raise ValueError(f"{MARK} stands {places} times in the document, not once")
    return document


def _measurement(one: Measurement) -> str:
    lines = [f"\n### `{one.name}`\n", *_wrapped(f"{one.meaning}. Time: {one.time}.", "")]
    lines.append("")
    lines += _wrapped("- tags: " + ", ".join(f"`{tag.name}`" for tag in one.tags))
    for field in one.fields:
        kind = " ".join(part for part in (field.unit, field.type) if part)
        lines += _wrapped(f"- `{field.name}` ({kind}): {field.meaning}")
    return "\n".join(lines)


def _wrapped(text: str, indent: str = "  ") -> list[str]:
    return textwrap.wrap(
        text, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def main() -> None:
    """Write it."""
    DOCUMENT.write_text(written(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
