"""A conversation in a pop's answer, for workers that take messages (capabilities.md §3)."""

from __future__ import annotations

from typing import Any

from horde_server.dispatch.capabilities import BackendBit
from horde_server.dispatch.dispatcher import HandOut
from horde_server.requests.pictures.source_links import SourceLinks
from horde_server.requests.text.chat import Chat
from horde_server.requests.text.order import TextOrder
from horde_server.workers.directory import OnlineWorker


class HandedChats:
    """Gives workers the conversations of the jobs they got."""

    def __init__(self, links: SourceLinks) -> None:
        self._links = links

    async def of(self, hand_out: HandOut[TextOrder], worker: OnlineWorker, base_url: str) -> dict[str, Any]:
        """The keys that `payload` has beside those of every worker, for one that streams or takes messages."""
        order = hand_out.order
        found: dict[str, Any] = {}
        if order.seed is not None:
            found["seed"] = order.seed
        chat = order.chat
        if chat is None or not worker.offer.can & BackendBit.CHAT:
            return found
        if order.sources is not None:  # only for who sees: a picture is a need
            images = [
                await self._links.link(key, ttl_s=hand_out.ttl_s, base_url=base_url) for key in order.sources.keys
            ]
            chat = chat.with_pictures(images)
            found["images"] = images
        if hand_out.resume_text:
            chat = chat.begun_with(hand_out.resume_text)
        return found | _asked_of_the_answer(chat)


def _asked_of_the_answer(chat: Chat) -> dict[str, Any]:
    found: dict[str, Any] = {"messages": chat.messages}
    if chat.continues:
        found["continue"] = True
    if chat.tools:
        found["tools"] = chat.tools
        if chat.tool_choice is not None:
            found["tool_choice"] = chat.tool_choice
        if chat.parallel_tool_calls is not None:
            found["parallel_tool_calls"] = chat.parallel_tool_calls
    if chat.json_object:
        found["response_format"] = {"type": "json_object"}
    if chat.json_schema is not None:
        found["json_schema"] = chat.json_schema
    if chat.logprobs is not None:
        found["logprobs"] = chat.logprobs
    return found
