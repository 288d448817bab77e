"""Who looked at a household's data, and who did what with what it asked for and contested: by duty,
when, and by what right. From the audit, without the names of those who looked: a duty answers for
it, and the auditor knows the person."""

from typing import Final

from msgspec import Struct
from sqlalchemy import Connection

from gateway.accounts import audit, audit_names, persons
from gateway.accounts.audit import Entry, Wanted
from gateway.accounts.roles import Role
from gateway.language.catalogue import N_, say
from gateway.web import audit_words
from gateway.web.audit_words import Names
from gateway.web.context import WebContext
from gateway.web.pages.me import ROLE_WORDS
from gateway.web.resident.words import duty_words

LOOKS_MAX: Final = 100  # on the page; the file has what it has of every kind
FORMS_MAX: Final = 10_000  # in one question: SQLite takes 32,766 values at once
_YOURS = N_("your door")
_PROGRAM = N_("A program of the site")
_MACHINE = N_("Whoever runs the gateway's machine")


class Look(Struct, frozen=True):
    """One entry, in the words of a language."""

    at_ms: int
    who: str  # a duty
    words: str
    why: str


async def looks(
    context: WebContext,
    household_id: str,
    abouts: list[str],
    since_ms: int,
    language: str,
    most: int,
) -> list[Look] | None:
    """The latest, newest first; None at a site without accounts, which has no audit.

    Args:
        context: of the console.
        household_id: whose.
        abouts: what the audit calls that which is the household's: "door d1", "case …".
        since_ms: not before this.
        language: in which it is read.
        most: so many at most.
    """
    if not context.visitors.is_used():
        return None

    forms: tuple[str, ...] = await context.read(
        lambda site: audit_names.forms_of(site, household_id, abouts)
    )

    def read(rows: Connection) -> list[Look]:
        entries, after = dict[int, Entry](), audit.before_day_of(rows, since_ms)
        for first in range(0, len(forms), FORMS_MAX):
            some = forms[first : first + FORMS_MAX]
            wanted = Wanted(about=some[0], also=some, from_ms=since_ms, after=after)
            entries |= {one.entry_id: one for one in audit.read(rows, most, None, wanted)}
        newest = [entries[key] for key in sorted(entries, reverse=True)][:most]
        newest = audit_names.revealed(context.store.keys, newest)
        duties = {
            name: _duty(rows, name, language) for name in {one.note.account for one in newest}
        }
        return [_look(entry, duties[entry.note.account], language) for entry in newest]

    found: list[Look] = await context.visitors.read(read)
    return found


def _look(entry: Entry, duty: str, language: str) -> Look:
    note = entry.note
    doors = _Yours(say(_YOURS, language))
    told = audit_words.told(note, Names(doors, {}, {}), language)
    return Look(note.at_ms, duty, told.words, told.why)


def _duty(rows: Connection, name: str, language: str) -> str:
    account = None if not name or name.startswith("(") else persons.named(rows, name)
    if account is None:
        return say(_MACHINE, language)
    if account.kind is persons.Kind.PROGRAM:
        return say(_PROGRAM, language)
    known = [ROLE_WORDS[role] for role in Role if role in account.roles]
    between = "、" if language == "zh" else ", "
    return between.join(duty_words(word, language) for word in known)


class _Yours(dict[str, str]):
    """Every door in these entries is the household's own."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self._words = words

    def get(self, _key: str, _default: object = None) -> str:
        return self._words
