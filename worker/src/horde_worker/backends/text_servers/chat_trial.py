"""What a server does with messages, tried out: a horde hands jobs to whoever says so, and the requester pays for it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any, Final, TypeAlias

from horde_worker.backends.events import BackendFailure
from horde_worker.backends.text import ChatAbilities, Conversation
from horde_worker.backends.text_servers.chat import Answered, ChatEnding, Said, WholeMessage

TRIAL_TOKENS: Final = 256
TRIAL_LIMIT_S: Final = 60.0
"""For each of them: models that think take a while for little."""
_SCHEMA: Final = {
    "type": "object",
    "properties": {"raining": {"type": "boolean"}},
    "required": ["raining"],
    "additionalProperties": False,
}
_TOOL: Final = {
    "type": "function",
    "function": {"name": "report_weather", "description": "Tell whether it rains.", "parameters": _SCHEMA},
}
_ASKED: Final = ({"role": "user", "content": "It rains cats and dogs. Report the weather."},)
_NAMED: Final = {"type": "function", "function": {"name": "report_weather"}}
PICTURE: Final = (
    "data:image/png;base64,"
    "iVBORw0KGgoAAAANSUhEUgAAACAAAAAgCAIAAAD8GO2jAAAAKklEQVR42u3NMQEAAAQAMKTRP4VYSvBtBZbTHZ8qngkEAoFAIBAI"
    "BIIrC9JiAVggSmjwAAAAAElFTkSuQmCC"
)
"""A red square."""
Trial: TypeAlias = Callable[[Conversation, int], AsyncGenerator[Answered, None]]
"""Puts a conversation to the server, for an answer of so many tokens at most."""


async def chats(ask: Trial) -> bool:
    """Whether it answers messages at all."""
    return await _tried(ask, Conversation(({"role": "user", "content": "Say hello."},)), 8) is not None


async def calls_functions(ask: Trial) -> bool:
    """Whether a call comes back as one, with arguments that fit."""
    for choice in ("required", _NAMED):
        answer = await _tried(ask, Conversation(_ASKED, tools=(_TOOL,), tool_choice=choice))
        if answer is None:
            continue
        functions = [call["function"] for call in answer.calls]
        if functions and functions[0]["name"] == "report_weather" and _fits(functions[0]["arguments"]):
            return True
    return False


async def keeps_to_schemas(ask: Trial) -> bool:
    """Whether an answer is bound to a JSON schema."""
    answer = await _tried(ask, Conversation(_ASKED, json_schema=_SCHEMA))
    return answer is not None and _fits(answer.content)


async def tells_likelihoods(ask: Trial) -> bool:
    """Whether it says how likely tokens were, and others in their place."""
    answer = await _tried(ask, Conversation(_ASKED, logprobs=2), 4)
    found = answer.logprobs() if answer is not None else None
    return bool(found and isinstance(found["content"][0], dict) and found["content"][0].get("top_logprobs"))


async def sees(ask: Trial) -> bool:
    """Whether it takes a picture: programs that refuse those which their model does not see say so."""
    parts: list[dict[str, Any]] = [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": PICTURE}},
    ]
    return await _tried(ask, Conversation(({"role": "user", "content": parts},), has_pictures=True), 8) is not None


async def tried(ask: Trial, *, vision: bool) -> ChatAbilities | None:
    """All of it but for pictures; None for a server that answers no messages."""
    if not await chats(ask):
        return None
    return ChatAbilities(
        vision=vision,
        grammar=await keeps_to_schemas(ask),
        tools=await calls_functions(ask),
        logprobs=await tells_likelihoods(ask),
    )


async def _tried(ask: Trial, conversation: Conversation, tokens: int = TRIAL_TOKENS) -> WholeMessage | None:
    """The answer; None where there is none."""
    answer = WholeMessage()
    try:
        async with asyncio.timeout(TRIAL_LIMIT_S), aclosing(ask(conversation, tokens)) as answered:
            async for event in answered:
                if isinstance(event, Said):
                    answer.add(event)
                elif isinstance(event, ChatEnding):
                    return answer
    except (BackendFailure, TimeoutError):
        return None
    return None


def _fits(text: str) -> bool:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and isinstance(found.get("raining"), bool)
