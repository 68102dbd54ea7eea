"""The answers of `/v1/responses`: as it is written, or at once (gateway-responses.md §2, §3)."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any, Final

from starlette.responses import Response

from horde_server.gateway.chats.ordered import OrderedText
from horde_server.gateway.common.body import Body
from horde_server.gateway.common.errors import BadField
from horde_server.gateway.common.finish import FinishReason
from horde_server.gateway.common.life import Running
from horde_server.gateway.common.model_names import ANY_TEXT
from horde_server.gateway.common.said import Said
from horde_server.gateway.common.streaming import KEEPALIVE_COMMENT, StreamAnswer, restarted
from horde_server.gateway.common.text_run import Ended
from horde_server.gateway.common.told import horde_object
from horde_server.gateway.openai.dialect import encode
from horde_server.gateway.openai.responses.output import Event, Output
from horde_server.http.body import json_response
from horde_server.http.dialects import Refusal
from horde_server.requests.following import Restarted
from horde_server.requests.text.order import TextOrder

MOST_METADATA: Final = 16
_MOST_METADATA_CHARACTERS: Final = 512
_INCOMPLETE: Final = {
    FinishReason.LENGTH: "max_output_tokens",
    FinishReason.CONTENT_FILTER: "content_filter",
}


class ResponseAnswer:
    """One answer on its way."""

    def __init__(
        self, chat: OrderedText, running: Running[TextOrder], echoed: Mapping[str, Any], *, keeps_alive: bool
    ) -> None:
        """`echoed`: what of the body stands in the answer too (`echo`)."""
        self._chat = chat
        self._running = running
        self._echoed = echoed
        self._keeps_alive = keeps_alive
        self._run = chat.run(running)
        self._output = Output(running.id.hex)
        self._created_at = int(time.time())
        self._number = 0

    def stream(self, headers: Mapping[str, str]) -> Response:
        """Event by event."""
        return StreamAnswer(self._events(), running=self._running, failed=self._failed, headers=headers)

    async def whole(self, headers: Mapping[str, str]) -> Response:
        """All of it at once. Raises what `Running.happenings` raises."""
        try:
            async with aclosing(self._run.said(as_it_comes=False)) as pieces:
                async for said in pieces:
                    if isinstance(said, Said):
                        self._output.said(said)
        finally:
            await self._running.leave()
        self._ended()
        response = json_response(encode(self._finished(self._run.ended())))
        response.headers.update(headers)
        return response

    async def _events(self) -> AsyncGenerator[bytes, None]:
        begun = self._response("in_progress")
        yield self._told([{"type": f"response.{kind}", "response": begun} for kind in ("created", "in_progress")])
        if not self._chat.has_tools:
            yield self._told(self._output.begin_message())
        async with aclosing(self._run.said(as_it_comes=True)) as pieces:
            async for said in pieces:
                match said:
                    case Said():
                        yield self._told(self._output.said(said))
                    case Restarted() if self._keeps_alive:
                        yield restarted(said.reason)
                    case None if self._keeps_alive:
                        yield KEEPALIVE_COMMENT
        yield self._told(self._ended())
        response = self._finished(self._run.ended())
        yield self._told([{"type": f"response.{response['status']}", "response": response}])

    def _failed(self, refusal: Refusal) -> bytes:
        """How a stream that has begun tells of a failure."""
        told = self._output.close("incomplete")
        error = {"code": refusal.code or "server_error", "message": refusal.message}
        response = self._response("failed", error=error)
        return self._told([*told, {"type": "response.failed", "response": response}])

    def _ended(self) -> list[Event]:
        """No more comes."""
        events = [] if self._output.items else self._output.begin_message()
        reason = self._run.ended().reason
        return [*events, *self._output.close("incomplete" if reason in _INCOMPLETE else "completed")]

    def _finished(self, ended: Ended) -> dict[str, Any]:
        why = _INCOMPLETE.get(ended.reason)
        return self._response(
            "incomplete" if why else "completed",
            completed_at=None if why else int(time.time()),
            incomplete_details={"reason": why} if why else None,
            model=ended.model or self._model,
            usage=_usage(ended),
            horde=horde_object(self._running, self._run.progress, self._run.made),
        )

    def _response(self, status: str, **told: Any) -> dict[str, Any]:
        """The whole object, as far as it is known; every key that clients look for is there."""
        return {
            "id": f"resp_{self._running.id.hex}",
            "object": "response",
            "created_at": self._created_at,
            "completed_at": None,
            "status": status,
            "background": False,
            "error": None,
            "incomplete_details": None,
            "model": self._model,
            "output": self._output.items,
            "previous_response_id": None,
            "reasoning": {"effort": None, "summary": None},
            "store": False,
            "truncation": "disabled",
            "usage": None,
            **self._echoed,
            **told,
        }

    @property
    def _model(self) -> str:
        return self._chat.resolved.name or ANY_TEXT

    def _told(self, events: list[Event]) -> bytes:
        """As bytes, numbered without gaps."""
        told = b""
        for event in events:
            numbered = {"type": event["type"], "sequence_number": self._number, **event}
            told += b"event: " + event["type"].encode() + b"\ndata: " + encode(numbered) + b"\n\n"
            self._number += 1
        return told


def echo(body: Body) -> dict[str, Any]:
    """What of a body stands in its answer too. Raises `BadField`."""
    wished = body.object("text").get("format")
    choice = body.get("tool_choice")
    return {
        "instructions": body.text("instructions") or None,
        "max_output_tokens": body.integer("max_output_tokens", least=1, most=2**31),
        "metadata": _metadata(body),
        "parallel_tool_calls": body.flag("parallel_tool_calls", default=True),
        "temperature": body.number("temperature", least=0.0, most=5.0, default=1.0),
        "text": {"format": wished if isinstance(wished, dict) else {"type": "text"}},
        "tool_choice": choice if isinstance(choice, str | dict) else "auto",
        "tools": body.items("tools", most=128),
        "top_p": body.number("top_p", least=0.0, most=1.0, default=1.0),
        "user": body.text("user", most=_MOST_METADATA_CHARACTERS) or None,
    }


def _metadata(body: Body) -> dict[str, str]:
    sent = body.object("metadata")
    found = {name: sent.text(name, most=_MOST_METADATA_CHARACTERS) for name in sent}
    if len(found) > MOST_METADATA:
        raise BadField("metadata", f"metadata has more than {MOST_METADATA} entries: send less.")
    return found


def _usage(ended: Ended) -> dict[str, Any]:
    return {
        "input_tokens": ended.prompt_tokens,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": ended.tokens,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": ended.prompt_tokens + ended.tokens,
    }
