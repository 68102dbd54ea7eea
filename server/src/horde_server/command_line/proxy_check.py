"""Whether there is a proxy in front of the running horde that it does not trust."""

from __future__ import annotations

import json
import urllib.request
from collections import Counter

from horde_server.settings import Settings

_MOST_ASKED = 32
_ANSWER_LIMIT_S = 5


def proxy_in_front(settings: Settings) -> tuple[bool, str, str]:
    """Whether all is well, what was seen, and what to do. Each server process knows what it saw itself."""
    url = f"http://{_bracketed(settings.host)}:{settings.port}/proxyz"
    peers: Counter[str] = Counter()
    strangers = 0
    try:
        for _ in range(min(4 * settings.processes, _MOST_ASKED) if settings.processes > 1 else 1):
            with urllib.request.urlopen(url, timeout=_ANSWER_LIMIT_S) as answer:
                seen = json.load(answer)
            peers |= Counter(seen["untrusted_peers"])
            strangers = max(strangers, seen["strangers_headers"])
    except (OSError, ValueError, KeyError, TypeError):
        return True, "not looked at (no horde of this version answers)", ""
    trusted = ", ".join(map(str, settings.trusted_proxies)) or "none"
    if peers:
        wanted = ",".join([*map(str, settings.trusted_proxies), *sorted(peers)])
        return (
            False,
            f"requests came through {', '.join(sorted(peers))}, not trusted: everybody behind it counts as one",
            f"If that is your proxy: HORDE_TRUSTED_PROXIES={wanted} (docs/behind-a-proxy.md).",
        )
    if strangers:
        return (
            True,
            f"trusted: {trusted}; {strangers} requests from public addresses said that they forward, and were not "
            "believed (somebody tries, or a service in front is not in HORDE_TRUSTED_PROXIES)",
            "",
        )
    return True, f"trusted: {trusted}; no other was seen", ""


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
