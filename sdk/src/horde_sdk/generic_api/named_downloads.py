"""Downloads of what a service names by URL: from its own host or the internet, never from the user's network.

A program that asks a strange service would otherwise knock at any door behind its user's router that it points to.
Redirects are followed by hand, so that each step is looked at, and nothing of the service's connections goes along.
The HTTP libraries are imported with the first picture.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from horde_sdk.generic_api import bounds
from horde_sdk.generic_api.redirects import MOST_REDIRECTS, STATUSES
from horde_sdk.reach import PRIVATE_NETWORKS_VARIABLE, ForbiddenAddress, is_same_host, outside_as_configured

if TYPE_CHECKING:
    import ssl
    from contextlib import AbstractAsyncContextManager

    import aiohttp
    import requests

DOWNLOAD_TIMEOUT_S = 120.0
"""From the question to the last byte."""

SILENCE_S = 60.0
"""How long a silent server is waited for."""


def _without_signature(url: str) -> str:
    """Return a link as far as it is no secret: whoever has the rest may fetch the image."""
    return url.partition("?")[0]


def _refusal(url: str) -> str:
    return (
        f"{_without_signature(url)} is not fetched: it leads into a private network. "
        f"If that network is yours, name it in {PRIVATE_NETWORKS_VARIABLE}, such as 192.168.1.0/24."
    )


def _is_own(url: str, own_url: str | None) -> bool:
    return own_url is not None and is_same_host(url, own_url)


def download_named(
    url: str,
    *,
    own_url: str | None,
    session: requests.Session | None = None,
    outside: requests.Session | None = None,
) -> io.BytesIO:
    """Fetch what a service named by URL, and return its bytes.

    Args:
        url: What a service named.
        own_url: The service, wherever it is; `None`: nothing but the internet.
        session: Connections to the service.
        outside: Connections to anywhere else, guarded.

    Raises:
        requests.HTTPError: The answer is not 200.
        requests.ConnectionError: Nobody answers, or it leads into a private network.
        OSError: It is too large, or takes too long.
    """
    from contextlib import ExitStack

    import requests

    from horde_sdk.guarded_requests import guarded_session, was_forbidden

    collected = bounds.Collected(bounds.LARGEST_IMAGE_BYTES, DOWNLOAD_TIMEOUT_S)
    try:
        with ExitStack() as opened:
            for _ in range(1 + MOST_REDIRECTS):
                if not _is_own(url, own_url):
                    _check_written(url)
                    outside = outside or opened.enter_context(guarded_session(outside_as_configured()))
                    way = outside
                else:
                    way = session = session or opened.enter_context(requests.Session())
                with way.get(url, timeout=SILENCE_S, stream=True, allow_redirects=False) as answer:
                    target = answer.headers.get("Location")
                    if answer.status_code in STATUSES and target:
                        url = urljoin(url, target)
                        continue
                    if answer.status_code != 200:
                        problem = f"the image could not be fetched: HTTP {answer.status_code}"
                        raise requests.HTTPError(problem, response=answer)
                    return io.BytesIO(collected.read(bounds.pieces_of(answer)))
    except ForbiddenAddress:
        raise requests.ConnectionError(_refusal(url)) from None
    except (requests.ConnectionError, requests.Timeout) as error:
        if was_forbidden(error):
            raise requests.ConnectionError(_refusal(url)) from None
        kind = requests.Timeout if isinstance(error, requests.Timeout) else requests.ConnectionError
        raise kind(f"{_without_signature(url)} could not be fetched ({type(error).__name__})") from None
    raise requests.TooManyRedirects(f"{_without_signature(url)} could not be fetched (TooManyRedirects)")


async def fetch_named(
    url: str,
    session: aiohttp.ClientSession,
    *,
    own_url: str | None,
    tls: ssl.SSLContext | bool = True,
) -> bytes:
    """Fetch what a service named by URL, and return its bytes.

    Args:
        url: What a service named.
        session: Connections to the service; and to everywhere, where they lead through a proxy.
        own_url: The service, wherever it is; `None`: nothing but the internet.
        tls: Whose certificates are believed; default: Mozilla's.

    Raises:
        aiohttp.ClientResponseError: The answer is not 200.
        aiohttp.ClientConnectionError: Nobody answers, or it leads into a private network.
        aiohttp.ClientPayloadError: It is too large.
        aiohttp.ServerTimeoutError: Nothing came, or not in time.
    """
    import aiohttp

    from horde_sdk.guarded_connections import was_forbidden

    collected = bounds.Collected(bounds.LARGEST_IMAGE_BYTES, DOWNLOAD_TIMEOUT_S)
    try:
        for _ in range(1 + MOST_REDIRECTS):
            async with _way_to(url, own_url, session, tls) as way:
                found = await _fetched(url, way, tls, collected)
            if isinstance(found, bytes):
                return found
            url = found
    except (aiohttp.ServerTimeoutError, aiohttp.InvalidURL) as error:
        # These name the URL in whole.
        kind = aiohttp.ServerTimeoutError if isinstance(error, TimeoutError) else aiohttp.ClientConnectionError
        raise kind(f"{_without_signature(url)} could not be fetched ({type(error).__name__})") from None
    except (aiohttp.ClientConnectorError, ForbiddenAddress) as error:
        if isinstance(error, ForbiddenAddress) or was_forbidden(error):
            raise aiohttp.ClientConnectionError(_refusal(url)) from None
        raise
    raise aiohttp.ClientConnectionError(f"{_without_signature(url)} could not be fetched (TooManyRedirects)")


def _way_to(
    url: str, own_url: str | None, session: aiohttp.ClientSession, tls: ssl.SSLContext | bool
) -> AbstractAsyncContextManager[aiohttp.ClientSession]:
    """Return the connections to use, to be closed unless they are the caller's."""
    from contextlib import nullcontext

    import aiohttp

    from horde_sdk.guarded_connections import guarded_connector

    if _is_own(url, own_url):
        return nullcontext(session)
    _check_written(url)
    if _leads_through_a_proxy(session):
        return nullcontext(session)
    connector = guarded_connector(outside_as_configured(), tls=None if tls is True else tls, force_close=True)
    return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())


def _leads_through_a_proxy(session: aiohttp.ClientSession) -> bool:
    """Tell whether it is a proxy that connects: then there is no address to look at, but what is written."""
    from urllib.request import getproxies

    import aiohttp

    has_own_ways = session.connector is not None and type(session.connector) is not aiohttp.TCPConnector
    return (
        has_own_ways
        or getattr(session, "_default_proxy", None) is not None
        or (session.trust_env and bool(getproxies()))
    )


def _check_written(url: str) -> None:
    """Raise `ForbiddenAddress` for a private address that is written as a number."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or 443
    except ValueError:
        return  # no URL at all, as the HTTP library will say
    try:
        outside_as_configured().check(host, port)
    except ForbiddenAddress:
        raise
    except ValueError:  # a name
        return


async def _fetched(
    url: str, session: aiohttp.ClientSession, tls: ssl.SSLContext | bool, collected: bounds.Collected
) -> bytes | str:
    """Return what lies there, or where it lies instead."""
    import aiohttp

    async with session.get(
        url,
        ssl=tls,
        allow_redirects=False,
        timeout=aiohttp.ClientTimeout(total=DOWNLOAD_TIMEOUT_S, sock_read=SILENCE_S),
    ) as answer:
        target = answer.headers.get("Location")
        if answer.status in STATUSES and target:
            return urljoin(url, target)
        if answer.status != 200:
            asked = answer.request_info
            raise aiohttp.ClientResponseError(
                aiohttp.RequestInfo(
                    asked.url.with_query(None), asked.method, asked.headers, asked.real_url.with_query(None)
                ),
                (),
                status=answer.status,
                message="the image could not be fetched",
            )
        try:
            return await collected.read_async(answer.content.iter_chunked(2**16))
        except bounds.AnswerOutOfBoundsError as error:
            raise aiohttp.ClientPayloadError(str(error)) from None
