"""Whether the broker answers, asked once and from outside the gateway's own session."""

import threading
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from gateway.ingest import connection_cause
from gateway.settings.sections import Broker as BrokerSettings

TIMEOUT_S = 5.0


def probe(settings: BrokerSettings, timeout_s: float = TIMEOUT_S) -> str | None:
    """Connect and leave. None if the broker let us in, else what went wrong, as half a sentence.

    Blocks for at most twice `timeout_s`, and a TLS hello. A broker that takes the user for the
    client id (ours on the Pi does) pushes a running gateway off its session: ask that gateway.
    """
    answered, refusal = threading.Event(), [""]
    has_answer = False

    def on_connect(_: Any, __: Any, ___: Any, code: Any, ____: Any) -> None:
        nonlocal has_answer
        has_answer = True
        refusal[0] = f"it refused us ({code})" if code.is_failure else ""
        answered.set()

    def on_disconnect(*_: Any) -> None:
        answered.set()

    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="", protocol=mqtt.MQTTv311)
    client.connect_timeout = timeout_s
    client.on_connect, client.on_disconnect = on_connect, on_disconnect
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
    answered.wait(timeout_s)
    client.disconnect()
    client.loop_stop()
    if not has_answer:
        return connection_cause.of_silence(settings, "it took the connection and did not answer")
    return refusal[0] or None
