"""What work earns at a horde, by its own prices: a dry run of a usual request says what the requester would pay.

Honest means: kudos for one job. How many jobs there are in an hour depends on the machine, which `horde worker
benchmark` measures, and on who asks, which nobody knows.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

import aiohttp

from horde_worker.discovery.found import Found

LIMIT_S: Final = 10.0
ANSWER_LIMIT_BYTES: Final = 64 * 1024

_PICTURE: Final = {"steps": 30, "width": 512, "height": 512, "sampler_name": "k_euler", "karras": True, "n": 1}
_TEXT: Final = {"max_length": 200, "max_context_length": 1024, "n": 1}
_REQUEST_TAX: Final = {"image": 4.0, "text": 0.0}
"""What the requester pays besides the worker's reward: once for the request, once for the job."""
_SHARE: Final = {"image": 1.0, "text": 0.8}
"""Of the rest, what the worker gets: texts are estimated higher than they are paid (docs/prices.md)."""
_BASE_MODEL: Final = "Deliberate"
"""Of Stable Diffusion 1.5, and known everywhere; larger ones earn a multiple."""
_LAST_KNOWN: Final = {"image": 7.0, "text": 45.8}
"""For the same, at the time of writing."""
WHAT: Final = {
    "image": "a picture of 512×512 in 30 steps",
    "text": "200 tokens after a prompt of 1024, by a model of 13 billions; others in proportion",
}


@dataclass(frozen=True, slots=True)
class Earning:
    """Kudos for one usual job."""

    kind: str
    kudos: float
    is_asked: bool  # of the horde, just now; else it is what was last known

    def in_words(self) -> str:
        """One line."""
        source = "by the prices of this horde" if self.is_asked else "the horde could not be asked; last known"
        return f"about {self.kudos:.1f} kudos for {WHAT[self.kind]} ({source})"


async def earnings(horde: str, key: str, found: Found) -> Earning:
    """What one usual job by this program earns."""
    price = await _dry_run(horde, key, found)
    if price is None:
        return Earning(found.kind, _LAST_KNOWN[found.kind], is_asked=False)
    reward = max(price - _REQUEST_TAX[found.kind], 0.1) * _SHARE[found.kind]
    return Earning(found.kind, reward, is_asked=True)


async def _dry_run(horde: str, key: str, found: Found) -> float | None:
    path = "generate/async" if found.kind == "image" else "generate/text/async"
    body: dict[str, Any] = {
        "prompt": "a usual request",
        "params": _PICTURE if found.kind == "image" else _TEXT,
        "dry_run": True,
    }
    if found.kind == "image":
        body["models"] = [_BASE_MODEL]
    timeout = aiohttp.ClientTimeout(total=LIMIT_S)
    try:
        async with (
            aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), trust_env=True) as session,
            session.post(
                f"{horde}/api/v2/{path}", json=body, headers={"apikey": key}, timeout=timeout, allow_redirects=False
            ) as answer,
        ):
            raw = await answer.content.read(ANSWER_LIMIT_BYTES)
            kudos = json.loads(raw).get("kudos") if answer.status in (200, 202) else None
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError, AttributeError, RecursionError):
        return None
    return float(kudos) if isinstance(kudos, int | float) and 0 < kudos < 1e6 else None
