"""`make diagrams`: write the state machines of ARCHITECTURE.md from the tables that the code obeys.

A block begins with `<!-- NAME: make diagrams -->` and is a Mermaid drawing. A test compares the
blocks with what is written here, so a table and its drawing never differ.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from gateway.core.cases.transitions import HELD, TABLE, Action
from gateway.core.model import CaseState
from sealnode import link

DOCUMENT = Path(__file__).resolve().parent.parent / "ARCHITECTURE.md"
Edge = tuple[str, str, str]  # from a state, to a state, by what; "[*]" is outside

_ACTIONS = {
    Action.ACKNOWLEDGE: "acknowledge",
    Action.ON_THE_WAY: "on the way",
    Action.ON_SITE: "on site",
    Action.REPORT: "report",
    Action.HAND_OVER: "hand over",
    Action.TAKE_BACK: "take back",
    Action.ASSESS: "assess",
    Action.SIGN_OFF: "sign off",
    Action.SHELVE: "put aside",
    Action.PAGE_SENT: "a page goes out",
    Action.PAGE_RECEIVED: "a page arrives",
}
GROUPS = {"waiting": (CaseState.RAISED, CaseState.PAGED), "in_hand": HELD}
_BY_RULE: tuple[Edge, ...] = ((CaseState.SIGNED_OFF, CaseState.CLOSED, "its cause is over"),)
_LINK_STATES = {
    link.DOWN: "down",
    link.CONNECTING: "connecting",
    link.GREETING: "greeting",
    link.SUBSCRIBING: "subscribing",
    link.UP: "up",
}
LINK_GROUPS = {"session": [name for state, name in _LINK_STATES.items() if state != link.DOWN]}
_LINK_EVENTS = {
    link.OPENED: "the node asks for it",
    link.CONNECTED: "TCP or TLS stands",
    link.GREETED: "CONNACK",
    link.SUBSCRIBED: "SUBACK",
}


def case_edges() -> list[Edge]:
    """A case's life: what people and pages do, from the core's table, and what rules do. What can
    be done in all states of a group leads from the group, and what leads to all of them to it."""
    edges: list[Edge] = [("[*]", CaseState.RAISED, "a rule finds something")]
    for before, row in TABLE.items():
        for action, cell in row.items():
            if isinstance(cell.leads_to, CaseState) and cell.leads_to is not before:
                end = "in_hand" if cell.is_back else cell.leads_to
                edges.append((before, end, _ACTIONS[action]))
    for group, states in GROUPS.items():
        ways = [{(end, by) for start, end, by in edges if start == state} for state in states]
        shared = set.intersection(*ways)
        edges = [(group if a in states and (b, by) in shared else a, b, by) for a, b, by in edges]
    for group, states in GROUPS.items():
        for start in {a for a, _, _ in edges} - {*states}:
            if {*states} <= {b for a, b, _ in edges if a == start}:
                edges = [(a, group if a == start and b in states else b, c) for a, b, c in edges]
    return [*dict.fromkeys(edges), *_BY_RULE, (CaseState.CLOSED, "[*]", "")]


def seal_edges() -> list[Edge]:
    """A seal's session with its broker, from the firmware's table."""
    steps = [
        (_LINK_STATES[before], _LINK_STATES[after], _LINK_EVENTS[event])
        for event, (before, after) in enumerate(link.STEPS)
    ]
    ends = [(group, _LINK_STATES[link.DOWN], "anything else, or too late") for group in LINK_GROUPS]
    return [("[*]", _LINK_STATES[link.DOWN], ""), *steps, *ends]


def mermaid(edges: Iterable[Edge], groups: Mapping[str, Iterable[str]] | None = None) -> str:
    """A Mermaid state diagram, one edge a line; the edges within a group stand in its box."""
    labels: dict[tuple[str, str], str] = {}
    for a, b, by in edges:
        labels[a, b] = f"{labels[a, b]}, {by}" if (a, b) in labels else by
    lines = {
        way: f"{way[0]} --> {way[1]}" + (f": {by}" if by else "") for way, by in labels.items()
    }
    drawn = []
    for group, states in (groups or {}).items():
        within = [way for way in lines if {*way} <= {*states}]
        drawn += [f"state {group} {{", *(f"    {lines.pop(way)}" for way in within), "}"]
    drawn = [f"    {line}" for line in (*drawn, *lines.values())]
    return "\n".join(["```mermaid", "stateDiagram-v2", "    direction LR", *drawn, "```"])


def written(document: str) -> str:
    """The document with its drawings as the tables are now. ValueError if one has no place."""
    drawings = ("case", mermaid(case_edges(), GROUPS)), ("seal", mermaid(seal_edges(), LINK_GROUPS))
    for name, drawing in drawings:
        mark = f"<!-- {name}: make diagrams -->"
        block = re.compile(re.escape(mark) + r"\n```mermaid\n.*?\n```", re.DOTALL)
        document, places = block.subn(f"{mark}\n{drawing}", document)
        if places != 1:
            raise ValueError(f"{mark} stands {places} times in the document, not once")
    return document


if __name__ == "__main__":
    DOCUMENT.write_text(written(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
