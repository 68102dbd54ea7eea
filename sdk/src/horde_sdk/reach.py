"""The reach of connections to addresses that somebody else named: looked at where the socket is made.

Names have been looked up by then, and addresses written as numbers come by here too, so that what is looked at is what
is connected to: no name changes its mind in between. The server, the worker and the clients all use this.
"""

from __future__ import annotations

import errno
import ipaddress
import os
import re
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from horde_sdk.public_addresses import IPAddress, is_public

PRIVATE_NETWORKS_VARIABLE = "HORDE_PRIVATE_NETWORKS"
"""The environment variable that names what the owner of a worker or a program allows besides the internet."""

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_PORTS = {"http": 80, "https": 443}
_PLAIN_AUTHORITY = re.compile(r"([\w.-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?", re.ASCII)
"""How a host is written so that all parsers of URLs agree on which it is."""


class ForbiddenAddress(OSError):
    """The address leads into a private network."""

    def __init__(self) -> None:
        super().__init__(errno.EACCES, "the address leads into a private network")


@dataclass(frozen=True, slots=True)
class Reach:
    """Where a connection may lead. `ports` None: to any. `also` are networks allowed besides, on any port."""

    is_allowed: Callable[[IPAddress], bool]
    ports: frozenset[int] | None = None
    also: tuple[Network, ...] = ()

    def allows(self, address: IPAddress, port: int) -> bool:
        """Whether a socket may be opened to it."""
        if any(address in network for network in self.also):
            return True
        return self.is_allowed(address) and (self.ports is None or port in self.ports)

    def may_allow_port(self, port: int | None) -> bool:
        """Whether there can be an address at which this port is allowed."""
        return self.ports is None or bool(self.also) or port in self.ports

    def check(self, host: str, port: int) -> None:
        """Raise `ForbiddenAddress` unless a socket may be opened to this address, written as a number."""
        if not self.allows(ipaddress.ip_address(host.partition("%")[0]), port):
            raise ForbiddenAddress

    def socket(self, found: tuple[Any, ...]) -> socket.socket:
        """Make the socket for an entry of `getaddrinfo`: aiohttp's `socket_factory`."""
        family, kind, protocol, _, address = found
        self.check(str(address[0]), address[1])
        return socket.socket(family, kind, protocol)


def outside(private_networks: Iterable[Network] = ()) -> Reach:
    """Return the internet, on any port, and these networks of the owner's own."""
    return Reach(is_public, None, tuple(private_networks))


def networks_of(text: str) -> tuple[Network, ...]:
    """Read a text such as `192.168.1.0/24, fd00::/8`. Raises `ValueError`."""
    return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())


def outside_as_configured() -> Reach:
    """Return the internet and the networks of `HORDE_PRIVATE_NETWORKS`. Raises `ValueError`, with what is wrong."""
    try:
        return outside(networks_of(os.environ.get(PRIVATE_NETWORKS_VARIABLE, "")))
    except ValueError as error:
        raise ValueError(
            f"{PRIVATE_NETWORKS_VARIABLE} must be networks with commas, such as 192.168.1.0/24: {error}"
        ) from None


def is_same_host(url: str, other: str) -> bool:
    """Whether two URLs lead to the same port of the same host, by how they are written; odd ones do not."""
    try:
        return _host_and_port(url) == _host_and_port(other)
    except ValueError:
        return False


def _host_and_port(url: str) -> tuple[str, int | None]:
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname or not url.startswith(f"{parts.scheme}://{parts.netloc}"):
        raise ValueError("not an http(s) address")
    if not _PLAIN_AUTHORITY.fullmatch(parts.netloc):
        raise ValueError("a host that can be read in two ways")
    return parts.hostname, parts.port or _PORTS[parts.scheme]
