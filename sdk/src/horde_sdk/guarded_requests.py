"""Connections of `requests` within a `Reach`."""

from __future__ import annotations

import socket
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NameResolutionError, NewConnectionError

from horde_sdk.reach import ForbiddenAddress, Reach


class ForbiddenConnection(NewConnectionError):
    """No address of the host is within the reach."""


class _Guarded(HTTPConnection):
    """Looks up its host by itself, and connects to those addresses that it may."""

    reach: Reach

    def _new_conn(self) -> socket.socket:
        name = self.host
        try:
            found = socket.getaddrinfo(name, self.port, type=socket.SOCK_STREAM)
        except (socket.gaierror, UnicodeError) as error:
            raise NameResolutionError(name, self, socket.gaierror(str(error))) from error
        problem: NewConnectionError | None = None
        for *_, address in found:
            try:
                self.reach.check(str(address[0]), self.port)
                self.host = str(address[0])
                return super()._new_conn()
            except ForbiddenAddress as error:
                problem = problem or ForbiddenConnection(self, str(error))
            except NewConnectionError as error:
                problem = error
            finally:
                self.host = name  # what the certificate has to be for
        raise problem or NewConnectionError(self, "the name has no address")


class _GuardedAdapter(HTTPAdapter):
    """Only a proxy is connected to without a look: it stands where the owner put it, and does the connecting."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pools whose connections are guarded."""
        super().init_poolmanager(*args, **kwargs)
        kept = {"reach": self._reach}
        plain = type("_GuardedHTTP", (_Guarded,), kept)
        connect = _Guarded._new_conn  # noqa: SLF001 the hook of urllib3's that every kind of connection calls
        secure = type("_GuardedHTTPS", (HTTPSConnection, _Guarded), kept | {"_new_conn": connect})
        manager: urllib3.PoolManager = self.poolmanager
        manager.pool_classes_by_scheme = {
            "http": type("_GuardedHTTPPool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
            "https": type("_GuardedHTTPSPool", (HTTPSConnectionPool,), {"ConnectionCls": secure}),
        }


def guarded_session(reach: Reach) -> requests.Session:
    """Return a session that connects to nothing beyond `reach`, and tells no password of the user's `.netrc`."""
    session = requests.Session()
    session.auth = lambda request: request
    for scheme in ("http://", "https://"):
        session.mount(scheme, _GuardedAdapter(reach))
    return session


def was_forbidden(error: requests.RequestException) -> bool:
    """Tell whether a connection failed because its address is beyond the reach."""
    return any(isinstance(getattr(cause, "reason", None), ForbiddenConnection) for cause in error.args)
