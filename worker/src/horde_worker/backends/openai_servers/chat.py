"""Servers that only chat: the prompt becomes what a user says, and the answer the text."""

from __future__ import annotations

from typing import Final

from horde_worker.backends.mapping import Mapped
from horde_worker.backends.openai_servers import standard
from horde_worker.backends.openai_servers.dialect import Dialect
from horde_worker.backends.text_servers.tables import Table, key, mapping_of

TABLE: Final[Table] = {
    **standard.TABLE,
    "prompt": key(
        "messages",
        lambda ask: [{"role": "user", "content": ask.prompt}],
        "as one message; the model answers it rather than going on with it",
    ),
}
MAPPING: Final[dict[str, Mapped]] = mapping_of(TABLE)
DIALECT: Final = Dialect("a chat server", TABLE)
