"""The answers of `/api/chat` and `/api/generate`: as it is written, or at once (gateway-ollama.md §3)."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any

from starlette.responses import Response

from horde_server.gateway.chats.ordered import OrderedText
from horde_server.gateway.common.life import Running
from horde_server.gateway.common.said import Said
from horde_server.gateway.common.streaming import NDJSON, StreamAnswer
from horde_server.gateway.ollama.dialect import encode, error_object
from horde_server.gateway.ollama.lines import Lines, figures, line
from horde_server.gateway.ollama.orders import Wish
from horde_server.gateway.ollama.worker_told import logprobs, tool_calls
from horde_server.http.body import json_response
from horde_server.http.dialects import Refusal
from horde_server.requests.text.order import TextOrder


def loaded(wish: Wish, lines: Lines) -> Response:
    """What is answered where nothing was asked: the model is there, or is let go. No request is made of it."""
    told = encode(lines.last("unload" if wish.unloads else "load", {}))
    return Response(told + b"\n", media_type=NDJSON) if wish.streams else json_response(told)


class Answer:
    """One answer on its way."""

    def __init__(
        self, text: OrderedText, lines: Lines, running: Running[TextOrder], *, thinks: bool, keeps_alive: bool
    ) -> None:
        """`thinks`: the client would see the thought."""
        self._lines = lines
        self._running = running
        self._thinks = thinks
        self._keeps_alive = keeps_alive
        self._run = text.run(running, json_alone=True)

    def stream(self, headers: Mapping[str, str]) -> Response:
        """A line for each piece."""
        return StreamAnswer(
            self._lines_as_they_come(), running=self._running, failed=_failed, media_type=NDJSON, headers=headers
        )

    async def whole(self, headers: Mapping[str, str]) -> Response:
        """All of it at once. Raises what `Running.happenings` raises."""
        text, thought = "", ""
        try:
            async with aclosing(self._run.said(as_it_comes=False)) as pieces:
                async for said in pieces:
                    if isinstance(said, Said):
                        text, thought = text + said.content, thought + said.reasoning
        finally:
            await self._running.leave()
        calls = tool_calls(self._run.ended().told)
        last = self._last(text=text, thinking=thought if self._thinks else "", calls=calls)
        response = json_response(encode(last))
        response.headers.update(headers)
        return response

    async def _lines_as_they_come(self) -> AsyncGenerator[bytes, None]:
        async with aclosing(self._run.said(as_it_comes=True)) as pieces:
            async for said in pieces:
                match said:
                    case Said(reasoning, content):
                        thought = reasoning if self._thinks else ""
                        if content or thought:
                            yield line(self._lines.piece(content, thinking=thought))
                    case None if self._keeps_alive:
                        yield line(self._lines.piece(""))
        if calls := tool_calls(self._run.ended().told):
            yield line(self._lines.piece("", tool_calls=calls))
        yield line(self._last())

    def _last(self, *, text: str = "", thinking: str = "", calls: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
        ended = self._run.ended()
        told = figures(self._run.moments, time.monotonic_ns(), prompt_tokens=ended.prompt_tokens, tokens=ended.tokens)
        return self._lines.last(
            "length" if ended.is_short else "stop", told, text=text, thinking=thinking, tool_calls=calls,
            logprobs=logprobs(ended.told),
        )  # fmt: skip


def _failed(refusal: Refusal) -> bytes:
    return line(error_object(refusal))
