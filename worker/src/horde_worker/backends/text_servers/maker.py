"""The maker of texts that all servers share: from a job to its texts, whatever program writes them."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import asdict, replace
from functools import partial
from typing import Final, TypeVar

import structlog

from horde_worker.backends.events import BackendFailure, Piece, Progress
from horde_worker.backends.over_http.attendance import LOOK_EVERY_S, Attendance, tells_if_lost
from horde_worker.backends.over_http.options import ServerOptions
from horde_worker.backends.over_http.server import BackendRefused
from horde_worker.backends.text import (
    ChatAbilities,
    Conversation,
    TextAbilities,
    TextEvent,
    TextJob,
    TextResult,
    common_chat,
)
from horde_worker.backends.text_servers.answering import Answering
from horde_worker.backends.text_servers.chat import ChatEnding, Said
from horde_worker.backends.text_servers.chat_trial import TRIAL_LIMIT_S
from horde_worker.backends.text_servers.dropped_wishes import DroppedWishes
from horde_worker.backends.text_servers.pace import Pace
from horde_worker.backends.text_servers.prompt_window import LONGEST_TOKEN_CHARACTERS, fitting
from horde_worker.backends.text_servers.room import Room
from horde_worker.backends.text_servers.server import LONGEST_TEXT, Ending, Seen, TextServer
from horde_worker.backends.text_servers.side_by_side import side_by_side
from horde_worker.backends.text_servers.tables import Ask
from horde_worker.sampler_settings import NEUTRAL
from horde_worker.stop_sequences import GrowingText

log = structlog.get_logger(__name__)

EventT = TypeVar("EventT")

LOOK_AT_USE_EVERY_S: Final = 10.0
"""Where a look tells whether somebody else uses the server: it costs next to nothing."""
MODEL_IS_GONE: Final = 404
BUSY: Final = frozenset({429, 503})
BUSY_TRIES: Final = 5
BUSY_PAUSE_S: Final = 2.0
SELF_TEST_TOKENS: Final = 16
SELF_TEST_LIMIT_S: Final = 240.0
TRIALS_LIMIT_S: Final = 240.0
"""Since the self-test began, for what answers can do: what was not tried by then is not offered. A server that takes
longer would count as away (`Attendance` waits 300 s)."""
MOST_TRIED: Final = 4
"""Models whose answers are tried: each may have to be loaded for it."""
KNOWN_REASONS: Final = frozenset({"stop", "length"})
CHARACTERS_A_TOKEN: Final = 4
UNSURPRISING: Final = replace(NEUTRAL, temperature=0.1)
EMPTY_PROMPT: Final = "\n"
"""What stands for a prompt of nothing, to which several programs would write nothing."""


class TextServerMaker:
    """Makes texts by one server."""

    def __init__(
        self, server: TextServer, options: ServerOptions, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._server = server
        self._options = options
        self._sleep = sleep
        self._seen: Seen | None = None
        self._room = Room(lambda: self.slots)
        self._empty_in_a_row = 0
        self._chat: ChatAbilities | None = None
        self._is_prolonged = False
        self._dropped = DroppedWishes()
        self.pace = Pace()
        self.attendance: Attendance[TextAbilities] = Attendance(
            server.program,
            self._look,
            self._self_test,
            look_every_s=LOOK_AT_USE_EVERY_S if server.tells_use else LOOK_EVERY_S,
        )

    @property
    def abilities(self) -> TextAbilities:
        """What the server can do, in the time that a horde gives."""
        able = self.attendance.abilities
        return replace(
            able,
            max_length=self.pace.longest_text(able.max_length, is_prolonged=self._is_prolonged),
            chat=self._chat,
            loaded=() if self._seen is None else self._seen.loaded,
            templates={} if self._seen is None else self._seen.templates,
        )

    @property
    def unready(self) -> str:
        """Why it cannot work just now; empty where it can."""
        return self.attendance.unready

    @property
    def slots(self) -> int:
        """How many texts it works on at a time, of whatever jobs."""
        return self._slots(self._seen) if self._seen else 1

    @property
    def used_by_others(self) -> bool:
        """Whether somebody else had the server write when it was last looked at."""
        return self._seen is not None and self._seen.used_by_others

    async def make(self, job: TextJob) -> AsyncGenerator[TextEvent, None]:
        """Every text of the job, as many at a time as the server takes."""
        seen = self._seen_or_gone()
        self._is_prolonged = job.stream is not None
        model = seen.models.get(job.model) or next(iter(seen.models.values()))  # an alias stands for the first
        self._dropped.note(self._server.program, job, self._server.table)
        answers = self._is_answered(job)
        try:
            prompt = EMPTY_PROMPT if answers else await self._fitting(job, model, seen)
            asks = [Ask(job, prompt, seed, model, seen.context_length, secrets.token_hex(8)) for seed in job.seeds]
            write = self._answer if answers else self._write
            writers = [partial(write, place, ask) for place, ask in enumerate(asks)]
            events = writers[0]() if len(writers) == 1 else side_by_side(writers)
            async with aclosing(events):
                async for event in events:
                    yield event
        except BackendFailure as failure:
            tells_if_lost(self.attendance, failure)
            if isinstance(failure, BackendRefused) and failure.status == MODEL_IS_GONE:
                self.attendance.lost(str(failure))
            raise

    async def self_test(self) -> None:
        """Have a few words written. Raises `BackendFailure`."""
        await self._self_test(self.attendance.abilities)

    async def unload(self) -> None:
        """Have the server let go of its models' memory, where it can be told to."""
        if self._seen is not None:
            await self._server.unload(tuple(self._seen.models.values()))

    async def _write(self, place: int, ask: Ask) -> AsyncGenerator[TextEvent, None]:
        """One text, piece by piece; it ends with a stop sequence even where the server goes on."""
        text = GrowingText(ask.job.stop_sequences)
        most_characters = ask.job.max_length * LONGEST_TOKEN_CHARACTERS
        tokens, first_at, ending = 0, 0.0, Ending()
        async with self._room:
            began = time.monotonic()
            async with aclosing(self._patiently(ask, len(ask.prompt), self._server.write)) as written:
                async for event in written:
                    if isinstance(event, Ending):
                        ending = event
                        break
                    tokens += 1
                    most_characters -= len(event)
                    if most_characters < 0:
                        raise BackendFailure(f"{self._server.program} wrote far more than {ask.job.max_length} tokens")
                    first_at = first_at or time.monotonic()
                    if kept := text.add(event):
                        yield Piece(place, kept)
                    yield Progress(place, min(tokens, ask.job.max_length), ask.job.max_length)
                    if text.is_stopped:
                        break
        tokens = tokens if ending.tokens is None else ending.tokens
        self.pace.note(
            ask.job.model,
            prompt_characters=len(ask.prompt),
            tokens=tokens,
            first_s=first_at - began,
            rest_s=time.monotonic() - first_at,
        )
        reason = "stop" if text.is_stopped else ending.finish_reason
        yield self._whole(
            TextResult(text.text, ask.seed, tokens, finish_reason=reason if reason in KNOWN_REASONS else ""),
            is_empty=not text.text.strip(),
        )

    async def _answer(self, place: int, ask: Ask) -> AsyncGenerator[TextEvent, None]:
        """One answer to the job's conversation, as `_write`."""
        answer, first_at, ending = Answering(ask.job, place), 0.0, ChatEnding()
        async with self._room:
            began = time.monotonic()
            async with aclosing(self._patiently(ask, len(ask.job.prompt), self._server.answer)) as answered:
                async for event in answered:
                    if isinstance(event, ChatEnding):
                        ending = event
                        break
                    first_at = first_at or time.monotonic()
                    for told in answer.add(event):
                        yield told
                    if answer.is_stopped:
                        break
        result = answer.result(ask.seed, ending)
        self.pace.note(
            ask.job.model,
            prompt_characters=(ending.prompt_tokens or 0) * CHARACTERS_A_TOKEN or len(ask.job.prompt),
            tokens=result.tokens,
            first_s=first_at - began,
            rest_s=time.monotonic() - first_at,
        )
        yield self._whole(result, is_empty=answer.is_empty)

    def _is_answered(self, job: TextJob) -> bool:
        """Whether a job is done by its conversation; else by its prompt, which says the same by a horde's template.

        Raises `BackendFailure` where the prompt would not do.
        """
        conversation = job.conversation
        if conversation is None:
            return False
        if lacks := conversation.lacking(self._chat):
            raise BackendFailure(f"{self._server.program} cannot do this any more: {', '.join(lacks)}")
        return self._chat is not None and (
            not conversation.continues or conversation.is_needed or self._server.goes_on()
        )

    async def _patiently(
        self, ask: Ask, to_read: int, write: Callable[[Ask, float], AsyncGenerator[EventT, None]]
    ) -> AsyncGenerator[EventT, None]:
        """What the server writes; one that is busy is asked again, and one that takes far too long is given up.

        `to_read`: characters that it reads before.
        """
        limit_s = ask.job.longest_s
        if (usual_s := self.pace.limit_s(ask.job.max_length, to_read)) is not None:
            limit_s = min(limit_s, usual_s)
        for attempt in range(1, BUSY_TRIES + 1):
            has_begun = False
            try:
                async with aclosing(write(ask, limit_s)) as written:
                    async for event in written:
                        has_begun = True
                        yield event
                return
            except BackendRefused as refusal:
                if has_begun or refusal.status not in BUSY or attempt == BUSY_TRIES:
                    raise
            await self._sleep(BUSY_PAUSE_S)

    def _whole(self, result: TextResult, *, is_empty: bool) -> TextResult:
        """The result. Raises `BackendFailure` for the second in a row with nothing in it."""
        self._empty_in_a_row = self._empty_in_a_row + 1 if is_empty else 0
        if self._empty_in_a_row > 1:
            raise BackendFailure(f"{self._server.program} wrote nothing, twice in a row")
        return result

    async def _fitting(self, job: TextJob, model: str, seen: Seen) -> str:
        context = min(job.max_context_length, seen.context_length)

        async def count(text: str) -> int | None:
            try:
                return await self._server.count_tokens(text, model)
            except BackendRefused:
                return None

        room = context - min(job.max_length, context - 1)
        return await fitting(job.prompt, room, count) or EMPTY_PROMPT

    async def _look(self) -> TextAbilities:
        seen = await self._server.look(self._room.inside)
        self._seen = seen
        return TextAbilities(
            models=tuple(seen.models),
            max_length=max(min(LONGEST_TEXT, seen.context_length // 2), 16),
            max_context_length=seen.context_length,
            max_batch=self._slots(seen),
        )

    async def _self_test(self, able: TextAbilities) -> None:
        """Have a few words written by the first model: whoever cannot do that is offered no job."""
        seen = self._seen_or_gone()
        began = time.monotonic()
        job = TextJob(
            ids=("self-test",),
            model=able.models[0],
            prompt="Once upon a time",
            max_length=SELF_TEST_TOKENS,
            max_context_length=seen.context_length,
            seeds=(1,),
            ttl_s=SELF_TEST_LIMIT_S,
            may_end=False,
        )
        ask = Ask(job, job.prompt, 1, seen.models[job.model], seen.context_length, secrets.token_hex(8))
        pieces = 0
        async with aclosing(self._server.write(ask, SELF_TEST_LIMIT_S)) as written:
            async for event in written:
                pieces += isinstance(event, str) and bool(event)
        if not pieces:
            raise BackendFailure(f"{self._server.program} wrote nothing when it was tried out")
        self._chat = await self._tried_chat(job, seen, until=began + TRIALS_LIMIT_S)

    async def _tried_chat(self, job: TextJob, seen: Seen, *, until: float) -> ChatAbilities | None:
        """What every model does with messages. Nothing is claimed of more models than can be tried in a while."""
        found: list[ChatAbilities | None] = []
        for local in list(seen.models.values())[: MOST_TRIED + 1]:

            def ask(
                conversation: Conversation, tokens: int, local: str = local
            ) -> AsyncGenerator[Said | ChatEnding, None]:
                trial = replace(job, conversation=conversation, max_length=tokens, sampling=UNSURPRISING, may_end=True)
                limit_s = min(TRIAL_LIMIT_S, until - time.monotonic())
                if limit_s <= 0:
                    raise BackendFailure(f"{self._server.program} takes too long to be tried out")
                return self._server.answer(Ask(trial, EMPTY_PROMPT, 1, local, seen.context_length), limit_s)

            found.append(None if len(found) >= MOST_TRIED else await self._server.chat_abilities(local, ask))
            if found[-1] is None:
                break
        common = common_chat(found)
        log.info(
            "worker.chat_tried",
            program=self._server.program,
            **({"chats": False} if common is None else asdict(common)),
        )
        return common

    def _slots(self, seen: Seen) -> int:
        return self._options.slots or seen.slots

    def _seen_or_gone(self) -> Seen:
        if self._seen is None:
            raise BackendFailure(f"{self._server.program} was not looked at yet")
        return self._seen
