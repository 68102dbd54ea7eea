"""Where the page listens: on this machine only, whatever is asked for."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Final

OFF: Final = "off"
DEFAULT: Final = "127.0.0.1:7017"


class WrongAddress(ValueError):
    """The page cannot listen there."""


@dataclass(frozen=True, slots=True)
class PageAddress:
    """A loopback address and a port; port 0: any that is free."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """As it is opened in a browser."""
        return f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"


def page_address(text: str) -> PageAddress | None:
    """The address in `HOST:PORT`; None for `off`. Raises `WrongAddress`."""
    if text.strip().lower() in {OFF, "", "no", "false"}:
        return None
    host, _, port = text.strip().rpartition(":")
    host = {"localhost": "127.0.0.1", "": "127.0.0.1"}.get(host, host.strip("[]"))
    if not port.isdigit() or int(port) > 65535:
        raise WrongAddress(f"dashboard: {text!r} is no address such as {DEFAULT}")
    try:
        is_loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        raise WrongAddress("dashboard: the page listens on this machine only, for example on 127.0.0.1:7017")
    return PageAddress(host, int(port))
