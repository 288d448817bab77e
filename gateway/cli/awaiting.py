"""Waiting, with a bar, for what seals make of what they were asked."""

import time
from collections.abc import Iterable

from gateway.cli.exit_codes import CommandError
from gateway.cli.output import bar
from gateway.provisioning import asking
from gateway.settings import Settings
from gateway.store.database import Store
from gateway.store.one_gateway import is_running
from gateway.store.seal_commands import OPEN, CommandState

LOOK_EVERY_S = 0.5


def need_gateway(settings: Settings) -> None:
    """CommandError if no gateway runs on this site."""
    if not is_running(settings.store.path):
        raise CommandError("no gateway runs here, so no seal would hear of it; start it")


def wait(
    store: Store, numbers: Iterable[int], about: str, wait_s: float
) -> dict[int, CommandState]:
    """How far these commands are when all have ended, or when the time is over. Ctrl-C goes on to
    whoever called."""
    numbers, ends_s = list(numbers), time.monotonic() + wait_s
    with bar() as update:
        while True:
            states = asking.states(store, numbers)
            ended = sum(state not in OPEN for state in states.values())
            update(about, ended, len(states))
            if ended == len(states) or time.monotonic() >= ends_s:
                return states
            time.sleep(LOOK_EVERY_S)
