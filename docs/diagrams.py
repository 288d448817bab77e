"""`make diagrams`: write the state machines of ARCHITECTURE.md from the tables that the code obeys.

A block begins with `<!-- NAME: make diagrams -->` and is a Mermaid drawing. A test compares the
blocks with what is written here, so a table and its drawing never differ.
"""

import re
from collections.abc import Iterable
from pathlib import Path

from gateway.core.cases.transitions import TABLE, Action
from gateway.core.model import CaseState
from sealnode import link

DOCUMENT = Path(__file__).resolve().parent.parent / "ARCHITECTURE.md"
Edge = tuple[str, str, str]  # from a state, to a state, by what; "[*]" is outside

_ACTIONS = {
    Action.ACKNOWLEDGE: "acknowledge",
    Action.ON_SITE: "on site",
    Action.REPORT: "report",
    Action.ASSESS: "assess",
    Action.SIGN_OFF: "sign off",
    Action.SHELVE: "put aside",
    Action.PAGE_SENT: "a page goes out",
    Action.PAGE_RECEIVED: "a page arrives",
}
_BY_RULE: tuple[Edge, ...] = ((CaseState.SIGNED_OFF, CaseState.CLOSED, "its cause is over"),)
_LINK_STATES = {
    link.DOWN: "down",
    link.CONNECTING: "connecting",
    link.GREETING: "greeting",
    link.SUBSCRIBING: "subscribing",
    link.UP: "up",
}
_LINK_EVENTS = {
    link.OPENED: "the node asks for it",
    link.CONNECTED: "TCP or TLS stands",
    link.GREETED: "CONNACK",
    link.SUBSCRIBED: "SUBACK",
}


def case_edges() -> list[Edge]:
    """A case's life: what people and pages do, from the core's table, and what rules do."""
    edges: list[Edge] = [("[*]", CaseState.RAISED, "a rule finds something")]
    for before, row in TABLE.items():
        for action, cell in row.items():
            if isinstance(cell.leads_to, CaseState) and cell.leads_to is not before:
                edges.append((before, cell.leads_to, _ACTIONS[action]))
    return [*edges, *_BY_RULE, (CaseState.CLOSED, "[*]", "")]


def seal_edges() -> list[Edge]:
    """A seal's session with its broker, from the firmware's table."""
    steps = [
        (_LINK_STATES[before], _LINK_STATES[after], _LINK_EVENTS[event])
        for event, (before, after) in enumerate(link.STEPS)
    ]
    ends = [
        (name, _LINK_STATES[link.DOWN], "anything else, or too late")
        for state, name in _LINK_STATES.items()
        if state != link.DOWN
    ]
    return [("[*]", _LINK_STATES[link.DOWN], ""), *steps, *ends]


def mermaid(edges: Iterable[Edge]) -> str:
    """A Mermaid state diagram, one edge a line."""
    lines = [f"    {a} --> {b}" + (f": {by}" if by else "") for a, b, by in edges]
    return "\n".join(["```mermaid", "stateDiagram-v2", "    direction LR", *lines, "```"])


def written(document: str) -> str:
    """The document with its drawings as the tables are now. ValueError if one has no place."""
    for name, edges in (("case", case_edges()), ("seal", seal_edges())):
        mark = f"<!-- {name}: make diagrams -->"
        block = re.compile(re.escape(mark) + r"\n```mermaid\n.*?\n```", re.DOTALL)
        document, places = block.subn(f"{mark}\n{mermaid(edges)}", document)
        if places != 1:
            raise ValueError(f"{mark} stands {places} times in the document, not once")
    return document


if __name__ == "__main__":
    DOCUMENT.write_text(written(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
