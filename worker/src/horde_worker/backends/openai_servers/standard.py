"""Any program that speaks OpenAI's API, by the keys that OpenAI itself has."""

from __future__ import annotations

from typing import Final

from horde_worker.backends.mapping import Mapped
from horde_worker.backends.openai_servers.dialect import Dialect
from horde_worker.backends.text_servers.tables import (
    CUT_BY_WORKER,
    FORMATTING,
    NOT_THERE,
    WATCHED_STOPS,
    Table,
    key,
    mapping_of,
    sampler,
)

SEEDS: Final = 2**31
HOTTEST: Final = 2.0
"""More is refused: OpenAI documents it so, and vLLM does so."""

TABLE: Final[Table] = {
    "prompt": key("prompt", lambda ask: ask.prompt),
    "model": key("model", lambda ask: ask.model),
    "max_length": key("max_tokens", lambda ask: ask.job.max_length),
    "max_context_length": CUT_BY_WORKER,
    "seed": key("seed", lambda ask: ask.seed % SEEDS),
    "temperature": key("temperature", lambda ask: min(ask.sampling.temperature, HOTTEST), "2 at most"),
    "top_p": sampler("top_p", "top_p"),
    **dict.fromkeys(("top_k", "top_a", "min_p", "tfs", "typical"), NOT_THERE),
    **dict.fromkeys(("rep_pen", "rep_pen_range", "rep_pen_slope", "sampler_order"), NOT_THERE),
    **dict.fromkeys(("smoothing_factor", "dynatemp_range", "dynatemp_exponent"), NOT_THERE),
    "stop_sequence": WATCHED_STOPS,
    "use_default_badwordsids": NOT_THERE,
    **FORMATTING,
}
MAPPING: Final[dict[str, Mapped]] = mapping_of(TABLE)
DIALECT: Final = Dialect("an OpenAI-compatible server", TABLE, may_repeat_prompt=True, most_stops=4)
