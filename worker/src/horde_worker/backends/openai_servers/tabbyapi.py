"""TabbyAPI (ExLlama), by the keys that it has besides OpenAI's."""

from __future__ import annotations

from typing import Final

from horde_worker.backends.mapping import Mapped
from horde_worker.backends.openai_servers import standard
from horde_worker.backends.openai_servers.aphrodite import bends, is_temperature_last, temperatures
from horde_worker.backends.openai_servers.dialect import Dialect, Tokenizer
from horde_worker.backends.text_servers.tables import Ask, Key, Table, key, mapping_of, sampler


def _penalty(ask: Ask) -> float:
    """A range of nothing means no penalty to a horde, and the whole context to this program."""
    return 1.0 if ask.sampling.rep_pen_range == 0 else ask.sampling.rep_pen


TABLE: Final[Table] = {
    **standard.TABLE,
    "temperature": sampler("temperature", "temperature"),
    "top_k": sampler("top_k", "top_k"),
    "top_a": sampler("top_a", "top_a"),
    "min_p": sampler("min_p", "min_p"),
    "tfs": sampler("tfs", "tfs", "ExLlamaV2 only"),
    "typical": sampler("typical", "typical"),
    "rep_pen": key("repetition_penalty", _penalty),
    "rep_pen_range": key("penalty_range", lambda ask: ask.sampling.rep_pen_range or -1, "all tokens: −1"),
    "sampler_order": key("temperature_last", is_temperature_last, "whether the temperature comes last; no other order"),
    "smoothing_factor": sampler("smoothing_factor", "smoothing_factor"),
    "dynatemp_range": Key(("min_temp", "max_temp"), temperatures, "temperature less and plus the range"),
    "dynatemp_exponent": key("temp_exponent", bends),
    "use_default_badwordsids": key("ban_eos_token", lambda ask: not ask.job.may_end),
}
MAPPING: Final[dict[str, Mapped]] = mapping_of(TABLE)
DIALECT: Final = Dialect(
    "TabbyAPI",
    TABLE,
    prefix="tabbyAPI/",
    tokenizer=Tokenizer("/v1/token/encode", "text", "length"),
    slots=4,
    keeps_loaded=True,
)
