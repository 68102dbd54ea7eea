"""Generating: a stream of tokens, or all of it at once (gateway-kobold.md §3)."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, aclosing
from typing import Final

from starlette.responses import Response

from horde_server.gateway.common.beside import Beside
from horde_server.gateway.common.errors import Expired, RequestGone
from horde_server.gateway.common.finish import FinishReason
from horde_server.gateway.common.life import Running
from horde_server.gateway.common.raw_text import RawText
from horde_server.gateway.common.said import Said
from horde_server.gateway.common.streaming import KEEPALIVE_COMMENT, StreamAnswer
from horde_server.gateway.common.text_run import TextRun
from horde_server.gateway.kobold.events import Result, failure, results, token
from horde_server.gateway.kobold.runs import Run, Runs
from horde_server.gateway.kobold.wishes import Wish
from horde_server.http.body import json_response
from horde_server.http.dialects import Refusal
from horde_server.requests.following import Restarted
from horde_server.requests.text.order import TextOrder

_NS: Final = 1e9


class Answer:
    """One call on its way."""

    def __init__(self, wish: Wish, running: Running[TextOrder], runs: Runs, *, keeps_alive: bool) -> None:
        self._wish = wish
        self._order = wish.order
        self._running = running
        self._runs = runs
        self._keeps_alive = keeps_alive
        stops = self._order.sampling.stop_sequence or ()
        self._stops = stops if wish.trims_stop else ()
        self._run = TextRun(running, self._order, RawText(self._stops))

    def stream(self, headers: Mapping[str, str]) -> Response:
        """An event for each piece."""
        return StreamAnswer(self._events(), running=self._running, failed=_failed, headers=headers)

    async def whole(self, headers: Mapping[str, str]) -> Response:
        """All of it; as much as there is when somebody stops it. Raises what `Running.happenings` raises."""
        try:
            with self._runs.run(self._running.id) as run:
                async with aclosing(self._pieces(run, as_it_comes=self._order.n == 1)) as pieces:
                    async for _ in pieces:
                        pass
                found = [self._result(run)] if self._order.n == 1 else await self._all(run)
        finally:
            await self._running.leave()
        response = json_response(results(found))
        response.headers.update(headers)
        return response

    async def _events(self) -> AsyncGenerator[bytes, None]:
        with self._runs.run(self._running.id) as run:
            async with aclosing(self._pieces(run, as_it_comes=True)) as pieces:
                async for said in pieces:
                    if said is None:
                        if self._keeps_alive:
                            yield KEEPALIVE_COMMENT
                    elif said.content:
                        yield token(said.content)
            yield token("", self._result(run).finish_reason)

    async def _pieces(self, run: Run, *, as_it_comes: bool) -> AsyncGenerator[Said | None, None]:
        async with AsyncExitStack() as stack:
            said = await stack.enter_async_context(aclosing(self._run.said(as_it_comes=as_it_comes)))
            pieces = await stack.enter_async_context(aclosing(run.until_stopped(said)))
            try:
                async for piece in pieces:
                    if isinstance(piece, Restarted):
                        continue
                    if piece is not None:
                        run.text += piece.content
                    yield piece
            except Expired:
                raise
            except RequestGone:  # it was stopped through another node
                run.stop()

    def _result(self, run: Run) -> Result:
        ended = self._run.ended()
        self._note(1, ended.tokens)
        return _made(
            run.text,
            FinishReason.STOP if run.is_stopped else ended.reason,
            prompt_tokens=ended.prompt_tokens,
            tokens=ended.tokens,
        )

    async def _all(self, run: Run) -> list[Result]:
        """Several texts of one prompt."""
        found = []
        for made in (await self._running.delivered()).generations:
            reader, beside = RawText(self._stops), Beside(made)
            text = reader.feed(made.result).content + reader.end().content
            found.append(
                _made(
                    text,
                    beside.reason(made.result, self._order, stopped=reader.stopped_by is not None),
                    prompt_tokens=beside.prompt_tokens(self._order),
                    tokens=beside.tokens(made.result),
                )
            )
        self._note(len(found), sum(each.completion_tokens for each in found))
        if run.is_stopped and not found:
            return [_made("", FinishReason.STOP, prompt_tokens=0, tokens=0)]
        return found

    def _note(self, texts: int, tokens: int) -> None:
        moments, now = self._run.moments, time.monotonic_ns()
        first = moments.first_ns or now
        self._runs.note(
            texts=texts,
            tokens=tokens,
            waited_s=(first - moments.asked_ns) / _NS,
            wrote_s=(now - first) / _NS,
        )


def _made(text: str, reason: FinishReason, *, prompt_tokens: int, tokens: int) -> Result:
    return Result(
        text=text,
        finish_reason=reason if reason is FinishReason.LENGTH else FinishReason.STOP,
        prompt_tokens=prompt_tokens,
        completion_tokens=tokens,
    )


def _failed(refusal: Refusal) -> bytes:
    return failure(refusal.message)
