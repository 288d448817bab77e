"""All that can come in. Every event is journaled as it stands here, under its tag.

The tag is the `kind` in the journal and outlives the name of the class. Each event is about one
door, but for those that say "to the site" and those of households/events.py. What stands at its
default is not stored: no default ever changes its meaning.
"""

from typing import Annotated

from msgspec import Meta, Struct

from gateway.core.actor import Acting, Actor
from gateway.core.beside_events import BesideEvent
from gateway.core.clock_events import ClockCorrected as ClockCorrected
from gateway.core.clock_events import ClockDoubted as ClockDoubted
from gateway.core.clock_events import ClockEvent as ClockEvent
from gateway.core.clock_events import ClockSure as ClockSure
from gateway.core.clock_events import ClockTrusted as ClockTrusted
from gateway.core.commissioning_events import CommissioningEvent
from gateway.core.ending_events import EndingEvent
from gateway.core.free_text import FreeText
from gateway.core.households.events import HouseholdEvent
from gateway.core.model import Contact, Order, Permit
from gateway.core.outcome import Outcome
from gateway.core.paging.staff import Staff
from gateway.core.path_events import PathEvent
from gateway.core.proof import Scan
from gateway.core.reasons import Reason
from gateway.core.rules import Rulebook

Count = Annotated[int, Meta(ge=0)]
REPORT = "report"  # its kind, for those who read no other


class ReportCame(Struct, frozen=True, omit_defaults=True, tag=REPORT):
    """A genuine report. `age_ms` is the edge's age when it was sent, None if the seal lost count.
    `waited_ms` is how long it may have lain in the broker since, at most: 0 while we listen.
    `held_ms` is how long at least, as another copy of it shows."""

    seal_id: str
    seq: Count  # 0 for a heartbeat
    contact: Contact
    edges: Count
    edge: bool  # it reports an edge (or the first reading), not a heartbeat or tamper
    first: bool = False
    bounces: Count = 0
    age_ms: int | None = 0
    waited_ms: Count = 0
    held_ms: Count = 0
    battery_mv: int | None = None
    cover: bool = False
    magnet: bool = False
    signal_dbm: int | None = None


class ReportHeld(Struct, frozen=True, omit_defaults=True, tag="report_held"):
    """A later copy of a report that counted shows that it was held back: its edge was at `edge_ms`
    (ms of UTC) or earlier; until then it was believed to be at `was_ms` at the earliest.
    `waited_ms`: so long that copy may have waited itself. `shut_edges`: the counter of edges by
    which it told that the door shut, if it did."""

    seal_id: str
    seq: Count
    edge_ms: int
    waited_ms: Count = 0
    was_ms: int | None = None
    shut_edges: Count | None = None


class MessageRefused(Struct, frozen=True, tag="refused", omit_defaults=True):
    """Something came under this door's seal's name and was refused; `count` times of late, where
    not each of them is journaled."""

    seal_id: str
    reason: Reason
    count: Count = 1


class SealBound(Struct, frozen=True, omit_defaults=True, tag="seal_bound"):
    """A seal hangs on the door from now on, instead of any before it; or it is the one that `was`
    there, by another id. `heartbeat_ms`: how often it promised a heartbeat, if that is known.
    `must_certify`: its door counts as sealed only once it has passed a walk test. `make`: whose
    contact it is, where it is none of our seals (core.makes)."""

    seal_id: str
    heartbeat_ms: int | None = None
    must_certify: bool = False
    was: str | None = None
    make: str = ""


class SealUnbound(Struct, frozen=True, omit_defaults=True, tag="seal_unbound"):
    """This seal hangs on the door no more, and no other in its place."""

    seal_id: str


class DoorEnded(Struct, frozen=True, omit_defaults=True, tag="door_ended"):
    """The door is taken out of use. Its orders and permits have ended before, and its seal is off:
    what is open at it closes."""


class DoorClassed(Struct, frozen=True, omit_defaults=True, tag="door_classed"):
    """The settings of this class hold for the door from now on."""

    door_class: str


class DoorPlaced(Struct, frozen=True, omit_defaults=True, tag="door_placed"):
    """The door lies in this grid, and in these areas of the site, from now on, and is a contact of
    this household beside these other doors.

    `areas`: what may silence many doors at once (building, stair, access point, batch of seals).
    `household`: empty for one of the door's own id.
    """

    grid_id: str
    areas: tuple[str, ...] = ()
    household: str = ""
    beside: tuple[str, ...] = ()


class OrderPlaced(Struct, frozen=True, omit_defaults=True, tag="order"):
    """An order on the door; one of the same id is replaced."""

    order: Order


class PermitAnnounced(Struct, frozen=True, omit_defaults=True, tag="permit"):
    """An opening was announced; a permit of the same id is replaced.

    `explains`: it may end the case of an opening that it came too late for.
    """

    permit: Permit
    explains: bool = True


class CaseAction(Struct, frozen=True, omit_defaults=True):
    """What a person does about a case. The same `action_id` twice is one action.

    `age_ms` is how long ago it was done when it came: a handheld may have been offline.
    `for_centre`: the actor signed in as one who sits at the centre's desk.
    """

    case_id: str
    actor: Actor
    action_id: str
    age_ms: Count = 0
    for_centre: bool = False

    @property
    def by(self) -> Acting:
        """Who acts, as the rules judge them."""
        return Acting(self.actor, self.for_centre)


class CaseAcknowledged(CaseAction, frozen=True, tag="acknowledged"):
    """A person has the case."""


class PersonOnTheWay(CaseAction, frozen=True, tag="on_the_way"):
    """A person who has the case is on the way."""


class PersonOnSite(CaseAction, frozen=True, tag="on_site", kw_only=True):
    """A person stands at the door; with the door's code, if they gave one."""

    scan: Scan | None = None


class ArrivalProved(CaseAction, frozen=True, tag="arrival_proved", kw_only=True):
    """A person who stands at the door gives its code afterwards."""

    scan: Scan


class CaseReported(CaseAction, frozen=True, tag="reported", kw_only=True):
    """A person says how it ended; `despite_seal` where the seal says otherwise and they know it."""

    outcome: Outcome
    despite_seal: bool = False
    note: FreeText = ""


class ReportTakenBack(CaseAction, frozen=True, tag="report_taken_back"):
    """A person's own report was a mistake."""


class CaseHandedOver(CaseAction, frozen=True, tag="handed_over", kw_only=True):
    """Who has the case names another who is to have it, by warden_id. Whether that one has duty
    there is for the site to say, whoever sends this."""

    to: str
    is_off_duty: bool = False


class CaseAssessed(CaseAction, frozen=True, tag="assessed"):
    """Somebody else than who reported it has checked it."""


class CaseSignedOff(CaseAction, frozen=True, tag="signed_off"):
    """A person stands for it. It closes as soon as what raised it is over."""


class CaseShelved(CaseAction, frozen=True, tag="shelved", kw_only=True):
    """A person puts it aside until a time; nobody is told of it until then."""

    why: FreeText
    until_ms: int


class DutyEnds(Struct, frozen=True, omit_defaults=True, tag="duty_ends"):
    """Who has a case is on duty until then; None: nobody knows of an end."""

    case_id: str
    at_ms: int | None


class PhotoKept(Struct, frozen=True, omit_defaults=True, tag="photo_kept"):
    """A photo of how a case ended is kept, outside of the journal, which has only this of it: who
    took it and how long ago, how many bytes it has, and their SHA-256 in hex digits."""

    case_id: str
    photo_id: str
    actor: Actor
    size: Count
    sha256: str
    age_ms: Count = 0


class PhotosDestroyed(Struct, frozen=True, omit_defaults=True, tag="photos_destroyed"):
    """The bytes of these photos are nowhere any more."""

    case_id: str
    photo_ids: tuple[str, ...]


class PageWentOut(Struct, frozen=True, omit_defaults=True, tag="page_sent"):
    """A channel took the first page of a case."""

    case_id: str
    page_id: str


class PageReceived(Struct, frozen=True, omit_defaults=True, tag="page_received"):
    """A person's handheld signed for a page: it arrived, though nobody has read it yet."""

    case_id: str
    page_id: str
    by: str


class SealLost(Struct, frozen=True, omit_defaults=True, tag="seal_lost"):
    """To the site: a door's seal has fallen silent. `areas` are those that the door lies in, each
    with how many sealed doors it holds."""

    door_id: str
    since_ms: int
    areas: tuple[tuple[str, int], ...] = ()


class SealHeard(Struct, frozen=True, omit_defaults=True, tag="seal_heard"):
    """To the site: a seal that was lost is heard again."""

    door_id: str


class OutageBegan(Struct, frozen=True, omit_defaults=True, tag="outage_began"):
    """To a door: its silence has a cause that it shares with others."""

    outage_id: str


class OutageEnded(Struct, frozen=True, omit_defaults=True, tag="outage_ended"):
    """To a door: that cause is over."""

    outage_id: str


class TroubleBegan(Struct, frozen=True, omit_defaults=True, tag="trouble_began"):
    """To the site: one of `TROUBLES` is there, since `age_ms` before it came. `about`, a random id
    or a short code and no identity, tells it from another of the same reason."""

    reason: Reason
    about: str = ""
    age_ms: Count = 0


class TroubleEnded(Struct, frozen=True, omit_defaults=True, tag="trouble_ended"):
    """To the site: that trouble is over."""

    reason: Reason
    about: str = ""


class RulesSet(Struct, frozen=True, omit_defaults=True, tag="rules"):
    """To the site: these rules hold from now on."""

    rulebook: Rulebook


class StaffSet(Struct, frozen=True, omit_defaults=True, tag="staff"):
    """To the site: these people can be told from now on, and this is who has duty when."""

    staff: Staff


class PersonDue(Struct, frozen=True, omit_defaults=True, tag="person_due"):
    """To the site: a time in what is known of a person has come."""

    warden_id: str


class PersonReached(Struct, frozen=True, omit_defaults=True, tag="person_reached"):
    """To the site: something arrived at a person who was tested, or could not be reached."""

    warden_id: str


class PageTestAsked(Struct, frozen=True, omit_defaults=True, tag="test_asked"):
    """To the site: somebody wants a test page to go to a person by all channels, now."""

    warden_id: str
    page_id: str


class PageTestAnswered(Struct, frozen=True, omit_defaults=True, tag="test_answered"):
    """To the site: a test came through. `sent_id` says by which channel, for each has its own;
    `is_pressed`: the person pressed that they have it, and not their phone by itself."""

    page_id: str
    sent_id: str
    by: str
    is_pressed: bool = False


class MemoryEnded(Struct, frozen=True, omit_defaults=True, tag="memory_ended"):
    """An older copy of what was known was put back. What the door did after `since_ms` is not
    known, and its edges do not count from then."""

    since_ms: int


class DeadlineCame(Struct, frozen=True, omit_defaults=True, tag="deadline"):
    """A time in its subject's state has come."""


Event = (
    ReportCame
    | ReportHeld
    | MessageRefused
    | SealBound
    | SealUnbound
    | DoorEnded
    | OrderPlaced
    | PermitAnnounced
    | CaseAcknowledged
    | PersonOnTheWay
    | PersonOnSite
    | ArrivalProved
    | DoorClassed
    | DoorPlaced
    | CaseReported
    | ReportTakenBack
    | CaseHandedOver
    | CaseAssessed
    | CaseSignedOff
    | CaseShelved
    | DutyEnds
    | PhotoKept
    | PhotosDestroyed
    | PageWentOut
    | PageReceived
    | SealLost
    | SealHeard
    | OutageBegan
    | OutageEnded
    | TroubleBegan
    | TroubleEnded
    | RulesSet
    | StaffSet
    | PersonDue
    | PersonReached
    | PageTestAsked
    | PageTestAnswered
    | MemoryEnded
    | ClockEvent
    | CommissioningEvent
    | DeadlineCame
    | PathEvent
    | EndingEvent
    | HouseholdEvent
    | BesideEvent
)


def kind_of(event: Event) -> str:
    """Its tag: the word for it in the journal."""
    return str(event.__struct_config__.tag)
