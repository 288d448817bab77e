"""A broker as a site has it: a plain listener for the test, and one with TLS for the seal."""

from dataclasses import dataclass

from tests.firmware.authority import Certificate
from tests.neighbours import Broker

SERVER_NAME = "broker.test"


@dataclass
class Site:
    """A real mosquitto with a plain and a TLS listener, and the certificate of the latter."""

    broker: Broker
    tls_port: int
    certificate: Certificate

    @property
    def port(self) -> int:
        return self.broker.port
