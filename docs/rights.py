"""`make diagrams`: write the table of rights in docs/accounts.md from the one that the code obeys.

A test compares the two, so the page never says what the code does not do.
"""

import re
from pathlib import Path

from gateway.accounts.roles import TABLE, Right, Role, Whose

DOCUMENT = Path(__file__).with_name("accounts.md")
MARK = "<!-- rights: make diagrams -->"
_WORDS = {
    Right.OWN_PHONES: "own phones",
    Right.INBOX: "page on the phone",
    Right.DOORS: "see doors",
    Right.CASES: "see cases",
    Right.ANSWER: "take, go, report",
    Right.SHELVE: "put aside",
    Right.REVIEW: "assess, sign off",
    Right.REQUESTS: "see requests",
    Right.SERVE: "do requests",
    Right.DISPUTES: "answer disputes",
    Right.ANNOUNCE: "announce openings",
    Right.END_ORDER: "end an order",
    Right.HOLDS: "see what is held",
    Right.HOLD: "hold records longer",
    Right.COMMISSION: "test seals, visits",
    Right.PEOPLE: "list of wardens",
    Right.HEALTH: "health",
    Right.METRICS: "figures for monitors",
    Right.UPDATES: "update seals",
    Right.TEST_PAGE: "send a test page",
    Right.LOST_PHONE: "sign out a lost phone",
    Right.PHONES_OF_OTHERS: "others' phones",
    Right.AUDIT: "read the audit",
}
_ROLES = {
    Role.WARDEN: "warden",
    Role.DEPUTY: "deputy",
    Role.CAPTAIN: "captain",
    Role.DISPATCHER: "desk",
    Role.INSTALLER: "inst.",
    Role.ENGINEER: "eng.",
    Role.AUDITOR: "audit",
    Role.ADMINISTRATOR: "admin",
}
_REACH = {Whose.NOBODYS: "–", Whose.OWN: "own", Whose.GRIDS: "grids", Whose.ALL: "all"}


def table() -> str:
    """The table as Markdown, a line for each right."""
    lines = ["| |" + "|".join(f" {_ROLES[role]} " for role in Role) + "|"]
    lines.append("|---" * (len(Role) + 1) + "|")
    for right, row in TABLE.items():
        cells = "|".join(f" {_REACH[row[role]]} " for role in Role)
        lines.append(f"| {_WORDS[right]} |{cells}|")
    return "\n".join(lines)


def written(document: str) -> str:
    """The document with its table as the code has it. ValueError if it has no place."""
    block = re.compile(re.escape(MARK) + r"\n(?:\|.*\n)*")
    document, places = block.subn(f"{MARK}\n{table()}\n", document)
    if places != 1:
        raise ValueError(f"{MARK} stands {places} times in the document, not once")
    return document


if __name__ == "__main__":
    DOCUMENT.write_text(written(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
