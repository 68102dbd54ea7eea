"""What is particular to one program among those that speak OpenAI's API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from horde_worker.backends.text_servers.tables import Table


@dataclass(frozen=True, slots=True)
class Tokenizer:
    """Where a program counts tokens: the text goes into `key`, the answer's `count` is a number or a list."""

    path: str
    key: str
    count: str


@dataclass(frozen=True, slots=True)
class Dialect:
    """One program. Its table has all that it understands; `always` is sent with every text besides."""

    program: str
    table: Table
    prefix: str = ""
    """Before the name of a model in the horde, as other workers with this program name theirs."""
    tokenizer: Tokenizer | None = None
    always: Mapping[str, object] = field(default_factory=dict)
    slots: int = 1
    """How many texts at a time, where the owner does not say."""
    may_repeat_prompt: bool = False
