"""The last session under a retired seal's name: whoever speaks under it is thrown out, and what the
broker keeps (retains) under it is taken away.

A seal never asks for anything to be kept. But whoever had its login could have, and what is kept
comes again to every session that begins, for as long as the broker has a disk.
"""

import threading
from collections.abc import Sequence
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from gateway.ingest import connection_cause
from gateway.settings.sections import Broker as BrokerSettings

TIMEOUT_S = 5.0  # for the connection, for the login, and for each message


def sweep(settings: BrokerSettings, topics: Sequence[str]) -> str | None:
    """Have the broker keep nothing under these topics.

    Args:
        settings: With a login that may write them. The broker takes the user for the client id, so
            this session ends the one that the seal may have.
        topics: Without wildcards.

    Returns:
        None if it is done, else what went wrong, as half a sentence.
    """
    answered, refusal = threading.Event(), [""]

    def on_connect(_: Any, __: Any, ___: Any, code: Any, ____: Any) -> None:
        refusal[0] = f"it refused us ({code})" if code.is_failure else ""
        answered.set()

    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="", protocol=mqtt.MQTTv311)
    client.connect_timeout = TIMEOUT_S
    client.on_connect = on_connect
    try:
        client.username_pw_set(settings.user, settings.password)
        if settings.tls:  # of a handshake that fails, the library leaves the socket open
            connection_cause.certificate_of(settings, TIMEOUT_S)
            client.tls_set(ca_certs=str(settings.ca) if settings.ca else None)
        client.connect(settings.host, settings.port)
    except (OSError, ValueError) as error:
        return connection_cause.of_error(error, settings)
    client.loop_start()
    try:
        if not answered.wait(TIMEOUT_S):
            return "it took the connection and did not answer"
        return refusal[0] or _swept(client, topics)
    finally:
        client.disconnect()
        client.loop_stop()


def _swept(client: mqtt.Client, topics: Sequence[str]) -> str | None:
    """An empty message that is to be kept takes away what was."""
    sent = [client.publish(topic, b"", qos=1, retain=True) for topic in topics]
    for message in sent:
        message.wait_for_publish(TIMEOUT_S)
    done = all(message.is_published() for message in sent)
    return None if done else "it took the login and did not answer"
