"""`menshen what-if`: the pages of some days under other rules, beside those that were raised."""

import time
from collections.abc import Callable
from datetime import tzinfo
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace
from pydantic import ValidationError
from sqlalchemy import Connection, select

from gateway.cli.exit_codes import MISUSED, CommandError
from gateway.cli.output import counted, named, now_ms, say, say_json, show, when
from gateway.core.rules import Rules
from gateway.language.reasons import reason_word, why_line
from gateway.registry import fields
from gateway.replay import what_if as life
from gateway.replay.replay import Apart, Replay, differing, journaled
from gateway.settings import SettingsError, load, toml_file
from gateway.settings.rules import RulesSection
from gateway.store import tables
from gateway.store.database import Store

DID = {
    "acknowledged": "acknowledged",
    "on_site": "was at the door for",
    "reported": "reported",
    "assessed": "assessed",
    "signed_off": "signed off",
    "shelved": "put aside",
    "page_received": "received a page of",
    "page_sent": "sent a page of",
}


class Wanted(NamedTuple):
    """What was asked for."""

    begins: str
    ends: str = "now"
    rules: Path | None = None
    limit: int = 100
    as_json: bool = False


class _Found(NamedTuple):
    compared: life.Comparison
    labels: dict[str, str]
    apart: Apart
    seconds: float
    zone: tzinfo  # of the site's clocks


def what_if(config: Path, wanted: Wanted) -> None:
    """Print the comparison. The database is only read."""
    settings = load(config)
    held_now = settings.rulebook
    changed = held_now
    if wanted.rules:
        changed = replace(held_now, rules=_rules(wanted.rules, held_now.rules))
    now = now_ms()
    from_ms = _time("--from", wanted.begins, now, fields.beginning_ms, settings.zone)
    to_ms = min(_time("--to", wanted.ends, now, fields.end_ms, settings.zone), now)
    if from_ms >= to_ms:
        raise CommandError(f"--from {wanted.begins} lies not before --to {wanted.ends}", MISUSED)
    store = Store.open(settings.store.path, create=False)
    try:
        with store.reading() as connection:
            started, held = time.perf_counter(), Replay(held_now)
            compared = life.what_if(journaled(connection), held, changed, from_ms, to_ms)
            took_s = time.perf_counter() - started
            apart = differing(connection, held) if compared.to_the_end else Apart()
            found = _Found(compared, _labels(connection), apart, took_s, settings.zone)
    finally:
        store.close()
    if wanted.as_json:
        say_json(_plain(found, from_ms, to_ms))
    else:
        _say(found, wanted, from_ms, to_ms)


def _rules(path: Path, now: Rules) -> Rules:
    """The section [rules] of a file, checked like that of the settings; the rest is not checked.

    Not `load`: that would lay the secrets of the environment beside sections that are not there.
    """
    data = toml_file.read(path)
    section = data.get("rules")
    if not isinstance(section, dict):
        raise SettingsError(f"{path} has no section [rules]")
    try:
        return replace(Rules(**RulesSection(**section).model_dump()), zone=now.zone)
    except ValidationError as error:
        wrong = error.errors()
        for detail in wrong:
            detail["loc"] = ("rules", *detail["loc"])
        sentences = (f"{path}: {toml_file.sentence(detail)}" for detail in wrong)
        raise SettingsError(*sentences) from None


def _time(
    option: str, text: str, now: int, read: Callable[[str, tzinfo], int], zone: tzinfo
) -> int:
    try:
        return now if text == "now" else read(fields.tidy(text), zone)
    except ValueError as wrong:
        raise CommandError(f"{option} {text!r}: {wrong}", MISUSED) from None


def _labels(connection: Connection) -> dict[str, str]:
    rows = connection.execute(select(tables.doors.c.door_id, tables.doors.c.label))
    return {door_id: label for door_id, label in rows}


def _plain(found: _Found, from_ms: int, to_ms: int) -> dict[str, Any]:
    its = found.compared

    def told(pages: list[life.Page]) -> list[dict[str, Any]]:
        return [{**msgspec.to_builtins(p), "label": found.labels.get(p.door_id)} for p in pages]

    counts = {
        side: life.by_reason(getattr(its, side)) for side in ("both", "not_raised", "also_raised")
    }
    return {
        "from_ms": from_ms,
        "to_ms": to_ms,
        "counts": counts,
        "not_raised": told(its.not_raised),
        "also_raised": told(its.also_raised),
        "actions_that_meet_no_case": msgspec.to_builtins(its.unmet),
        "events": its.events,
        "seconds": round(found.seconds, 3),
        "stored_otherwise": msgspec.to_builtins(found.apart),
    }


def _say(found: _Found, wanted: Wanted, from_ms: int, to_ms: int) -> None:
    its = found.compared
    other = wanted.rules.name if wanted.rules else "the same rules"
    begins, ends = when(from_ms, found.zone), when(to_ms, found.zone)
    say(f"From {begins} to {ends}: the rules that hold, beside {other}.")
    lines = [(page, True) for page in its.not_raised] + [(page, False) for page in its.also_raised]
    lines.sort(key=lambda line: (line[0].at_ms, line[0].page_id))
    if lines:
        rows = [_fields(page, was, found) for page, was in lines[: wanted.limit]]
        show(["raised", "door", "now", "then", "reason", "why"], rows)
    if len(lines) > wanted.limit:
        say(f"… {wanted.limit} of {len(lines)}; --limit shows more")
    if lines or its.both:
        _say_counts(its)
    say(
        f"{counted(len(its.both), 'page')} under both, {len(its.not_raised)} only now, "
        f"{len(its.also_raised)} only then."
    )
    _say_doubts(found, wanted.limit)


def _say_counts(its: life.Comparison) -> None:
    both, now, then = (life.by_reason(p) for p in (its.both, its.not_raised, its.also_raised))
    rows = [
        [reason_word(reason, "en"), *(str(side.get(reason, 0)) for side in (both, now, then))]
        for reason in dict.fromkeys(
            page.reason for page in its.both + its.not_raised + its.also_raised
        )
    ]
    show(["reason", "both", "only now", "only then"], rows)


def _say_doubts(found: _Found, limit: int) -> None:
    """What a reader must know before building on it."""
    unmet = found.compared.unmet
    if unmet:
        say(
            f"{counted(len(unmet), 'action')} of people would have met no case, and changed "
            "nothing; what they would have done instead nobody knows:"
        )
        for action in unmet[:limit]:
            label = found.labels.get(action.door_id, action.door_id)
            did = f"{action.by} {DID[action.kind]} {action.case_id}"
            say(f"  {when(action.at_ms, found.zone)}  {label}: {did}")
    if found.apart != Apart():
        say(
            f"What is stored of {_names(found)} is not what the settings make of the journal: it "
            'was lived under other rules. "now" says what these make of it.'
        )


def _names(found: _Found) -> str:
    """Whose stored state differs, said as far as a line holds it."""
    doors = [found.labels.get(door_id, door_id) for door_id in found.apart.doors]
    kinds = (("door", doors), ("person", found.apart.people), ("state", found.apart.site))
    return " and ".join(
        f"{counted(len(names), noun)} ({named(names)})" for noun, names in kinds if names
    )


def _fields(page: life.Page, was: bool, found: _Found) -> list[str]:
    return [
        when(page.at_ms, found.zone),
        found.labels.get(page.door_id, page.door_id),
        "page" if was else "-",
        "-" if was else "page",
        reason_word(page.reason, "en"),
        why_line(page.reason, "en"),
    ]
