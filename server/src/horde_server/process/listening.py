"""The socket that a horde listens on, and how its address is written.

Imports nothing heavy: that a port is taken is told before the server is loaded.
"""

from __future__ import annotations

import socket
from typing import Any

_BACKLOG = 2048


_ONE_AT_A_TIME = getattr(socket, "SO_EXCLUSIVEADDRUSE", socket.SO_REUSEADDR)
"""A port in use is refused, one that was just given up is taken. On Windows SO_REUSEADDR would share it instead."""


class AddressInUse(RuntimeError):
    """A horde cannot listen on this address; the message says why and what to do."""


def bind(host: str, port: int) -> socket.socket:
    """A listening socket, kept open for child processes. IPv6 addresses may stand in brackets.

    Raises:
        AddressInUse: something else listens there, or the address is none of this machine's.
    """
    host = host.removeprefix("[").removesuffix("]")
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, _ONE_AT_A_TIME, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except (OSError, UnicodeError) as error:
        listener.close()
        reason = getattr(error, "strerror", None) or error
        raise AddressInUse(
            f"Cannot listen on {host_and_port(host, port)}: {reason}. Choose another --port or --host, or stop what "
            "listens there."
        ) from error
    listener.set_inheritable(True)
    return listener


def host_and_port(host: str, port: int) -> str:
    """As in a URL: an IPv6 address stands in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def address_of(listener: Any) -> str:
    """The URL that a socket listens on."""
    host, port = listener.getsockname()[:2]
    return f"http://{host_and_port(host, port)}"


def url_here(host: str, port: int) -> str:
    """The URL by which this machine itself reaches what listens on `host`."""
    host = host.removeprefix("[").removesuffix("]")
    reachable = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared only
    return f"http://{host_and_port(reachable, port)}"
