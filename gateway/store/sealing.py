"""Free text inside events and states: sealed where it comes in, revealed where a person reads.

What is free text says `gateway/core/free_text.py` at the field itself, and nobody here names one: a
new event whose field is `FreeText` is sealed, in the journal, in states, in `pending_events` and in
every copy, without another line.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

import msgspec
from msgspec import Struct, inspect
from msgspec.structs import force_setattr, replace
from sqlalchemy import Connection

from gateway.core.events import Event
from gateway.core.free_text import SEALED
from gateway.core.subject import Subject
from gateway.store.order_keys import OrderKeys, ring_of

S = TypeVar("S", bound=Struct)
Change = Callable[[str], str]
AtHand = Callable[[Any], str | None]  # a text that was revealed already
Filler = Callable[[Any, AtHand, Change], None]  # reveals a value's texts in their place
Changer = Callable[[Any, Change], Any]  # a value, and what is to be done to each text in it


def reveal_in(connection: Connection, struct: Struct) -> None:
    """Make a state one that people read, in its place: only for what the caller has just read from
    bytes, and nobody else has. A list has thousands of texts, and a copy of all that is around a
    text costs ten times as much as the text."""
    ring, filler = ring_of(connection), _fills(type(struct))
    if filler is not None:
        filler(struct, ring.at_hand.get, ring.shown)


def sealed(
    keys: OrderKeys,
    subject: Subject,
    event: Event,
    now_ms: int | None = None,
) -> Event:
    """An event as it may be stored: with the key of the order in whose time it is.

    Args:
        keys: those of the caller's connection.
        subject: whose event.
        event: with text as people wrote it, or sealed already.
        now_ms: when it is said; without it, what names no time itself goes by the order that ends
            last.
    """
    if not has_text(event):
        return event
    household_id = keys.household_of(subject)
    from_ms = _from_ms(event)
    at_ms = now_ms if from_ms is None else from_ms
    return changed(event, lambda text: keys.seal(household_id, text, at_ms))


def has_text(struct: Struct) -> bool:
    """Whether there is any free text in it."""
    found = False

    def see(text: str) -> str:
        nonlocal found
        found = True
        return text

    changed(struct, see)
    return found


def can_hold_text(kind: type[Struct]) -> bool:
    """Whether there may be free text in structs of this class."""
    return _of_class(kind) is not None


def changed(struct: S, change: Change) -> S:
    """A struct in which each free text that is not empty is what `change` makes of it."""
    changer = _of_class(type(struct))
    return struct if changer is None else changer(struct, change)


def _from_ms(event: Struct) -> int | None:
    """The beginning of what it announces; None for what is said now."""
    announced = getattr(event, "permit", None) or getattr(event, "visit", None)
    from_ms: int | None = getattr(announced, "from_ms", None)
    return from_ms


@cache
def _fills(kind: type[Struct]) -> Filler | None:
    """How a struct of this class, which nobody else has, is revealed in its place."""
    return _filler(msgspec.inspect.type_info(kind))


def _filler(info: inspect.Type) -> Filler | None:
    match info:
        case inspect.Metadata(type=inner):
            return _filler(inner)
        case inspect.StructType():
            return _of_fields(info)
        case inspect.VarTupleType(item_type=item):
            return _of_each(_filler(item))
        case inspect.UnionType(types=types):
            return _of_one([(t, _filler(t)) for t in types])
    return None


def _of_fields(info: inspect.StructType) -> Filler | None:
    texts = [field.name for field in info.fields if _is_text(field.type)]
    fillers = [(field.name, _filler(field.type)) for field in info.fields]
    inner = [(name, filler) for name, filler in fillers if filler is not None]
    found = {*texts, *(name for name, _ in inner)}
    if any(_changer(field.type) and field.name not in found for field in info.fields):
        raise TypeError(f"text in {info.cls.__name__} that cannot be revealed in its place")
    if not texts and not inner:
        return None

    def fill(struct: Any, at_hand: AtHand, shown: Change) -> None:
        for name in texts:
            text = getattr(struct, name)
            if text:
                force_setattr(struct, name, at_hand(text) or shown(text))
        for name, filler in inner:
            value = getattr(struct, name)
            if value:
                filler(value, at_hand, shown)

    return fill


def _is_text(info: inspect.Type) -> bool:
    """Whether it is free text, or none at all."""
    if isinstance(info, inspect.UnionType):
        return any(map(_is_text, info.types))
    return isinstance(info, inspect.Metadata) and bool(info.extra and info.extra.get(SEALED))


def _of_each(of_item: Filler | None) -> Filler | None:
    if of_item is None:
        return None

    def fill_each(items: Any, at_hand: AtHand, shown: Change) -> None:
        for item in items:
            of_item(item, at_hand, shown)

    return fill_each


def _of_one(kinds: list[tuple[inspect.Type, Filler | None]]) -> Filler | None:
    """Structs are told by their class; of what is none, there is one kind with text."""
    by_class = {t.cls: filler for t, filler in kinds if isinstance(t, inspect.StructType)}
    others = [filler for t, filler in kinds if not isinstance(t, inspect.StructType)]
    other = next((filler for filler in others if filler is not None), None)
    if other is None and not any(by_class.values()):
        return None

    def fill_one(value: Any, at_hand: AtHand, shown: Change) -> None:
        filler = by_class.get(type(value)) if isinstance(value, Struct) else other
        if filler is not None:
            filler(value, at_hand, shown)

    return fill_one


@cache
def _of_class(kind: type[Struct]) -> Changer | None:
    """How a struct of this class is changed; None where no text can be in it."""
    return _changer(msgspec.inspect.type_info(kind))


def _changer(info: inspect.Type) -> Changer | None:
    match info:
        case inspect.Metadata(type=inner, extra=extra):
            is_text = bool(extra and extra.get(SEALED))
            return (lambda text, change: change(text)) if is_text else _changer(inner)
        case inspect.StructType():
            return _of_struct(info)
        case inspect.VarTupleType(item_type=item):
            return _of_tuple(_changer(item))
        case inspect.UnionType(types=types):
            return _of_union(types)
    return None


def _of_struct(info: inspect.StructType) -> Changer | None:
    fields = [(field.name, _changer(field.type)) for field in info.fields]
    holding = [(name, changer) for name, changer in fields if changer is not None]
    if not holding:
        return None

    def change_struct(struct: Any, change: Change) -> Any:
        news = {}
        for name, changer in holding:
            before = getattr(struct, name)
            if before:
                after = changer(before, change)
                if after is not before:
                    news[name] = after
        return replace(struct, **news) if news else struct

    return change_struct


def _of_tuple(of_item: Changer | None) -> Changer | None:
    if of_item is None:
        return None

    def change_tuple(items: Any, change: Change) -> Any:
        after = tuple(of_item(item, change) for item in items)
        is_same = all(new is old for new, old in zip(after, items, strict=True))
        return items if is_same else after

    return change_tuple


def _of_union(types: tuple[inspect.Type, ...]) -> Changer | None:
    """Structs are told by their class; anything else in a union must be the one kind with text."""
    by_class = {t.cls: _changer(t) for t in types if isinstance(t, inspect.StructType)}
    others = [_changer(t) for t in types if not isinstance(t, inspect.StructType)]
    other = next((changer for changer in others if changer is not None), None)
    if other is None and not any(by_class.values()):
        return None

    def change_one(value: Any, change: Change) -> Any:
        changer = by_class.get(type(value)) if isinstance(value, Struct) else other
        return value if changer is None else changer(value, change)

    return change_one
