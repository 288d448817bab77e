"""What the gateway knows of one door: frozen records, whole milliseconds of UTC, no behaviour.

A door's state is all that its rules need. Fields at their default are left out of the stored bytes.
"""

from enum import StrEnum
from typing import Final

from msgspec import Struct

from gateway.core.actor import Actor
from gateway.core.cases.refusal import Refusal
from gateway.core.commissioning import Certificate, Visit, WalkTest
from gateway.core.free_text import FreeText
from gateway.core.order_over import OrderOver
from gateway.core.proof import Proof, WrongScan
from gateway.core.reasons import Reason

BATTERY_LOW_MV: Final = 2_700  # two lithium cells near their end


class Contact(StrEnum):
    """Where the door's leaf is, as far as anybody heard."""

    SHUT = "shut"
    OPEN = "open"
    UNKNOWN = "unknown"


# For what is asked of every report: Python 3.11 takes six times as long over `Contact.OPEN`.
SHUT, OPEN, UNKNOWN = Contact.SHUT, Contact.OPEN, Contact.UNKNOWN


class Doubt(Struct, frozen=True, omit_defaults=True):
    """How far the gateway's clock may be behind the true time, or ahead of it; not at all: sure."""

    behind_ms: int = 0
    ahead_ms: int = 0


SURE = Doubt()


class CaseState(StrEnum):
    """The states of a case. The last one is final: nothing re-enters a closed case."""

    RAISED = "raised"
    PAGED = "paged"  # a page of it went out
    ACKNOWLEDGED = "acknowledged"
    ON_THE_WAY = "on_the_way"
    ON_SITE = "on_site"
    REPORTED = "reported"  # how it ended, as a code
    ASSESSED = "assessed"  # by somebody else than who reported
    SIGNED_OFF = "signed_off"
    CLOSED = "closed"


class Policy(Struct, frozen=True, omit_defaults=True):
    """What an order allows without asking. Minutes count from midnight at the site."""

    openings_a_day: int = 0  # so many need no permit
    longest_ms: int | None = None  # and each may last so long
    quiet: tuple[tuple[int, int], ...] = ()  # from, to: no page then, unless it is for a breach
    health_daily: bool = False  # the household says each day how they are


class Order(Struct, frozen=True, omit_defaults=True):
    """A quarantine order on a door, from (included) to (excluded)."""

    order_id: str
    from_ms: int
    to_ms: int
    policy: Policy = Policy()


class Permit(Struct, frozen=True, omit_defaults=True):
    """An announced opening: when, how often, how long, by whom and why.

    With `daily` it recurs: on each of `days` it holds within those minutes of the day, and allows
    `openings` in each of them. `spent` is then what was used of the latest: (which, how many).
    """

    permit_id: str
    from_ms: int
    to_ms: int
    openings: int  # how many it still allows; of a recurring one, each time
    longest_ms: int
    who: FreeText
    why: FreeText
    daily: tuple[tuple[int, int], ...] = ()  # from, to: minutes after midnight at the site
    days: int = 0b1111111  # Monday is bit 0
    spent: tuple[int, int] = (0, 0)


class Opening(Struct, frozen=True, omit_defaults=True):
    """The door stands open, or shut again for less than the off-delay."""

    opening_id: str
    opened_ms: int
    reason: Reason
    permit_id: str | None = None
    overstay_ms: int | None = None  # when it has lasted too long; None once that was told
    unjudged_ms: int | None = None  # that time has passed while the seal was not heard
    shut_ms: int | None = None  # shut since
    shut_from_ms: int | None = None  # the earliest that this can have been
    ends_ms: int | None = None  # when it has stayed shut long enough to be over
    joined: int = 0  # how often it shut and opened again within the off-delay
    inferred: bool = False  # no report told of its shutting: a later one shows it
    beside: str | None = None  # the opening at another contact that it is part of


class Cover(Struct, frozen=True, array_like=True):
    """What may cover an opening: a permit in one of its windows, or, without an id, what the order
    allows on a day: since when that is counted, and how many."""

    permit_id: str
    window: int  # its beginning in ms; or in minutes on the wall
    ends: int  # its end in ms; or how many the order allows
    lasts: int | None = None  # ms that the opening may last


class HouseholdOpening(Struct, frozen=True, omit_defaults=True):
    """An opening at one of a household's contacts, as all of them know it: what its contact saw,
    and what it is judged to be. `root`: the opening by whose time it is judged; its own id where
    it is itself."""

    door_id: str
    opening_id: str
    opened_ms: int  # it opened between this
    latest_ms: int  # and this
    shut_ms: int | None = None  # the earliest that it can have shut; None: it stands open
    covers: tuple[Cover, ...] = ()  # that were known when it was heard of, the soonest over first
    grace: int = 0  # ms that it may last, as others' part too, where nothing covers it
    is_settled: bool = False  # a rule of its own contact says what it is, and no cover
    reason: Reason = Reason.NO_PERMIT
    cover: Cover | None = None  # that it used
    root: str = ""
    own: Reason | None = (
        None  # what that rule says, while it is part of another and is what that is
    )


class Escalation(Struct, frozen=True, omit_defaults=True):
    """Who is told of a case next, and when. It goes on until a person has it."""

    page_id: str
    reason: Reason
    since_ms: int
    next_ms: int
    step_index: int = 0  # the next to be told
    round: int = 0  # how often all of them were told
    began_ms: int = 0  # this round
    received: bool = False  # a handheld signed for it: the same person's other channel can rest
    first_to: str = ""  # who had the case and is told before anybody else, by warden_id


class Shelf(Struct, frozen=True):
    """Put aside by a person, with a reason and an end; it comes back by itself."""

    by: Actor
    why: FreeText
    ends_ms: int


class SecondaryFault(Struct, frozen=True, omit_defaults=True):
    """A fault secondary to a breach, of which nobody is told before the hour allows it."""

    page_id: str
    reason: Reason
    since_ms: int
    told_ms: int
    over: bool = False


class Unreported(Struct, frozen=True, array_like=True):
    """What a case was before its report, which whoever made it may take back for a while."""

    state: CaseState
    moved_by: Actor | None = None
    shelf: Shelf | None = None
    returns_ms: int | None = None
    hands_over_ms: int | None = None
    done_ms: int = 0  # when the report was made


class Case(Struct, frozen=True, omit_defaults=True):
    """What needs a person. One is open at a time; later openings join it and page again."""

    case_id: str
    reason: Reason  # of the latest thing that raised it
    state: CaseState
    raised_ms: int
    openings: int = 0
    since_ms: int = 0  # when what raised it happened
    locked: bool = False  # tampered with: it ends only after a person was at the door
    cleared_ms: int | None = None  # since when what raised it is over: shut, heard, settled
    refers_to: str | None = None  # the case before this one, at the same door
    escalation: Escalation | None = None
    secondary: tuple[SecondaryFault, ...] = ()  # one of a reason
    shelf: Shelf | None = None
    raised_again_ms: int | None = None  # the last time
    returned_ms: int | None = None  # the last time that nobody had finished it
    returns_ms: int | None = None  # when it comes back, or is reviewed too late
    hands_over_ms: int | None = None  # when the duty of who has it ends
    moved_by: Actor | None = None  # who took it, is there, assessed it or signed it off
    acted_ms: int | None = None  # when a person last did something about it
    reported_by: Actor | None = None
    outcome: str | None = None  # an Outcome; the Reason of a rule that ended it
    despite_seal: bool = False  # the seal said otherwise when it was reported
    note: FreeText = ""  # of who reported it, with the outcome
    handed_to: str = ""  # who was named to have it and has not answered yet, by warden_id
    unreported: Unreported | None = None  # while it is reported, and not assessed
    proof: Proof | None = None  # of the latest that somebody was at the door
    contacts: tuple[str, ...] = ()  # the household's other doors that it is about too, by door_id
    make: str = ""  # whose contact told any of it, where that was none of our seals (core.makes)

    @property
    def reported_from(self) -> CaseState | None:
        """The state before its report, until that is assessed."""
        return None if self.unreported is None else self.unreported.state


class ActionResult(Struct, frozen=True, array_like=True):
    """What came of a person's action, remembered so that the same one is answered alike."""

    action_id: str
    arrived_ms: int  # when the gateway heard of it
    age_ms: int = 0  # how long before that the person did it
    refusal: Refusal | None = None
    overtaken: bool = False  # others acted on the case after it was done and before it arrived
    proof: Proof | None = None  # that the person was at the door, where it says so

    @property
    def done_ms(self) -> int:
        """When the person did it."""
        return self.arrived_ms - self.age_ms


class Chattering(Struct, frozen=True, omit_defaults=True):
    """The contact chatters: what it says is counted and not believed until it has settled."""

    since_ms: int
    edge_from_ms: int  # the latest edge was between this
    edge_ms: int  # and this
    settles_ms: int
    edges: int = 0
    is_excused: bool = False  # nobody was told, for somebody works at the seal


class OpenAfterRestart(Struct, frozen=True):
    """A seal came back and found its door open, which was shut when it was last heard."""

    from_ms: int  # it opened between this
    to_ms: int  # and this
    told_ms: int  # if it still stands open then, a person is told


class Moment(Struct, frozen=True):
    """The latest opening of a seal that came back and found its door open, which was over before a
    person was to be told: a later copy of what told that it shut may still date it anew."""

    opening_id: str
    read_ms: int  # when that reading was heard
    shut_from_ms: int  # it shut between this
    shut_ms: int  # and this


EDGES_TOLD_MAX: Final = 2  # an opening, and its shutting


class EdgeDate(Struct, frozen=True, array_like=True):
    """When the edge of a report was, by all copies of it that came."""

    seq: int  # the number of the report
    edge_ms: int  # no later than this
    wait: int  # ms that it may have been earlier, for it may have waited


class FoundOpen(Struct, frozen=True, omit_defaults=True):
    """The door stands open, and nobody saw it open."""

    since_ms: int  # when that was seen first
    told_ms: int | None = None  # when a person is told, if it stands open still


class Silence(Struct, frozen=True, omit_defaults=True):
    """The seal is lost: not heard for so many heartbeats."""

    since_ms: int  # when it was last heard
    told_ms: int | None = None  # when somebody is told, if it stays silent; None once that was done
    said_in_place: bool = False  # by the household: no question is left
    is_answered: bool = False  # by the household, whatever it said: it is not asked again


class Path(StrEnum):
    """The ways from a seal to its gateway: over the network and the broker, or by Bluetooth."""

    NETWORK = "network"
    AIR = "air"


class SilentPath(Struct, frozen=True, omit_defaults=True):
    """A way on which the seal is not heard any more."""

    path: Path
    since_ms: int  # when it was last heard there
    found_ms: int  # when that was too long ago
    told_ms: int | None = None  # when somebody is told; None once that was done
    is_ours: bool = False  # no fault of this seal (path_events.PathSilent)


class Canary(Struct, frozen=True, omit_defaults=True):
    """The seal that opens to prove the way to the phone: when its page must have arrived."""

    missed_ms: int | None = None  # None while a case says that it did not


class Door(Struct, frozen=True, omit_defaults=True):
    """All that the rules know of one door."""

    door_id: str
    door_class: str = ""  # whose settings hold; "canary" is one
    grid_id: str = ""  # whose people are told of it
    areas: tuple[str, ...] = ()  # that it lies in, next to the site: what may silence many at once
    seal_id: str | None = None
    heartbeat_ms: int | None = None  # how often its seal promised one; None: nothing is expected
    make: str = ""  # whose contact hangs here, where it is none of our seals (core.makes)
    contact: Contact = Contact.UNKNOWN
    edges: int | None = None  # the seal's edge counter as last heard; None before the first
    heard_ms: int | None = None
    listened_ms: int | None = None  # until then the gateway itself heard nobody
    observed_until_ms: int | None = None  # up to when its edges are known; what waits is newer
    edges_told: tuple[EdgeDate, ...] = ()  # the latest that came of which the age is known
    battery_mv: int | None = None
    cover: bool = False  # as last reported, so that one tamper is one page
    magnet: bool = False
    tampered_ms: int | None = None  # when signs that are older than their order are told
    signs_excused: bool = False  # nobody was told of them, for somebody works at the seal
    opening: Opening | None = None
    ended: Opening | None = None  # the one before, which a late report may show to go on
    opened_ms: tuple[int, ...] = ()  # the earliest of each of Rules.chatter_openings openings
    chattering: Chattering | None = None
    open_after_restart: OpenAfterRestart | None = None
    moment: Moment | None = None  # as long as no further edge is told
    found_open: FoundOpen | None = None
    silence: Silence | None = None
    outage: str | None = None  # the outage that explains the silence
    silent_paths: tuple[SilentPath, ...] = ()  # while it may be heard on another way
    case: Case | None = None
    in_review: tuple[Case, ...] = ()  # reported, and not closed yet
    last_case: str | None = None
    recent: tuple[ActionResult, ...] = ()  # of the latest actions of people, the newest last
    orders: tuple[Order, ...] = ()
    orders_over: tuple[OrderOver, ...] = ()  # of these, so that each is told once
    permits: tuple[Permit, ...] = ()
    # Since which minute on the wall (`orders.allow`) how many openings needed no permit.
    allowed: tuple[int, int] = (0, 0)
    refused_ms: tuple[int, ...] = ()  # latest refused messages, at most Rules.burst_count
    burst_ms: int | None = None  # when a burst of them was last told
    canary: Canary | None = None
    wrong_scans: tuple[WrongScan, ...] = ()  # codes that were not the door's, lately
    quiet: tuple[tuple[int, int], ...] = ()  # the hours that its household wants to be left alone
    visits: tuple[Visit, ...] = ()
    visited_until_ms: int | None = None  # when it is looked what a visit has left behind
    walk_test: WalkTest | None = None
    certificate: Certificate | None = None  # the latest of the seal that hangs here
    must_certify: bool = False  # its seal was hung since certificates are asked for
    household: str = ""  # whose contact it is; empty: a household of the door's own id
    beside: tuple[str, ...] = ()  # that household's other doors
    openings_beside: tuple[HouseholdOpening, ...] = ()  # of all contacts, in time; empty where one
    case_beside: tuple[str, str] | None = None  # open at another contact: that door, and the case
    doubt: Doubt = SURE  # as of its last step

    @property
    def household_id(self) -> str:
        """Whose contact it is: an order and a permit are the household's."""
        return self.household or self.door_id
