"""The one way out for all channels: directly, or by the proxy that the environment names.

`HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, in either case, as Apprise, curl and most
other programs read them. Which certificates are believed is likewise said once, by `SSL_CERT_FILE`
or `REQUESTS_CA_BUNDLE`.
"""

import os
import ssl
from urllib.request import getproxies_environment, proxy_bypass

from gateway.settings.web_address import WebAddress, web_address


class ProxyError(ValueError):
    """The environment names a proxy that cannot be used. The text says why, without its login."""


def proxy_for(target: WebAddress) -> WebAddress | None:
    """The proxy for an address; None where it is reached directly.

    Raises:
        ProxyError: there is one, and it cannot be used.
    """
    known = getproxies_environment()
    proxy = known.get(target.scheme) or known.get("all")
    if not proxy or proxy_bypass(f"{target.host}:{target.port}"):
        return None
    if "://" not in proxy:
        proxy = f"http://{proxy}"
    try:
        way = web_address(proxy)
    except ValueError as error:
        raise ProxyError(f"the proxy for {target.scheme} cannot be used: {error}") from None
    if way.scheme != "http":
        raise ProxyError(
            f"the proxy for {target.scheme} cannot be used: it must begin with http://"
        )
    return way


def trust() -> ssl.SSLContext:
    """Whose certificates are believed. Reading them takes some ten milliseconds."""
    bundle = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
    context = ssl.create_default_context()
    if bundle and not os.environ.get("SSL_CERT_FILE"):
        if os.path.isdir(bundle):
            context.load_verify_locations(capath=bundle)
        else:
            context.load_verify_locations(cafile=bundle)
    return context
