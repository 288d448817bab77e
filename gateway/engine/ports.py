"""What goes through the loop in one batch: items in, what is owed for them, and to whom."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

import msgspec

from gateway.core.cases.refusal import Refusal
from gateway.core.events import Event, ReportCame
from gateway.core.model import ActionResult, Contact, Path
from gateway.core.reasons import Reason
from gateway.core.replay_window import ReplayWindow
from gateway.core.subject import Subject
from gateway.registry.load import SealRow
from gateway.store.outbox import Entry
from gateway.store.poisoned import Poisoned
from sealwire.gateway_end import Note


class Received(msgspec.Struct):
    """A message from the broker, acknowledged by `token`, or one that a receiver of ours heard by
    air. `live`: it cannot have waited in the broker while we did not listen; `waited_ms`: how long
    it may have waited for us to read it; `signal_dbm`: how strongly it was heard by air."""

    topic: str
    payload: bytes
    token: int
    live: bool
    waited_ms: int = 0
    by_air: bool = False
    signal_dbm: int | None = None


class ContactSaid(msgspec.Struct):
    """What a contact of another maker said; nothing proves it (core.makes).

    Args:
        seal_id: under which it hangs.
        door_id: where; None of one that hangs nowhere.
        contact: how the door stands; None where the message could not be read.
        is_first: nobody knows what it did before this: a reading, and never an event.
        is_kept: somebody kept the message, so that it says nothing of now.
        is_prompt: such a message comes with a change, and not some time after it.
        waited_ms: how long it may have waited for us to read it.
        tamper: whether it is tampered with; None where it does not say.
        battery_mv: likewise of its battery, in millivolts;
        battery_percent: or in percent.
        signal_dbm: how strongly a receiver of ours heard it.
    """

    seal_id: str
    door_id: str | None
    contact: Contact | None
    is_first: bool = False
    is_kept: bool = False
    is_prompt: bool = True
    waited_ms: int = 0
    tamper: bool | None = None
    battery_mv: int | None = None
    battery_percent: int | None = None
    signal_dbm: int | None = None


class Command(msgspec.Struct):
    """An event that did not come from the broker, and who waits for it."""

    subject: Subject
    event: Event
    answer: Any = None  # asyncio.Future[Answer]
    pending_id: int | None = None


class Answer(msgspec.Struct, frozen=True):
    """What came of an action. `result` is there for a person's action: when it was, and why
    refused.

    An action that came before is answered as it was then.
    """

    changed: bool
    result: ActionResult | None = None

    @property
    def refusal(self) -> Refusal | None:
        """Why a person's action was refused; None if it was not."""
        return None if self.result is None else self.result.refusal


class DeliveryAttempt(msgspec.Struct):
    """A delivery worker tried an entry."""

    entry: Entry


class Found(msgspec.Struct):
    """Stored things that cannot be used; and states that were made anew, to be stored again."""

    poisoned: tuple[Poisoned, ...]
    anew: tuple[Subject, ...] = ()


class Overdue(msgspec.Struct):
    """The time of some command to a seal is over."""


class Owed(NamedTuple):
    """The answer to a transmission, once it is stored: a receipt, and before it what the seal is
    asked to do. `is_heard`: whether the seal is heard by air too."""

    seal_id: str
    epoch: int
    counter: int
    seq: int
    version: int
    command: bytes | None = None
    is_heard: bool = False


class Batch:
    """The items of one unit of work, and what is owed for them once it is stored.

    `items`: each with when it arrived. `is_single`: one item, or one thing that is due, and nothing
    beside it. `away`: messages that were turned away before it. `at`: the place of the item that is
    stepped now; beyond the last while what is due is stepped.
    """

    def __init__(
        self, items: list[tuple[int, Any]], is_single: bool = False, away: int = 0
    ) -> None:
        self.items, self.is_single, self.away = items, is_single, away
        self.reads: dict[int, Any] = {}  # of its messages, by their place: what each is
        self.together: dict[tuple[str, int], int] = {}  # dates of copies that came together
        self.journaled: set[tuple[str, int]] = set()  # old numbers that are in the journal
        self.begin()

    def begin(self) -> None:
        """Nothing is stepped yet."""
        self.at = 0
        self.tokens: list[int] = []
        self.receipts: list[Owed] = []
        self.answers: list[tuple[Any, Answer]] = []
        self.failures: list[tuple[Any, Exception]] = []
        self.sent: list[str] = []

    def item(self) -> tuple[int, Any] | None:
        """The item that is stepped now; None where that is something that is due."""
        return self.items[self.at] if self.at < len(self.items) else None


class Rejected(msgspec.Struct, frozen=True):
    """A message that changes nothing. `seal_id` is whose it claims to be; empty if unreadable."""

    reason: Reason
    seal_id: str


class Authenticated(msgspec.Struct, frozen=True):
    """A report that its seal's key proves. `epoch` and `counter` are its transmission's."""

    event: ReportCame
    window: ReplayWindow  # once this transmission is accepted
    epoch: int
    counter: int
    repeated: bool | None  # in the journal already; None: older than the window remembers
    path: Path = Path.NETWORK  # on which it came
    version: int = 1  # of the wire


class Noted(msgspec.Struct, frozen=True):
    """What a seal says of itself, which its key proves. The rest as above."""

    seal_id: str
    note: Note
    window: ReplayWindow
    epoch: int
    counter: int
    version: int


class Authenticator(Protocol):
    """Says which messages are genuine, and makes the answers. `ingest.authenticate` is one."""

    def know(self, seals: dict[str, SealRow]) -> None:
        """Take over the seals that are enrolled, and their keys.

        Args:
            seals: seal_id -> its row; those that are missing are not known any more.
        """

    def door_of(self, seal_id: str) -> str | None:
        """The door of a seal; None where it hangs on none, or is not known."""

    def read(
        self, topic: str, payload: bytes, windows: Mapping[str, ReplayWindow]
    ) -> Authenticated | Noted | Rejected:
        """Judge a message. Whatever stands in it, this never raises.

        Args:
            topic: as the broker says it.
            payload: the bytes of one transmission, or anything else.
            windows: seal_id -> what was accepted of it so far; a seal without one is new.

        Returns:
            The report or the note, and the window once it is accepted; or why it changes nothing.
        """

    def answers(self, owed: Owed) -> list[tuple[str, bytes]]:
        """What goes back for a transmission that is stored: what its seal is asked to do, and then
        the receipt, upon which it may fall asleep.

        Args:
            owed: the seal, which is known, and the transmission's numbers; no two receipts are made
                for one.

        Returns:
            Topic and payload of each, to be published in this order.
        """


class Outlet(Protocol):
    """Where acknowledgements and receipts go. `ingest.mqtt` is one. Neither call waits or raises:
    what cannot be sent is lost, and the other end asks again."""

    def acknowledge(self, token: int) -> None:
        """Tell the broker that a message is stored.

        Args:
            token: that of `Engine.receive`; each is acknowledged once, in the order of arrival.
        """

    def publish(self, topic: str, payload: bytes) -> None:
        """Send a receipt to a seal.

        Args:
            topic: the seal's own, for receipts.
            payload: the receipt, sealed with its key.
        """


class Committed(msgspec.Struct, frozen=True):
    """What a commit changed, for those who watch. `all`: the watcher missed some, read all anew."""

    at_ms: int
    doors: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()  # newly due
    sent: tuple[str, ...] = ()  # gone out
    all: bool = False
