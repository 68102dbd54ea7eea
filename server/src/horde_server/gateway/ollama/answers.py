"""The answers of `/api/chat` and `/api/generate`: as it is written, or at once (gateway-ollama.md §3)."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any

from starlette.responses import Response

from horde_server.gateway.common.finish import FinishReason
from horde_server.gateway.common.json_object import JsonObjectCut
from horde_server.gateway.common.life import Running
from horde_server.gateway.common.shortened import Shortened
from horde_server.gateway.common.streaming import NDJSON, StreamAnswer
from horde_server.gateway.common.text_run import TextRun
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

    def __init__(self, wish: Wish, lines: Lines, running: Running[TextOrder], *, keeps_alive: bool) -> None:
        assert wish.order is not None
        self._wish = wish
        self._lines = lines
        self._running = running
        self._keeps_alive = keeps_alive
        self._run = TextRun(running, wish.order, wish.reader(), time.monotonic_ns)
        self._shown = _Shown(JsonObjectCut() if wish.is_json else None, wish.most_characters)

    def stream(self, headers: Mapping[str, str]) -> Response:
        """A line for each piece."""
        return StreamAnswer(
            self._lines_as_they_come(), running=self._running, failed=_failed, media_type=NDJSON, headers=headers
        )

    async def whole(self, headers: Mapping[str, str]) -> Response:
        """All of it at once. Raises what `Running.happenings` raises."""
        try:
            text, thought = "", ""
            async with aclosing(self._run.said(as_it_comes=False)) as pieces:  # type: ignore[type-var] # it is a generator
                async for said in pieces:
                    if said is not None:
                        text, thought = text + self._shown.feed(said.content), thought + said.reasoning
            text += self._shown.end()
            calls = tool_calls(self._run.ended().told)
            thought = thought if self._wish.thinks else ""
            response = json_response(encode(self._last(text=text, thinking=thought, calls=calls)))
        finally:
            await self._running.leave()
        response.headers.update(headers)
        return response

    async def _lines_as_they_come(self) -> AsyncGenerator[bytes, None]:
        async with aclosing(self._run.said(as_it_comes=True)) as pieces:  # type: ignore[type-var] # it is a generator
            async for said in pieces:
                if said is None:
                    if self._keeps_alive:
                        yield line(self._lines.piece(""))
                    continue
                text, thought = self._shown.feed(said.content), said.reasoning if self._wish.thinks else ""
                if text or thought:
                    yield line(self._lines.piece(text, thinking=thought))
        if rest := self._shown.end():
            yield line(self._lines.piece(rest))
        if calls := tool_calls(self._run.ended().told):
            yield line(self._lines.piece("", tool_calls=calls))
        yield line(self._last())

    def _last(self, *, text: str = "", thinking: str = "", calls: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
        ended = self._run.ended()
        is_cut = ended.reason is FinishReason.LENGTH or self._shown.is_cut
        told = figures(self._run.moments, time.monotonic_ns(), prompt_tokens=ended.prompt_tokens, tokens=ended.tokens)
        return self._lines.last(
            "length" if is_cut else "stop", told, text=text, thinking=thinking, tool_calls=calls,
            logprobs=logprobs(ended.told),
        )  # fmt: skip


class _Shown:
    """What of a text is shown: the JSON object alone where one was asked for, and no more than was wished for."""

    def __init__(self, cut: JsonObjectCut | None, most_characters: int | None) -> None:
        self._cut = cut
        self._short = Shortened(most_characters)

    @property
    def is_cut(self) -> bool:
        """Whether there was more."""
        return self._short.is_cut

    def feed(self, text: str) -> str:
        return self._short.feed(text if self._cut is None else self._cut.feed(text))

    def end(self) -> str:
        return "" if self._cut is None else self._short.feed(self._cut.end())


def _failed(refusal: Refusal) -> bytes:
    return line(error_object(refusal))
