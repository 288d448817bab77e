"""An ear at the broker, for what seals ask of updates."""

import paho.mqtt.client as mqtt

from sealwire import ccm, topics, update, update_answer
from sealwire.update_answer import Request
from tests.end_to_end import site as sites


class Overheard:
    """Every question of a seal, as the air has it; and the seal's program, run again and again."""

    def __init__(self, port: int, seal: sites.Enrolled) -> None:
        self.requests: list[Request] = []
        self.reports = 0
        self._cipher, self._seal_id = ccm.cipher(seal.key), bytes.fromhex(seal.seal_id)
        self._client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, "an-ear")
        self._client.on_message = self._heard
        self._client.connect("127.0.0.1", port)
        self._client.subscribe([(topics.EVERY_UPDATE, 0), (topics.EVERY_REPORT, 0)])
        self._client.loop_start()

    def stop(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _heard(self, _client: object, _data: object, message: mqtt.MQTTMessage) -> None:
        if message.topic.endswith("/report"):
            self.reports += 1
            return
        _, _, request = update_answer.open_request(self._cipher, self._seal_id, message.payload)
        self.requests.append(request)

    @property
    def fetches(self) -> list[int]:
        """From which offsets it fetched, in order."""
        return [one.offset for one in self.requests if one.kind == update.FETCH]
