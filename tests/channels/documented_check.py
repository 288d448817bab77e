"""The check of a signature that docs/engineer.md gives to receivers, taken from there."""

import re
from collections.abc import Callable
from pathlib import Path

_PAGE = Path(__file__).parents[2] / "docs/engineer.md"


def documented_check() -> Callable[..., bool]:
    """`is_ours(headers, body, secret, now_s)`, as the page has it."""
    text = _PAGE.read_text(encoding="utf-8")
    found = re.search(r"<!-- snippet: .*? -->\n```python\n(.*?)```", text, re.DOTALL)
    assert found, "the page has no snippet"
    room: dict[str, Callable[..., bool]] = {}
    exec(found[1], room)  # noqa: S102 - our own page
    return room["is_ours"]
