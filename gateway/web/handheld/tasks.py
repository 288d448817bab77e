"""What the handheld shows: a warden's list of cases, and one page for each of them."""

from typing import Any, Final
from urllib.parse import quote, unquote

from msgspec import Struct
from sqlalchemy import Connection

from gateway.core.actor import Acting, Actor
from gateway.core.cases.contradiction import contradicted
from gateway.core.cases.refusal import Refusal
from gateway.core.cases.transitions import Action
from gateway.core.doors.permits import is_live
from gateway.core.events import CaseReported
from gateway.core.evidence import Evidence
from gateway.core.model import Permit
from gateway.core.outcome import WANTS_NOTE, Outcome, outcomes_of
from gateway.core.rules import Rulebook, Rules
from gateway.engine.ports import Committed
from gateway.store import (
    case_log,
    case_views,
    household_views,
    photos,
    reach_views,
    views,
)
from gateway.store.case_views import CaseRow, OutageRow
from gateway.store.contact_views import contacts_of
from gateway.store.delivery_views import DeliveryRow
from gateway.store.door_codes import has_code
from gateway.store.household_views import SealAnswerRow
from gateway.store.views import DoorRow, OpeningRow, WardenRow
from gateway.web import photo_limits
from gateway.web.case_ahead import walked
from gateway.web.case_words import may, without_paging, workflow
from gateway.web.door_words import Tile, tile
from gateway.web.handheld.shared_reads import SharedReads
from gateway.web.inbox_parts import CARDS_MAX, GROUPS, InboxPart, part_from
from gateway.web.live_view import Fragment, LiveView
from gateway.web.pages.requests import waiting
from gateway.web.pages.warden_inbox import TEST_SHOWN_MS, Inbox

OPENINGS_MAX: Final = 50  # the latest of a door, of which some were announced
LOG_MAX: Final = 20  # of what came too late, and of what is no step of the loop
SPENT_MAX: Final = 5  # the latest announced openings of a door
KEPT_MAX: Final = CARDS_MAX  # cases whose pages a phone keeps, those that wait first

_PROOF: Final = [None, *Evidence]  # from the weakest to the strongest


class AtDoor(Struct, frozen=True):
    """A case's door as it stands now, and what was announced of it."""

    row: DoorRow
    tile: Tile
    to_come: list[Permit]
    spent: list[OpeningRow]
    has_more: bool  # of these there were more, or may have been
    telephone: str | None = None  # the household's, where the registry knows it
    says: list[SealAnswerRow] = []  # what the household says of its seal


class Tasks(Inbox):
    """Her list: a card for each case, the first button on it, and the way to its page."""

    whole_template, card_template = "handheld/inbox.html", "handheld/card.html"
    phone = "handheld"

    def __init__(
        self,
        warden_id: str,
        by: Acting,
        rules: Rules,
        after: str = "",
        shared: SharedReads | None = None,
    ) -> None:
        super().__init__(warden_id, by, rules, after)
        self._shared = shared

    def kept(self) -> list[str]:
        """The cases whose pages her phone keeps, of those that were read last: what is not
        reported, what waits first, and what she may still take back."""
        cards = [card for name in GROUPS if name != "done" for card in self.groups[name]]
        cards += [card for card in self.groups["done"] if Action.TAKE_BACK in card.may]
        return [card.case.case_id for card in cards[:KEPT_MAX]]

    def fragments(
        self, connection: Connection, news: Committed | None, now_ms: int
    ) -> list[Fragment]:
        """The same, what came of the latest test page, and the way to what households ask for."""
        came = reach_views.latest_test(connection, self._warden_id, now_ms - TEST_SHOWN_MS)
        tested = Fragment("tested", "parts/tested.html", "tested", {"test": came})
        shared = self._shared or SharedReads(connection, self._warden_id, now_ms)
        waits = 0 if shared.warden is None else waiting(connection, shared.warden)
        shown = {"warden_id": self._warden_id, "waiting": waits}
        asked_for = Fragment("asked_for", "handheld/asked_for.html", "asked_for", shown)
        return [*super().fragments(connection, news, now_ms), tested, asked_for]

    def _part(self, connection: Connection) -> InboxPart:
        if self._shared is None:
            return super()._part(connection)
        return part_from(self._shared.told, self._warden_id, self._after)

    def _unsigned(self, connection: Connection, now_ms: int) -> list[str]:
        if self._shared is None:
            return super()._unsigned(connection, now_ms)
        return self._shared.unsigned


class Task(LiveView):
    """One case as its warden needs it at the door."""

    def __init__(
        self,
        warden_id: str,
        case_id: str,
        by: Acting,
        rulebook: Rulebook,
        shared: SharedReads | None = None,
    ) -> None:
        super().__init__()
        self._warden_id, self._case_id = warden_id, case_id
        self._by, self._rulebook, self._shared = by, rulebook, shared
        self._door_id: str | None = None
        self._is_outage, self._beside = False, set[str]()

    @staticmethod
    def name(warden_id: str, case_id: str) -> str:
        """What a stream calls it."""
        return f"{quote(warden_id, safe='')} {quote(case_id, safe='')}"

    @staticmethod
    def parts(name: str) -> tuple[str, str]:
        """The warden's id and the case's in such a name; no case if that is none."""
        warden_id, _, case_id = name.partition(" ")
        return unquote(warden_id), unquote(case_id)

    def affected_by(self, news: Committed) -> bool:
        """The case, its door, a page of it, or a new page for this phone to sign."""
        at_door = self._door_id in news.doors or (self._is_outage and news.doors)
        at_door = at_door or not self._beside.isdisjoint(news.doors)
        return bool(news.all or self._case_id in news.cases or at_door or news.pages or news.sent)

    def fragments(
        self, connection: Connection, news: Committed | None, now_ms: int
    ) -> list[Fragment]:
        """The case with its buttons, its door, who knows of it, what was done; and what else waits
        for her. Nothing if there is no such case or no such warden."""
        shared = self._shared or SharedReads(connection, self._warden_id, now_ms)
        case, warden = shared.case(self._case_id), shared.warden
        if case is None or warden is None:
            return []
        self._is_outage = case.area is not None
        at_door = self._at_door(connection, shared, case, now_ms)
        self._door_id = at_door.row.door_id if at_door else None
        contacts = contacts_of(connection, case)
        self._beside = {door.door_id for door in contacts}
        beside = {"doors": contacts, "links": False}
        has_label = at_door is not None and has_code(connection, at_door.row.door_id)
        task: dict[str, Any] = {"warden_id": self._warden_id, "has_code": has_label}
        task["outage"] = _outage(connection, case)
        task |= self._buttons(shared, case, at_door, now_ms)
        task["photos"] = photos.of_case(connection, case.case_id, photo_limits.OF_CASE_MAX)
        key = [without_paging(case), *task.values()]
        told = shared.deliveries(case.case_id)
        knows = {
            "rows": known_to(told, warden.name),
            "latest": len(told) if shared.may_be_more(told) else 0,
        }
        log = case_log.log_of(connection, case.case_id, LOG_MAX)
        told_ms = shared.first_told_ms(case.case_id)
        steps = workflow(case, told_ms, sign_off=False, late=log.late, detours=log.detours)
        done = [step for step in steps if step.at_ms is not None]
        workflow_shown = {"case": case, "steps": done, "older": log.older}
        others = [case_id for case_id in shared.waiting if case_id != case.case_id]
        waiting = {"warden_id": self._warden_id, "case_ids": others}
        signing = {"warden_id": self._warden_id, "pages": shared.unsigned}
        return [
            Fragment("waits", "handheld/waits.html", "waits", waiting),
            Fragment("task", "handheld/task.html", "task", task | {"case": case}, key=key),
            Fragment("contacts", "parts/contacts.html", "contacts", beside),
            Fragment("at_door", "handheld/at_door.html", "at_door", at_door),
            Fragment("knows", "handheld/knows.html", "knows", knows),
            Fragment("workflow", "parts/workflow.html", "workflow", workflow_shown),
            Fragment("unsigned", "parts/unsigned.html", "unsigned", signing),
        ]

    def _buttons(
        self, shared: SharedReads, case: CaseRow, at_door: AtDoor | None, now_ms: int
    ) -> dict[str, Any]:
        """What she may do, now and after what she does without a line; what is asked before."""
        take_back_ms = self._rulebook.rules.take_back_ms
        ahead = walked(without_paging(case), self._by, self._rulebook.rules.sign_off)
        now, *later = (place.may for place in ahead)
        can = may(case, self._by, now_ms, take_back_ms)
        after = [{action: then for action, then in now.items() if action in can}, *later]
        people: list[WardenRow] = []
        if any(Action.HAND_OVER in step for step in after):
            duty = shared.may_take_over(case.grid_id, self._rulebook.rules)
            people = [one for one in duty if one.warden_id != self._warden_id]
        has_it = {
            one.warden_id: [place for place, at in enumerate(ahead) if at.has_it == one.warden_id]
            for one in people
        }
        to_somebody = any(0 not in places for places in has_it.values())
        return {
            "after": after,
            "take_back_until_ms": (case.reported_ms or 0) + take_back_ms,
            "on_duty": people,
            "has_it": has_it,
            "hands_over": Action.HAND_OVER in after[0] and to_somebody,
            "asks": _asked(case, at_door, self._by.actor) if at_door else {},
            "wants_note": sorted(WANTS_NOTE),
        }

    def _at_door(
        self, connection: Connection, shared: SharedReads, case: CaseRow, now_ms: int
    ) -> AtDoor | None:
        """None where the case is about no single door."""
        row = None if case.area is not None else shared.door(case.door_id or "")
        if row is None:
            return None
        to_come = [permit for permit in row.state.permits if is_live(permit, now_ms)]
        openings = views.openings(connection, row.door_id, OPENINGS_MAX)
        spent = [opening for opening in openings if opening.who is not None]
        has_more = len(spent) > SPENT_MAX or len(openings) == OPENINGS_MAX
        seen = to_come, spent[:SPENT_MAX], has_more
        number = photos.telephone(connection, row.door_id)
        says = household_views.seal_answers_at(connection, row.door_id, now_ms)
        return AtDoor(row, tile(row, now_ms, self._rulebook), *seen, number, says)


def _asked(case: CaseRow, at_door: AtDoor, actor: Actor) -> dict[Refusal, list[Outcome]]:
    """What the seal says now against some endings, and against which."""
    asks: dict[Refusal, list[Outcome]] = {}
    for outcome in outcomes_of(case.reason):
        report = CaseReported(case.case_id, actor, "", outcome=outcome)
        says = contradicted(at_door.row.state, report)
        if says is not None:
            asks.setdefault(says, []).append(outcome)
    return asks


def known_to(told: list[DeliveryRow], but: str) -> list[DeliveryRow]:
    """Of each other person who was told, the page of which is proved the most; the newest first."""
    best: dict[str | None, DeliveryRow] = {}
    for row in told:
        known = best.get(row.warden)
        if known is None or _PROOF.index(row.evidence) > _PROOF.index(known.evidence):
            best[row.warden] = row
    best.pop(but, None)
    return list(best.values())


def _outage(connection: Connection, case: CaseRow) -> dict[str, Any] | None:
    found: OutageRow | None = case_views.outage_of(connection, case)
    if found is None:
        return None
    blind = [door for door in found.doors if door.silent_ms is not None]
    return {"doors": blind, "more": found.blind - len(blind)}
