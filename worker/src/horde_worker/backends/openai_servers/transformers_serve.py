"""`transformers serve`: what it has besides OpenAI's keys goes into one, `generation_config`, as JSON in a text."""

from __future__ import annotations

import json
from typing import Final

from horde_worker.backends.mapping import ByWorker, Mapped
from horde_worker.backends.openai_servers import standard
from horde_worker.backends.openai_servers.dialect import Dialect
from horde_worker.backends.text_servers.tables import Ask, Key, Table, mapping_of

_INSIDE: Final = {"top_k": "top_k", "min_p": "min_p", "typical": "typical_p", "rep_pen": "repetition_penalty"}


def _configuration(ask: Ask) -> tuple[object, ...]:
    """Without `do_sample` it would always take the best token."""
    wished = {there: getattr(ask.sampling, here) for here, there in _INSIDE.items()}
    return (json.dumps({"do_sample": ask.sampling.temperature > 0} | wished),)


def _row(name: str) -> Key:
    return Key(("generation_config",), _configuration, f"as `{_INSIDE[name]}`")


TABLE: Final[Table] = {
    **standard.TABLE,
    "max_context_length": ByWorker(
        "the prompt is cut from the left, by a guess of three bytes a token, as there is no tokenizer to ask"
    ),
    **{name: _row(name) for name in _INSIDE},
}
MAPPING: Final[dict[str, Mapped]] = mapping_of(TABLE)
DIALECT: Final = Dialect("transformers serve", TABLE)
