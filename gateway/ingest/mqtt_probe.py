"""Whether a broker answers, and gives us what we want, asked once and from outside the gateway's
own session."""

import threading
from collections.abc import Sequence
from typing import Any, Final

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from gateway.ingest import connection_cause
from gateway.settings.sections import Broker as BrokerSettings

TIMEOUT_S = 5.0
TOPICS_MAX: Final = 100  # that are asked for at once
_SILENT: Final = (
    "it let us in, and closed the connection or said nothing when we asked for {count} topics; "
    "check the access list for our user"
)
_REFUSED: Final = (
    "it let us in, and refuses {refused} of {count} topics; check the access list for our user"
)


def probe(
    settings: BrokerSettings, timeout_s: float = TIMEOUT_S, topics: Sequence[str] = ()
) -> str | None:
    """Connect, subscribe to these topics, if there are any, and leave. None if the broker let us,
    else what went wrong, as half a sentence.

    Blocks for at most twice `timeout_s`, and a TLS hello. A broker that takes the user for the
    client id (ours on the Pi does) pushes a running gateway off its session: ask that gateway.
    """
    said = _Answers(topics)
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="", protocol=mqtt.MQTTv311)
    client.connect_timeout = timeout_s
    client.on_connect, client.on_disconnect = said.connected, said.disconnected
    client.on_subscribe = said.subscribed
    try:
        if settings.user:
            client.username_pw_set(settings.user, settings.password)
        if settings.tls:
            connection_cause.certificate_of(settings, timeout_s)
            client.tls_set(ca_certs=str(settings.ca) if settings.ca else None)
        client.connect(settings.host, settings.port)
    except (OSError, ValueError) as error:
        return connection_cause.of_error(error, settings)
    client.loop_start()
    said.all.wait(timeout_s)
    client.disconnect()
    client.loop_stop()
    if not said.has_any:
        return connection_cause.of_silence(settings, "it took the connection and did not answer")
    return said.refusal or None


class _Answers:
    """What the broker says, on paho's thread."""

    def __init__(self, topics: Sequence[str]) -> None:
        self._topics = topics
        self.all, self.has_any, self.refusal = threading.Event(), False, ""

    def connected(self, client: Any, _: Any, __: Any, code: Any, ___: Any) -> None:
        self.has_any = True
        if code.is_failure:
            self.refusal = f"it refused us ({code})"
        elif self._topics:
            self.refusal = _SILENT.format(count=len(self._topics))  # until it answers
            client.subscribe([(topic, 1) for topic in self._topics])
            return
        self.all.set()

    def subscribed(self, _: Any, __: Any, ___: Any, codes: list[Any], ____: Any) -> None:
        refused = sum(code.is_failure for code in codes)
        told = _REFUSED.format(refused=refused, count=len(codes))
        self.refusal = told if refused else ""
        self.all.set()

    def disconnected(self, *_: Any) -> None:
        self.all.set()
