"""A test page that the running gateway sends: left for it to take, and watched until it came."""

import secrets
import time
from collections.abc import Callable
from typing import Final

from sqlalchemy import select

from gateway.cli.exit_codes import CommandError
from gateway.core.events import PageTestAsked
from gateway.core.paging.person import ASKED_MAX, ASKED_PREFIX
from gateway.core.subject import SITE
from gateway.store import pending, reach_views, tables
from gateway.store.database import Store
from gateway.store.reach_views import PageTest, TestedWay

TAKEN_S: Final = 10.0  # by then a running gateway has taken what was left for it
LOOK_EVERY_S: Final = 0.2
STEPS: Final = (("accepted", "done_ms"), ("received", "received_ms"), ("pressed", "pressed_ms"))


def ask(store: Store, warden_id: str) -> str:
    """Leave word that a test page is wanted; its id."""
    page_id = f"{ASKED_PREFIX}{secrets.token_hex(8)}"
    with store.writing() as connection:
        pending.leave(connection, [(SITE, PageTestAsked(warden_id, page_id))])
    return page_id


def watch(store: Store, page_id: str, wait_s: float, news: Callable[[str], None]) -> PageTest:
    """Look until the person has pressed, every channel has failed, or the wait is over; Ctrl-C ends
    it too. `news` hears each thing as it happens. CommandError if the gateway does not send it."""
    until_s = time.monotonic() + wait_s
    test, told = _sent(store, page_id), set[str]()
    try:
        while True:
            for words in _happened(test):
                if words not in told:
                    told.add(words)
                    news(words)
            if _is_over(test) or time.monotonic() >= until_s:
                return test
            time.sleep(LOOK_EVERY_S)
            test = _look(store, page_id) or test
    except KeyboardInterrupt:
        return _look(store, page_id) or test


def _sent(store: Store, page_id: str) -> PageTest:
    """The test page as soon as the gateway has made it."""
    until_s = time.monotonic() + TAKEN_S
    while time.monotonic() < until_s:
        test = _look(store, page_id)
        if test is not None:
            return test
        if _is_taken(store, page_id):
            break
        time.sleep(LOOK_EVERY_S)
    test = _look(store, page_id)
    if test is not None:
        return test
    if _is_taken(store, page_id):
        raise CommandError(
            f"{ASKED_MAX} test pages a minute to one person are enough; try again in a minute"
        )
    raise CommandError(f"the gateway has not taken it within {TAKEN_S:.0f} s; see its log")


def _look(store: Store, page_id: str) -> PageTest | None:
    with store.reading() as connection:
        return reach_views.page_test(connection, page_id)


def _is_taken(store: Store, page_id: str) -> bool:
    query = select(tables.pending_events.c.body)
    with store.reading() as connection:
        return not any(page_id.encode() in body for body in connection.execute(query).scalars())


def _is_over(test: PageTest) -> bool:
    return test.pressed_ms is not None or all(way.has_failed for way in test.ways)


def _happened(test: PageTest) -> list[str]:
    """Each thing that has come of it, in words."""
    return [words for way in test.ways for words in _of_way(way)]


def _of_way(way: TestedWay) -> list[str]:
    steps = STEPS[1:] if way.channel == "inbox" else STEPS  # there to be read, as soon as made
    found = [
        f"{way.channel}: {word} after {span} ms"
        for word, name in steps
        if (span := way.after_ms(getattr(way, name))) is not None
    ]
    if way.has_failed:
        found.append(f"{way.channel}: failed: {way.error or 'given up'}")
    return found
