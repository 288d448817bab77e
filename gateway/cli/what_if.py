"""`menshen what-if`: the pages of some days under other rules, beside those that were raised."""

import time
from collections.abc import Callable
from contextlib import closing
from datetime import tzinfo
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import msgspec
import typer
from msgspec.structs import replace
from pydantic import ValidationError
from sqlalchemy import Connection, select

from gateway.cli.exit_codes import MISUSED, CommandError
from gateway.cli.option_fields import NOW, field
from gateway.cli.options import CONFIG, Config, Json, Limit
from gateway.cli.output import counted, named, now_ms, say, say_cut, say_json, show, when
from gateway.core.rules import Rulebook, Rules
from gateway.language.reasons import reason_word, why_line
from gateway.registry import fields
from gateway.replay.replay import Apart, Replay, differing, journaled
from gateway.replay.what_if import Comparison, Page, by_reason
from gateway.replay.what_if import what_if as compare
from gateway.settings import Settings, SettingsError, load, toml_file
from gateway.settings.rules import RulesSection
from gateway.store import tables
from gateway.store.database import Store

DEEDS = {
    "acknowledged": "acknowledged",
    "on_the_way": "was on the way to",
    "on_site": "was at the door for",
    "arrival_proved": "gave the door's code for",
    "reported": "reported",
    "handed_over": "handed over",
    "report_taken_back": "took back the report of",
    "assessed": "assessed",
    "signed_off": "signed off",
    "shelved": "put aside",
    "page_received": "received a page of",
    "page_sent": "sent a page of",
}
_LANGUAGE = "en"


class _Lives(NamedTuple):
    """Both lives between two times in ms of UTC, and what is stored otherwise than the first."""

    from_ms: int
    to_ms: int
    pages: Comparison
    labels: dict[str, str]
    apart: Apart
    seconds: float
    zone: tzinfo  # of the site's clocks

    def label(self, door_id: str) -> str:
        """What people call the door."""
        return self.labels.get(door_id, door_id)


def what_if(
    begins: Annotated[str, typer.Option("--from", help="From when: 2026-03-01, or with 08:00.")],
    ends: Annotated[str, typer.Option("--to", help="Until when; a date alone: its end.")] = NOW,
    rules: Annotated[
        Path | None, typer.Option(help="The other rules: a TOML file with a section [rules].")
    ] = None,
    limit: Limit = 100,
    config: Config = CONFIG,
    as_json: Json = False,
) -> None:
    """Live through the journal under other rules: which pages, and which not. Changes nothing."""
    settings = load(config)
    held = settings.rulebook
    changed = replace(held, rules=_rules(rules, held.rules)) if rules else held
    now = now_ms()
    from_ms = _time_ms("--from", begins, now, fields.beginning_ms, settings.zone)
    to_ms = min(_time_ms("--to", ends, now, fields.end_ms, settings.zone), now)
    if from_ms >= to_ms:
        raise CommandError(f"--from {begins} lies not before --to {ends}", MISUSED)
    lives = _lived(settings, changed, from_ms, to_ms)
    if as_json:
        say_json(_plain(lives))
    else:
        _say(lives, rules.name if rules else "the same rules", limit)


def _lived(settings: Settings, changed: Rulebook, from_ms: int, to_ms: int) -> _Lives:
    """Live through the journal twice. The database is only read."""
    with (
        closing(Store.open(*settings.store.place, create=False)) as store,
        store.reading() as connection,
    ):
        started, held = time.perf_counter(), Replay(settings.rulebook)
        pages = compare(journaled(connection), held, changed, from_ms, to_ms)
        took_s = time.perf_counter() - started
        apart = differing(connection, held) if pages.to_the_end else Apart()
        labels = _labels(connection)
    return _Lives(from_ms, to_ms, pages, labels, apart, took_s, settings.zone)


def _rules(path: Path, now: Rules) -> Rules:
    """The section [rules] of a file, checked like that of the settings; the rest is not checked.

    Not `load`: that would lay the secrets of the environment beside sections that are not there.
    """
    section = toml_file.read(path).get("rules")
    if not isinstance(section, dict):
        raise SettingsError(f"{path} has no section [rules]")
    try:
        return replace(Rules(**RulesSection(**section).model_dump()), zone=now.zone)
    except ValidationError as error:
        mistakes = error.errors()
        for mistake in mistakes:
            mistake["loc"] = ("rules", *mistake["loc"])
        sentences = (f"{path}: {toml_file.sentence(mistake)}" for mistake in mistakes)
        raise SettingsError(*sentences) from None


def _time_ms(
    option: str, text: str, now: int, read: Callable[[str, tzinfo], int], zone: tzinfo
) -> int:
    return now if text == NOW else int(field(option, text, lambda cell: read(cell, zone)))


def _labels(connection: Connection) -> dict[str, str]:
    rows = connection.execute(select(tables.doors.c.door_id, tables.doors.c.label))
    return {door_id: label for door_id, label in rows}


def _plain(lives: _Lives) -> dict[str, Any]:
    pages = lives.pages

    def labelled(side: list[Page]) -> list[dict[str, Any]]:
        return [{**msgspec.to_builtins(p), "label": lives.labels.get(p.door_id)} for p in side]

    return {
        "from_ms": lives.from_ms,
        "to_ms": lives.to_ms,
        "counts": {
            side: by_reason(getattr(pages, side)) for side in ("both", "not_raised", "also_raised")
        },
        "not_raised": labelled(pages.not_raised),
        "also_raised": labelled(pages.also_raised),
        "actions_that_meet_no_case": msgspec.to_builtins(pages.unmet),
        "events": pages.events,
        "seconds": round(lives.seconds, 3),
        "stored_otherwise": msgspec.to_builtins(lives.apart),
    }


def _say(lives: _Lives, other: str, limit: int) -> None:
    pages = lives.pages
    begins, ends = when(lives.from_ms, lives.zone), when(lives.to_ms, lives.zone)
    say(f"From {begins} to {ends}: the rules that hold, beside {other}.")
    lines = [(page, True) for page in pages.not_raised]
    lines += [(page, False) for page in pages.also_raised]
    lines.sort(key=lambda line: (line[0].at_ms, line[0].page_id))
    if lines:
        rows = [_cells(page, was, lives) for page, was in lines[:limit]]
        show(["raised", "door", "now", "then", "reason", "why"], rows)
    say_cut(len(lines) > limit, limit, False, str(len(lines)))
    if lines or pages.both:
        _say_counts(pages)
    say(
        f"{counted(len(pages.both), 'page')} under both, {len(pages.not_raised)} only now, "
        f"{len(pages.also_raised)} only then."
    )
    _say_doubts(lives, limit)


def _cells(page: Page, was: bool, lives: _Lives) -> list[str]:
    return [
        when(page.at_ms, lives.zone),
        lives.label(page.door_id),
        "page" if was else "-",
        "-" if was else "page",
        reason_word(page.reason, _LANGUAGE),
        why_line(page.reason, _LANGUAGE),
    ]


def _say_counts(pages: Comparison) -> None:
    sides = (pages.both, pages.not_raised, pages.also_raised)
    counts = [by_reason(side) for side in sides]
    rows = [
        [reason_word(reason, _LANGUAGE), *(str(count.get(reason, 0)) for count in counts)]
        for reason in dict.fromkeys(page.reason for side in sides for page in side)
    ]
    show(["reason", "both", "only now", "only then"], rows)


def _say_doubts(lives: _Lives, limit: int) -> None:
    """What a reader must know before building on it."""
    unmet = lives.pages.unmet
    if unmet:
        say(
            f"{counted(len(unmet), 'action')} of people would have met no case, and changed "
            "nothing; what they would have done instead nobody knows:"
        )
        for action in unmet[:limit]:
            deed = f"{action.by} {DEEDS[action.kind]} {action.case_id}"
            say(f"  {when(action.at_ms, lives.zone)}  {lives.label(action.door_id)}: {deed}")
    if lives.apart != Apart():
        say(
            f"What is stored of {_apart_words(lives)} is not what the settings make of the "
            'journal: it was lived under other rules. "now" says what these make of it.'
        )


def _apart_words(lives: _Lives) -> str:
    """Whose stored state differs, as far as a line holds it."""
    doors = [lives.label(door_id) for door_id in lives.apart.doors]
    kinds = (
        ("door", doors),
        ("household", lives.apart.households),
        ("person", lives.apart.people),
        ("state", lives.apart.site),
    )
    return " and ".join(
        f"{counted(len(names), noun)} ({named(names)})" for noun, names in kinds if names
    )
