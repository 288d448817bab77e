"""How the week's pages went: the simulator's pages are due, and here they go out, or do not.

Who is told is the simulator's; how long each part of the way took, and what failed, is drawn from
the week's seed. What is drawn is the truth that the dashboards are held to.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from gateway.core.duration import HOUR_MS, MINUTE_MS
from gateway.core.effects import PageDue
from gateway.core.evidence import Evidence
from gateway.core.reasons import FAULTS, Reason
from gateway.feeds.delivery_cause import Cause
from gateway.simulate.ground_truth import START_MS
from tests.dashboards.week import LADDER, SEED, SiteWeek

WEDNESDAY_MS = START_MS + 2 * 24 * HOUR_MS
PUSH_DOWN = (WEDNESDAY_MS + 9 * HOUR_MS, WEDNESDAY_MS + 12 * HOUR_MS)  # at one site
GIVES_UP_AFTER = 6
ROLES = (*LADDER, "centre", "centre")


class Pace(NamedTuple):
    """How long a channel takes, in ms: to take a page, and until the person has it."""

    sent: tuple[int, int]
    received: tuple[int, int] | None  # None: nothing but a handheld can say that


CHANNELS = {
    "push": Pace((90, 900), (400, 9_000)),
    "inbox": Pace((2, 25), (150, 2_500)),
    "webhook": Pace((20, 400), None),
}

# What the outbox keeps of a failure, in the words of gateway.channels.
SENTENCES = {
    Cause.SERVER_ERROR: "push.example answered 503",
    Cause.NO_ANSWER: "push.example has not answered in time",
    Cause.RATE_LIMITED: "push.example answered 429",
}


@dataclass(frozen=True)
class Delivery:
    """One page to one person by one channel, as it truly went. `None`: it did not get so far."""

    number: int
    made_ms: int
    since_ms: int
    channel: str
    step: int
    round: int
    role: str
    reason: Reason
    case_id: str
    sent_ms: int | None
    received_ms: int | None
    seen: bool
    gave_up: bool
    failures: int
    cause: Cause | None

    @property
    def is_first(self) -> bool:
        """Of the first step of the first round: only that says how long an edge took."""
        return self.step == 0 and self.round == 0


@cache
def deliveries(site: SiteWeek) -> list[Delivery]:
    """Every delivery of a site's week."""
    chance = random.Random(f"{SEED}/deliveries/{site.site_id}")  # noqa: S311 - repeatable
    found: list[Delivery] = []
    for _, at_ms, page in site.pages():
        role = "installer" if page.reason in FAULTS else ROLES[min(page.step_index, 4)]
        made_ms = at_ms + chance.randint(2, 14)
        for channel in _channels(page):
            found.append(_delivery(len(found) + 1, made_ms, page, channel, role, site, chance))
    return found


def _channels(page: PageDue) -> Iterator[str]:
    yield "push"
    yield "inbox"
    if page.step_index == 0:
        yield "webhook"


def _delivery(
    number: int,
    made_ms: int,
    page: PageDue,
    channel: str,
    role: str,
    site: SiteWeek,
    chance: random.Random,
) -> Delivery:
    pace, failures, cause = CHANNELS[channel], 0, None
    sent_ms: int | None = made_ms + chance.randint(*pace.sent)
    is_down = channel == "push" and site.site_id.startswith("7") and _within(made_ms, PUSH_DOWN)
    if is_down:
        failures, cause = GIVES_UP_AFTER, Cause.SERVER_ERROR
        sent_ms = None if page.step_index else PUSH_DOWN[1] + chance.randint(1_000, 40_000)
    elif chance.random() < 0.03:
        failures, cause = 1, chance.choice((Cause.NO_ANSWER, Cause.RATE_LIMITED))
        sent_ms = made_ms + chance.randint(4_000, 70_000)
    received_ms = None
    if sent_ms is not None and pace.received is not None and chance.random() < 0.92:
        slow = MINUTE_MS if chance.random() < 0.05 else 0
        received_ms = sent_ms + chance.randint(*pace.received) + slow
    return Delivery(
        number=number,
        made_ms=made_ms,
        since_ms=page.since_ms,
        channel=channel,
        step=page.step_index,
        round=page.round,
        role=role,
        reason=page.reason,
        case_id=page.case_id,
        sent_ms=sent_ms,
        received_ms=received_ms,
        seen=received_ms is not None and chance.random() < 0.4,
        gave_up=sent_ms is None,
        failures=failures,
        cause=cause,
    )


def evidence(one: Delivery) -> Evidence | None:
    """How far it got, by the best there is."""
    if one.sent_ms is None:
        return None
    if one.seen:
        return Evidence.SEEN
    return Evidence.ACCEPTED if one.received_ms is None else Evidence.RECEIVED


def _within(at_ms: int, span: tuple[int, int]) -> bool:
    return span[0] <= at_ms < span[1]
