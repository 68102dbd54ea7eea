"""llama.cpp's own server (`llama-server`), by its `/completion`."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

from horde_worker.backends.mapping import Mapped, Sent
from horde_worker.backends.over_http.options import ServerOptions
from horde_worker.backends.over_http.server import BackendGone, BackendRefused, BackendServer
from horde_worker.backends.text import ChatAbilities
from horde_worker.backends.text_servers import openai_chat
from horde_worker.backends.text_servers.backend import TextServerBackend
from horde_worker.backends.text_servers.chat import Answered
from horde_worker.backends.text_servers.chat_trial import Trial, tried
from horde_worker.backends.text_servers.openai_chat import beginning_of, chat_answers, chat_body, without_beginning
from horde_worker.backends.text_servers.server import UNKNOWN_CONTEXT, Ending, Seen, Speaker, Written, file_name, named
from horde_worker.backends.text_servers.streams import number_at, objects_of, text_at, value_at
from horde_worker.backends.text_servers.tables import (
    CUT_BY_WORKER,
    FORMATTING,
    NOT_THERE,
    Ask,
    Table,
    body_of,
    key,
    mapping_of,
    sampler,
    stops,
)
from horde_worker.backends.text_servers.template_names import template_name
from horde_worker.sampler_settings import DEFAULT_ORDER

RANDOM_SEED: Final = 2**32 - 1
"""The one seed that stands for none."""
_STEPS: Final = {0: "top_k", 1: "min_p", 2: "top_p", 4: "typ_p", 5: "temperature", 6: "penalties"}


def _samplers(ask: Ask) -> list[str]:
    """The steps in the job's order; what it leaves out comes afterwards, in the usual one."""
    order = dict.fromkeys((*ask.sampling.sampler_order, *DEFAULT_ORDER))
    return [_STEPS[step] for step in order if step in _STEPS]


def _penalised_tokens(ask: Ask) -> int:
    """All there are is a number here: newer servers refuse the −1 that older ones took for it."""
    length = ask.sampling.rep_pen_range
    return ask.context_length if length is None else length


TABLE: Final[Table] = {
    "prompt": key("prompt", lambda ask: ask.prompt),
    "model": key("model", lambda ask: ask.model, "a server of one model has it anyway"),
    "max_length": key("n_predict", lambda ask: ask.job.max_length),
    "max_context_length": CUT_BY_WORKER,
    "seed": key("seed", lambda ask: ask.seed % RANDOM_SEED),
    "temperature": sampler("temperature", "temperature"),
    "top_k": sampler("top_k", "top_k"),
    "top_a": NOT_THERE,
    "top_p": sampler("top_p", "top_p"),
    "min_p": sampler("min_p", "min_p"),
    "tfs": NOT_THERE,
    "typical": sampler("typical_p", "typical"),
    "rep_pen": sampler("repeat_penalty", "rep_pen"),
    "rep_pen_range": key("repeat_last_n", _penalised_tokens, "all tokens: the length of the context"),
    "rep_pen_slope": NOT_THERE,
    "sampler_order": key("samplers", _samplers, "by name; steps that the server has not are left out"),
    "smoothing_factor": NOT_THERE,
    "dynatemp_range": sampler("dynatemp_range", "dynatemp_range"),
    "dynatemp_exponent": sampler("dynatemp_exponent", "dynatemp_exponent"),
    "stop_sequence": key("stop", stops, "the server cuts it and says which it was: it is put back"),
    "use_default_badwordsids": key("ignore_eos", lambda ask: not ask.job.may_end),
    **FORMATTING,
}
MAPPING: Final[dict[str, Mapped]] = mapping_of(TABLE)
CHAT_TABLE: Final[Table] = {**TABLE, "max_length": key("max_tokens", lambda ask: ask.job.max_length)}
"""Its chat completions know all of its samplers."""
CONVERSATION: Final[dict[str, Mapped]] = {
    **openai_chat.CONVERSATION,
    "continue": Sent("messages", "it goes on with a last message of the assistant"),
    "images": Sent("messages", "in the messages, as `data:` addresses, where its model sees"),
}
_ENDS: Final = {"limit": "length", "eos": "stop", "word": "stop"}
ASKED_FIELDS: Final = ("content", "stop", "stop_type", "stopping_word", "tokens_predicted")
"""Of the last line of a stream, which else repeats the whole prompt."""


class LlamaCppServer(Speaker):
    """Speaks to one server. Implements `TextServer`."""

    program = "llama.cpp"
    table: Table = TABLE
    tells_use = True

    def __init__(self, server: BackendServer, options: ServerOptions, context_length: int | None) -> None:
        super().__init__(server, options, context_length)
        self._template = ""
        self._sees = False

    async def look(self, in_work: int) -> Seen:
        listed = await self._server.get_json("/v1/models")
        found = value_at(listed, "data")
        ids = [name for one in (found if isinstance(found, list) else []) if (name := text_at(one, "id"))]
        models = named(self._options, {file_name(one): one for one in ids}, self.program)
        properties = await self._server.get_json("/props")
        true_length = number_at(properties, "default_generation_settings", "n_ctx") or UNKNOWN_CONTEXT
        slots = number_at(properties, "total_slots") or 1
        self._template = text_at(properties, "chat_template")
        self._sees = value_at(properties, "modalities", "vision") is True
        template = template_name(self._template)
        return Seen(
            models,
            min(true_length, self._context_length or true_length),
            slots,
            used_by_others=await self._busy_slots() > in_work,
            loaded=tuple(models),
            templates=dict.fromkeys(models, template) if template else {},
        )

    async def _busy_slots(self) -> int:
        """How many texts it writes just now; servers that were started without `--slots` do not tell."""
        try:
            slots = await self._server.get_json("/slots")
        except BackendRefused:
            return 0
        return sum(value_at(one, "is_processing") is True for one in (slots if isinstance(slots, list) else []))

    async def count_tokens(self, text: str, model: str) -> int | None:
        tokens = value_at(
            await self._server.post_json("/tokenize", {"content": text, "add_special": True, "model": model}), "tokens"
        )
        return len(tokens) if isinstance(tokens, list) else None

    async def write(self, ask: Ask, limit_s: float) -> AsyncGenerator[Written, None]:
        body = body_of(TABLE, ask) | {"stream": True, "response_fields": list(ASKED_FIELDS)}
        answers = objects_of(self._server.lines("/completion", body, limit_s=limit_s), self.program)
        async with aclosing(answers):
            async for answer in answers:
                if piece := text_at(answer, "content"):
                    yield piece
                if value_at(answer, "stop") is True:
                    if stop := text_at(answer, "stopping_word"):
                        yield stop
                    ended = _ENDS.get(text_at(answer, "stop_type"), "")
                    yield Ending(number_at(answer, "tokens_predicted"), ended)
                    return
        raise BackendGone(f"{self.program} broke off in the middle of a text")

    async def chat_abilities(self, model: str, ask: Trial) -> ChatAbilities | None:
        """It says whether it has a template, and whether it sees; the rest is tried."""
        return await tried(ask, vision=self._sees) if self._template else None

    def answer(self, ask: Ask, limit_s: float) -> AsyncGenerator[Answered, None]:
        body = chat_body(CHAT_TABLE, ask) | {"stream_options": {"include_usage": True}}
        answers = chat_answers(self._server, self.program, body, limit_s)
        return without_beginning(answers, beginning_of(ask))  # which it sends once more

    def goes_on(self) -> bool:
        """It takes a last message of the assistant for the beginning of the answer."""
        return True


class LlamaCppBackend(TextServerBackend):
    """llama.cpp's server as a backend."""

    name = "llamacpp"
    program = "llama.cpp"
    default_url = "http://127.0.0.1:8080"
    api_path = "/v1"

    @classmethod
    def speaker(cls, connections: BackendServer, options: ServerOptions, context_length: int | None) -> LlamaCppServer:
        """By `/completion`, `/tokenize`, `/props` and `/slots`."""
        return LlamaCppServer(connections, options, context_length)
