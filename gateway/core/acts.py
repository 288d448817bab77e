"""What people and their phones do about a case, for doors and outages alike."""

from collections.abc import Callable
from typing import Any

from gateway.core import case
from gateway.core.case import H
from gateway.core.effects import Effect
from gateway.core.events import (
    CaseAcknowledged,
    CaseAssessed,
    CaseReported,
    CaseShelved,
    CaseSignedOff,
    Event,
    PageReceived,
    PageWentOut,
    PersonOnSite,
)
from gateway.core.model import CaseState, Shelf
from gateway.core.rules import Rules


def act(holder: H, event: Event, now_ms: int, rules: Rules) -> tuple[H, tuple[Effect, ...]]:
    """The holder after the act, and what follows. An act that is none changes nothing."""
    does = _ACTS.get(type(event))
    return (holder, ()) if does is None else does(holder, event, now_ms, rules)


def _shelve(holder: H, its: CaseShelved, now_ms: int, rules: Rules) -> Any:
    shelf = Shelf(its.by, its.why, its.until_ms)
    return case.shelve(holder, its.case_id, shelf, now_ms, rules)


def _report(holder: H, its: CaseReported, now_ms: int, rules: Rules) -> Any:
    return case.report(holder, its.case_id, its.by, its.outcome, now_ms, rules)


def _acknowledge(holder: H, its: CaseAcknowledged, now_ms: int, _: Rules) -> Any:
    return case.move(holder, its.case_id, CaseState.ACKNOWLEDGED, its.by, now_ms)


def _on_site(holder: H, its: PersonOnSite, now_ms: int, _: Rules) -> Any:
    return case.move(holder, its.case_id, CaseState.ON_SITE, its.by, now_ms)


_ACTS: dict[type[Any], Callable[[Any, Any, int, Rules], Any]] = {
    CaseAcknowledged: _acknowledge,
    PersonOnSite: _on_site,
    CaseReported: _report,
    CaseAssessed: lambda holder, its, now_ms, _: case.assess(holder, its.case_id, its.by, now_ms),
    CaseSignedOff: lambda holder, its, now_ms, _: case.sign_off(
        holder, its.case_id, its.by, now_ms
    ),
    CaseShelved: _shelve,
    PageWentOut: lambda holder, its, now_ms, _: case.went_out(holder, its.case_id, now_ms),
    PageReceived: lambda holder, its, now_ms, rules: case.received(
        holder, its.case_id, its.page_id, now_ms, rules
    ),
}
Act = (
    CaseAcknowledged
    | PersonOnSite
    | CaseReported
    | CaseAssessed
    | CaseSignedOff
    | CaseShelved
    | PageWentOut
    | PageReceived
)
