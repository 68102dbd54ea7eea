"""TLS settings of the asynchronous clients: Mozilla's certificates, wherever the program runs."""

from __future__ import annotations

import ssl
from functools import cache

import aiohttp
import certifi

_async_client_exceptions: tuple[type[BaseException], ...] = (TimeoutError, aiohttp.ClientError, OSError)


@cache
def default_ssl_context() -> ssl.SSLContext:
    """Return the one context that all clients share; making it takes some 20 ms."""
    return ssl.create_default_context(cafile=certifi.where())


def __getattr__(name: str) -> ssl.SSLContext:
    if name == "_default_sslcontext":
        return default_ssl_context()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
