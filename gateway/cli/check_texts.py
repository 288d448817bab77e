"""What `menshen check` finds about text messages: how many parts a page takes, which each cost."""

from typing import Final

from sqlalchemy import Connection, select

from gateway.channels.message import Wording
from gateway.channels.text_parts import PARTS_MAX, parts
from gateway.cli.check_result import CheckResult, Mark
from gateway.cli.output import counted
from gateway.core.duration import DAY_MS
from gateway.core.reasons import BREACHES, Reason
from gateway.settings import Settings
from gateway.store import tables
from gateway.store.outbox import Entry

_LATE_MS: Final = 330 * DAY_MS  # a day in late November: as long as a date gets


def texts(connection: Connection, settings: Settings) -> CheckResult | None:
    """Whether a page about a breach keeps to PARTS_MAX, by the console's public address; None where
    nobody is told through Apprise."""
    w = tables.wardens.c
    query = select(w.language).where(w.channels.contains('"apprise:'), w.ended_ms.is_(None))
    languages = sorted(set(connection.execute(query).scalars()))
    if not languages:
        return None
    wording = Wording.of(settings)
    longest = max(
        (wording.short(_page(reason, language)) for reason in BREACHES for language in languages),
        key=lambda text: (parts(text), len(text)),
    )
    count, facts = parts(longest), {"parts": parts(longest), "characters": len(longest)}
    words = f"{counted(count, 'part')} of an SMS for the longest page about a breach"
    if count > PARTS_MAX:
        words += f" ({len(longest)} characters): a shorter console.public_url makes it cheaper"
        return CheckResult("texts", Mark.WARN, words, facts)
    return CheckResult("texts", Mark.OK, words, facts)


def _page(reason: Reason, language: str) -> Entry:
    """A page as it would be."""
    case = "a1b2c3d4e5f60000-1"
    names = "", case, "", None, "apprise", "", language
    return Entry(0, *names, reason, _LATE_MS, _LATE_MS, _LATE_MS)
