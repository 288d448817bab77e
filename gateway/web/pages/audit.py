"""The audit, for auditors: read here in words, edited nowhere, and its anchors for the printer."""

from datetime import tzinfo
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import Connection

from gateway.accounts import audit, audit_names, persons
from gateway.accounts.audit import Entry, Wanted
from gateway.accounts.persons import Account
from gateway.language import times
from gateway.language.catalogue import N_, say
from gateway.store import case_views, views
from gateway.web import audit_words
from gateway.web.answers import NOT_FOUND, HttpProblem
from gateway.web.audit_words import KIND_WORDS, Kind
from gateway.web.context import WebContext
from gateway.web.visitors import visitor

LISTED_MAX: Final = 100
OFFERED_MAX: Final = 500  # accounts, while somebody types: each is a line of the page
ANCHORS_MAX: Final = 31
Before = Annotated[int | None, Query(ge=1, le=2**53)]
Name = Annotated[str, Query(max_length=64)]
About = Annotated[str, Query(max_length=audit.ABOUT_MAX)]
Word = Annotated[str, Query(max_length=16)]

_NO_CASE = N_("No case has the number {number}.")
_NO_DAY = N_("{day} is no day; write it as 2026-11-29.")


class _Asked(Wanted, frozen=True):
    """What the form says, as it came, beside what it means."""

    person: str = ""
    case: str = ""
    day: str = ""
    kind: str = ""
    wrong: str = ""  # a sentence to translate, instead of entries


def routes(context: WebContext) -> APIRouter:
    """GET /audit and /audit/anchors."""
    router = APIRouter()

    @router.get("/audit")
    async def page(
        request: Request,
        before: Before = None,
        account: Name = "",
        about: About = "",
        case: Word = "",
        day: Word = "",
        kind: Word = "",
    ) -> Response:
        _somebody(request)
        people: list[Account] = await context.visitors.read(persons.everybody)
        language = context.language(request)
        asked = await context.read(
            lambda rows: _asked(rows, (account, about, case, day, kind), people, context.zone)
        )
        entries: list[Entry] = []
        more: int | None = None
        if not asked.wrong:
            entries, more = await context.visitors.read(lambda rows: _found(rows, before, asked))
        entries = audit_names.revealed(context.store.keys, entries)
        values = await context.read(lambda rows: _told(rows, entries, people, language))
        values |= {
            "asked": asked,
            "wrong": asked.wrong and say(asked.wrong, language).format(number=case, day=day),
            "is_later": before is not None,
            "more": more,
            "looked": audit.LOOKED_MAX,
            "kinds": {one: say(words, language) for one, words in KIND_WORDS.items()},
        }
        return _drawn(context, request, "audit.html", values)

    @router.get("/audit/anchors")
    async def anchors(request: Request) -> Response:
        _somebody(request)

        def gather(rows: Connection) -> dict[str, Any]:
            return {
                "latest": audit.latest_anchor(rows),
                "anchors": audit.anchors(rows, ANCHORS_MAX),
                "most": ANCHORS_MAX,
            }

        values = await context.visitors.read(gather)
        return _drawn(context, request, "audit_anchors.html", values)

    return router


def _found(
    connection: Connection, before: int | None, asked: _Asked
) -> tuple[list[Entry], int | None]:
    """The entries of one page, and before which the next one begins."""
    is_indexed = asked.account or asked.about or asked.from_ms is not None
    if not is_indexed and (asked.whats or asked.is_refused):
        return audit.read_kind(connection, LISTED_MAX, before, asked)
    entries = audit.read(connection, LISTED_MAX, before, asked)
    return entries, entries[-1].entry_id if len(entries) == LISTED_MAX else None


def _asked(
    connection: Connection,
    form: tuple[str, str, str, str, str],
    people: list[Account],
    zone: tzinfo,
) -> _Asked:
    person, about, case, day, kind = (text.strip() for text in form)
    wrong = ""
    if case:
        case_id = case_views.numbered(connection, case)
        about, wrong = f"case {case_id}", "" if case_id else _NO_CASE
    from_ms, to_ms = None, None
    try:
        from_ms, to_ms = times.from_day_field(day, zone) if day else (None, None)
    except ValueError:
        wrong = _NO_DAY
    return _Asked(
        account=_account(connection, person, people),
        about=about,
        also=audit_names.forms(connection, about) if about else (),
        from_ms=from_ms,
        to_ms=to_ms,
        whats=audit_words.whats_of(Kind(kind)) if kind in list(Kind) else None,
        is_refused=kind == audit.REFUSED,
        person=person,
        case=case,
        day=day,
        kind=kind,
        wrong=wrong,
    )


def _account(connection: Connection, person: str, people: list[Account]) -> str:
    """The account of whom somebody wrote: by its name, else by that in the registry."""
    if not person or any(one.name == person for one in people):
        return person
    named = (
        one.name
        for one in people
        if one.warden_id is not None
        and (known := views.warden(connection, one.warden_id)) is not None
        and known.name.casefold() == person.casefold()
    )
    return next(named, person)  # it may have ended


def _told(
    connection: Connection, entries: list[Entry], people: list[Account], language: str
) -> dict[str, Any]:
    wardens_of = {one.name: one.warden_id for one in people if one.warden_id is not None}
    names = audit_words.names_in(connection, entries, wardens_of)
    told = [(one, audit_words.told(one.note, names, language)) for one in entries]
    offered = [(one.name, names.accounts.get(one.name, "")) for one in people[:OFFERED_MAX]]
    return {"entries": told, "people": offered, "accounts": len(people)}


def _drawn(
    context: WebContext, request: Request, template: str, values: dict[str, Any]
) -> Response:
    return context.answer(request, context.draw(template, context.setting(request), values))


def _somebody(request: Request) -> None:
    """HttpProblem at a site without accounts, which has no audit."""
    if visitor(request) is None:
        raise HttpProblem(404, NOT_FOUND)
