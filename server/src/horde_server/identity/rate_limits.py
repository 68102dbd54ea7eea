"""Rate limits: which, in one table; counted by the `limits` library in fixed windows (basics.md §7)."""

from __future__ import annotations

import re
import time
from fnmatch import translate

import structlog
from limits import RateLimitItem, parse
from limits.errors import ConfigurationError, StorageError
from limits.storage import MemoryStorage, Storage, storage_from_string
from limits.strategies import FixedWindowRateLimiter
from starlette.types import Scope

from horde_server.errors import HordeError
from horde_server.http.networks import NetworkSet, household, site
from horde_server.settings import Settings

log = structlog.get_logger(__name__)

_GENERATE = "/api/v2/generate/"
_INTERROGATE = "/api/v2/interrogate/"
_DEFAULT = (("90/minute",), ("300/minute",))
# (method or "" for any, path prefix, per-caller windows, the same for whitelisted addresses)
_TABLE: tuple[tuple[str, str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("POST", _GENERATE + "async", ("90/minute", "2/second"), ("300/minute", "10/second")),
    ("POST", _GENERATE + "text/async", ("90/minute", "2/second"), ("300/minute", "10/second")),
    ("", _GENERATE + "text/status/", ("60/minute",), ("60/minute",)),
    ("POST", _GENERATE + "text/pop", ("60/second",), ("60/second",)),
    ("POST", _GENERATE + "text/submit", ("60/second",), ("60/second",)),
    ("POST", _GENERATE + "embedding/async", ("300/minute", "10/second"), ("600/minute", "20/second")),
    ("", _GENERATE + "embedding/status/", ("10/second",), ("10/second",)),
    ("POST", _GENERATE + "embedding/pop", ("60/second",), ("60/second",)),
    ("POST", _GENERATE + "embedding/submit", ("60/second",), ("60/second",)),
    ("", _GENERATE + "status/", ("10/minute",), ("10/minute",)),
    ("GET", _GENERATE + "check/", ("10/second",), ("10/second",)),
    ("POST", _GENERATE + "check", ("10/second",), ("10/second",)),
    ("POST", _GENERATE + "rate/", ("5/minute",), ("5/minute",)),
    ("POST", _GENERATE + "report/", ("5/minute",), ("5/minute",)),
    ("POST", _GENERATE + "pop", ("60/second",), ("60/second",)),
    ("POST", _GENERATE + "submit", ("60/second",), ("60/second",)),
    ("POST", "/v1/messages/count_tokens", ("10/second",), ("10/second",)),
    ("POST", "/mcp", ("30/second",), ("30/second",)),
    ("POST", _GENERATE + "pieces/", ("60/second",), ("60/second",)),
    ("", _INTERROGATE + "status/", ("10/second",), ("10/second",)),
    ("POST", _INTERROGATE + "pop", ("60/second",), ("60/second",)),
    ("POST", _INTERROGATE + "submit", ("60/second",), ("60/second",)),
    ("POST", "/api/v2/register", ("60/hour",), ("600/hour",)),
    ("POST", "/register", ("60/hour",), ("600/hour",)),
    ("POST", "/api/v2/sign-in", ("20/minute",), ("120/minute",)),
    ("", "/sign-in/", ("20/minute",), ("120/minute",)),
    ("POST", "/api/v2/keys", ("10/minute",), ("60/minute",)),
    ("PUT", "/api/v2/sharedkeys", ("5/minute",), ("5/minute",)),
    ("", "/api/v2/users/", ("60/minute",), ("300/minute",)),
    ("", "/api/v2/workers/name/", *_DEFAULT),
    ("", "/api/v2/workers/messages", *_DEFAULT),
    ("", "/api/v2/teams", ("30/minute",), ("30/minute",)),
    ("", "/api/v2/workers/", ("30/minute",), ("30/minute",)),
    ("", "/api/v2/explain/", ("30/minute",), ("120/minute",)),
    ("", "/api/v2/status/modes", ("30/minute",), ("30/minute",)),
)
_STYLES = "/api/v2/styles/"
# the same below /styles and /collections, where more than a prefix tells: a pattern of the whole path
_STYLE_TABLE: tuple[tuple[str, str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("", _STYLES + "image", ("90/minute", "2/second"), ("300/minute", "10/second")),
    ("", _STYLES + "text", ("20/hour", "2/second"), ("20/hour", "10/second")),
    ("POST", _STYLES + "image/*/example", ("90/minute", "2/second"), ("300/minute", "10/second")),
    ("", _STYLES + "*/*/example*", *_DEFAULT),
    ("", _STYLES + "image/*", ("20/hour", "2/second"), ("20/hour", "10/second")),
    ("", _STYLES + "text/*", ("90/minute", "2/second"), ("300/minute", "10/second")),
    ("", "/api/v2/collections*", ("90/minute", "2/second"), ("300/minute", "10/second")),
)
_STYLE_PREFIXES = (_STYLES, "/api/v2/collections")
_UNLIMITED = ("/api/v2/status/heartbeat", "/api/blobs/", "/healthz", "/readyz", "/metrics", "/api/static/")
_COUNTED_TOGETHER = "/api/v2/explain/"
"""Below this all paths are one: what is dear for each id must not be cheap for many."""
# path -> the same per API key, beside those per address
_PER_KEY = {
    _GENERATE + "async": (("2/second",), ("60/second",)),
    _GENERATE + "text/async": (("2/second",), ("60/second",)),
    "/api/v2/kudos/transfer": (("1/second", "90/hour"), ("1/second", "600/hour")),
}
_ANONYMOUS_KEY = b"0000000000"
_ANONYMOUS_SHARE = ("10/second",)
"""What one customer's IPv6 networks (a /48) may use of the 60/second that all without a key of their own share. An IPv4
address is within it by its own limit."""
_STORE_TIMEOUT_S = 0.25  # of the event loop: a shared store must be near
_STORE_AWAY_S = 5.0
_TRUSTED_S = 24 * 3600
_TRUSTED_MOST = 10_000


class RateLimited(HordeError):
    """Too many requests."""

    status, rc = 429, None


class RateLimits:
    """Counts calls by address (an IPv6 /64 is one; and key) and path, and refuses those over the limit."""

    def __init__(self, settings: Settings) -> None:
        # Without a shared store each of N processes sees, and enforces, its share of the calls.
        share = 1 if settings.rate_limit_storage else settings.processes
        self._limiter = FixedWindowRateLimiter(_open_store(settings.rate_limit_storage))
        self._store_away_until = 0.0  # seconds of the monotonic clock
        self._whitelist = NetworkSet(settings.rate_limit_whitelist)
        self._anonymous_share = _items(_ANONYMOUS_SHARE, share)
        self._rules = [
            (method, prefix, _items(plain, share), _items(raised, share)) for method, prefix, plain, raised in _TABLE
        ]
        self._style_rules = [
            (method, re.compile(translate(pattern)), _items(plain, share), _items(raised, share))
            for method, pattern, plain, raised in _STYLE_TABLE
        ]
        self._default = (_items(_DEFAULT[0], share), _items(_DEFAULT[1], share))
        self._per_key = {
            path: (_items(plain, share), _items(raised, share)) for path, (plain, raised) in _PER_KEY.items()
        }
        self._trusted: dict[str, float] = {}  # household: until when (seconds of the monotonic clock)

    def __call__(self, scope: Scope, address: str, is_proxied: bool = False) -> list[tuple[bytes, bytes]]:
        """Count one call; headers that tell where the caller stands. Raises `RateLimited`.

        `is_proxied`: a service told the address of whom it asks for, so that its one key is many people's.
        """
        path, method = scope["path"], scope["method"]
        if path.startswith(_UNLIMITED) or method == "OPTIONS" or self._store_away_until > time.monotonic():
            return []
        try:
            return self._count(scope, address, path, method, is_proxied=is_proxied)
        except StorageError as error:  # a horde that serves without limits beats one that does not serve
            log.warning("rate_limits.store_away", reason=type(error.storage_error).__name__)
            self._store_away_until = time.monotonic() + _STORE_AWAY_S
            return []

    def _count(
        self, scope: Scope, address: str, path: str, method: str, *, is_proxied: bool
    ) -> list[tuple[bytes, bytes]]:
        client = household(address)
        is_listed = self._trusted.get(client, 0.0) > time.monotonic() or address in self._whitelist
        items = self._items_for(method, path)[1 if is_listed else 0]
        counted = _COUNTED_TOGETHER if path.startswith(_COUNTED_TOGETHER) else path
        tightest = self._hit(items, (client, method, counted))  # first: what is refused here counts for no key
        if path in self._per_key:
            key = next((value for name, value in scope["headers"] if name == b"apikey"), b"")
            if key:
                raised = is_listed or is_proxied or key == _ANONYMOUS_KEY
                if key == _ANONYMOUS_KEY and (network := site(address)) != client:
                    self._hit(self._anonymous_share, (network, method, path))
                self._hit(self._per_key[path][raised], (key[:64].decode("latin-1"), method, path))
        limit, remaining, reset_s = tightest
        return [
            (b"x-ratelimit-limit", str(limit).encode()),
            (b"x-ratelimit-remaining", str(remaining).encode()),
            (b"x-ratelimit-reset", str(round(reset_s)).encode()),
            (b"retry-after", str(max(round(reset_s - time.time()), 0)).encode()),
        ]

    def trust(self, address: str) -> None:
        """Raise the limits of an address for a day: the trusted and services ask from there (basics.md §7.5)."""
        client = household(address)
        if len(self._trusted) >= _TRUSTED_MOST:
            self._trusted.pop(next(iter(self._trusted)))
        self._trusted.pop(client, None)
        self._trusted[client] = time.monotonic() + _TRUSTED_S

    def _items_for(self, method: str, path: str) -> tuple[list[RateLimitItem], list[RateLimitItem]]:
        for wanted, prefix, plain, raised in self._rules:
            if path.startswith(prefix) and wanted in ("", method):
                return plain, raised
        if path.startswith(_STYLE_PREFIXES):
            for wanted, pattern, plain, raised in self._style_rules:
                if wanted in ("", method) and pattern.match(path):
                    return plain, raised
        return self._default

    def _hit(self, items: list[RateLimitItem], key: tuple[str, ...]) -> tuple[int, int, float]:
        tightest: tuple[int, int, float] | None = None
        for item in items:
            passed = self._limiter.hit(item, *key)
            window = self._limiter.get_window_stats(item, *key)
            if not passed:
                refusal = RateLimited(str(item))
                refusal.headers = {
                    "X-RateLimit-Limit": str(item.amount),
                    "X-RateLimit-Remaining": "0",
                    "X-RateLimit-Reset": str(round(window.reset_time)),
                    "Retry-After": str(max(round(window.reset_time - time.time()), 1)),
                }
                raise refusal
            if tightest is None or window.remaining < tightest[1]:
                tightest = (item.amount, window.remaining, window.reset_time)
        assert tightest is not None  # every rule has a window
        return tightest


class RateLimitStoreUnusable(RuntimeError):
    """The store of the rate limits cannot be opened; the message says why."""


def _open_store(url: str | None) -> Storage:
    if url is None:
        return MemoryStorage()
    options = {"socket_timeout": _STORE_TIMEOUT_S, "socket_connect_timeout": _STORE_TIMEOUT_S}
    try:
        store = storage_from_string(url, wrap_exceptions=True, **(options if url.startswith("redis") else {}))
    except ConfigurationError as error:
        raise RateLimitStoreUnusable(f"HORDE_RATE_LIMIT_STORAGE cannot be used: {error}") from error
    if not isinstance(store, Storage):
        raise RateLimitStoreUnusable("HORDE_RATE_LIMIT_STORAGE: name the store without async+.")
    return store


def _items(windows: tuple[str, ...], share: int) -> list[RateLimitItem]:
    items = []
    for window in windows:
        item = parse(window)
        item.amount = max(item.amount // share, 1)
        items.append(item)
    return items


def rate_limits(settings: Settings) -> RateLimits | None:
    """The limits, or None where they are turned off: then they cost nothing."""
    return RateLimits(settings) if settings.limits_enabled else None
