"""What `menshen check` finds about the second path: whether this machine can hear seals by
Bluetooth, and which of those that speak so are not heard there."""

import asyncio

from gateway.cli.check_result import CheckResult, Mark
from gateway.core.model import Path
from gateway.settings.sections import Ble
from gateway.store import seal_paths, views
from gateway.store.database import Store

LISTEN_S = 1.0
_ACTIVE = (
    "the adapter listens actively, which costs the seals nothing but the air some time; set "
    "Experimental = true in /etc/bluetooth/main.conf for passive scanning"
)


def receiver(settings: Ble) -> CheckResult:
    """Whether a scan starts, of the kind that the gateway's would be."""
    which = settings.adapter or "the adapter"
    facts: dict[str, object] = {"adapter": settings.adapter}
    from gateway.ingest import ble  # read where it is wanted

    try:
        is_passive = asyncio.run(_scan(settings))
    except Exception as error:  # noqa: BLE001 - what D-Bus and BlueZ can raise is no short list
        words = f"nothing is heard by Bluetooth: {ble.cause_of(error)}"
        return CheckResult("bluetooth", Mark.FAIL, words, facts)
    facts["passive"] = is_passive
    if not is_passive:
        return CheckResult("bluetooth", Mark.WARN, _ACTIVE, facts)
    return CheckResult("bluetooth", Mark.OK, f"{which} listens passively", facts)


def paths(store: Store) -> CheckResult | None:
    """Doors whose seal is heard on one of its two ways only; None where no seal has two."""
    with store.reading() as connection:
        spoken = seal_paths.heard(connection)
        if not spoken:
            return None
        silent = [
            (row.state.door_id, path.path)
            for row in views.unnamed_doors(connection)
            for path in row.state.silent_paths
            if row.state.silence is None
        ]
    facts = {path.value: [door_id for door_id, p in silent if p is path] for path in Path}
    if not silent:
        words = f"{len(spoken)} seals speak by air too, and are heard on both ways"
        return CheckResult("paths", Mark.OK, words, facts)
    words = "; ".join(
        f"not heard {'by Bluetooth' if path is Path.AIR else 'over the network'}: "
        + ", ".join(sorted(facts[path.value])[:5])
        + (" …" if len(facts[path.value]) > 5 else "")
        for path in Path
        if facts[path.value]
    )
    return CheckResult("paths", Mark.WARN, words, facts)


async def _scan(settings: Ble) -> bool:
    from gateway.ingest.ble import scanning

    async with scanning(settings, lambda _, __: None) as is_passive:
        await asyncio.sleep(LISTEN_S)
        return is_passive
