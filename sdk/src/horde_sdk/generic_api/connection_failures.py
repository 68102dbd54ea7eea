"""Reasons why a horde could not be reached, in a sentence that says what to look at."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from itertools import islice
from urllib.parse import urlsplit

from horde_sdk.exceptions import HordeConnectionError, HordeConnectionRefusedError
from horde_sdk.generic_api.steps import Exchange

_MOST_CAUSES = 20
_NO_WAY = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL, errno.ENETDOWN, errno.EHOSTDOWN}
_PLAIN_ANSWERS = {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG"}
"""What TLS makes of a server that answers without it."""


def connection_error(exchange: Exchange, error: Exception) -> HordeConnectionError:  # noqa: PLR0911 one a reason
    """Return the error of ours that says why an exchange failed.

    Args:
        exchange: What was to be sent.
        error: Of the HTTP library; the reason is somewhere among its causes.
    """
    import socket
    import ssl

    place = _place(exchange.url)
    causes = list(islice(_causes(error), _MOST_CAUSES))
    if any(type(cause).__name__ in ("ProxyError", "ClientProxyConnectionError") for cause in causes):
        return HordeConnectionError(
            f"{place} could not be reached through the proxy that HTTP_PROXY, HTTPS_PROXY or ALL_PROXY names: "
            f"is it running?"
        )
    for cause in causes:
        if type(cause).__module__.startswith("aiohttp"):
            continue  # these look like errors of TLS, but lack what those say
        match cause:
            case ssl.SSLCertVerificationError():
                return HordeConnectionError(
                    f"{place} shows a certificate that is not trusted: {cause.verify_message or cause.reason}."
                )
            case ssl.SSLError() if cause.reason in _PLAIN_ANSWERS:
                return HordeConnectionError(
                    f"{place} does not speak https on this port: is the horde's address http://{place}?"
                )
            case ssl.SSLError():
                return HordeConnectionError(
                    f"No secure connection to {place} could be made: {cause.reason or type(cause).__name__}."
                )
            case socket.gaierror():
                return HordeConnectionError(
                    f"The host {urlsplit(exchange.url).hostname} could not be found: check its spelling and your "
                    f"network ({cause.strerror})."
                )
            case ConnectionRefusedError():
                return HordeConnectionRefusedError(f"{place} refused the connection: is a horde running there?")
            case OSError() if cause.errno == errno.ECONNREFUSED:
                return HordeConnectionRefusedError(f"{place} refused the connection: is a horde running there?")
            case OSError() if cause.errno in _NO_WAY:
                return HordeConnectionError(f"There is no way to {place}: check your network ({cause.strerror}).")
    if any(_broke_off(cause) for cause in causes):
        return HordeConnectionError(f"{exchange.shown_url}: the connection broke before the answer was complete.")
    return HordeConnectionError(f"{exchange.shown_url} could not be reached ({type(error).__name__}).")


def _place(url: str) -> str:
    """Return host and port of a URL, without the name and password that it may hold."""
    return urlsplit(url).netloc.rpartition("@")[2]


def _broke_off(cause: BaseException) -> bool:
    return isinstance(cause, ConnectionError) or type(cause).__name__ in ("ServerDisconnectedError", "IncompleteRead")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and all that it carries; HTTP libraries hide the reason in attributes and arguments too."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        one = waiting.pop(0)
        if not isinstance(one, BaseException) or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [one.__cause__, one.__context__, getattr(one, "os_error", None), getattr(one, "reason", None)]
        waiting += one.args
