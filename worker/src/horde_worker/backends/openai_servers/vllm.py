"""vLLM, by the keys that it has besides OpenAI's."""

from __future__ import annotations

from typing import Final

from horde_worker.backends.mapping import Mapped
from horde_worker.backends.openai_servers import standard
from horde_worker.backends.openai_servers.dialect import Dialect, Tokenizer
from horde_worker.backends.text_servers.tables import Ask, Table, key, mapping_of, sampler, stops


def _room(ask: Ask) -> int:
    """Tokens of a prompt that leave room for the text."""
    context = min(ask.job.max_context_length, ask.context_length)
    return max(context - ask.job.max_length, 1)


TABLE: Final[Table] = {
    **standard.TABLE,
    "max_context_length": key(
        "truncate_prompt_tokens", _room, "less `max_length`; cut from the left by the worker before"
    ),
    "top_k": key("top_k", lambda ask: ask.sampling.top_k or -1, "−1 for 0"),
    "min_p": sampler("min_p", "min_p"),
    "rep_pen": sampler("repetition_penalty", "rep_pen"),
    "stop_sequence": key("stop", stops, "`include_stop_str_in_output` keeps it in the text"),
    "use_default_badwordsids": key("ignore_eos", lambda ask: not ask.job.may_end),
}
MAPPING: Final[dict[str, Mapped]] = mapping_of(TABLE)
ALWAYS: Final = {"include_stop_str_in_output": True, "stream_options": {"include_usage": True}}
SLOTS: Final = 4
"""It takes many more; a horde's worker that holds many jobs has to be fast with each of them."""
GOING_ON: Final = {"continue_final_message": True, "add_generation_prompt": False}
DIALECT: Final = Dialect(
    "vLLM",
    TABLE,
    tokenizer=Tokenizer("/tokenize", "prompt", "count"),
    always=ALWAYS,
    slots=SLOTS,
    going_on=GOING_ON,
    says_if_blind=True,
    keeps_loaded=True,
)
