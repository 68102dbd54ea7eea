"""LM Studio, by the keys that it has besides OpenAI's."""

from __future__ import annotations

from typing import Final

from horde_worker.backends.mapping import ByWorker, Mapped
from horde_worker.backends.openai_servers import standard
from horde_worker.backends.openai_servers.dialect import Dialect
from horde_worker.backends.text_servers.tables import Table, mapping_of, sampler

TABLE: Final[Table] = {
    **standard.TABLE,
    "max_context_length": ByWorker(
        "the prompt is cut from the left, by a guess of three bytes a token, as there is no tokenizer to ask"
    ),
    "top_k": sampler("top_k", "top_k"),
    "rep_pen": sampler("repeat_penalty", "rep_pen"),
}
MAPPING: Final[dict[str, Mapped]] = mapping_of(TABLE)
DIALECT: Final = Dialect("LM Studio", TABLE, keeps_loaded=True)
