"""Which program asks, as it says itself (generation.md §1.2)."""

from __future__ import annotations

from fastapi import Request

from horde_server.errors import InvalidPayload

UNKNOWN_AGENT = "unknown:0:unknown"
_MOST_CHARACTERS = 1000


def client_agent_of(request: Request) -> str:
    """The `Client-Agent` header. Raises `InvalidPayload` when it is too long to keep."""
    agent = request.headers.get("client-agent", UNKNOWN_AGENT)
    if len(agent) > _MOST_CHARACTERS:
        raise InvalidPayload({"Client-Agent": f"at most {_MOST_CHARACTERS} characters"})
    return agent.replace("\0", "")
