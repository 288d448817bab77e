"""What pages below a door's address share: whose door it is, and the way back to a page of it."""

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from gateway.store import resident_views
from gateway.web.answers import NOT_FOUND, HttpProblem
from gateway.web.security import prefix


def household_at(connection: Connection, door_id: str) -> str:
    """The household of a door. HttpProblem where there is no such door."""
    household_id = resident_views.household_of(connection, door_id)
    if household_id is None:
        raise HttpProblem(404, NOT_FOUND)
    return household_id


def back_to(request: Request, door_id: str, page: str) -> Response:
    """A page of a door anew, once something was done there."""
    return RedirectResponse(f"{prefix(request)}/doors/{door_id}/{page}", 303)
