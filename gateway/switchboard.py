"""Between the ladder and the outbox: who is told of a page now, who waits, who cannot be reached.

The switchboard holds what is true of every person. A beat makes its calls on a `Lines` of its own;
the people whom it changed are stored in the same commit as the entries that they were allowed, and
are taken over only after that commit.
"""

from collections.abc import Iterable
from typing import Protocol

import msgspec

from gateway.core import people
from gateway.core.effects import PageDue
from gateway.core.ladder import Ways
from gateway.core.people import Call, DailyTest, Person, Tell, TellGroup, Unreachable
from gateway.core.reason import Reason
from gateway.core.rules import Rules
from gateway.deadlines import Deadlines
from gateway.store.commit import Entry, Group
from gateway.store.registry import SITE, Registry, Warden

DUE_AT_ONCE = 256  # people looked at in one beat

_encode = msgspec.json.Encoder().encode


class Addressing(Protocol):
    """notify.addressing.Addresses, seen from here."""

    def know(self, registry: Registry) -> None: ...
    def warden(self, warden_id: str) -> Warden | None: ...
    def wardens(self) -> Iterable[Warden]: ...
    def told(
        self, page: PageDue, grid_id: str, now_ms: int, rules: Rules, works: "Works"
    ) -> list[tuple[Warden, Ways]]: ...
    def site_entries(self, page: PageDue, door_id: str, now_ms: int) -> list[Entry]: ...
    def entries(self, warden: Warden, call: Call, now_ms: int, about: str = "") -> list[Entry]: ...


class Works(Protocol):
    """Whether a person can be reached."""

    def __call__(self, warden_id: str, /) -> bool: ...


class Switchboard:
    """Every person as of the last commit, and when the loop must come back to them."""

    def __init__(self, addressing: Addressing, rules: Rules) -> None:
        self.addressing, self.rules = addressing, rules
        self.people: dict[str, Person] = {}
        self.holding: set[str] = set()  # those for whom something is held
        self.deadlines = Deadlines()

    def know(self, registry: Registry, now_ms: int) -> None:
        """Take over a newer registry. Who was known here is newer here.

        Whoever could not be reached and has other channels now is tested at once.
        """
        channels = {warden.warden_id: warden.channels for warden in self.addressing.wardens()}
        self.addressing.know(registry)
        for warden in self.addressing.wardens():
            who = warden.warden_id
            person = self.people.get(who) or registry.people.get(who)
            if person is None:
                person = people.new(who, now_ms, self.rules)
            moved = channels.get(who, warden.channels) != warden.channels
            if moved and not person.working:
                person = msgspec.structs.replace(person, test_ms=now_ms)
            self._take(person)

    def begin(self) -> "Lines":
        """The calls of one beat."""
        return Lines(self)

    def adopt(self, lines: "Lines") -> None:
        """The beat's commit is on the disk: what it made of the people is true now."""
        for person in lines.changed.values():
            self._take(person)

    def next_ms(self) -> int | None:
        """When somebody's time comes: held pages, a test, or a test's end."""
        return self.deadlines.next_ms()

    def _take(self, person: Person) -> None:
        self.people[person.warden_id] = person
        if person.held or person.more:
            self.holding.add(person.warden_id)
        else:
            self.holding.discard(person.warden_id)
        self.deadlines.note(person.warden_id, people.next_deadline(person))


class Lines:
    """The calls of one beat, on top of a switchboard. `changed` goes into the beat's commit."""

    def __init__(self, board: Switchboard) -> None:
        self._board, self._addressing, self._rules = board, board.addressing, board.rules
        self.changed: dict[str, Person] = {}

    def entries(self, page: PageDue, door_id: str, grid_id: str, now_ms: int) -> list[Entry]:
        """The outbox entries of a page that go out now. What is beyond somebody's limit waits."""
        found = self._addressing.site_entries(page, door_id, now_ms)
        chosen = self._addressing.told(page, grid_id, now_ms, self._rules, self._works)
        for warden, ways in chosen:
            if not warden.channels or (ways is Ways.OTHER and len(warden.channels) == 1):
                continue
            call = Call(page.page_id, page.case_id, door_id, page.reason, page.since_ms, ways)
            person, said = people.tell(
                self._person(warden.warden_id, now_ms), call, now_ms, self._rules
            )
            found += self._say(person, said, now_ms)
        return found

    def due(self, now_ms: int) -> list[Entry]:
        """The entries of those whose time has come: groups, tests, and who could not be reached."""
        found: list[Entry] = []
        deadlines = self._board.deadlines
        for _ in range(DUE_AT_ONCE):
            who = deadlines.take(now_ms)
            if who is None:
                break
            if self._addressing.warden(who) is None:
                continue  # no longer enrolled
            person, said = people.due(self._person(who, now_ms), now_ms, self._rules)
            if said or person is not self._board.people.get(who):
                found += self._say(person, said, now_ms)
            deadlines.note(who, people.next_deadline(person))
        return found

    def delivered(self, entry: Entry) -> tuple[Call, ...]:
        """A channel took an entry: its owner can be reached. What a grouped page was about."""
        if entry.warden_id is None or entry.done_ms is None:
            return ()
        return self.received(entry.page_id, entry.warden_id)

    def received(self, page_id: str, warden_id: str) -> tuple[Call, ...]:
        """A handheld signed for a page: its owner can be reached. What a grouped page was about."""
        person = self.changed.get(warden_id) or self._board.people.get(warden_id)
        if person is None:
            return ()
        proved = people.proved(person)
        if proved is not person:
            self.changed[warden_id] = proved
        return person.group if page_id == person.group_id else ()

    def settled(self, case_id: str, now_ms: int) -> None:
        """A case is in somebody's hands, or over: what waits of it need not be told."""
        for who in (*self._board.holding, *self.changed):
            before = self._person(who, now_ms)
            person = people.forget(before, case_id, now_ms, self._rules)
            if person is not before:
                self.changed[who] = person

    def _person(self, warden_id: str, now_ms: int) -> Person:
        person = self.changed.get(warden_id) or self._board.people.get(warden_id)
        return person or people.new(warden_id, now_ms, self._rules)

    def _works(self, warden_id: str, /) -> bool:
        warden = self._addressing.warden(warden_id)
        if warden is None or not warden.channels:
            return False
        person = self.changed.get(warden_id) or self._board.people.get(warden_id)
        return person is None or person.working

    def _say(self, person: Person, said: tuple[people.Said, ...], now_ms: int) -> list[Entry]:
        self.changed[person.warden_id] = person
        warden = self._addressing.warden(person.warden_id)
        assert warden is not None  # noqa: S101 - only who is enrolled is called
        found: list[Entry] = []
        for one in said:
            match one:
                case Tell(call=call):
                    found += self._addressing.entries(warden, call, now_ms)
                case TellGroup():
                    call, about = _grouped(one, now_ms)
                    found += self._addressing.entries(warden, call, now_ms, about)
                case DailyTest(page_id=page_id):
                    call = Call(page_id, "", SITE, Reason.TEST, now_ms)
                    found += self._addressing.entries(warden, call, now_ms)
                case Unreachable(page_id=page_id):
                    page = PageDue(page_id, "", Reason.UNREACHABLE, now_ms, _CAPTAIN)
                    found += self.entries(page, SITE, warden.grid_id, now_ms)
        return found


_CAPTAIN = 1  # the rung of a fault on which the captain stands; an installer mends no phone


def _grouped(group: TellGroup, now_ms: int) -> tuple[Call, str]:
    """The page that stands for many. It leads to the worst of them."""
    about = Group(group.cases, group.breaches, tuple(call.case_id for call in group.calls))
    worst = group.calls[0] if group.calls else None
    case_id, door_id = (worst.case_id, worst.door_id) if worst else ("", SITE)
    since_ms = min((call.since_ms for call in group.calls), default=now_ms)
    call = Call(group.page_id, case_id, door_id, Reason.GROUPED, since_ms)
    return call, _encode(about).decode()
