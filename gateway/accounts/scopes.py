"""Scopes: what of its account's rights a program's token may use, each by a name.

They are cut from the one table of rights (roles.py): a right to look, or to act, each has one. A
token may what its scopes name and its account's roles allow, and never more than either. What has
no scope (accounts, the audit, a person's own phones) is for no token that has scopes.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from gateway.accounts.roles import Right, Role, Whose, reach
from gateway.language.catalogue import N_


class Scope(StrEnum):
    """What a token may, as it stands in the API's document."""

    DOORS_READ = "doors:read"
    CASES_READ = "cases:read"
    CASES_ACT = "cases:act"
    CASES_SHELVE = "cases:shelve"
    CASES_REVIEW = "cases:review"
    PAGES_READ = "pages:read"
    PAGES_SIGN = "pages:sign"
    PAGES_TEST = "pages:test"
    REQUESTS_READ = "requests:read"
    REQUESTS_ACT = "requests:act"
    DISPUTES_ANSWER = "disputes:answer"
    ANNOUNCEMENTS_WRITE = "announcements:write"
    ORDERS_END = "orders:end"
    HOLDS_READ = "holds:read"
    HOLDS_WRITE = "holds:write"
    SEALS_TEST = "seals:test"
    HEALTH_READ = "health:read"
    METRICS_READ = "metrics:read"


# By right, and whether it is a look or an act.
_OF: Final = {
    (Right.DOORS, True): Scope.DOORS_READ,
    (Right.CASES, True): Scope.CASES_READ,
    (Right.ANSWER, False): Scope.CASES_ACT,
    (Right.SHELVE, False): Scope.CASES_SHELVE,
    (Right.REVIEW, False): Scope.CASES_REVIEW,
    (Right.INBOX, True): Scope.PAGES_READ,
    (Right.INBOX, False): Scope.PAGES_SIGN,
    (Right.TEST_PAGE, True): Scope.PAGES_TEST,
    (Right.TEST_PAGE, False): Scope.PAGES_TEST,
    (Right.REQUESTS, True): Scope.REQUESTS_READ,
    (Right.SERVE, False): Scope.REQUESTS_ACT,
    (Right.DISPUTES, False): Scope.DISPUTES_ANSWER,
    (Right.ANNOUNCE, False): Scope.ANNOUNCEMENTS_WRITE,
    (Right.END_ORDER, False): Scope.ORDERS_END,
    (Right.HOLDS, True): Scope.HOLDS_READ,
    (Right.HOLD, False): Scope.HOLDS_WRITE,
    (Right.COMMISSION, True): Scope.SEALS_TEST,
    (Right.COMMISSION, False): Scope.SEALS_TEST,
    (Right.HEALTH, True): Scope.HEALTH_READ,
    (Right.METRICS, True): Scope.METRICS_READ,
}
RIGHTS: Final = {scope: right for (right, _), scope in _OF.items()}
WORDS: Final = {
    Scope.DOORS_READ: N_("read the doors"),
    Scope.CASES_READ: N_("read the cases, and who was told"),
    Scope.CASES_ACT: N_("acknowledge cases, go there, report"),
    Scope.CASES_SHELVE: N_("put cases aside"),
    Scope.CASES_REVIEW: N_("assess reports, and sign them off"),
    Scope.PAGES_READ: N_("read the pages of its own person"),
    Scope.PAGES_SIGN: N_("sign for the pages of its own person"),
    Scope.PAGES_TEST: N_("send test pages, and read what came of them"),
    Scope.REQUESTS_READ: N_("read what households ask for, contest and say"),
    Scope.REQUESTS_ACT: N_("take requests and bring them, and ask after who is not well"),
    Scope.DISPUTES_ANSWER: N_("name who answers a dispute, and answer it"),
    Scope.ANNOUNCEMENTS_WRITE: N_("announce openings, and take them back"),
    Scope.ORDERS_END: N_("end orders"),
    Scope.HOLDS_READ: N_("read whose records are held beyond their time, by whom and why"),
    Scope.HOLDS_WRITE: N_("hold records for longer, or no more"),
    Scope.SEALS_TEST: N_("test seals at their doors, and announce work at seals"),
    Scope.HEALTH_READ: N_("read how the gateway does"),
    Scope.METRICS_READ: N_("read the gateway's figures, as a monitor does"),
}


def scope_of(right: Right, is_look: bool) -> Scope | None:
    """The scope that a token needs for this; None where none is enough."""
    return _OF.get((right, is_look))


def scopes_for(roles: Iterable[Role]) -> tuple[Scope, ...]:
    """Those that a token of somebody with these roles can use at all."""
    held = tuple(roles)
    return tuple(one for one in Scope if reach(held, RIGHTS[one]) is not Whose.NOBODYS)


def scopes_in(text: str) -> frozenset[Scope]:
    """The scopes of a token's row. One that this release does not know allows nothing."""
    known = {scope.value for scope in Scope}
    return frozenset(Scope(word) for word in text.split() if word in known)
