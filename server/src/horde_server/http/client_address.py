"""Whose address a request counts for: the socket's other end, or whom a trusted proxy there says that it forwards for.

Everybody may send forwarding headers, so they count only when the peer is a proxy of the operator
(`HORDE_TRUSTED_PROXIES`). They are read from the right, as each proxy adds whom it heard at the end: through trusted
hops to the first address that is not trusted. That is the client; what stands left of it is the client's own word.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from ipaddress import IPv4Network, IPv6Network

import structlog
from starlette.types import Scope

from horde_server.http.forwarded import forwarded, last_element, parameter, x_forwarded_for, x_real_ip
from horde_server.http.networks import Network, NetworkSet, is_public, normalised

log = structlog.get_logger(__name__)

MOST_HOPS = 16
"""Proxies in a row; what is beyond them is not looked at."""
MOST_NOTED_PEERS = 8
_MOST_PROXIES = 1024

_X_FORWARDED_FOR, _FORWARDED, _X_REAL_IP, _PROXIED_FOR = 1, 2, 4, 8
_HEADERS = {
    b"x-forwarded-for": _X_FORWARDED_FOR,
    b"forwarded": _FORWARDED,
    b"x-real-ip": _X_REAL_IP,
    b"proxied-for": _PROXIED_FOR,
}
PROXIED_FOR = "proxied_for"
"""Stands in the state of a request that says for whom a service asks: first that it does, as all headers are looked at
once, then, where it may say so (identity/proxied_clients.py), the service's own address."""
_READERS: dict[int, Callable[[list[bytes]], Iterator[str | None]]] = {
    _X_FORWARDED_FOR: x_forwarded_for,
    _FORWARDED: forwarded,
    _X_REAL_IP: x_real_ip,
}
_LOOPBACK = NetworkSet((IPv4Network("127.0.0.0/8"), IPv6Network("::1/128")))
_NAMES = {number: name for name, number in _HEADERS.items()}


def peer_address(scope: Scope) -> str:
    """The address of the socket's other end; a socket without addresses (a Unix one) is this machine's."""
    client = scope.get("client")
    return str(client[0]) if client else "127.0.0.1"


class ClientAddresses:
    """Tells the client's address of each request. One for a process: it also knows which header each proxy writes."""

    def __init__(self, trusted: Iterable[Network]) -> None:
        """`trusted`: the networks of the operator's proxies."""
        self._trusted = NetworkSet(trusted)
        self._written: dict[str, int] = {}
        self.untrusted_peers: dict[str, int] = {}
        """Forwarding headers from peers that are not trusted but near enough to be the operator's own proxy: how many
        requests, by peer; of the first few peers."""
        self.strangers_headers = 0
        """How many requests of others had forwarding headers: a proxy that is not trusted, or somebody tries."""

    def trusts(self, address: str) -> bool:
        """Whether it is one of the operator's proxies."""
        return address in self._trusted

    def __call__(self, scope: Scope) -> str:
        """The client's address in its one spelling. Without forwarding headers a loop over the headers, no parsing."""
        written = 0
        for name, _ in scope["headers"]:
            if name in _HEADERS:
                written |= _HEADERS[name]
        peer = peer_address(scope)
        if ":" in peer:
            peer = normalised(peer)
        if written & _PROXIED_FOR:
            scope.setdefault("state", {})[PROXIED_FOR] = ""
            written ^= _PROXIED_FOR
        if not written:
            return peer
        if peer not in self._trusted:
            self._note_untrusted(peer)
            return peer
        source = self._source(peer, written)
        name = _NAMES[source]
        return self._walk(peer, _READERS[source]([value for found, value in scope["headers"] if found == name]))

    def scheme(self, scope: Scope) -> str:
        """`http` or `https`, as a proxy of ours says that it was spoken to."""
        told = ""
        elements: list[bytes] = []
        for name, value in scope["headers"]:
            if name == b"x-forwarded-proto":
                told = value.partition(b",")[0].strip().lower().decode("latin-1")
            elif name == b"forwarded":
                elements.append(value)
        if (told or elements) and self.trusts(peer_address(scope)):
            if not told:
                told = (parameter(last_element(elements), b"proto") or b"").lower().decode("latin-1")
            if told in ("http", "https"):
                return told
        return str(scope["scheme"])

    def _source(self, peer: str, written: int) -> int:
        """Which of the headers of a request is the proxy's own word, where a client may have added others.

        A header that the proxy does not write into each request that it forwards is not the proxy's. Where that leaves
        more than one or none, `X-Forwarded-For` goes first, then `Forwarded`.
        """
        always = self._written.get(peer, written) & written
        if self._written.get(peer) != always:
            if len(self._written) >= _MOST_PROXIES:
                self._written.clear()
            self._written[peer] = always
        candidates = always or written
        return candidates & -candidates

    def _walk(self, peer: str, hops: Iterator[str | None]) -> str:
        """The first address from the right that is no proxy of ours; where a hop hides who it heard, the hop itself."""
        address = peer
        for _, hop in zip(range(MOST_HOPS), hops, strict=False):
            if hop is None:
                break
            address = hop
            if hop not in self._trusted:
                break
        return address

    def _note_untrusted(self, peer: str) -> None:
        if is_public(peer):
            self.strangers_headers += 1
        elif peer in self.untrusted_peers:
            self.untrusted_peers[peer] += 1
        elif len(self.untrusted_peers) < MOST_NOTED_PEERS:
            self.untrusted_peers[peer] = 1
            log.warning(
                "proxies.not_trusted",
                peer=peer,
                advice="If it is your proxy, name it in HORDE_TRUSTED_PROXIES: until then all behind it count as one.",
            )


def is_loopback(address: str) -> bool:
    """Whether the address is this machine itself."""
    return address in _LOOPBACK
