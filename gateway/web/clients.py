"""From whom a request comes, and whether they ask too often.

A proxy's word about its clients is believed only from the proxies that the settings name; then it
is the right-most address that is no proxy of ours, for all to the left of it anybody may write.
"""

import ipaddress
from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

from starlette.requests import HTTPConnection

FORWARDED_MAX: Final = 1_024  # characters of X-Forwarded-For that are read
SOURCES_MAX: Final = 4_096

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Clients:
    """Knows the proxies."""

    def __init__(self, proxies: Sequence[str]) -> None:
        self._proxies = [ipaddress.ip_network(proxy, strict=False) for proxy in proxies]

    def is_proxy(self, address: str) -> bool:
        """Whether the settings name it."""
        parsed = _parsed(address)
        return parsed is not None and any(parsed in proxy for proxy in self._proxies)

    def is_near(self, connection: HTTPConnection) -> bool:
        """Whether it comes from a proxy of ours, or from this machine under any address."""
        peer = connection.client.host if connection.client else ""
        own = (connection.scope.get("server") or ("",))[0]
        return is_own(peer) or peer == own or self.is_proxy(peer)

    def is_https(self, connection: HTTPConnection) -> bool:
        """Whether the browser speaks TLS: with us, or with a proxy of ours that says so."""
        if connection.scope["scheme"] == "https":
            return True
        peer = connection.client.host if connection.client else ""
        return self.is_proxy(peer) and connection.headers.get("x-forwarded-proto") == "https"

    def source(self, connection: HTTPConnection) -> str:
        """The address that counts for this request; of IPv6 its /64, for one machine owns that
        many."""
        peer = connection.client.host if connection.client else ""
        if not self.is_proxy(peer):
            return counted(peer)
        said = ",".join(connection.headers.getlist("x-forwarded-for"))
        for address in reversed(said[-FORWARDED_MAX:].split(",")):
            if _parsed(address.strip()) is None:
                break
            if not self.is_proxy(address.strip()):
                return counted(address.strip())
        return counted(peer)


def counted(address: str) -> str:
    """An address as tries, requests and connections are counted by it."""
    parsed = _parsed(address)
    if parsed is None:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def is_own(address: str) -> bool:
    """Whether it is this machine's own."""
    parsed = _parsed(address)
    return parsed is not None and parsed.is_loopback


def _parsed(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return None
    return getattr(parsed, "ipv4_mapped", None) or parsed


class Rate:
    """How often each source may ask: so many a second, and so many at once."""

    def __init__(self, per_s: float, burst: float) -> None:
        self._per_s, self._burst = per_s, burst
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # left, as of when

    def allows(self, source: str, now_s: float) -> bool:
        """Whether it may ask now; counts it if so."""
        left, at_s = self._left.get(source, (self._burst, now_s))
        # A clock that was set back takes from nobody what is left.
        left = min(self._burst, left + max(0.0, now_s - at_s) * self._per_s)
        is_allowed = left >= 1
        self._left[source] = (left - 1 if is_allowed else left), now_s
        self._left.move_to_end(source)
        if len(self._left) > SOURCES_MAX:
            self._left.popitem(last=False)
        return is_allowed
