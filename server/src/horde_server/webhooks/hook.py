"""Where a requester wants to be told, and what is told (webhooks.md §2)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Any

import msgspec
from yarl import URL

from horde_sdk.public_addresses import is_public
from horde_sdk.reach import Network, Reach
from horde_server.errors import BadRequest

HTTPS_PORT = 443


class Hook(msgspec.Struct, frozen=True):
    """As kept in `request.webhook`. `links_base`: what links to the horde's own pictures begin with.

    `is_unsigned`: who asked is not the account that pays, and gets nothing with that account's signature.
    """

    url: str
    links_base: str = ""
    is_unsigned: bool = False


class Picture(msgspec.Struct, frozen=True):
    """The picture of a delivery: signed, or read, anew at each attempt. `path`: where in the body it is told."""

    path: tuple[str, ...]
    key: str
    inline: bool
    links_base: str = ""


class Announcement(msgspec.Struct, frozen=True):
    """A finished job as its requester is told: the body without what all have in common, and its picture, if any."""

    body: dict[str, Any]
    picture: Picture | None = None


def decode_hook(stored: str) -> Hook:
    """The hook back from its stored form."""
    return msgspec.json.decode(stored, type=Hook)


def webhook_reach(private_networks: Iterable[Network]) -> Reach:
    """Where webhooks may lead: to the internet's port 443, and to the named networks on any."""
    return Reach(is_public, frozenset({HTTPS_PORT}), tuple(private_networks))


def encode_hook(hook: Hook) -> str:
    """The webhook of a new request as it is kept."""
    return msgspec.json.encode(hook).decode()


def check_webhook(text: str, reach: Reach) -> None:
    """Refuse, by `BadRequest`, what cannot be delivered to (requests.md §3.3). An empty one is none.

    An address that is given as a number is looked at here already; a name only when something is delivered.
    """
    if not text:
        return
    if not text.startswith("https://"):
        raise BadRequest("A webhook must start with https://.")
    try:
        url = URL(text)
        host, port = url.host, url.port
    except ValueError:
        host, port = None, None
    if not host or not text.isprintable():
        raise BadRequest("A webhook must be a whole address: https://host/path.")
    if not reach.may_allow_port(port):
        raise BadRequest("A webhook must be on port 443.")
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:  # a name
        address = None
    if address is not None and not reach.allows(address, port or HTTPS_PORT):
        raise BadRequest("A webhook must lead to the internet, not into a private network.")
