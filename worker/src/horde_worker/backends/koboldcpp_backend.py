"""KoboldCpp, by its own API: the only server that has every sampler of the horde."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

from horde_worker.backends.mapping import Mapped
from horde_worker.backends.over_http.options import ServerOptions
from horde_worker.backends.over_http.server import BackendGone, BackendRefused, BackendServer, quietly
from horde_worker.backends.text_servers.backend import TextServerBackend
from horde_worker.backends.text_servers.server import UNKNOWN_CONTEXT, Ending, Seen, Speaker, Written, named
from horde_worker.backends.text_servers.streams import number_at, objects_of, text_at
from horde_worker.backends.text_servers.tables import (
    FORMATTING,
    Ask,
    Key,
    Table,
    body_of,
    key,
    mapping_of,
    sampler,
    stops,
)

PREFIX: Final = "koboldcpp/"
SEEDS: Final = 2**31 - 1
"""A seed is a positive number of 31 bits here; −1 and 0 stand for none."""


def _penalised_tokens(ask: Ask) -> int:
    """Nothing would mean no penalty here, so all tokens are told by their number."""
    length = ask.sampling.rep_pen_range
    return ask.context_length if length is None else length


def _same(name: str) -> Key:
    return sampler(name, name)


TABLE: Final[Table] = {
    "prompt": key("prompt", lambda ask: ask.prompt),
    "max_length": key("max_length", lambda ask: ask.job.max_length),
    "max_context_length": key(
        "max_context_length",
        lambda ask: min(ask.job.max_context_length, ask.context_length),
        "a prompt that is too long is cut from the left by the worker before, counted by the server's tokenizer",
    ),
    "seed": key("sampler_seed", lambda ask: ask.seed % SEEDS + 1),
    "temperature": _same("temperature"),
    "top_k": _same("top_k"),
    "top_a": _same("top_a"),
    "top_p": _same("top_p"),
    "min_p": _same("min_p"),
    "tfs": _same("tfs"),
    "typical": _same("typical"),
    "rep_pen": _same("rep_pen"),
    "rep_pen_range": key("rep_pen_range", _penalised_tokens, "all tokens: the length of the context"),
    "rep_pen_slope": _same("rep_pen_slope"),
    "sampler_order": key("sampler_order", lambda ask: list(ask.sampling.sampler_order)),
    "smoothing_factor": _same("smoothing_factor"),
    "dynatemp_range": _same("dynatemp_range"),
    "dynatemp_exponent": _same("dynatemp_exponent"),
    "stop_sequence": key("stop_sequence", stops, "the server keeps it in the text"),
    "use_default_badwordsids": key("use_default_badwordsids", lambda ask: not ask.job.may_end),
    "model": key("model", lambda ask: ask.model, "the server has one, and does not look"),
    **FORMATTING,
}
MAPPING: Final[dict[str, Mapped]] = mapping_of(TABLE)


class KoboldCppServer(Speaker):
    """Speaks to one server, which writes one text at a time. Implements `TextServer`."""

    program = "KoboldCpp"
    table: Table = TABLE
    tells_use = True

    async def look(self, in_work: int) -> Seen:
        model = text_at(await self._server.get_json("/api/v1/model"), "result")
        if model in ("", "inactive", "koboldcpp/inactive"):
            found = {}
        else:
            found = {model if model.startswith(PREFIX) else PREFIX + model: model}
        models = named(self._options, found, self.program)
        told = await self._server.get_json("/api/extra/true_max_context_length")
        true_length = number_at(told, "value") or UNKNOWN_CONTEXT
        return Seen(
            models,
            min(true_length, self._context_length or true_length),
            used_by_others=await self._is_busy() and not in_work,
            loaded=tuple(models),
        )

    async def _is_busy(self) -> bool:
        """Whether it writes something just now, or somebody waits for it to."""
        try:
            told = await self._server.get_json("/api/extra/perf")
        except BackendRefused:
            return False
        return number_at(told, "idle") == 0 or bool(number_at(told, "queue"))

    async def count_tokens(self, text: str, model: str) -> int | None:
        return number_at(await self._server.post_json("/api/extra/tokencount", {"prompt": text}), "value")

    async def write(self, ask: Ask, limit_s: float) -> AsyncGenerator[Written, None]:
        body = body_of(TABLE, ask) | {"genkey": ask.tag, "quiet": True, "trim_stop": False}
        lines = self._server.lines("/api/extra/generate/stream", body, limit_s=limit_s)
        is_over = False
        try:
            async with aclosing(objects_of(lines, self.program)) as answers:
                async for answer in answers:
                    if piece := text_at(answer, "token"):
                        yield piece
                    if text_at(answer, "finish_reason"):
                        is_over = True
                        yield Ending(finish_reason=text_at(answer, "finish_reason"))
                        return
            raise BackendGone(f"{self.program} broke off in the middle of a text")
        except BackendRefused:
            is_over = True  # it has not begun; what it is at is somebody else's
            raise
        finally:
            if not is_over:
                await quietly(self._server.post_json("/api/extra/abort", {"genkey": ask.tag}))


class KoboldCppBackend(TextServerBackend):
    """KoboldCpp as a backend."""

    name = "koboldcpp"
    program = "KoboldCpp"
    default_url = "http://127.0.0.1:5001"
    api_path = "/api"

    @classmethod
    def speaker(cls, connections: BackendServer, options: ServerOptions, context_length: int | None) -> KoboldCppServer:
        """By `/api/v1` and `/api/extra`."""
        return KoboldCppServer(connections, options, context_length)
