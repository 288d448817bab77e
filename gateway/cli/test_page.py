"""`menshen test-page`: does a page reach this person, by each of their channels, now?"""

import asyncio
import secrets
from contextlib import closing
from typing import Annotated

import typer
from msgspec import Struct, to_builtins

from gateway.channels.channel import ChannelKind, DeliveryError
from gateway.channels.kinds import kind_of, problem_of
from gateway.cli import watched_test
from gateway.cli.exit_codes import FAILED, OK, CommandError
from gateway.cli.options import CONFIG, Config, Json
from gateway.cli.output import now_ms, say, say_json, show
from gateway.core.evidence import Evidence
from gateway.core.reasons import Reason
from gateway.notify.destination import without_secrets
from gateway.registry import load as registry
from gateway.registry.load import Warden
from gateway.settings import Settings, load
from gateway.store.database import Store
from gateway.store.one_gateway import is_running
from gateway.store.outbox import Entry
from gateway.store.reach_views import PageTest, TestedWay

WAIT_S, WAIT_MAX_S = 60, 3_600  # until the person presses
ANSWER_S = 30.0  # by then a channel has answered, or counts as silent
_WORDS = {
    Evidence.QUEUED: "handed over; nothing proves that it arrives",
    Evidence.ACCEPTED: "the service took it; whether it rings, only the person knows",
    Evidence.RECEIVED: "the phone signed for it",
    Evidence.SEEN: "the person pressed “Got it”",
}


class Result(Struct, frozen=True):
    """What came of one channel. `evidence` is None where it failed."""

    channel: str
    evidence: Evidence | None
    words: str


def test_page(
    warden: Annotated[str, typer.Argument(help="The person's id, as in wardens.csv.")],
    wait: Annotated[
        int, typer.Option(min=0, max=WAIT_MAX_S, metavar="SECONDS", help="How long to watch it.")
    ] = WAIT_S,
    config: Config = CONFIG,
    as_json: Json = False,
) -> None:
    """Send a test to a person by each of their channels now, and say what each answered.

    It rings, and the person presses “Got it”; each thing is said with its milliseconds as it
    happens. Ctrl-C ends the waiting, not the test. No case comes of it. Exit code 1 if a channel
    failed. While no gateway runs, only what the services answer can be said, and nothing is kept.
    """
    settings = load(config)
    with closing(Store.open(*settings.store.place, create=False)) as store:
        with store.reading() as connection:
            known = registry.load(connection)
        people = {one.warden_id: one for there in known.wardens.values() for one in there}
        if warden not in people:
            raise CommandError(f"nobody is enrolled as {warden}; `menshen check` counts wardens")
        if is_running(settings.store.path) and people[warden].channels:
            page_id = watched_test.ask(store, warden)
            test = watched_test.watch(store, page_id, wait, _silent if as_json else say)
            _show(test, wait, as_json)
            return
    results = asyncio.run(_tested(settings, people[warden]))
    if as_json:
        say_json([to_builtins(result) for result in results])
    elif not results:
        say(f"{warden} has no channel, and is told of nothing.")
    else:
        rows = [["✗" if one.evidence is None else "✓", one.channel, one.words] for one in results]
        show(("", "channel", "what came of it"), rows)
    failed = not results or any(result.evidence is None for result in results)
    raise typer.Exit(FAILED if failed else OK)


def _silent(_: str) -> None:
    """A script reads the end alone."""


def _show(test: PageTest, wait: int, as_json: bool) -> None:
    """What came of a test that the gateway sent."""
    if as_json:
        say_json(to_builtins(test))
    else:
        names = ("channel", *(word for word, _ in watched_test.STEPS), "what came of it")
        show(names, [_row(way) for way in test.ways])
        if test.pressed_ms is None:
            say(f"Nobody pressed “Got it” within {wait} s; the wardens' page shows what comes yet.")
    raise typer.Exit(FAILED if any(way.has_failed for way in test.ways) else OK)


def _row(way: TestedWay) -> list[str]:
    spans = [way.after_ms(getattr(way, name)) for _, name in watched_test.STEPS]
    if way.has_failed:
        words = way.error or "given up"
    else:
        words = "on its way" if way.evidence is None else _WORDS.get(way.evidence, way.evidence)
    return [way.channel, *("-" if span is None else f"{span} ms" for span in spans), words]


async def _tested(settings: Settings, warden: Warden) -> list[Result]:
    """One after the other, in the order of the table."""
    return [await _one(settings, warden, *channel) for channel in warden.channels]


async def _one(settings: Settings, warden: Warden, name: str, address: str) -> Result:
    problem = problem_of(f"{name}:{address}" if address else name)
    kind = kind_of(name)
    if problem is not None or kind is None:
        return Result(name, None, problem or "there is no such channel")
    if kind.open is None:
        return Result(name, Evidence.QUEUED, "there to be read; it is proved when a phone signs")
    try:
        evidence = await _sent(settings, kind, _entry(warden, name, address))
    except DeliveryError as error:
        return Result(name, None, without_secrets(str(error), address))
    return Result(name, evidence, _WORDS.get(evidence, evidence))


async def _sent(settings: Settings, kind: ChannelKind, entry: Entry) -> Evidence:
    assert kind.open is not None  # noqa: S101 - whoever calls has looked
    channel = kind.open(settings)
    try:
        async with asyncio.timeout(ANSWER_S):
            return await channel.send(entry)
    except TimeoutError:
        raise DeliveryError(f"no answer within {ANSWER_S:.0f} s") from None
    finally:
        await channel.close()


def _entry(warden: Warden, channel: str, address: str) -> Entry:
    now, test_id = now_ms(), secrets.token_hex(8)
    return Entry(
        entry_id=0,
        page_id=f"test-{test_id}",
        case_id="",
        door_id="",
        warden_id=warden.warden_id,
        channel=channel,
        address=address,
        language=warden.language,
        reason=Reason.TEST,
        since_ms=now,
        made_ms=now,
        next_ms=now,
        tries=1,
        sent_id=test_id,
    )
