"""What a seal does about the gateway's commands, and how a trial goes on. Its files: `trial`.

1. A command counts if it answers a transmission of this wake, and of no command before: so none
   that was recorded is ever heard again. What came of it is told in a note under its ticket; the
   same ticket once more is answered, and not done again.
2. Another network or identity is taken first, which the gateway hears of; then, with no report left
   that waits under the old one, it is tried: nothing is told but a note, until its receipt.
3. That its order is over, or that it is to watch again, is done at once, trial or not.
4. While a trial goes on, the seal goes by either settings in turn. The gateway decides it by the
   first note that it accepts, and the seal by the receipt of that; so no receipt that is lost, and
   no power cut, leaves them apart.
"""

from sealwire import command, note, own_topics
from sealwire.errors import MALFORMED, WireError

from . import over, trial
from .settings import Settings, SettingsError

TURN_MS = 60_000  # by one settings, and then by the others
REPEAT_MS = 1000  # a ticket that comes again is answered no sooner


class Orders:
    """The commands of one seal."""

    def __init__(self, seal) -> None:  # type: ignore[no-untyped-def]
        self._seal = seal
        self._folder: str = seal.board.flash
        self._wanted: "dict[str, object] | None" = None  # to be tried once its taking is heard of
        self._trial: "Settings | None" = None  # neither in force nor given up
        self._acting: Settings = seal.settings
        self._turn_ms = 0

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to be done."""
        return self._trial is None and self._wanted is None

    def poll(self, now_ms: int) -> None:
        """Begin the trial that was taken, or go by the other settings, if it is time."""
        seal = self._seal
        if self._trial is not None:
            if now_ms >= self._turn_ms + TURN_MS:
                self._turn(now_ms)
        elif self._wanted is not None and not seal.node.noting and not seal.spool.count:
            self._try(now_ms)

    def obey(self, epoch: int, counter: int, plain: bytes, now_ms: int) -> None:
        """Take a command that was authenticated. WireError if it is not for now."""
        seal = self._seal
        if epoch != seal.spool.epoch or not seal.fresh_counter < counter <= seal.spool.counter:
            raise WireError(MALFORMED, "a command that answers nothing of late")
        kind, ticket, parts = command.unpack(plain)
        if kind in (command.OVER, command.WATCH):  # its next beat answers, and no note
            over.end_order(seal, kind == command.OVER, now_ms)
            seal.fresh_counter = counter
            return
        if ticket != seal.answer[0]:
            seal.answer = ticket, self._done(kind, parts, now_ms)
            seal.answered_ms = now_ms - REPEAT_MS
        seal.fresh_counter = counter  # not before: a heap that is too full tries it once more
        if now_ms >= seal.answered_ms + REPEAT_MS:
            seal.answered_ms = now_ms
            seal.node.note(now_ms)

    def heard_of(self, now_ms: int) -> None:
        """A note has its receipt: a trial is decided. Where the flash does not take that, it stands
        there still and the next start decides it anew; the door is told of from now on."""
        if self._trial is None:
            return
        seal = self._seal
        try:
            if self._acting is self._trial:
                trial.keep(self._folder, trial.on_trial(self._folder)[1])
            else:
                trial.drop(self._folder)
        except (OSError, SettingsError):
            seal.flash_failures += 1
        seal.settings, self._trial = self._acting, None
        seal.node.on_trial = False

    def go_on(self, now_ms: int, woken: bool) -> None:
        """A trial stands in the flash. First what is on trial; but a seal that slept over it throws
        dice, for it does not count its turns."""
        seal = self._seal
        try:
            ticket, fields = trial.on_trial(self._folder)
            self._trial = Settings(fields, seal.settings.folder)
        except SettingsError:
            trial.drop(self._folder)
            return
        seal.answer = ticket, note.FELL_BACK
        seal.node.on_trial = True
        self._acting = seal.settings
        if woken and seal.board.random_below(2):
            self._turn_ms = now_ms
            seal.node.note(now_ms)
        else:
            self._turn(now_ms)

    def _done(self, kind: int, parts: "list[bytes]", now_ms: int) -> int:
        """Do what a command wants; what came of it."""
        seal = self._seal
        if kind == command.UPDATE:
            if seal.slots is None:
                return note.REFUSED
            seal.is_called = True  # the receipt that follows this command brings the question
            return note.WORKED
        try:
            if self._trial is not None or trial.has_trial(self._folder):
                return note.REFUSED
            fields = trial.wanted(self._folder, kind, parts)
            if trial.is_in_force(self._folder, fields):
                return note.WORKED
            if kind != command.HEARTBEAT:
                self._wanted, seal.node.is_busy = fields, True
                return note.TAKEN
            trial.keep(self._folder, fields)
        except (SettingsError, OSError):
            return note.REFUSED
        if self._wanted is not None:  # made before, of what was in force then
            self._wanted["heartbeat_s"] = fields["heartbeat_s"]
        seal.settings = Settings(fields, seal.settings.folder)
        node = seal.node
        node.heartbeat_ms = seal.settings.heartbeat_ms
        node.heartbeat_due_ms = min(node.heartbeat_due_ms, now_ms + node.heartbeat_ms)
        node.air_due_ms = min(node.air_due_ms, now_ms + node.heartbeat_ms)
        return note.WORKED

    def _try(self, now_ms: int) -> None:
        seal = self._seal
        fields, self._wanted, seal.node.is_busy = self._wanted, None, False
        if fields is None:
            return
        try:
            trial.begin(self._folder, seal.answer[0], fields)
        except OSError:
            seal.flash_failures += 1
            seal.answer = seal.answer[0], note.REFUSED
            seal.node.note(now_ms)
            return
        self.go_on(now_ms, False)

    def _turn(self, now_ms: int) -> None:
        """Go by those settings by which the seal does not go now."""
        seal, before = self._seal, self._acting
        after: Settings = seal.settings
        if before is after and self._trial is not None:
            after = self._trial
        outcome = note.FELL_BACK if after is seal.settings else note.WORKED
        seal.answer = seal.answer[0], outcome
        self._acting, self._turn_ms = after, now_ms
        seal.node.woke_ms = now_ms  # a battery's time awake begins anew
        seal.hang_up(now_ms)
        seal.identify(after)
        seal.link.speak_as(after.user, after.password, own_topics.receipt(after.seal_id))
        if before.wifi != after.wifi:
            seal.board.join(after.wifi)
        seal.node.note(now_ms)
