"""What people and their phones do about a case, put into the loop as events.

Each act answers whether it changed something, and if it did not, why not in a sentence: the rules
of the core decide, and nobody is left before a button that silently does nothing.
"""

from msgspec import Struct
from sqlalchemy import Connection

from gateway.console.closed_loop import CENTRE, Act, why_not
from gateway.console.desk import NOT_FOUND, Desk, Trouble
from gateway.core.events import (
    CaseAcknowledged,
    CaseAssessed,
    CaseReported,
    CaseShelved,
    CaseSignedOff,
    Event,
    PageReceived,
    PersonOnSite,
)
from gateway.core.subject import SITE, Subject, of_door
from gateway.notify.catalogue import N_
from gateway.notify.wording import Outcome
from gateway.store import case_views, page_views, views
from gateway.store.case_views import CaseRow

_NOBODY = N_("Only a warden of this site or the centre can do this.")


class Done(Struct, frozen=True):
    """Whether an act changed something; if not, why, where there is something to say."""

    changed: bool
    why: str | None = None


async def acknowledge(desk: Desk, case_id: str, by: str) -> Done:
    """A person has it."""
    return await _act(desk, Act.ACKNOWLEDGE, by, CaseAcknowledged(case_id, by), case_id)


async def on_site(desk: Desk, case_id: str, by: str) -> Done:
    """A person stands at the door."""
    return await _act(desk, Act.ON_SITE, by, PersonOnSite(case_id, by), case_id)


async def report(desk: Desk, case_id: str, by: str, outcome: Outcome) -> Done:
    """A person says how it ended."""
    return await _act(desk, Act.REPORT, by, CaseReported(case_id, by, outcome), case_id)


async def assess(desk: Desk, case_id: str, by: str) -> Done:
    """Somebody else has looked at what was reported."""
    return await _act(desk, Act.ASSESS, by, CaseAssessed(case_id, by), case_id)


async def sign_off(desk: Desk, case_id: str, by: str) -> Done:
    """A person stands for it."""
    return await _act(desk, Act.SIGN_OFF, by, CaseSignedOff(case_id, by), case_id)


async def shelve(desk: Desk, case_id: str, by: str, why: str, until_ms: int) -> Done:
    """A person puts it aside until a time."""
    event = CaseShelved(case_id, by, why, until_ms)
    return await _act(desk, Act.SHELVE, by, event, case_id)


async def received(desk: Desk, page_id: str, by: str) -> bool:
    """A person's handheld signed for a page. Trouble if no such page was told to that person."""

    def look(connection: Connection) -> tuple[Subject, str]:
        page = page_views.page_of(connection, page_id, by)
        if page is None:
            raise Trouble(404, NOT_FOUND)
        case = case_views.case(connection, page.case_id) if page.case_id else None
        if case is not None:
            return case.subject, page.case_id
        return (of_door(page.door_id) if page.door_id else SITE), page.case_id

    subject, case_id = await desk.read(look)
    return await desk.submit(subject, PageReceived(case_id, page_id, by))


async def _act(desk: Desk, act: Act, by: str, event: Event, case_id: str) -> Done:
    def look(connection: Connection) -> CaseRow:
        case = case_views.case(connection, case_id)
        if case is None:
            raise Trouble(404, NOT_FOUND)
        if by != CENTRE and views.warden(connection, by) is None:
            raise Trouble(422, _NOBODY)
        return case

    case = await desk.read(look)
    if await desk.submit(case.subject, event):
        return Done(True)
    return Done(False, why_not(await desk.read(look), act, by))
