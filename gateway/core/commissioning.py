"""What is known of work at a seal: visits, walk tests and certificates. Frozen records, as in
model.py, and no behaviour: what they mean stands in doors/visits.py, doors/walk_test.py and
doors/certificates.py.
"""

from enum import StrEnum

from msgspec import Struct

from gateway.core.actor import Actor
from gateway.core.free_text import FreeText


class Purpose(StrEnum):
    """What somebody comes to a seal for. The word is stored."""

    BATTERY = "battery"  # a fresh one: the seal is tested again afterwards
    INSPECT = "inspect"
    REPAIR = "repair"


class Visit(Struct, frozen=True, omit_defaults=True):
    """Announced work at one seal, from (included) to (excluded): its cover, its silence and the
    openings of its door bother nobody meanwhile."""

    visit_id: str
    seal_id: str
    from_ms: int
    to_ms: int
    who: FreeText
    purpose: Purpose = Purpose.REPAIR


class TestOpening(Struct, frozen=True, array_like=True):
    """An opening that a walk test saw."""

    __test__ = False  # no test of pytest's

    opened_ms: int
    delay_ms: int  # from its edge until the gateway had it, by the seal's own count
    shut_ms: int | None = None
    bounces: int = 0


class WalkTest(Struct, frozen=True, omit_defaults=True):
    """A seal is tried at its door. Until `ends_ms` nobody is paged of what its tester does."""

    test_id: str
    seal_id: str
    by: Actor
    begun_ms: int
    ends_ms: int
    openings: tuple[TestOpening, ...] = ()  # in a row, with nothing odd between
    odd_edges: int = 0  # no person's: too short, several at once, or of nobody's seeing
    bounces: int = 0  # the most that one report told
    delay_ms: int | None = None  # the longest that an edge was on its way
    ageless: int = 0  # edges whose age the seal did not know
    cover_seen: bool = False  # its cover was off once, and the seal said so
    magnet_seen: bool = False  # a foreign magnet, likewise
    battery_mv: int | None = None  # the lowest, told while the seal sends
    signal_dbm: int | None = None  # of its access point, as it told last
    heard: bool = False  # anything, since it began
    held: bool = False  # it was looked, and the door had stayed shut for long enough
    is_over: bool = False  # without a certificate
    # The ways on which it was heard since (model.Path); None of a seal that has only one.
    paths: tuple[str, ...] | None = None
    air_dbm: int | None = None  # how weakly our receiver heard it by air of late


class CheckName(StrEnum):
    """What a walk test checks, in the order in which it is shown. The word is stored."""

    OPENINGS = "openings"
    BOUNCE = "bounce"
    MAGNET = "magnet"  # whether the door's own magnet holds the contact
    RADIO = "radio"
    COVER = "cover"
    FOREIGN_MAGNET = "foreign_magnet"
    BATTERY = "battery"
    CLOCK = "clock"
    PATHS = "paths"  # whether it was heard on both its ways


class CheckMark(StrEnum):
    """How a check stands."""

    GOOD = "good"
    WAITS = "waits"  # for something that has not been done yet
    BAD = "bad"


class Check(Struct, frozen=True, omit_defaults=True):
    """One check of a walk test. `value`: openings, bounces, odd edges, ms, mV, as its name says;
    None where the seal does not tell."""

    name: CheckName
    mark: CheckMark
    value: int | None = None
    margin_db: int | None = None  # of a way, Wi-Fi or Bluetooth: above what a receiver needs


class Certificate(Struct, frozen=True, omit_defaults=True):
    """A seal passed its walk test at this door."""

    certificate_id: str
    seal_id: str
    issued_ms: int
    ends_ms: int
    void_ms: int | None = None  # since its battery was changed: it is to be tested again
