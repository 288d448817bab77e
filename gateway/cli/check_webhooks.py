"""What `menshen check` finds about the site's own webhooks: signed or not, and taken or not."""

from collections.abc import Iterator

from gateway.cli.check_result import CheckResult, Mark
from gateway.cli.output import counted
from gateway.core.duration import MINUTE_MS
from gateway.feeds.milestone_log import MilestoneLog
from gateway.settings.sections import Webhook
from gateway.settings.web_address import web_address
from gateway.store.database import Store

LATE_MS = 5 * MINUTE_MS


def parts(store: Store, webhook: Webhook, now: int) -> Iterator[CheckResult]:
    """Whether what befalls cases is taken, and whether the receiver can know that it is from us."""
    if webhook.events_url:
        yield events(store, webhook, now)
    if (webhook.url or webhook.events_url) and not webhook.secret:
        words = "no MENSHEN_WEBHOOK_SECRET is set, so a receiver cannot know who posts"
        yield CheckResult("signature", Mark.WARN, words)


def events(store: Store, webhook: Webhook, now: int) -> CheckResult:
    """How many events the receiver has not taken yet, and since when."""
    host = web_address(webhook.events_url).host
    waiting = MilestoneLog(store).waiting()
    waits_ms = 0 if waiting.oldest_ms is None else max(0, now - waiting.oldest_ms)
    facts = {"waiting": waiting.events, "waits_ms": waits_ms}
    if waits_ms > LATE_MS:
        minutes = waits_ms // MINUTE_MS
        untaken = counted(waiting.events, "event")
        words = f"{host} takes none: {untaken} waiting, the oldest for {minutes} min"
        return CheckResult("events", Mark.FAIL, words, facts)
    words = f"{host}: {counted(waiting.events, 'event')} on the way"
    return CheckResult("events", Mark.OK, words, facts)
