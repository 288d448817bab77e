"""Why a broker cannot be reached, as half a sentence for the person who set it up.

The libraries say what failed; this says what is likely wrong and where it is set. Used by the
gateway's own connection and by `menshen check`.
"""

import errno
import socket
import ssl

from gateway.settings.sections import Broker as BrokerSettings

HELLO_S = 3.0
_VERIFY = {  # OpenSSL's X509_V_ERR_*: what verification found
    9: "its certificate is not valid yet: is this machine's clock right?",
    10: "its certificate has ended: run `menshen broker-config` with its names again",
    62: "its certificate is for other names: give {host} to `menshen broker-config`",
    64: "its certificate is for other addresses: give {host} to `menshen broker-config`",
}
_UNTRUSTED = frozenset({2, 18, 19, 20, 21})  # no issuer known, or signed by itself


def of_error(error: Exception, settings: BrokerSettings) -> str:
    """The likely cause of an error of connecting.

    Args:
        error: what `connect` raised.
        settings: with which it was tried.

    Returns:
        Half a sentence that names the setting, or the error's own words where nothing better is
        known.
    """
    match error:
        case ssl.SSLCertVerificationError():
            return _of_certificate(error, settings)
        case ssl.SSLEOFError() | ConnectionResetError() if settings.tls:
            return _NO_TLS.format(port=settings.port)
        case ssl.SSLError(reason="WRONG_VERSION_NUMBER" | "RECORD_LAYER_FAILURE"):
            return _NO_TLS.format(port=settings.port)
        case socket.gaierror():
            return f"no host is called {settings.host}; check broker.host and the network's names"
        case TimeoutError():
            return "it does not answer: is the machine on, and does a firewall let us through?"
        case OSError(errno=errno.ECONNREFUSED):
            return "Connection refused: nothing listens on that port; does the broker run?"
        case FileNotFoundError() if settings.ca:
            return f"broker.ca: there is no file {settings.ca}, so its certificate proves nothing"
    strerror = error.strerror if isinstance(error, OSError) else None
    return strerror or str(error)


def of_silence(settings: BrokerSettings, words: str) -> str:
    """The likely cause where a connection was taken and MQTT was never answered.

    Blocks for at most HELLO_S. `words` are said where there is no likelier cause.
    """
    if settings.tls:
        return _NO_TLS.format(port=settings.port)
    if _speaks_tls(settings):
        return (
            f"port {settings.port} speaks TLS, and broker.tls is false; set tls = true and ca to "
            "the broker's ca.crt"
        )
    return words


_NO_TLS = (
    "port {port} does not speak TLS, and broker.tls is true; is it the broker's other port? "
    "`menshen broker-config` makes 8883"
)


def _of_certificate(error: ssl.SSLCertVerificationError, settings: BrokerSettings) -> str:
    words = _VERIFY.get(error.verify_code)
    if words is not None:
        return words.format(host=settings.host)
    if error.verify_code in _UNTRUSTED:
        if settings.ca is None:
            return (
                "its certificate is signed by no authority that this machine knows; set broker.ca "
                "to the ca.crt that `menshen broker-config` wrote"
            )
        return (
            f"its certificate is not signed by {settings.ca}; that is the ca.crt of another "
            "authority"
        )
    return f"its certificate is not good: {error.verify_message}"


def certificate_of(settings: BrokerSettings, timeout_s: float) -> bytes:
    """The certificate that the broker shows, as DER, by a TLS connection that ends at once.

    OSError if there is none or it is not trusted. (Of a handshake that fails, the MQTT library
    leaves the socket open.)"""
    context = ssl.create_default_context(cafile=str(settings.ca) if settings.ca else None)
    with (
        socket.create_connection((settings.host, settings.port), timeout_s) as connection,
        context.wrap_socket(connection, server_hostname=settings.host) as encrypted,
    ):
        return encrypted.getpeercert(binary_form=True) or b""


def _speaks_tls(settings: BrokerSettings) -> bool:
    """Whether a TLS server answers there. Nothing is sent to it but a hello."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with socket.create_connection((settings.host, settings.port), HELLO_S) as connection:
            context.wrap_socket(connection, server_hostname=settings.host).close()
    except OSError:
        return False
    return True
