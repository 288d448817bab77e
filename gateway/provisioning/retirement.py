"""Seals leave the broker: their sessions end, nothing is kept under their names, their logins go.

    1  once more   each name gets a password that nobody has, and the broker reads its logins anew
    2  sweep       under each login: a session that the seal may have is ended by ours
    3  never more  the logins go, and the broker reads its logins anew

The gateway refuses a seal from the moment when the registry says so; this is the second wall. It
can be done again, as long as something of it failed; two reloads, however many they are.
"""

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gateway.provisioning import broker_record
from gateway.provisioning.broker_config import (
    PASSWORDS,
    BrokerConfigError,
    BrokerPlan,
    Login,
    write_passwords,
)
from gateway.provisioning.broker_reload import tries
from gateway.provisioning.certificates import CA_CRT
from gateway.registry.credentials import fresh_password, hash_password
from sealwire import topics

REFUSED = "refused us"  # in what a session says that was not let in


@dataclass(frozen=True)
class BrokerAccess:
    """What taking seals off the broker asks of the world. What answers with words says what went
    wrong, as half a sentence; None: nothing did.

    `folder`: where `menshen broker-config` wrote. `logins`: of the seals that stay. `reload`: the
    broker reads its logins. `sweep` (user, password, topics): a session that takes away what is
    kept there.
    """

    folder: Path
    logins: Callable[[], list[Login]]
    reload: Callable[[], str | None]
    sweep: Callable[[str, str, Sequence[str]], str | None]
    wait: Callable[[float], None] = time.sleep
    steady_s: Callable[[], float] = time.monotonic


def leave_broker(seal_ids: Sequence[str], access: BrokerAccess) -> str | None:
    """Take seals that the registry has ended off the broker; None, or why something of it is left
    there, as half a sentence."""
    folder = access.folder
    if not has_files(folder):
        return f"its files are not in {folder} (broker.folder)"
    plan = BrokerPlan((), user=broker_record.read(folder).user or "mosquitto")
    passwords = {seal_id: fresh_password() for seal_id in seal_ids}
    try:
        once_more = [Login(user, hash_password(word)) for user, word in passwords.items()]
        write_passwords(folder, plan, [*access.logins(), *once_more])
        problem = access.reload() or _of_each(_swept, passwords, access)
        write_passwords(folder, plan, access.logins())
    except BrokerConfigError as wrong:
        return str(wrong)
    except OSError as error:
        return f"its logins in {folder} cannot be written ({error.strerror}); begin with sudo"
    return problem or access.reload() or _of_each(_kept_out, passwords, access)


def has_files(folder: Path) -> bool:
    """Whether this is a folder that `menshen broker-config` wrote."""
    return (folder / CA_CRT).exists()


def left_behind(folder: Path, ended: Collection[str]) -> list[str]:
    """Those of these seals whose logins still stand in the broker's file. OSError."""
    lines = (folder / PASSWORDS).read_text(encoding="ascii").splitlines()
    return sorted({line.partition(":")[0] for line in lines} & set(ended))


def _of_each(
    done: Callable[[str, str, BrokerAccess], str | None],
    passwords: Mapping[str, str],
    access: BrokerAccess,
) -> str | None:
    """The first problem; the others are tried all the same."""
    problems = [done(seal_id, password, access) for seal_id, password in passwords.items()]
    return next(filter(None, problems), None)


def _swept(seal_id: str, password: str, access: BrokerAccess) -> str | None:
    own = topics.report(seal_id), topics.status(seal_id)
    problem = None
    for _ in _tries(access):
        problem = access.sweep(seal_id, password, own)
        if problem is None or REFUSED not in problem:
            break
    return problem


def _kept_out(seal_id: str, password: str, access: BrokerAccess) -> str | None:
    """That it is, is tried and not believed."""
    for _ in _tries(access):
        problem = access.sweep(seal_id, password, ())
        if problem is not None:
            return None if REFUSED in problem else problem
    return "it still lets the seal in; `sudo systemctl reload mosquitto`"


def _tries(access: BrokerAccess) -> Iterator[bool]:
    return tries(access.reload, steady_s=access.steady_s, wait=access.wait)
