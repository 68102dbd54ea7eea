"""llama.cpp's own server by its `/v1`; the backend `llamacpp` knows it better."""

from __future__ import annotations

from typing import Final

from horde_worker.backends import llamacpp_backend
from horde_worker.backends.mapping import Mapped
from horde_worker.backends.openai_servers.dialect import Dialect, Tokenizer
from horde_worker.backends.text_servers.tables import WATCHED_STOPS, Table, key, mapping_of

TABLE: Final[Table] = {
    **llamacpp_backend.TABLE,
    "max_length": key("max_tokens", lambda ask: ask.job.max_length),
    "stop_sequence": WATCHED_STOPS,
}
MAPPING: Final[dict[str, Mapped]] = mapping_of(TABLE)
DIALECT: Final = Dialect("llama.cpp", TABLE, tokenizer=Tokenizer("/tokenize", "content", "tokens"), keeps_loaded=True)
