"""Seals that have ended leave the broker, where its files are at hand."""

from collections.abc import Sequence
from contextlib import closing
from functools import partial

from sqlalchemy import select

from gateway.cli.exit_codes import FAILED, CommandError
from gateway.cli.output import counted, say
from gateway.ingest.mqtt_sweep import sweep
from gateway.language.error_words import why_not
from gateway.provisioning.broker_config import Login
from gateway.provisioning.broker_reload import reload
from gateway.provisioning.retirement import BrokerAccess, has_files, leave_broker, left_behind
from gateway.provisioning.seal_logins import logins
from gateway.settings import Settings
from gateway.store import tables
from gateway.store.database import Store

NEVER_THERE = "It is a contact of another maker: at its own broker nothing changes."


def off_the_broker(settings: Settings, seal_id: str, again: str) -> None:
    """Take a retired seal off the broker, and say so.

    CommandError with what to do if something of it is left there; `again`: the command that does
    it once more. A contact of another maker never had a login there.
    """
    if not is_ours(settings, seal_id):
        say(NEVER_THERE)
        return
    try:
        problem = leave_broker([seal_id], _access(settings, [seal_id]))
    except KeyboardInterrupt:
        problem = "it was stopped here"
    if problem is not None:
        raise CommandError(
            f"the gateway refuses seal {seal_id} from now on, but the broker may still let it in: "
            f"{problem}. Then say `{again}` again.",
            FAILED,
        )
    say("The broker lets it in no more, and keeps nothing under its name.")


def is_ours(settings: Settings, seal_id: str) -> bool:
    """Whether it is a seal of ours, and no contact of another maker."""
    c = tables.seals.c
    with closing(Store.open(*settings.store.place, create=False)) as store:  # noqa: SIM117
        with store.reading() as connection:
            return not connection.execute(select(c.make).where(c.seal_id == seal_id)).scalar()


def is_at_hand(settings: Settings) -> bool:
    """Whether the broker's files lie here, as `menshen broker-config` wrote them."""
    return has_files(settings.broker.folder)


def take_off_ended(settings: Settings) -> int:
    """Take every seal that has ended, by whatever command or table, off the broker whose files lie
    here; how many had a login there.

    Raises:
        CommandError: something of them is left there, with what to do.
    """
    if not is_at_hand(settings):
        return 0
    try:
        found = left_behind(settings.broker.folder, _ended(settings))
    except (OSError, ValueError) as error:
        raise CommandError(
            f"the logins in {settings.broker.folder} cannot be read: {why_not(error)}"
        ) from None
    problem = leave_broker(found, _access(settings, found)) if found else None
    if problem is not None:
        raise CommandError(
            f"the gateway refuses {counted(len(found), 'seal')} that ended, but the broker may "
            f"still let them in: {problem}. Then `menshen retire {found[0]}`"
            + (", and so on for the others" if found[1:] else ""),
            FAILED,
        )
    return len(found)


def _access(settings: Settings, leaving: Sequence[str]) -> BrokerAccess:
    broker = settings.broker

    def swept(user: str, password: str, topics: Sequence[str]) -> str | None:
        own = broker.model_copy(update={"user": user, "password": password})
        return sweep(own, topics)

    def left() -> list[Login]:
        known = logins(settings.store.path, broker.folder)[0]
        return [login for login in known if login.user not in leaving]

    return BrokerAccess(broker.folder, left, partial(reload, broker.pid_file), swept)


def _ended(settings: Settings) -> list[str]:
    c = tables.seals.c
    ended = select(c.seal_id).where(c.ended_ms.is_not(None), c.make == "")
    with closing(Store.open(*settings.store.place, create=False)) as store:  # noqa: SIM117
        with store.reading() as connection:
            return list(connection.execute(ended).scalars())
