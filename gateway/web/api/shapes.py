"""What the API answers, each a record: the document is made from what is really sent.

Times are ms of UTC. `next` is the cursor of what follows, null at the end.
"""

from operator import attrgetter
from typing import Final

from msgspec import UNSET, Struct, UnsetType

from gateway.accounts.scopes import Scope
from gateway.core.cases.refusal import Refusal
from gateway.core.commissioning import Certificate, Check, WalkTest
from gateway.core.doors.certificates import Standing
from gateway.core.proof import Proof
from gateway.ending.holds import HeldOrder, ListedHold
from gateway.registry.late_permits import WaitingDoor
from gateway.store.case_views import CaseRow
from gateway.store.contact_views import CaseContact
from gateway.store.delivery_views import DeliveryRow
from gateway.store.household_views import DeliveryCount, DisputeRow, QuestionRow, RequestRow
from gateway.store.page_views import PageRow, UnsignedRow
from gateway.store.views import DoorRow


class ListedDoor(DoorRow, frozen=True, kw_only=True):
    """A door as a person knows it, its state as of the last commit, and the colour that says it."""

    tone: str


_CELLS: Final = attrgetter(*DoorRow.__struct_fields__)


def listed(row: DoorRow, tone: str) -> ListedDoor:
    """A door with its tone."""
    return ListedDoor(*_CELLS(row), tone=tone)


class Doors(Struct, frozen=True):
    """Doors in use; `count` is how many there are in all."""

    count: int
    doors: list[ListedDoor]
    next: str | None


class Cases(Struct, frozen=True):
    """Cases that nobody has reported, that somebody must review, and that are closed."""

    open: list[CaseRow]
    in_review: list[CaseRow]
    closed: list[CaseRow]
    next: str | None


class Matters(Struct, frozen=True):
    """What households want of people, as far as it goes on."""

    requests: list[RequestRow]
    questions: list[QuestionRow]
    disputes: list[DisputeRow]
    next: str | None


class DoneCounts(Struct, frozen=True):
    """How many requests ended how, by day and kind; a day is one on the site's clock, since
    1970."""

    counts: list[DeliveryCount]


class Contacts(Struct, frozen=True):
    """The doors of a household that a case is about; none where that is one door only."""

    contacts: list[CaseContact]


class Deliveries(Struct, frozen=True):
    """Who was told of a case, by what, and how far that is proved."""

    deliveries: list[DeliveryRow]
    next: str | None


class Inbox(Struct, frozen=True):
    """A person's pages: of open cases, and of those that are reported or closed."""

    open: list[PageRow]
    closed: list[PageRow]
    next: str | None


class Ringing(Struct, frozen=True, omit_defaults=True):
    """Whether the phone that asks can ring, and does. `key`: what a browser subscribes with, null
    where the site rings no phones. The others are there once that is possible: the subscription,
    when a push last woke the phone, whether the push service knows it no more, and whether the
    registry has it that this person is rung."""

    now_ms: int
    signs_in: bool
    key: str | None
    endpoint: str | UnsetType = UNSET
    rang_ms: int | UnsetType | None = UNSET
    is_over: bool | UnsetType = UNSET
    is_told: bool | UnsetType = UNSET


class Notification(Struct, frozen=True):
    """A page as a phone shows it when it rings; `path` opens it, and `urgency` is how it sounds.
    What is shown under a `tag` stands for what was shown under it before."""

    title: str
    text: str
    path: str
    urgency: str
    tag: str


class Sent(Struct, frozen=True):
    """A test page that is on its way, by its id."""

    page_id: str


class Unsigned(Struct, frozen=True):
    """A person's pages for which no handheld has signed."""

    pages: list[UnsignedRow]
    next: str | None


class Done(Struct, frozen=True):
    """Whether it changed anything. Of an action that came late also when it was done and when it
    came, and whether others acted meanwhile. `proof`: whether the door's code proves an arrival;
    `why`: a sentence where a code was given and proves nothing."""

    changed: bool
    done_ms: int | UnsetType = UNSET
    arrived_ms: int | UnsetType = UNSET
    overtaken: bool | UnsetType = UNSET
    proof: Proof | UnsetType = UNSET
    why: str | UnsetType = UNSET


class Announced(Struct, frozen=True):
    """Whether it is news, and the id of the permit."""

    changed: bool
    permit_id: str


class AnnouncedInArea(Struct, frozen=True):
    """Whether it is news at any of these doors, and the id from which theirs are numbered."""

    changed: bool
    permit_id: str
    doors: list[str]


class VisitTold(Struct, frozen=True):
    """Whether it is news at any of these doors, and the id of the visit."""

    changed: bool
    visit_id: str
    doors: list[str]


class Holds(Struct, frozen=True):
    """What is held beyond its time: what holds now, of which there are `count` in all, and what has
    ended. `label` and `door_id`: of a door of its household, null once none is there."""

    count: int
    living: list[ListedHold]
    ended: list[ListedHold]
    next: str | None


class HouseholdHolds(Struct, frozen=True):
    """The orders of a household of which anything is left, the latest first."""

    orders: list[HeldOrder]


class Held(Struct, frozen=True):
    """Whether it is news, and the id of the hold."""

    changed: bool
    hold_id: str


class TestBegun(Struct, frozen=True):
    """A walk test that runs now, by its id; so will its certificate be called."""

    test_id: str


class TestState(Struct, frozen=True):
    """Whether a door counts as sealed, by which certificate, and how its walk test goes. Checks in
    the order in which they are shown; none without a test."""

    standing: Standing
    certificate: Certificate | None
    walk_test: WalkTest | None
    checks: list[Check]


class Problem(Struct, frozen=True):
    """What went wrong, as RFC 9457 has it: `detail` is a sentence for people, `reason` a code;
    `scope`: what the token lacks."""

    type: str
    title: str
    status: int
    detail: str
    reason: str | UnsetType = UNSET
    scope: Scope | UnsetType = UNSET


class ActionRefused(Problem, frozen=True):
    """An action that was refused; `why` is its `reason` in a sentence, the rest as in `Done`."""

    reason: Refusal | UnsetType = UNSET
    why: str | UnsetType = UNSET
    changed: bool | UnsetType = UNSET
    done_ms: int | UnsetType = UNSET
    arrived_ms: int | UnsetType = UNSET
    overtaken: bool | UnsetType = UNSET


class NotAnnounced(Problem, frozen=True, kw_only=True):
    """An opening that was not announced; `waiting`: the doors whose cases it would end."""

    waiting: list[WaitingDoor] | UnsetType = UNSET
