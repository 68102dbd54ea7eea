"""Addresses that a horde names: how they may be written. Where they may lead is looked at when the socket connects."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from yarl import URL

MAX_URL_CHARACTERS = 8000  # signed addresses of object stores are long
_WRITTEN_OUT = re.compile(r"[!-~]+")  # no spaces and no control characters, which would end the request line


_LOCAL_ENDINGS = (".local", ".localhost", ".internal", ".lan", ".home", ".home.arpa", ".intranet", ".corp")


class NoWebAddress(ValueError):
    """The horde sent an address that is none."""


def named_address(text: str) -> URL:
    """The address, verbatim: a signature may cover how it is written. Raises `NoWebAddress`."""
    if len(text) > MAX_URL_CHARACTERS:
        raise NoWebAddress("the address is too long")
    try:
        parts = urlsplit(text)
        if parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 and _WRITTEN_OUT.fullmatch(text):
            address = URL(text, encoded=True)
            if address.host:
                return address
    except ValueError:  # brackets or a port that make no sense
        pass
    raise NoWebAddress("not an http(s) address")


def is_local_name(host: str) -> bool:
    """Whether a name is one that stands for something else in each network; addresses written as numbers are not."""
    name = host.rstrip(".").lower()
    return ":" not in name and ("." not in name or f".{name}".endswith(_LOCAL_ENDINGS))
