"""What each role may do, and with whose things: the one table that code, tests and documents share.

A person may have several roles, and may what any of them may. `Whose` says how far it reaches: her
own (her phone's page, her sessions), her grids (their doors and cases, and any case of which she
was paged, for who covers elsewhere must see what it rang for), or all of the site. What stands in
no line is not allowed.
"""

from collections.abc import Iterable
from enum import IntEnum, StrEnum
from typing import Final


class Role(StrEnum):
    """What a person is to the site."""

    WARDEN = "warden"
    DEPUTY = "deputy"
    CAPTAIN = "captain"
    DISPATCHER = "dispatcher"  # at the centre's desk: acts for the centre
    INSTALLER = "installer"
    ENGINEER = "engineer"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


class Right(StrEnum):
    """What can be done, each a line of the table."""

    OWN_PHONES = "own_phones"  # see one's own sessions, and end them
    INBOX = "inbox"  # a person's page on the phone, and signing for its pages
    DOORS = "doors"  # see doors: the wall, a door's log
    CASES = "cases"  # see cases, and who was told
    ANSWER = "answer"  # acknowledge, go there, report
    SHELVE = "shelve"  # put a case aside
    REVIEW = "review"  # assess a report, and sign it off
    REQUESTS = "requests"  # see what households ask for, contest and say
    SERVE = "serve"  # take a request, bring it; ask after who is not well
    DISPUTES = "disputes"  # name who answers a dispute, and answer it
    ANNOUNCE = "announce"  # announce an opening, and take it back
    END_ORDER = "end_order"
    HOLDS = "holds"  # see whose records are held beyond their time, by whom and why
    HOLD = "hold"  # hold them, for longer, or no more
    COMMISSION = "commission"  # test a seal at its door; announce work at seals, and end it
    PEOPLE = "people"  # the list of wardens
    HEALTH = "health"  # how the gateway does, and which seals are silent
    METRICS = "metrics"  # the same as figures for a monitor: no door, no seal, no person in them
    UPDATES = "updates"  # see how a release comes to the seals; start and stop it
    TEST_PAGE = "test_page"  # send a test page to a person, and see what comes of it
    LOST_PHONE = "lost_phone"  # end the session of a person's phone that is lost
    PHONES_OF_OTHERS = "phones_of_others"  # all accounts: invite a phone, and end any session
    AUDIT = "audit"  # read who looked at what, and who did what


class Whose(IntEnum):
    """How far a right reaches; the larger holds the smaller."""

    NOBODYS = 0
    OWN = 1
    GRIDS = 2
    ALL = 3


_NO, _OWN, _GRIDS, _ALL = Whose.NOBODYS, Whose.OWN, Whose.GRIDS, Whose.ALL

# In the order of Role.
TABLE: Final[dict[Right, dict[Role, Whose]]] = {
    right: dict(zip(Role, reach, strict=True))
    for right, reach in {
        #                       warden  deputy  captain desk  install. engin. auditor admin.
        Right.OWN_PHONES:       (_OWN,   _OWN,   _OWN,   _OWN,  _OWN,  _OWN,  _OWN,  _OWN),
        Right.INBOX:            (_OWN,   _OWN,   _OWN,   _OWN,  _OWN,  _NO,   _NO,   _NO),
        Right.DOORS:            (_GRIDS, _GRIDS, _GRIDS, _ALL,  _ALL,  _ALL,  _ALL,  _NO),
        Right.CASES:            (_GRIDS, _GRIDS, _GRIDS, _ALL,  _ALL,  _NO,   _ALL,  _NO),
        Right.ANSWER:           (_GRIDS, _GRIDS, _GRIDS, _ALL,  _ALL,  _NO,   _NO,   _NO),
        Right.SHELVE:           (_NO,    _GRIDS, _GRIDS, _ALL,  _NO,   _NO,   _NO,   _NO),
        Right.REVIEW:           (_NO,    _GRIDS, _GRIDS, _ALL,  _NO,   _NO,   _NO,   _NO),
        Right.REQUESTS:         (_GRIDS, _GRIDS, _GRIDS, _ALL,  _NO,   _NO,   _ALL,  _NO),
        Right.SERVE:            (_GRIDS, _GRIDS, _GRIDS, _ALL,  _NO,   _NO,   _NO,   _NO),
        Right.DISPUTES:         (_NO,    _GRIDS, _GRIDS, _ALL,  _NO,   _NO,   _NO,   _NO),
        Right.ANNOUNCE:         (_GRIDS, _GRIDS, _GRIDS, _ALL,  _NO,   _NO,   _NO,   _NO),
        Right.END_ORDER:        (_NO,    _NO,    _GRIDS, _ALL,  _NO,   _NO,   _NO,   _NO),
        Right.HOLDS:            (_NO,    _NO,    _GRIDS, _ALL,  _NO,   _NO,   _ALL,  _NO),
        Right.HOLD:             (_NO,    _NO,    _GRIDS, _ALL,  _NO,   _NO,   _NO,   _NO),
        Right.COMMISSION:       (_NO,    _NO,    _GRIDS, _ALL,  _ALL,  _NO,   _NO,   _NO),
        Right.PEOPLE:           (_NO,    _NO,    _GRIDS, _ALL,  _NO,   _ALL,  _ALL,  _ALL),
        Right.HEALTH:           (_NO,    _NO,    _NO,    _ALL,  _ALL,  _ALL,  _NO,   _ALL),
        Right.METRICS:          (_NO,    _NO,    _NO,    _ALL,  _ALL,  _ALL,  _NO,   _ALL),
        Right.UPDATES:          (_NO,    _NO,    _NO,    _NO,   _NO,   _ALL,  _NO,   _ALL),
        Right.TEST_PAGE:        (_OWN,   _OWN,   _GRIDS, _ALL,  _OWN,  _ALL,  _NO,   _ALL),
        Right.LOST_PHONE:       (_NO,    _NO,    _GRIDS, _NO,   _NO,   _NO,   _NO,   _ALL),
        Right.PHONES_OF_OTHERS: (_NO,    _NO,    _NO,    _NO,   _NO,   _NO,   _NO,   _ALL),
        Right.AUDIT:            (_NO,    _NO,    _NO,    _NO,   _NO,   _NO,   _ALL,  _NO),
    }.items()
}  # fmt: skip

# Their tables hold names and addresses of people: who may read them signs in with two factors.
NAMES: Final = frozenset({Right.DOORS, Right.CASES, Right.PEOPLE, Right.REQUESTS})
# Who has one of these acts on cases, or is paged, as a person of the registry.
OF_THE_REGISTRY: Final = frozenset({Role.WARDEN, Role.DEPUTY, Role.CAPTAIN})


def reach(roles: Iterable[Role], right: Right) -> Whose:
    """How far somebody with these roles has the right; NOBODYS where not at all."""
    return max((TABLE[right][role] for role in roles), default=Whose.NOBODYS)


def sees_names(roles: Iterable[Role]) -> bool:
    """Whether somebody with these roles can read names or addresses of people."""
    held = tuple(roles)
    return any(reach(held, right) is not Whose.NOBODYS for right in NAMES)


def covers(
    held: Whose, grids: frozenset[str], *, own: bool, in_grids: frozenset[str], was_paged: bool
) -> bool:
    """Whether a right that reaches so far reaches this thing.

    Args:
        held: how far the right reaches.
        grids: those of the person.
        own: whether the thing is the person's own.
        in_grids: the grids in which the thing lies; empty if it lies in none, or in all.
        was_paged: whether the person was told of it.
    """
    if held is Whose.ALL:
        return True
    if held is Whose.GRIDS:
        return own or was_paged or (bool(in_grids) and in_grids <= grids)
    return held is Whose.OWN and own
