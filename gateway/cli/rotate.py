"""`menshen rotate`: a fresh id and key for seals, over the air, so that no home can be followed."""

from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.awaiting import LOOK_EVERY_S, need_gateway, wait
from gateway.cli.broker_leaving import take_off_ended
from gateway.cli.exit_codes import FAILED, OK, CommandError
from gateway.cli.named_door import door_id as door_id_of
from gateway.cli.options import CONFIG, Config
from gateway.cli.output import counted, now_ms, say
from gateway.core.duration import DAY_MS, SECOND_MS
from gateway.ingest.mqtt_probe import probe
from gateway.language.error_words import why_not
from gateway.provisioning import asking, broker_record, rotation
from gateway.provisioning.broker_config import BrokerPlan, write_passwords
from gateway.provisioning.broker_reload import LET_IN_S_MAX, reload, tries
from gateway.provisioning.rotation import RotationRunsError, Turn
from gateway.provisioning.seal_logins import logins
from gateway.settings import Settings, load
from gateway.store.database import Store
from gateway.store.seal_commands import OPEN, CommandState, TooManyCommandsError

DAYS = 7
WAIT_S_MAX = asking.DAYS_MAX * DAY_MS // SECOND_MS


def rotate(
    door: Annotated[
        list[str] | None,
        typer.Option(help="The seals of these doors; else those that are older than their order."),
    ] = None,
    days: Annotated[
        int, typer.Option(min=1, max=asking.DAYS_MAX, help="How long each is asked.")
    ] = DAYS,
    watch: Annotated[
        bool, typer.Option("--watch/--no-watch", help="Wait until each has answered.")
    ] = True,
    wait_s: Annotated[
        int, typer.Option("--wait", min=1, max=WAIT_S_MAX, help="Seconds that it waits at most.")
    ] = WAIT_S_MAX,
    config: Config = CONFIG,
) -> None:
    """Give seals a fresh id, key and broker login, over the air; doors and history stay.

    An installed gateway does it every night: seals whose identity is older than the order on their
    door are asked. A seal keeps its old identity, and its login, until the new one has worked; then
    the old login leaves the broker. Exit code 1 if one of them has kept it, or a login is left.
    """
    settings = load(config)
    with closing(Store.open(*settings.store.place, create=False)) as store:
        doors = [door_id_of("--door", one, settings) for one in door or ()]
        try:
            with rotation.alone(settings.store.path):
                rotation.give_up_unasked(store, now_ms())
                is_clean = _forget(settings)
                numbers = _asked(store, settings, doors, days)
        except RotationRunsError as error:
            raise CommandError(str(error)) from None
        code = _watched(store, numbers, wait_s) if numbers and watch else OK
        is_clean = _forget(settings) and is_clean
    raise typer.Exit(code if is_clean else FAILED)


def _forget(settings: Settings) -> bool:
    """The logins of seals that have ended leave the broker. Whether they all have."""
    try:
        count = take_off_ended(settings)
    except CommandError as error:
        typer.echo(f"menshen: {error}", err=True)
        return False
    if count:
        say(f"{counted(count, 'old login')} left the broker, which lets none of them in any more.")
    return True


def _asked(store: Store, settings: Settings, doors: list[str], days: int) -> list[int]:
    """Ask those that are due; the numbers of the commands."""
    seals = asking.able(store, doors)
    if not doors:
        seals = rotation.due(store, seals, now_ms())
    if not seals:
        say("No seal is due, or none of them takes commands; `menshen seals` lists them.")
        return []
    need_gateway(settings)
    turns = rotation.mint(store, seals, now_ms())
    if not turns:
        say("All of these are being asked already.")
        return []
    _let_in(store, settings, turns)
    try:
        numbers = rotation.ask(store, turns, now_ms(), days)
    except TooManyCommandsError as error:
        rotation.give_up(store, turns, now_ms())
        raise CommandError(str(error)) from None
    say(f"{counted(len(turns), 'seal')} asked to take a fresh identity.")
    return numbers


def _let_in(store: Store, settings: Settings, turns: list[Turn]) -> None:
    """Until the broker lets in the new identities; proved by one, for it reads all at once."""
    folder: Path = settings.broker.folder
    user = broker_record.read(folder).user or "mosquitto"
    try:
        known, _ = logins(settings.store.path, folder)
        write_passwords(folder, BrokerPlan((), user=user), known)
    except (OSError, ValueError) as error:
        rotation.give_up(store, turns, now_ms())
        raise CommandError(f"the logins in {folder} cannot be written: {why_not(error)}") from None
    problem = reload(settings.broker.pid_file)
    if problem is not None:
        rotation.give_up(store, turns, now_ms())
        raise CommandError(f"the broker could not be told of the new logins: {problem}")
    identity = turns[0].identity
    own = settings.broker.model_copy(
        update={"user": identity.seal_id, "password": identity.broker_password}
    )
    why = None
    for _ in tries(partial(reload, settings.broker.pid_file), LET_IN_S_MAX, LOOK_EVERY_S):
        why = probe(own)
        if why is None:
            return
    rotation.give_up(store, turns, now_ms())
    raise CommandError(
        f"the broker does not let in the new logins ({why}); reload it where it runs "
        "(systemctl reload mosquitto), and then try again. No seal was asked"
    )


def _watched(store: Store, numbers: list[int], wait_s: int) -> int:
    try:
        states = list(wait(store, numbers, "they try it", wait_s).values())
    except KeyboardInterrupt:
        say("They go on; `menshen seals` shows how far each is.")
        return FAILED
    ended = {state for state in states if state not in OPEN}
    say(f"{asking.counted(states)}.")
    if set(states) & set(OPEN):
        say("Those not heard yet keep both logins, and are asked as soon as they are heard.")
    return OK if ended <= {CommandState.WORKED} else FAILED
