"""Which program asks, as it says itself (basics.md §2.3)."""

from __future__ import annotations

from starlette.types import Scope

from horde_server.errors import InvalidPayload

UNKNOWN_AGENT = "unknown:0:unknown"
_UNKNOWN = UNKNOWN_AGENT.encode()
MOST_AGENT_CHARACTERS = 1000


def names_no_program(scope: Scope) -> bool:
    """Whether who asks does not say with which program."""
    return next((value for name, value in scope["headers"] if name == b"client-agent"), _UNKNOWN) == _UNKNOWN


def client_agent(told: str) -> str:
    """The program as it is kept. Raises `InvalidPayload` when it is too long for that."""
    if len(told) > MOST_AGENT_CHARACTERS:
        raise InvalidPayload({"Client-Agent": f"must have at most {MOST_AGENT_CHARACTERS} characters"})
    return told.replace("\0", "")
