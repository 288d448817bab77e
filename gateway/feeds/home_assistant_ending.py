"""Home Assistant's broker keeps nothing of a site any more: which doors there are, how they stood
last, and, where the site wanted that, their labels.

Said again it does again what was cut off. What Home Assistant itself recorded is Home Assistant's.
"""

import secrets
import threading
from collections.abc import Callable
from typing import Any, Final

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from gateway.feeds.discovery import Topics
from gateway.language.error_words import why_not
from gateway.settings.home_assistant import HomeAssistant
from gateway.store.database import StoreError

ANSWER_S: Final = 10.0  # for the connection, the login, and what is kept there
WRITTEN_S: Final = 60.0  # for all of it to be taken away
KEPT_MAX: Final = 1_000_000  # topics


def sweeping(settings: HomeAssistant) -> Callable[[str], None] | None:
    """Takes away what the broker keeps of a site, by its random id; StoreError where it is not
    known to be done. None where no Home Assistant is told."""
    if not settings.host:
        return None

    def sweep(site_id: str) -> None:
        try:
            _Sweep(settings, Topics(settings.prefix, site_id)).run()
        except (OSError, ValueError) as error:
            raise StoreError(
                f"Home Assistant's broker at {settings.host}, which keeps how the doors stood, "
                f"does not let us take that away: {why_not(error)}. If it is gone for good, take "
                "home_assistant.host out of the settings"
            ) from error

    return sweep


class _Sweep:
    """One connection: read what is kept, up to our own mark behind it; take it away."""

    def __init__(self, settings: HomeAssistant, topics: Topics) -> None:
        self._settings, self._topics = settings, topics
        self._mark = topics.of(secrets.token_hex(8), "mark")
        self._kept: set[str] = set()
        self._is_read = threading.Event()
        self._refusal = ""

    def run(self) -> None:
        """OSError where something of it fails."""
        client = self._made()
        client.connect(self._settings.host, self._settings.port)
        client.loop_start()
        try:
            if not self._is_read.wait(ANSWER_S):
                raise OSError("we do not hear ourselves there; may our user read and write?")
            if self._refusal:
                raise OSError(self._refusal)
            sent = [client.publish(topic, b"", 1, retain=True) for topic in sorted(self._kept)]
            if sent:
                sent[-1].wait_for_publish(WRITTEN_S)
            if not all(message.is_published() for message in sent):
                raise OSError("it does not confirm it")
        finally:
            client.disconnect()
            client.loop_stop()

    def _made(self) -> mqtt.Client:
        settings = self._settings
        client = mqtt.Client(CallbackAPIVersion.VERSION2, "", protocol=mqtt.MQTTv311)
        client.connect_timeout = ANSWER_S
        if settings.user:
            client.username_pw_set(settings.user, settings.password)
        if settings.tls:
            client.tls_set(ca_certs=str(settings.ca) if settings.ca else None)
        client.on_connect, client.on_message = self._connected, self._came
        return client

    def _connected(self, client: mqtt.Client, _: Any, __: Any, code: Any, ___: Any) -> None:
        if code.is_failure:
            self._refusal = f"it refuses us ({code})"
            self._is_read.set()
            return
        everything = self._topics.every_config, self._topics.every_state, self._topics.gateway
        client.subscribe([(topic, 0) for topic in everything])
        client.publish(self._mark, b"?")

    def _came(self, _: mqtt.Client, __: Any, message: mqtt.MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            return  # none of ours
        if topic == self._mark:
            self._is_read.set()
        elif message.retain and message.payload and len(self._kept) < KEPT_MAX:
            self._kept.add(topic)
