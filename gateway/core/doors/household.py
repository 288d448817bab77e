"""One household, several contacts: which of their openings are one, and what covers each.

Two leaves of a door, a back door and a front door, a window: whoever goes out by one and in by the
other has opened once. Openings of different contacts are one where they overlap, or less than the
off-delay lies between them. The earliest of them is judged by its time, and the others are what it
is: they use no second permit, and raise no second case. A door that is left open is no excuse for
another for longer than it may stand open itself.

Each contact knows the latest openings of all of them, with what might cover each when it was heard
of, and works out anew what they are whenever one is news: in the order of their times, so which
report came first does not matter, and all contacts find the same without asking each other. What
might have used the same as one that is forgotten stays as it was judged: how much of a meal, or of
a day, that one used stands nowhere else.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Final

from msgspec.structs import replace

from gateway.core.doors import permits
from gateway.core.doors.orders import allowance
from gateway.core.model import Cover, Door, HouseholdOpening, Opening, Permit
from gateway.core.reasons import UNWATCHED, Reason
from gateway.core.rules import Rules

OPENINGS_MAX: Final = 16  # of a household that are known; the oldest go first
COVERS_MAX: Final = 4  # of one opening
OVERSTAY: Final = "-overstay"  # at the end of the id of a page of one that lasts too long
# Of no household: nobody asks for a permit there.
APART: Final = UNWATCHED | {Reason.VISIT, Reason.CANARY}
Openings = tuple[HouseholdOpening, ...]


def by_time(opening: HouseholdOpening) -> tuple[int, str]:
    """Their order, whoever was heard first."""
    return opening.opened_ms, opening.opening_id


def known(door: Door, opening: HouseholdOpening) -> Door:
    """The door with this opening of its household as it is now."""
    others = [o for o in door.openings_beside if o.opening_id != opening.opening_id]
    every = sorted((*others, opening), key=by_time)
    kept = remembered(every[-OPENINGS_MAX:], every[:-OPENINGS_MAX])
    return replace(door, openings_beside=kept)


def remembered(kept: Iterable[HouseholdOpening], gone: Iterable[HouseholdOpening]) -> Openings:
    """Those that are kept once the others are forgotten: each stays what it is."""
    used = set(_used_by(gone))
    return tuple(_as_judged(one, used) for one in kept)


def _as_judged(opening: HouseholdOpening, used: set[tuple[str, int]]) -> HouseholdOpening:
    """An opening that stays what it is, if what might cover it was used by one that is forgotten:
    nothing else covers it any more. One that is news, or part of another, is not judged by it."""
    is_own = opening.root == opening.opening_id
    if not is_own or not any(_key(cover) in used for cover in opening.covers):
        return opening
    return replace(opening, covers=() if opening.cover is None else (opening.cover,))


def find(door: Door, opening_id: str) -> HouseholdOpening | None:
    """An opening of the household by its id."""
    return next((o for o in door.openings_beside if o.opening_id == opening_id), None)


def set_apart(door: Door, opening: HouseholdOpening, off_delay_ms: int) -> Door:
    """The door with an opening that another rule than that for permits judged: what it used, when
    it was taken for another, is given back, and what it uses still is not used again."""
    was = find(door, opening.opening_id)
    if was is not None and was.cover is not None:
        if was.cover == opening.cover:
            return known(door, replace(opening, root=was.root))
        door = settled(known(door, replace(was, covers=(), is_settled=False)), off_delay_ms)
    return known(door, opening)


def heard(
    door: Door, opening_id: str, opened_ms: int, latest_ms: int, rules: Rules
) -> HouseholdOpening:
    """An opening of this contact as it is heard of, with what might cover it."""
    covers = []
    for permit in door.permits:
        window = permits.window_of(permit, opened_ms, latest_ms, rules)
        if window is not None:
            covers.append(Cover(permit.permit_id, *window, permit.longest_ms))
    covers = sorted(covers, key=lambda cover: (cover.ends, cover.permit_id))[:COVERS_MAX]
    allowed = allowance(door, latest_ms, rules)
    if allowed is not None:
        covers.append(Cover("", *allowed))
    times = opened_ms, latest_ms, None
    return HouseholdOpening(door.door_id, opening_id, *times, tuple(covers), rules.grace_ms)


def settled(door: Door, off_delay_ms: int) -> Door:
    """The door with the openings of its household as they are judged now, and with what is left of
    its permits and of what its order allows."""
    left, listed = _Left(door), {opening.opening_id for opening in door.openings_beside}
    found: list[HouseholdOpening] = []
    for opening in door.openings_beside:
        is_old = opening.root and opening.root not in listed  # what it was part of is forgotten
        if opening.reason in APART or is_old:
            found.append(opening)
            continue
        root = _root(found, opening, off_delay_ms)
        opening = _by_own_rule(opening, is_part=root is not None)
        what = left.use(opening) if root is None else (root.reason, root.cover, root.opening_id)
        found.append(replace(opening, reason=what[0], cover=what[1], root=what[2]))
    return left.put(replace(door, openings_beside=tuple(found)))


def _by_own_rule(opening: HouseholdOpening, is_part: bool) -> HouseholdOpening:
    """An opening that a rule of its own contact settled, and no cover: that stands while it is part
    of another, and holds again once a shutting shows that it is none."""
    if is_part and opening.is_settled and opening.cover is None and opening.own is None:
        return replace(opening, own=opening.reason)
    if not is_part and opening.own is not None:
        return replace(opening, reason=opening.own, cover=None, own=None)
    return opening


def _root(
    earlier: list[HouseholdOpening], opening: HouseholdOpening, off_delay_ms: int
) -> HouseholdOpening | None:
    """The opening that this one is part of, by its times; None if none."""
    by_id = {one.opening_id: one for one in earlier}
    for one in earlier:
        root = by_id.get(one.root)
        if root is None or one.reason in APART or one.door_id == opening.door_id:
            continue
        until_ms = _until_ms(root)
        end_ms = until_ms if one.shut_ms is None else min(one.shut_ms, until_ms)
        if opening.latest_ms - end_ms < off_delay_ms:
            return root
    return None


def _until_ms(root: HouseholdOpening) -> int:
    """How long others may be part of it."""
    lasts = root.cover.lasts if root.cover is not None else None
    return root.opened_ms + (root.grace if lasts is None else lasts)


class _Left:
    """What is left of permits and of what the order allows, as if none of the openings that are
    known had used any."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._used = Counter(_used_by(door.openings_beside))
        self._uses: Counter[tuple[str, int]] = Counter()

    def use(self, opening: HouseholdOpening) -> tuple[Reason, Cover | None, str]:
        """What an opening is that is judged by its own time."""
        own = opening.opening_id
        if opening.is_settled:
            if opening.cover is not None:
                self._uses[_key(opening.cover)] += 1
            return opening.reason, opening.cover, own
        for cover in opening.covers:
            if self._count(cover) > self._uses[_key(cover)]:
                self._uses[_key(cover)] += 1
                reason = Reason.PERMIT if cover.permit_id else Reason.ALLOWANCE
                return reason, cover, own
        return Reason.NO_PERMIT, None, own

    def _count(self, cover: Cover) -> int:
        """How many openings a cover has for all that are known."""
        if not cover.permit_id:
            day, count = self._door.allowed
            others = max(count - self._used[_key(cover)], 0) if day == cover.window else 0
            return cover.ends - others
        permit = _permit(self._door, cover.permit_id)
        if permit is None:
            return self._used[_key(cover)]
        if permit.daily and permit.spent[0] != cover.window:
            # Of a window of which nothing is kept, those known used all; one that was announced
            # anew under its id, for less, takes back nothing of what was used.
            return max(permit.openings, self._used[_key(cover)])
        return permits.left(permit, cover.window) + self._used[_key(cover)]

    def put(self, door: Door) -> Door:
        """The door with what is left now."""
        changed = {k for k in (*self._used, *self._uses) if self._used[k] != self._uses[k]}
        for permit_id, window in sorted(changed):
            more = self._uses[permit_id, window] - self._used[permit_id, window]
            if not permit_id:
                day, count = door.allowed
                now = count + more if day == window else more
                if window >= day:
                    door = replace(door, allowed=(window, max(now, 0)))
                continue
            permit = _permit(door, permit_id)
            if permit is not None:
                spent = permits.used(permit, window, more)
                mine = tuple(spent if p is permit else p for p in door.permits)
                door = replace(door, permits=mine)
        return door


def _used_by(openings: Iterable[HouseholdOpening]) -> list[tuple[str, int]]:
    roots = (o for o in openings if o.cover is not None and o.root == o.opening_id)
    return [_key(o.cover) for o in roots if o.cover is not None]


def _key(cover: Cover) -> tuple[str, int]:
    return cover.permit_id, cover.window


def _permit(door: Door, permit_id: str) -> Permit | None:
    return next((p for p in door.permits if p.permit_id == permit_id), None)


def lasts_until_ms(opening: HouseholdOpening, root: HouseholdOpening | None) -> int | None:
    """Until when an opening may last, from the beginning of that of which it is part, the latest
    that it may have been; None if nothing says so."""
    of = root or opening
    if of.cover is None or of.cover.lasts is None:
        return None
    return of.latest_ms + of.cover.lasts


def stands_open(door: Door) -> bool:
    """Whether another contact stands open, in the opening that is this door's latest or in one that
    its case is about too."""
    own = [o for o in door.openings_beside if o.door_id == door.door_id]
    root = own[-1].root if own else None
    named = door.case.contacts if door.case is not None else ()
    others = (o for o in door.openings_beside if o.door_id != door.door_id and o.shut_ms is None)
    return any(o.root == root or o.door_id in named for o in others)


def of_page(door: Door, page_id: str) -> HouseholdOpening | None:
    """The opening that a page tells of, or by which a case was raised."""
    return find(door, page_id.removesuffix(OVERSTAY))


def of_another(door: Door) -> Door:
    """The contact as another household gets it: what this one's openings used of its day was the
    others'. What is open is judged as it was."""
    goes_on = tuple(o for o in door.openings_beside if o.shut_ms is None)
    return replace(door, allowed=(0, 0), openings_beside=goes_on)


def placed(door: Door) -> Door:
    """The door with what it knows of those that are its household's contacts still."""
    own = frozenset((door.door_id, *door.beside))
    kept = tuple(o for o in door.openings_beside if o.door_id in own)
    about = door.case_beside if door.case_beside and door.case_beside[0] in own else None
    return replace(door, openings_beside=kept if door.beside else (), case_beside=about)


def as_heard(door: Door) -> Door:
    """The door with its own openings as its reports show them: since when each may be shut."""
    for opening in (door.ended, door.opening):
        entry = None if opening is None else find(door, opening.opening_id)
        if opening is not None and entry is not None:
            door = known(door, _seen(opening, entry))
    return door


def _seen(opening: Opening, entry: HouseholdOpening) -> HouseholdOpening:
    shut_ms = opening.shut_ms if opening.shut_from_ms is None else opening.shut_from_ms
    times = {"opened_ms": opening.opened_ms, "shut_ms": shut_ms}
    return replace(entry, **times, latest_ms=max(opening.opened_ms, entry.latest_ms))
