"""A household's sheet as the console prints it: a new code; the one before is dead from then on."""

import anyio
from sqlalchemy import Connection

from gateway.language.catalogue import N_
from gateway.provisioning.notice_sheet import Sheet, pdf
from gateway.registry import notices, resident_codes
from gateway.registry.resident_codes import NoOrderError
from gateway.web.answers import HttpProblem
from gateway.web.at_a_door import household_at
from gateway.web.context import WebContext

_NO_ORDER = N_("No order runs at this home or is to come, so there is no page to open.")
_NO_LANGUAGE = N_("There is no notice in this language.")


async def new_sheet(context: WebContext, door_id: str, address: str, language: str) -> bytes:
    """A PDF with a new code for the household of a door, and the notice in a language.

    Args:
        context: of the console.
        door_id: one of its doors.
        address: of the page, without the code; empty for a sheet without a picture.
        language: the tag of one of `notices.languages`.

    Raises:
        HttpProblem: there is no such door, no order there, or no such language.
    """
    settings, now_ms = context.settings, context.now_ms()
    try:
        translate = notices.translate_to(settings, language)
    except notices.NoSuchLanguageError:
        raise HttpProblem(422, _NO_LANGUAGE) from None
    facts = notices.facts_of(settings)

    def renew(rows: Connection, code: str) -> None:
        household_id = household_at(rows, door_id)
        version = notices.keep(rows, facts, now_ms)
        try:
            resident_codes.renew(rows, household_id, version, now_ms, code)
        except NoOrderError:
            raise HttpProblem(409, _NO_ORDER) from None

    def on_thread() -> bytes:
        code = resident_codes.new_code()
        sheet = Sheet(resident_codes.grouped(code), address)
        content = pdf([sheet], facts, [translate], settings.site.name)
        with context.store.writing() as connection:
            renew(connection, code)
        return content

    return await anyio.to_thread.run_sync(on_thread)
