"""Texts as OpenAI's API answers them: whole, or as a stream of chunks (gateway.md §2.2, §2.3)."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import Any, Final

from horde_server.dispatch.ids import RequestId
from horde_server.gateway.chats.ordered import OrderedText
from horde_server.gateway.common.beside import Beside
from horde_server.gateway.common.life import TEXTS, Running, Served
from horde_server.gateway.common.said import Said
from horde_server.gateway.common.streaming import KEEPALIVE_COMMENT
from horde_server.gateway.common.told import horde_object
from horde_server.gateway.openai.choice import Choice
from horde_server.gateway.openai.dialect import encode, error_object
from horde_server.gateway.openai.shapes import CHAT, Shape
from horde_server.gateway.openai.text_wish import TextWish
from horde_server.http.dialects import Refusal
from horde_server.requests.following import Delivered, Delta, End, Quiet, Restarted, State, Text
from horde_server.requests.progress import Progress
from horde_server.requests.text.order import TextOrder
from horde_server.settings import KeepAlive, Settings

NEWS_EVERY_S: Final = 5.0
"""Of the queue, at most."""
DONE: Final = b"data: [DONE]\n\n"


def whole_answer(
    shape: Shape, wish: TextWish, served: Sequence[tuple[Running[TextOrder], OrderedText, Served]]
) -> bytes:
    """All choices of all requests, in the order of the prompts."""
    choices: list[dict[str, Any]] = []
    told: list[dict[str, Any]] = []
    model = ""
    completion_tokens = 0
    for running, text, found in served:
        for made in found.generations:
            choice = Choice(text, len(choices))
            said = choice.whole(made)
            choices.append(shape.whole(choice, said, text.order.prompt if wish.echoes else ""))
            completion_tokens += choice.tokens
            model = model or made.model
        told.append(horde_object(running, found.progress, found.generations[0]))
    prompt_tokens = sum(Beside(found.generations[0]).prompt_tokens(text.order) for _, text, found in served)
    head = _head(shape, served[0][0].id, shape.whole_object, model, is_chat=shape is CHAT)
    usage = {
        **_usage(prompt_tokens, completion_tokens),
        "prompt_tokens_details": {"cached_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0},
    }
    return encode({**head, "choices": choices, "usage": usage, "horde": told[0] if len(told) == 1 else told})


def numbered(calls: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Whole calls as pieces of a stream, which say which call they are of."""
    return [{"index": number, **call} for number, call in enumerate(calls)]


def stream_failed(refusal: Refusal) -> bytes:
    """A failure of a stream that has begun: programs raise it. What is not whole must not look so: no `[DONE]`."""
    return _event({"error": error_object(refusal)})


class TextStream:
    """The chunks of one or several requests, one after the other."""

    def __init__(
        self,
        shape: Shape,
        wish: TextWish,
        running: Sequence[Running[TextOrder]],
        settings: Settings,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._shape = shape
        self._wish = wish
        self._running = running
        self._keepalive = settings.sse_keepalive
        self._clock = clock
        model = wish.model or (wish.resolved.models[0] if wish.resolved.models else "horde/any-text")
        self._head = _head(shape, running[0].id, shape.chunk_object, model, is_chat=shape is CHAT)
        self._usage: dict[str, Any] = {"usage": None} if wish.tells_usage else {}
        self._choices: dict[int, Choice] = {}
        self._opened: set[int] = set()
        self._news_at_s = -NEWS_EVERY_S
        self._progress: Progress | None = None

    async def events(self) -> AsyncGenerator[bytes, None]:
        """Bytes of events, until the last."""
        open_indexes = sum(text.order.n for text in self._wish.texts)
        first = 0
        for running, ordered in zip(self._running, self._wish.texts, strict=True):
            async with aclosing(running.happenings(TEXTS)) as happenings:
                async for happening in happenings:
                    match happening:
                        case State(progress):
                            self._progress = progress
                            yield self._news(progress)
                        case Text(slot, _, text):
                            yield self._said(self._choice(first + slot, ordered), text)
                        case Delta(slot, delta):
                            yield self._passed_on(self._choice(first + slot, ordered), delta)
                        case Restarted(_, reason) if self._keepalive is KeepAlive.COMMENT:
                            yield b": restarted " + encode({"reason": reason}) + b"\n"
                        case Delivered(slot, made):
                            open_indexes -= 1
                            choice = self._choice(first + slot, ordered)
                            choice.deliver(made)
                            yield self._closed(choice, running, is_last=open_indexes == 0)
                        case Quiet():
                            yield self._kept_alive(first)
                        case End():
                            break
            first += ordered.order.n
        if self._wish.tells_usage:
            yield self._told_usage()
        yield DONE

    def _choice(self, index: int, text: OrderedText) -> Choice:
        known = self._choices.get(index)
        if known is None:
            known = self._choices[index] = Choice(text, index)
        return known

    def _said(self, choice: Choice, text: str) -> bytes:
        before = self._open(choice.index)
        if self._wish.echoes and not choice.has_begun:
            before += self._chunk(self._shape.piece(choice.index, Said("", choice.order.prompt)))
        return before + self._piece(choice.index, choice.feed(text))

    def _passed_on(self, choice: Choice, delta: dict[str, Any]) -> bytes:
        """A piece of a backend that was handed the messages, as it made it."""
        before = self._open(choice.index)
        passed, logprobs = choice.pass_on(delta)
        if not passed and logprobs is None:
            return before
        return before + self._chunk(CHAT.delta(choice.index, passed, logprobs))

    def _closed(self, choice: Choice, running: Running[TextOrder], *, is_last: bool) -> bytes:
        rest = self._open(choice.index) + self._piece(choice.index, choice.end())
        if (calls := choice.calls) and not choice.has_called and self._shape is CHAT:
            rest += self._chunk(CHAT.delta(choice.index, {"tool_calls": numbered(calls)}))
        last: dict[str, Any] = {}
        if is_last and not self._wish.tells_usage:
            last = {"horde": horde_object(running, self._progress, choice.made)}
        return rest + self._chunk(self._shape.closing(choice.index, choice.reason), **last)

    def _open(self, index: int) -> bytes:
        """The chunk with the role: programs count on it before all else of a choice."""
        if index in self._opened:
            return b""
        self._opened.add(index)
        opening = self._shape.opening(index)
        return self._chunk(opening) if opening is not None else b""

    def _piece(self, index: int, said: Said) -> bytes:
        if not said.content and (not said.reasoning or self._shape is not CHAT):
            return b""
        return self._chunk(self._shape.piece(index, said))

    def _told_usage(self) -> bytes:
        choices = list(self._choices.values())
        prompt_tokens = sum(
            next((each.prompt_tokens for each in choices if each.order is text.order), 0) for text in self._wish.texts
        )
        usage = _usage(prompt_tokens, sum(choice.tokens for choice in choices))
        made = choices[-1].made if choices else None
        told = horde_object(self._running[-1], self._progress, made)
        return _event({**self._head, "choices": [], "usage": usage, "horde": told})

    def _chunk(self, choice: dict[str, Any], **last: Any) -> bytes:
        return _event({**self._head, "choices": [choice], **self._usage, **last})

    def _news(self, progress: Progress) -> bytes:
        """How far the request is, as a comment; of the first it also opens the stream."""
        now = self._clock()
        if self._keepalive is not KeepAlive.COMMENT or now - self._news_at_s < NEWS_EVERY_S or progress.done:
            return b""
        self._news_at_s = now
        if progress.processing:
            return b": working {}\n"
        return (
            b": queued " + encode({"queue_position": progress.queue_position, "wait_time": progress.wait_time}) + b"\n"
        )

    def _kept_alive(self, index: int) -> bytes:
        match self._keepalive:
            case KeepAlive.COMMENT:
                return KEEPALIVE_COMMENT
            case KeepAlive.CHUNK:
                return self._open(index) + self._chunk(self._shape.nothing(index))
            case KeepAlive.OFF:
                return b""


def _head(shape: Shape, request_id: RequestId, name: str, model: str, *, is_chat: bool) -> dict[str, Any]:
    head = {
        "id": f"{shape.prefix}{request_id.hex}",
        "object": name,
        "created": int(time.time()),
        "model": model,
    }
    return {**head, "system_fingerprint": None} if is_chat else head


def _usage(prompt_tokens: int, completion_tokens: int) -> dict[str, int]:
    return {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "total_tokens": prompt_tokens + completion_tokens,
    }


def _event(told: dict[str, Any]) -> bytes:
    return b"data: " + encode(told) + b"\n\n"
