"""Ollama, by its `/api/generate` with `raw`, which leaves a prompt as it is."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Final

from horde_worker.backends.events import BackendFailure
from horde_worker.backends.mapping import ByWorker, Mapped
from horde_worker.backends.ollama_chat import chat_body, ollama_answers
from horde_worker.backends.over_http.options import ServerOptions
from horde_worker.backends.over_http.server import BackendGone, BackendServer
from horde_worker.backends.text import ChatAbilities
from horde_worker.backends.text_servers.backend import TextServerBackend
from horde_worker.backends.text_servers.chat import Answered
from horde_worker.backends.text_servers.chat_trial import Trial, chats, keeps_to_schemas
from horde_worker.backends.text_servers.server import UNKNOWN_CONTEXT, Ending, Seen, Speaker, Written, named
from horde_worker.backends.text_servers.streams import number_at, objects_of, text_at, value_at
from horde_worker.backends.text_servers.tables import (
    FORMATTING,
    NOT_THERE,
    WATCHED_STOPS,
    Ask,
    Table,
    body_of,
    key,
    mapping_of,
    sampler,
)
from horde_worker.backends.text_servers.template_names import template_name

COMFORTABLE_CONTEXT: Final = 8192
"""Models say what they could hold in mind at most, which few machines have the memory for; `context_length` asks for
more."""
SEEDS: Final = 2**31

TABLE: Final[Table] = {
    "prompt": key("prompt", lambda ask: ask.prompt),
    "model": key("model", lambda ask: ask.model),
    "max_length": key("options.num_predict", lambda ask: ask.job.max_length),
    "max_context_length": ByWorker(
        "the prompt is cut from the left, by a guess of three bytes a token, as there is no tokenizer to ask; "
        "`options.num_ctx` is always what is offered, as the server loads its model anew for another"
    ),
    "seed": key("options.seed", lambda ask: ask.seed % SEEDS),
    "temperature": sampler("options.temperature", "temperature"),
    "top_k": sampler("options.top_k", "top_k"),
    "top_a": NOT_THERE,
    "top_p": sampler("options.top_p", "top_p"),
    "min_p": sampler("options.min_p", "min_p"),
    "tfs": NOT_THERE,
    "typical": sampler("options.typical_p", "typical"),
    "rep_pen": sampler("options.repeat_penalty", "rep_pen"),
    "rep_pen_range": key(
        "options.repeat_last_n",
        lambda ask: -1 if ask.sampling.rep_pen_range is None else ask.sampling.rep_pen_range,
        "all tokens: −1",
    ),
    "rep_pen_slope": NOT_THERE,
    "sampler_order": NOT_THERE,
    "smoothing_factor": NOT_THERE,
    "dynatemp_range": NOT_THERE,
    "dynatemp_exponent": NOT_THERE,
    "stop_sequence": WATCHED_STOPS,
    "use_default_badwordsids": NOT_THERE,
    **FORMATTING,
}
MAPPING: Final[dict[str, Mapped]] = mapping_of(TABLE)


class OllamaServer(Speaker):
    """Speaks to one server. Implements `TextServer`."""

    program = "Ollama"
    table: Table = TABLE
    tells_use = False

    def __init__(self, server: BackendServer, options: ServerOptions, context_length: int | None) -> None:
        super().__init__(server, options, context_length)
        self._chosen = ""
        self._lengths: dict[str, int] = {}
        self._able: dict[str, frozenset[str]] = {}
        self._templates: dict[str, str] = {}

    async def look(self, in_work: int) -> Seen:
        installed = _models(await self._server.get_json("/api/tags"))
        loaded = await self._loaded()
        offered = self._offered(installed, loaded)
        models = named(self._options, offered, self.program, also=installed)
        lengths = [await self._true_length(local) for local in models.values()]
        most = self._context_length or COMFORTABLE_CONTEXT
        return Seen(
            models,
            min(most, *lengths),
            loaded=tuple(name for name, local in models.items() if local in loaded),
            templates={
                name: found for name, local in models.items() if (found := template_name(self._templates[local]))
            },
        )

    def _offered(self, installed: Mapping[str, Any], loaded: list[str]) -> dict[str, str]:
        """The model that is in memory, or the newest: with each other one, the server would change models."""
        if self._chosen not in installed:
            newest = sorted(installed, key=lambda name: text_at(installed[name], "modified_at"))
            self._chosen = next((name for name in (*loaded, *reversed(newest)) if name in installed), "")
        return {self._chosen.removesuffix(":latest"): self._chosen} if self._chosen else {}

    async def _loaded(self) -> list[str]:
        return list(_models(await self._server.get_json("/api/ps")))

    async def _true_length(self, model: str) -> int:
        """What the model was made for: `model_info` has it under the name of its family."""
        if model not in self._lengths:
            shown = await self._server.post_json("/api/show", {"model": model})
            able = value_at(shown, "capabilities")
            if isinstance(able, list) and "completion" not in able:
                raise BackendFailure(f"{model} of {self.program} writes no texts")
            self._able[model] = frozenset(map(str, able)) if isinstance(able, list) else frozenset()
            self._templates[model] = text_at(shown, "template")
            info = value_at(shown, "model_info")
            found = [
                number_at(info, name)
                for name in (info if isinstance(info, dict) else {})
                if name.endswith(".context_length")
            ]
            self._lengths[model] = next((length for length in found if length), UNKNOWN_CONTEXT)
        return self._lengths[model]

    async def count_tokens(self, text: str, model: str) -> int | None:
        return None

    async def unload(self, models: Sequence[str]) -> None:
        """By keeping them alive for no time."""
        for model in models:
            await self._server.post_json("/api/generate", {"model": model, "keep_alive": 0, "stream": False})

    async def write(self, ask: Ask, limit_s: float) -> AsyncGenerator[Written, None]:
        body = body_of(TABLE, ask) | {"raw": True, "stream": True}
        body["options"]["num_ctx"] = ask.context_length
        answers = objects_of(self._server.lines("/api/generate", body, limit_s=limit_s), self.program)
        async with aclosing(answers):
            async for answer in answers:
                if piece := text_at(answer, "response"):
                    yield piece
                if value_at(answer, "done") is True:
                    yield Ending(number_at(answer, "eval_count"), text_at(answer, "done_reason"))
                    return
        raise BackendGone(f"{self.program} broke off in the middle of a text")

    async def chat_abilities(self, model: str, ask: Trial) -> ChatAbilities | None:
        """It says what a model does; only whether an answer keeps to a schema is tried."""
        able = self._able.get(model, frozenset())
        if not await chats(ask):
            return None
        return ChatAbilities(vision="vision" in able, tools="tools" in able, grammar=await keeps_to_schemas(ask))

    def answer(self, ask: Ask, limit_s: float) -> AsyncGenerator[Answered, None]:
        return ollama_answers(self._server, chat_body(TABLE, ask), limit_s)


def _models(answer: object) -> dict[str, Any]:
    """The models of a list by name, those left out that only make vectors."""
    listed = value_at(answer, "models")
    found = {text_at(one, "name") or text_at(one, "model"): one for one in (listed if isinstance(listed, list) else [])}
    return {name: one for name, one in found.items() if name and "embed" not in name}


class OllamaBackend(TextServerBackend):
    """Ollama as a backend."""

    name = "ollama"
    program = "Ollama"
    default_url = "http://127.0.0.1:11434"
    api_path = "/api"

    @classmethod
    def speaker(cls, connections: BackendServer, options: ServerOptions, context_length: int | None) -> OllamaServer:
        """By `/api`."""
        return OllamaServer(connections, options, context_length)
