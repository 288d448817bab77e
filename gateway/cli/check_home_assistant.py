"""`menshen check`: whether the Home Assistant that shall see the doors can be told of them."""

from gateway.cli.check_result import CheckResult, Mark
from gateway.ingest import mqtt_probe
from gateway.settings.home_assistant import HomeAssistant
from gateway.settings.sections import Broker


def broker(settings: HomeAssistant) -> CheckResult:
    """Its broker, asked from here. Without it nobody else's page waits."""
    place = f"{settings.host}:{settings.port}" + (" with TLS" if settings.tls else "")
    as_broker = Broker(
        host=settings.host,
        port=settings.port,
        tls=settings.tls,
        ca=settings.ca,
        user=settings.user,
        password=settings.password,
    )
    wrong = mqtt_probe.probe(as_broker)
    if wrong is not None:
        words = f"{place}: {wrong}; Home Assistant shows no door, and nothing else waits for it"
        return CheckResult("home_assistant", Mark.FAIL, words)
    labels = "with the doors' labels" if settings.labels else "by numbers only"
    return CheckResult("home_assistant", Mark.OK, f"{place} answers; doors are told {labels}")
