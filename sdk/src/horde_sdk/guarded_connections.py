"""aiohttp's connections within a `Reach`."""

from __future__ import annotations

import ssl

import aiohttp

from horde_sdk.name_resolution import HandedResolver, Resolve, SystemResolver
from horde_sdk.reach import ForbiddenAddress, Reach
from horde_sdk.tls import default_ssl_context


def guarded_connector(
    reach: Reach,
    *,
    resolve: Resolve | None = None,
    tls: ssl.SSLContext | bool | None = None,
    force_close: bool = False,
) -> aiohttp.TCPConnector:
    """Return what connects to nothing beyond `reach`: every address is looked at where the socket to it is made.

    Args:
        reach: Where connections may lead.
        resolve: Looks names up; default: the system's resolver, held up by nobody's name server.
        tls: Whose certificates are believed; default: Mozilla's.
        force_close: Keep no connection for another request.
    """
    return aiohttp.TCPConnector(
        resolver=HandedResolver(resolve or SystemResolver()),
        socket_factory=reach.socket,
        ssl=default_ssl_context() if tls is None else tls,
        use_dns_cache=False,
        force_close=force_close,
    )


def was_forbidden(error: BaseException) -> bool:
    """Tell whether a connection failed because its address is beyond the reach."""
    return isinstance(error, aiohttp.ClientConnectorError) and isinstance(error.os_error, ForbiddenAddress)
