"""The answers of `/v1/messages`: as it is written, or at once (gateway-anthropic.md §3, §4)."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any, Final

from starlette.responses import Response

from horde_server.gateway.anthropic.dialect import encode
from horde_server.gateway.anthropic.events import PING, MessageEvents, failed, usage
from horde_server.gateway.chats.ordered import OrderedText
from horde_server.gateway.common.calls import Calls
from horde_server.gateway.common.finish import FinishReason
from horde_server.gateway.common.life import Running
from horde_server.gateway.common.model_names import ANY_TEXT
from horde_server.gateway.common.said import Said
from horde_server.gateway.common.streaming import StreamAnswer, restarted
from horde_server.gateway.common.text_run import Ended
from horde_server.gateway.common.tokens import tokens
from horde_server.http.body import json_response
from horde_server.requests.following import Restarted
from horde_server.requests.text.order import TextOrder

_STOP_REASONS: Final = {
    FinishReason.STOP: "end_turn",
    FinishReason.LENGTH: "max_tokens",
    FinishReason.TOOL_CALLS: "tool_use",
    FinishReason.CONTENT_FILTER: "refusal",
}


class Answer:
    """One answer on its way."""

    def __init__(self, chat: OrderedText, running: Running[TextOrder], *, keeps_alive: bool) -> None:
        self._chat = chat
        self._running = running
        self._keeps_alive = keeps_alive
        self._run = chat.run(running)

    def stream(self, headers: Mapping[str, str]) -> Response:
        """Event by event."""
        return StreamAnswer(self._events(), running=self._running, failed=failed, headers=headers)

    async def whole(self, headers: Mapping[str, str]) -> Response:
        """All of it at once. Raises what `Running.happenings` raises."""
        text, calls = "", Calls()
        try:
            async with aclosing(self._run.said(as_it_comes=False)) as pieces:
                async for said in pieces:
                    if isinstance(said, Said):
                        text += said.content
                        calls.feed(said.calls)
        finally:
            await self._running.leave()
        blocks: list[dict[str, Any]] = [
            {"type": "tool_use", "id": call.id, "name": call.name, "input": call.input} for call in calls
        ]
        if text or not blocks:
            blocks.insert(0, {"type": "text", "text": text})
        ended = self._run.ended()
        told = self._message(ended.model, usage(ended.prompt_tokens, ended.tokens))
        reason, stop = self._stop(ended)
        stopped = {"stop_reason": reason, "stop_sequence": stop}
        response = json_response(encode({**told, "content": blocks, **stopped}))
        response.headers.update(headers)
        return response

    async def _events(self) -> AsyncGenerator[bytes, None]:
        chat = self._chat
        prompt_tokens = tokens(chat.order.prompt)
        events = MessageEvents(self._message(None, usage(prompt_tokens, 1)), begins_with_text=not chat.has_tools)
        yield events.begin()
        async with aclosing(self._run.said(as_it_comes=True)) as pieces:
            async for said in pieces:
                match said:
                    case Said():
                        yield events.said(said)
                    case Restarted() if self._keeps_alive:
                        yield restarted(said.reason)
                    case None if self._keeps_alive:
                        yield PING
        ended = self._run.ended()
        yield events.end(*self._stop(ended), usage(ended.prompt_tokens, ended.tokens))

    def _stop(self, ended: Ended) -> tuple[str, str | None]:
        """Why it ended, and by which of the client's own stop strings."""
        if ended.stopped_by is not None and ended.stopped_by in self._chat.own_stops:
            return "stop_sequence", ended.stopped_by
        return _STOP_REASONS[ended.reason], None

    def _message(self, model: str | None, told_usage: dict[str, int]) -> dict[str, Any]:
        """As far as it is known before its end."""
        return {
            "id": f"msg_{self._running.id.hex}",
            "type": "message",
            "role": "assistant",
            "model": model or self._chat.resolved.name or ANY_TEXT,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": told_usage,
        }
