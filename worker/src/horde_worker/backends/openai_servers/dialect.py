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
    most_stops: int | None = None
    """How many stop texts it takes of a conversation's; None: all."""
    going_on: Mapping[str, object] = field(default_factory=dict)
    """What is sent so that it goes on with an answer which the last message has begun; empty: it does not."""
    says_if_blind: bool = False
    """Whether it refuses pictures that its model does not see, so that seeing can be tried."""
    keeps_loaded: bool = False
    """Whether all models that it lists lie in its memory."""
