"""A real mosquitto running from a directory that `write_broker_config` made, and plain clients."""

import queue
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import paho.mqtt.client as mqtt

from gateway.provisioning.broker_config import (
    BrokerPlan,
    Login,
    gateway_password,
    write_broker_config,
)
from gateway.registry.credentials import Identity, fresh_identity, hash_password
from tests.neighbours import Broker

PATIENCE_S = 10.0


@dataclass
class Site:
    """A broker that runs, the directory it runs from, and the seals that it knows."""

    plan: BrokerPlan
    seals: list[Identity]
    broker: Broker

    @property
    def directory(self) -> Path:
        return self.plan.installed_at

    @property
    def port(self) -> int:
        return self.plan.port

    @property
    def ca(self) -> Path:
        return self.directory / "ca.crt"

    def logins(self) -> list[Login]:
        return [Login(s.seal_id, hash_password(s.broker_password)) for s in self.seals]

    def gateway(self, clean: bool = True) -> "Client":
        return Client(self, "gateway", gateway_password(self.directory), clean=clean)

    def seal(self, number: int) -> "Client":
        return Client(self, self.seals[number].seal_id, self.seals[number].broker_password)


def new_site(mosquitto: str, room: Path, port: int, seals: int = 2) -> Site:
    """Render a configuration into `room`, for a broker that `site.broker.start()` starts."""
    state = room / "state"
    state.mkdir()
    plan = BrokerPlan(
        names=["menshen.example"],
        installed_at=room / "config",
        state_directory=state,
        address="127.0.0.1",
        port=port,
        user="root",  # as another user it could not come into the test's own directory
    )
    identities = [fresh_identity() for _ in range(seals)]
    logins = [Login(i.seal_id, hash_password(i.broker_password)) for i in identities]
    write_broker_config(plan.installed_at, plan, logins, datetime.now(UTC))
    command = [mosquitto, "-c", str(plan.installed_at / "mosquitto.conf")]
    return Site(plan, identities, Broker("mosquitto", command, room, port))


@dataclass
class Client:
    """A plain MQTT 3.1.1 client that writes down what happens to it."""

    site: Site
    user: str | None
    password: str | None
    clean: bool = True
    client_id: str = "any"
    came: "queue.Queue[tuple[str, bytes]]" = field(default_factory=queue.Queue)
    answers: "queue.Queue[object]" = field(default_factory=queue.Queue)

    def __enter__(self) -> "Client":
        self.paho = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, client_id=self.client_id, clean_session=self.clean
        )
        self.paho.username_pw_set(self.user, self.password)
        self.paho.tls_set(str(self.site.ca))
        self.paho.on_connect = lambda _c, _u, _f, code, _p: self.answers.put(str(code))
        self.paho.on_subscribe = lambda *_: self.answers.put("subscribed")
        self.paho.on_publish = lambda *_: self.answers.put("published")
        self.paho.on_message = lambda _c, _u, m: self.came.put((m.topic, m.payload))
        return self

    def __exit__(self, *_: object) -> None:
        self.paho.disconnect()
        self.paho.loop_stop()

    def connect(self) -> str:
        """The broker's answer in words."""
        self.paho.connect("localhost", self.site.port)
        self.paho.loop_start()
        return str(self.answers.get(timeout=PATIENCE_S))

    def subscribe(self, topic: str) -> None:
        self.paho.subscribe(topic, 1)
        assert self.answers.get(timeout=PATIENCE_S) == "subscribed"

    def publish(self, topic: str, payload: bytes) -> None:
        self.paho.publish(topic, payload, 1)
        assert self.answers.get(timeout=PATIENCE_S) == "published"

    def next_message(self) -> tuple[str, bytes]:
        return self.came.get(timeout=PATIENCE_S)
