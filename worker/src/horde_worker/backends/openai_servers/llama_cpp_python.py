"""The server of `llama-cpp-python`, by the keys that it has besides OpenAI's."""

from __future__ import annotations

from typing import Final

from horde_worker.backends.mapping import Mapped
from horde_worker.backends.openai_servers import standard
from horde_worker.backends.openai_servers.dialect import Dialect, Tokenizer
from horde_worker.backends.text_servers.tables import Table, mapping_of, sampler

TABLE: Final[Table] = {
    **standard.TABLE,
    "top_k": sampler("top_k", "top_k"),
    "min_p": sampler("min_p", "min_p"),
    "rep_pen": sampler("repeat_penalty", "rep_pen"),
}
MAPPING: Final[dict[str, Mapped]] = mapping_of(TABLE)
DIALECT: Final = Dialect("llama-cpp-python", TABLE, tokenizer=Tokenizer("/extras/tokenize/count", "input", "count"))
