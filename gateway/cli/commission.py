"""`menshen commission`: hang a seal, test it with the door, and have its certificate."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Annotated

import typer

from gateway.cli.exit_codes import FAILED, CommandError
from gateway.cli.named_door import named_doors
from gateway.cli.options import CONFIG, Config, Json
from gateway.cli.output import console, counted, say, say_json
from gateway.cli.walking import Passed, Walk, bound
from gateway.core.commissioning import CheckMark
from gateway.language import walk_tests
from gateway.registry.rows import EnrolError
from gateway.registry.scanned import ScanError, seal_of
from gateway.settings import Settings, load
from gateway.store.database import Store
from gateway.store.one_gateway import is_running

_SIGNS = {
    CheckMark.GOOD: ("✓", "green"),
    CheckMark.WAITS: ("·", "yellow"),
    CheckMark.BAD: ("✗", "red"),
}
LOOK_EVERY_S = 0.2


def commission(
    seal: Annotated[
        str,
        typer.Argument(
            metavar="[SEAL]",
            help="The seal's id, or what its label's code says. Without it: one after the other.",
        ),
    ] = "",
    door: Annotated[
        str, typer.Option(help="The door's id, or what its label's code says; asked if it is not.")
    ] = "",
    by: Annotated[str, typer.Option(help="Who tests, by their id among the wardens.")] = "",
    wait_s: Annotated[
        int, typer.Option("--wait", min=1, help="Seconds that a test waits for you at most.")
    ] = 900,
    config: Config = CONFIG,
    as_json: Json = False,
) -> None:
    """Test seals at their doors, and sign a certificate for each that passes. Nobody is paged.

    Scan or type a seal, then the door it hangs on. Open and shut the door three times, lift the
    seal off its plate once: each check says what it saw or what to do. A scanner that types what
    it reads will do.
    """
    settings = load(config)
    results = []
    ask = None if seal or door else lambda: _ask("Door (scan it, or type it): ", as_json)
    with closing(Store.open(*settings.store.place, create=False)) as store:
        for scanned in _scanned(seal, as_json):
            try:
                result = _test(settings, store, scanned, door, by, wait_s, as_json, ask)
            except (ScanError, CommandError, EnrolError) as error:
                if seal:
                    raise CommandError(_told(error)) from None
                typer.echo(f"menshen: {_told(error)}", err=True)  # the next seal in the bag
                continue
            results.append(result)
    if as_json:
        say_json([result.plain() for result in results])
    elif not seal:
        passed = sum(result.certificate_id is not None for result in results)
        say(f"{counted(passed, 'seal')} certified, {len(results) - passed} not.")
    if not results or any(result.certificate_id is None for result in results):
        raise typer.Exit(FAILED)


def _told(error: Exception) -> str:
    return error.told("en") if isinstance(error, ScanError) else str(error)


def _scanned(seal: str, is_quiet: bool) -> Iterator[str]:
    """The seal that was named; else one after the other, until an empty line."""
    if seal:
        yield seal
        return
    while line := _ask("Seal (scan it, or type it; Enter alone ends): ", is_quiet):
        yield line


def _ask(words: str, is_quiet: bool = False) -> str:
    if not is_quiet:
        sys.stderr.write(words)
        sys.stderr.flush()
    return sys.stdin.readline().strip()


def _test(
    settings: Settings,
    store: Store,
    scanned: str,
    door: str,
    by: str,
    wait_s: int,
    is_quiet: bool,
    ask: Callable[[], str] | None,
) -> Passed:
    """One seal at one door."""
    seal_id = seal_of(scanned)
    door_id = bound(settings, store, seal_id, door, ask)
    walk = Walk(settings, store, seal_id, door_id, by)
    if not is_quiet:
        with store.reading() as connection:
            called = named_doors(connection, [door_id])
        say(f"Seal {seal_id} at door {called}. Nobody is paged for the next minutes.")
    walk.begin()
    shown: dict[str, str] = {}
    until_s = time.monotonic() + wait_s
    try:
        while (passed := walk.look()) is None and time.monotonic() < until_s:
            if not is_quiet:
                _show(walk, shown)
                _tell_if_gone(settings, shown)
            time.sleep(LOOK_EVERY_S)
    except KeyboardInterrupt:
        passed = None
    if passed is None:
        passed = walk.leave_off()
    if not is_quiet:
        _end(passed)
    return passed


def _show(walk: Walk, shown: dict[str, str]) -> None:
    """Each check again when what it says has changed."""
    for check in walk.checks():
        words = walk_tests.sentence(check, "en")
        if shown.get(check.name) == f"{check.mark} {words}":
            continue
        shown[check.name] = f"{check.mark} {words}"
        sign, colour = _SIGNS[check.mark]
        out = console()
        out.print(sign, style=colour, end=" ")
        out.print(f"{walk_tests.name_of(check.name, 'en')}: {words}", soft_wrap=True)


def _tell_if_gone(settings: Settings, shown: dict[str, str]) -> None:
    """Whoever opens and shuts in vain is told why."""
    is_gone = not is_running(settings.store.path)
    if is_gone and "gateway" not in shown:
        say("The gateway does not run any more, so nothing is seen: `menshen run`. Then go on.")
    shown.pop("gateway", None)
    if is_gone:
        shown["gateway"] = "gone"


def _end(passed: Passed) -> None:
    if passed.certificate_id is not None:
        say(f"✓ Sealed, in {passed.took_s:.0f} s. Certificate {passed.certificate_id}.")
        return
    missing = "; ".join(
        walk_tests.name_of(check.name, "en")
        for check in passed.checks
        if check.mark is not CheckMark.GOOD
    )
    say(f"✗ Not sealed: {missing or 'the gateway has not begun the test'}.")
