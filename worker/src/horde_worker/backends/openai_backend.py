"""Servers that speak OpenAI's API: vLLM, Aphrodite, TabbyAPI, LM Studio, `transformers serve` and others."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, suppress
from dataclasses import replace
from typing import Any, Final

import structlog

from horde_worker.backends.events import BackendFailure
from horde_worker.backends.openai_servers import chat, lm_studio, standard, tabbyapi
from horde_worker.backends.openai_servers.dialect import Dialect
from horde_worker.backends.openai_servers.recognition import (
    Model,
    better_backend,
    dialect_of,
    loaded_in_lm_studio,
    loaded_in_tabby,
    models_of,
)
from horde_worker.backends.over_http.options import ServerOptions
from horde_worker.backends.over_http.server import BackendGone, BackendRefused, BackendServer
from horde_worker.backends.text import ChatAbilities
from horde_worker.backends.text_servers.backend import SHORTEST_CONTEXT, TextServerBackend
from horde_worker.backends.text_servers.chat import Answered
from horde_worker.backends.text_servers.chat_trial import Trial, sees, tried
from horde_worker.backends.text_servers.openai_chat import (
    ABNORMAL_ENDS,
    CHAT,
    chat_answers,
    chat_body,
    conversation_in,
)
from horde_worker.backends.text_servers.prompt_repeated import WithoutPrompt
from horde_worker.backends.text_servers.server import UNKNOWN_CONTEXT, Ending, Seen, Speaker, Written, file_name, named
from horde_worker.backends.text_servers.streams import number_at, objects_of, text_at, value_at
from horde_worker.backends.text_servers.tables import Ask, Key, Table, body_of
from horde_worker.backends.text_servers.thoughts import WithoutThoughts

log = structlog.get_logger(__name__)

COMPLETIONS: Final = "/v1/completions"
_UNKNOWN_KEYS: Final = frozenset({400, 422})
_NO_SUCH_ADDRESS: Final = frozenset({404, 405, 501})
_TOLD_CONTEXT: Final = re.compile(r"(?:context (?:length|window|size)|max_model_len)\D{0,20}(\d{2,8})")
"""How programs refuse a prompt that is too long, and tell how much would have fitted."""


class OpenAiServer(Speaker):
    """Speaks to one server, whichever program it is. Implements `TextServer`."""

    tells_use = False

    def __init__(self, server: BackendServer, options: ServerOptions, context_length: int | None) -> None:
        super().__init__(server, options, context_length)
        self._dialect = standard.DIALECT
        self._is_recognised = False
        self._knows_standard_only = False
        self._only_chats = False
        self._has_written = False
        self._has_warned = False
        self._chats_plainly = False

    @property
    def program(self) -> str:
        """The program, once it is known."""
        return self._dialect.program

    @property
    def table(self) -> Table:
        """What is sent to it as things are."""
        if self._only_chats:
            return chat.TABLE
        return standard.TABLE if self._knows_standard_only else self._dialect.table

    async def look(self, in_work: int) -> Seen:
        try:
            listed = await self._server.get_json("/v1/models")
        except BackendRefused:
            if not self._options.models:
                raise
            listed = {}  # its owner knows what it has; whether that is so is tried out
        dialect = await self._recognised(listed)
        found, slots = models_of(listed), None
        if dialect is tabbyapi.DIALECT:
            found, slots = await loaded_in_tabby(self._server)
        elif dialect is lm_studio.DIALECT:
            with suppress(BackendRefused):
                found = await loaded_in_lm_studio(self._server)
        models = self._named(found, dialect)
        lengths = {model.id: model.context_length for model in found}
        known = [length for local in models.values() if (length := lengths.get(local))]
        if not known and not self._context_length and not self._has_warned:
            self._has_warned = True
            log.warning(
                "worker.context_unknown",
                program=self.program,
                context_length=UNKNOWN_CONTEXT,
                advice="the server does not say how many tokens it holds in mind: set context_length",
            )
        true_length = min(known, default=self._context_length or UNKNOWN_CONTEXT)
        return Seen(
            models,
            min(true_length, self._context_length or true_length),
            slots or dialect.slots,
            loaded=tuple(models) if dialect.keeps_loaded else (),
        )

    async def _recognised(self, listed: object) -> Dialect:
        """Which program it is: asked once, as long as its models are of the same owner."""
        if not self._is_recognised:
            self._dialect = await dialect_of(self._server, listed)
            self._is_recognised = True
            advice = better_backend(listed)
            log.info("worker.backend_recognised", program=self.program, **({"advice": advice} if advice else {}))
        return self._dialect

    def _named(self, found: list[Model], dialect: Dialect) -> dict[str, str]:
        if (self._options.models and dialect in (standard.DIALECT, lm_studio.DIALECT)) or not found:
            return dict(self._options.models) or named(self._options, {}, self.program)
        return named(self._options, {_horde_name(model.id, dialect): model.id for model in found}, self.program)

    async def count_tokens(self, text: str, model: str) -> int | None:
        tokenizer = self._dialect.tokenizer
        if tokenizer is None:
            return None
        answer = await self._server.post_json(tokenizer.path, {"model": model, tokenizer.key: text})
        tokens = value_at(answer, tokenizer.count)
        return len(tokens) if isinstance(tokens, list) else number_at(answer, tokenizer.count)

    async def write(self, ask: Ask, limit_s: float) -> AsyncGenerator[Written, None]:
        """With all its keys; where it does not know them, with OpenAI's; where it only chats, as a chat."""
        if not self._only_chats:
            try:
                async with aclosing(self._completed(ask, limit_s)) as written:
                    async for event in written:
                        self._has_written = True
                        yield event
                return
            except BackendRefused as refusal:
                self._learn(refusal)
                if self._has_written or refusal.status not in _NO_SUCH_ADDRESS:
                    raise
            self._only_chats = True
            log.warning(
                "worker.server_only_chats",
                program=self.program,
                reason="it does not go on with a text: prompts become messages, which its model answers",
            )
        try:
            async with aclosing(self._chatted(ask, limit_s)) as written:
                async for event in written:
                    yield event
        except BackendRefused:
            self._only_chats = self._has_written  # it was no chat server after all
            raise

    def _learn(self, refusal: BackendRefused) -> None:
        """From a prompt that was too long: how much the server holds in mind, if it could not be asked before."""
        found = _TOLD_CONTEXT.search(refusal.told)
        length = int(found[1]) if found else 0
        if length >= SHORTEST_CONTEXT and length < (self._context_length or UNKNOWN_CONTEXT):
            self._context_length = length
            log.warning("worker.context_learnt", program=self.program, context_length=length)

    async def _completed(self, ask: Ask, limit_s: float) -> AsyncGenerator[Written, None]:
        """With all keys of the program; where it refuses them, once more with OpenAI's own, and so from then on."""
        lost = [] if self._knows_standard_only else _keys_lost(self._dialect)
        if lost:
            has_begun = False
            try:
                body = body_of(self._dialect.table, ask) | dict(self._dialect.always)
                async with aclosing(self._text(body, ask, limit_s)) as written:
                    async for event in written:
                        has_begun = True
                        yield event
                return
            except BackendRefused as refusal:
                if has_begun or refusal.status not in _UNKNOWN_KEYS:
                    raise
                told = refusal.told
        async with aclosing(self._text(body_of(standard.TABLE, ask), ask, limit_s)) as written:
            async for event in written:
                if lost and not self._knows_standard_only:
                    self._knows_standard_only = True
                    log.warning("worker.keys_refused", program=self.program, lost=lost, reason=told)
                yield event

    async def _text(self, body: Mapping[str, Any], ask: Ask, limit_s: float) -> AsyncGenerator[Written, None]:
        """What follows a prompt."""
        kept = WithoutPrompt(ask.prompt if self._dialect.may_repeat_prompt else "")
        async with aclosing(self._answers(COMPLETIONS, body, limit_s)) as answers:
            async for answer in answers:
                if isinstance(answer, Ending):
                    if rest := kept.end():
                        yield rest
                    yield answer
                elif piece := kept.add(text_at(answer, "text")):
                    yield piece

    async def _chatted(self, ask: Ask, limit_s: float) -> AsyncGenerator[Written, None]:
        """An answer to the prompt, without the thoughts before it."""
        answer_only, has_thought, has_answered = WithoutThoughts(), False, False
        async with aclosing(self._answers(CHAT, body_of(chat.TABLE, ask), limit_s)) as answers:
            async for answer in answers:
                if isinstance(answer, Ending):
                    rest = answer_only.end()
                    if not (has_answered or rest) and (has_thought or answer_only.has_thought):
                        raise BackendFailure(f"{self.program} spent all tokens on thinking, and answered nothing")
                    if rest:
                        yield rest
                    yield answer
                    return
                said = value_at(answer, "delta") or value_at(answer, "message")
                has_thought |= bool(text_at(said, "reasoning_content") or text_at(said, "reasoning"))
                if piece := answer_only.add(text_at(said, "content")):
                    has_answered = True
                    yield piece

    async def chat_abilities(self, model: str, ask: Trial) -> ChatAbilities | None:
        """All of it is tried: nobody who speaks this API says what his model does."""
        found = await tried(ask, vision=False)
        if found is not None and self._dialect.says_if_blind:
            found = replace(found, vision=await sees(ask))
        return found

    async def answer(self, ask: Ask, limit_s: float) -> AsyncGenerator[Answered, None]:
        """With all keys of the program; where it refuses them, with OpenAI's own, and so from then on."""
        going_on = self._dialect.going_on if conversation_in(ask).continues else {}
        bodies = [chat_body(standard.TABLE, ask, most_stops=self._dialect.most_stops) | dict(going_on)]
        if not self._chats_plainly:
            table = standard.TABLE if self._knows_standard_only else self._dialect.table
            full = chat_body(table, ask, most_stops=self._dialect.most_stops) | dict(going_on)
            bodies.insert(0, full | {"stream_options": {"include_usage": True}})
        for place, body in enumerate(bodies):
            has_begun = False
            try:
                async with aclosing(chat_answers(self._server, self.program, body, limit_s)) as answered:
                    async for event in answered:
                        has_begun = True
                        self._chats_plainly = place > 0 or self._chats_plainly
                        yield event
                return
            except BackendRefused as refusal:
                if has_begun or refusal.status not in _UNKNOWN_KEYS or place == len(bodies) - 1:
                    raise

    def goes_on(self) -> bool:
        return bool(self._dialect.going_on)

    async def _answers(
        self, path: str, body: Mapping[str, Any], limit_s: float
    ) -> AsyncGenerator[dict[str, Any] | Ending, None]:
        """The choices of a stream as they come, and its end. What comes after the last of them is how much it was."""
        lines = self._server.lines(path, {**body, "stream": True}, limit_s=limit_s)
        ended, tokens = "", None
        async with aclosing(objects_of(lines, self.program)) as answers:
            async for answer in answers:
                tokens = number_at(answer, "usage", "completion_tokens") or tokens
                choice = value_at(answer, "choices", 0)
                if not isinstance(choice, dict):
                    continue
                yield choice
                ended = text_at(choice, "finish_reason") or ended
                if ended in ABNORMAL_ENDS:
                    raise BackendFailure(f"{self.program} gave a text up ({ended})")
        if not ended:
            raise BackendGone(f"{self.program} broke off in the middle of a text")
        yield Ending(tokens, ended)


def _horde_name(model: str, dialect: Dialect) -> str:
    """A model's name in the horde: a path becomes the name of its file, and the program stands before it where other
    workers with it do so."""
    is_path = model.startswith(("/", ".", "~")) or "\\" in model or model.endswith(".gguf")
    name = file_name(model) if is_path else model
    return name if name.startswith(dialect.prefix) else dialect.prefix + name


def _keys_lost(dialect: Dialect) -> list[str]:
    """Parameters that only the program's own keys tell."""
    return [
        name
        for name, row in dialect.table.items()
        if isinstance(row, Key) and not isinstance(standard.TABLE.get(name), Key)
    ]


class OpenAiBackend(TextServerBackend):
    """Any server that speaks OpenAI's API as a backend."""

    name = "openai"
    program = "the OpenAI-compatible server"
    default_url = "http://127.0.0.1:8000"
    api_path = "/v1"

    @classmethod
    def speaker(cls, connections: BackendServer, options: ServerOptions, context_length: int | None) -> OpenAiServer:
        """By `/v1`."""
        return OpenAiServer(connections, options, context_length)
