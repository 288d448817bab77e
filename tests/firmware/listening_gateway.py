"""What a seal sees of a gateway: it opens reports, keeps the mark, and sends receipts."""

import threading
import time
from collections.abc import Callable

import paho.mqtt.client as mqtt

from sealwire import ccm, envelope, gateway_end, receipt, topics
from sealwire.receipt import Receipt
from sealwire.report import Report

PATIENCE_S = 90.0


class Receiver:
    """Connects to a plain listener. `reports` holds (epoch, counter, Report) as they came."""

    def __init__(self, port: int, seal_id: str, key: bytes) -> None:
        self.reports: list[tuple[int, int, Report]] = []
        self.notes: list[gateway_end.Note] = []
        self.command = b""  # what is asked with the next answer
        self.answer: Callable[[Report], bool] = lambda report: True
        self.not_above_mark = 0
        self._seal_id = seal_id
        self._cipher = ccm.cipher(key)
        self._mark = (0, 0)
        self._changed = threading.Condition()
        self._subscribed = threading.Event()
        self._client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, "a-test-s-gateway")
        self._client.on_connect = self._connected
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = self._heard
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        assert self._subscribed.wait(PATIENCE_S)

    def stop(self) -> None:
        """Leave the broker."""
        self._client.disconnect()
        self._client.loop_stop()

    def say(self, payload: bytes) -> None:
        """Publish anything where receipts belong."""
        self._client.publish(topics.receipt(self._seal_id), payload)

    def wait_for(self, wanted: Callable[[list[Report]], bool]) -> list[Report]:
        """All reports so far, once they satisfy `wanted`; fails the test if they never do."""
        end = time.monotonic() + PATIENCE_S
        with self._changed:
            while not wanted([one for _, _, one in self.reports]):
                assert self._changed.wait(end - time.monotonic()), self.reports
            return [one for _, _, one in self.reports]

    def _connected(self, client: mqtt.Client, *_: object) -> None:
        client.subscribe(topics.EVERY_REPORT, 1)

    def _heard(self, _client: object, _data: object, message: mqtt.MQTTMessage) -> None:
        seal_id, _ = topics.parse(message.topic)
        direction, epoch, counter, plain = envelope.open_up(
            self._cipher, bytes.fromhex(seal_id), message.payload
        )
        told = gateway_end.unpack(plain, envelope.version_of(message.payload))
        with self._changed:
            if (epoch, counter) <= self._mark or direction != envelope.UP:
                self.not_above_mark += 1
                return
            self._mark = (epoch, counter)
            if isinstance(told, gateway_end.Note):
                self.notes.append(told)
            else:
                self.reports.append((epoch, counter, told))
            self._changed.notify_all()
        numbers = epoch, counter
        if self.command:
            order, self.command = (envelope.ORDER, *numbers, self.command), b""
            raw_id = bytes.fromhex(seal_id)
            self.say(envelope.seal_up(self._cipher, raw_id, *order, salt=bytes(6)))
        if isinstance(told, gateway_end.Note) or self.answer(told):
            plain = receipt.pack(Receipt(told.seq if isinstance(told, Report) else 0))
            self.say(
                envelope.seal_up(
                    self._cipher, bytes.fromhex(seal_id), envelope.DOWN, epoch, counter, plain
                )
            )
