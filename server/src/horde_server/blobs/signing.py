"""Signed addresses of our own blob routes: who has the address has the right, for a while, for one method."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable

ROUTE = "/api/blobs/"
_EXPIRY = re.compile(r"[1-9][0-9]{0,11}", re.ASCII)
"""As we write it: one address has one spelling."""


class UrlSigner:
    """HMAC-SHA256 over method, path and expiry."""

    def __init__(self, secret: bytes, clock: Callable[[], float], route: str = ROUTE) -> None:
        """`route`: where the blobs of one folder are found; ends in a slash."""
        self._mac = hmac.new(secret, digestmod="sha256")  # copied for each address: half of what a new one takes
        self._clock = clock
        self.route = route

    def url(self, method: str, key: str, ttl_s: int, base_url: str) -> str:
        """The address; expiry in seconds since the epoch."""
        expires = int(self._clock()) + ttl_s
        return f"{base_url}{self.route}{key}?expires={expires}&signature={self._signature(method, key, expires)}"

    def allows(self, method: str, key: str, expires: str, signature: str) -> bool:
        """Whether the address was signed by us for this method and has not expired."""
        if not (_EXPIRY.fullmatch(expires) and signature.isascii()):
            return False
        wanted = self._signature(method, key, int(expires))
        return hmac.compare_digest(wanted, signature) and int(expires) >= self._clock()

    def _signature(self, method: str, key: str, expires: int) -> str:
        mac = self._mac.copy()
        mac.update(f"{method}\n{self.route}{key}\n{expires}".encode())
        return mac.hexdigest()
