"""`menshen check`: whether contacts of other makers that hang on doors can be heard at all."""

from collections import Counter
from importlib.util import find_spec

from gateway.cli.check_result import CheckResult, Mark
from gateway.cli.output import counted
from gateway.core.makes import Make, title_of
from gateway.ingest import mqtt_probe
from gateway.ingest.contacts import Contacts
from gateway.registry import load as registry
from gateway.registry.load import ContactRow
from gateway.settings import Settings
from gateway.settings.sections import Broker
from gateway.store.database import Store

_WEAKER = "what they say is not authenticated, and pages say so"


def contacts(store: Store, settings: Settings) -> CheckResult | None:
    """Their broker, asked from here for just their topics, and Bluetooth. None where no such
    contact hangs on a door and no broker is set."""
    with store.reading() as connection:
        rows = registry.load(connection).contacts
    hung = {seal_id: row for seal_id, row in rows.items() if row.door_id is not None}
    if not hung and not settings.contacts.host:
        return None
    makes = Counter(row.make for row in hung.values())
    facts: dict[str, object] = {"contacts": dict(makes)}
    wrong = [
        *_by_air(settings, makes[Make.BTHOME]),
        *_by_broker(settings, hung, makes.total() - makes[Make.BTHOME]),
    ]
    if wrong:
        return CheckResult("contacts", Mark.FAIL, "; ".join(wrong), facts)
    if not hung:
        words = f"{_place(settings)} lets us in, and no contact of another maker hangs on a door"
        return CheckResult("contacts", Mark.OK, words, facts)
    named = ", ".join(f"{count} of {title_of(make)}" for make, count in sorted(makes.items()))
    told = counted(makes.total(), "contact")
    words = f"{told} of other makers on doors ({named}) can be heard; {_WEAKER}"
    return CheckResult("contacts", Mark.OK, words, facts)


def _by_air(settings: Settings, count: int) -> list[str]:
    if not count:
        return []
    told = f"{counted(count, 'contact')} of BTHome cannot be heard:"
    if not settings.ble.enabled:
        return [f"{told} set ble.enabled = true"]
    if find_spec("bthome_ble") is None:
        return [f"{told} their library is not installed; `pip install 'menshen[bthome]'`"]
    return []


def _by_broker(settings: Settings, hung: dict[str, ContactRow], count: int) -> list[str]:
    place = settings.contacts
    if not place.host:
        told = f"{counted(count, 'contact')} of other makers cannot be heard"
        return [f"{told}: contacts.host is empty; set their broker"] if count else []
    known = Contacts(lambda _: True, place.zigbee2mqtt)
    known.know(hung)
    as_broker = Broker(
        host=place.host,
        port=place.port,
        tls=place.tls,
        ca=place.ca,
        user=place.user,
        password=place.password,
    )
    wrong = mqtt_probe.probe(as_broker, topics=sorted(known.topics)[: mqtt_probe.TOPICS_MAX])
    return [] if wrong is None else [f"{_place(settings)}: {wrong}; no contact there is heard"]


def _place(settings: Settings) -> str:
    place = settings.contacts
    return f"{place.host}:{place.port}" + (" with TLS" if place.tls else "")
