"""Whether a board can reach its broker from where it is, in one word and one sentence.

The board itself tries, with what it was given, before its seal starts: afterwards nobody may ask it
at its cable any more. *Flashed* and *joined* are two verdicts: a seal that was flashed out of reach
of its Wi-Fi is a good seal, and whoever flashed it must know.
"""

from enum import StrEnum
from typing import Any, NamedTuple

from gateway.provisioning.board_link import BoardLink
from gateway.provisioning.board_scripts import JOIN

WIFI_S_MAX = 20.0
JOIN_S_MAX = 75.0  # that, 10 s of TCP, 20 s of TLS and MQTT, and names to look up


class Reason(StrEnum):
    """Why a board did not get through; as the script on the board says it."""

    OK = "ok"
    NETWORK = "network"
    PASSWORD = "password"  # noqa: S105 - a reason's name
    ADDRESS = "address"
    NAME = "name"
    BROKER = "broker"
    CERTIFICATE = "certificate"
    REFUSED = "refused"
    SESSION = "session"
    UNTRIED = "untried"  # its firmware cannot


_SENTENCES = {
    Reason.OK: "it reached the broker",
    Reason.NETWORK: "there is no Wi-Fi called {ssid} where it is (a seal hears 2.4 GHz only)",
    Reason.PASSWORD: "the Wi-Fi {ssid} refuses the password",
    Reason.ADDRESS: "the Wi-Fi {ssid} lets it in and gives it no address (DHCP full or off?)",
    Reason.NAME: "nobody there knows a host called {broker}; flash it with the broker's address",
    Reason.BROKER: (
        "nobody answers at {broker}, port {port}, from the Wi-Fi: a network for guests, a "
        "firewall, or the broker is down"
    ),
    Reason.CERTIFICATE: "{broker} shows a certificate that this seal does not trust",
    Reason.REFUSED: "the broker at {broker} refuses the seal's login",
    Reason.SESSION: "{broker} answers, and not as the broker: {detail}",
    Reason.UNTRIED: "it was not tried",
}


class Join(NamedTuple):
    """What came of it. `signal_dbm`: how strong the access point was, None where not known."""

    reason: Reason
    signal_dbm: int | None = None
    detail: str = ""

    def told(self, ssid: str | None, broker: str, port: int) -> str:
        """Half a sentence."""
        words = _SENTENCES[self.reason]
        return words.format(
            ssid=ssid, broker=broker, port=port, detail=self.detail or "it hangs up"
        )


def join(link: BoardLink, wifi_s: float = WIFI_S_MAX) -> Join:
    """Let the board behind `link` reach its broker as its settings say, with so much time for its
    Wi-Fi. BoardError if it cannot be asked."""
    script = JOIN.replace("WIFI_MS", str(round(wifi_s * 1000)))
    found: dict[str, Any] = link.ask(script, seconds_max=JOIN_S_MAX)
    reason = found.get("reason")
    known = Reason(reason) if reason in set(Reason) else Reason.SESSION
    signal = found.get("signal")
    signal_dbm = signal if isinstance(signal, int) and -127 <= signal < 0 else None
    return Join(known, signal_dbm, str(found.get("detail", ""))[:120])
