"""The seam between what all servers of texts share and what one of them is: looked at, counted by, written by."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeAlias

from horde_worker.backends.events import BackendFailure
from horde_worker.backends.over_http.options import ServerOptions
from horde_worker.backends.over_http.server import BackendServer
from horde_worker.backends.text import ChatAbilities
from horde_worker.backends.text_servers.chat import Answered
from horde_worker.backends.text_servers.chat_trial import Trial
from horde_worker.backends.text_servers.tables import Ask, Table

UNKNOWN_CONTEXT: Final = 2048
"""Where a server does not say how much it can hold in mind: what requests ask for by default (requests.md §8.3)."""
LONGEST_TEXT: Final = 4096
"""No horde asks for more tokens (requests.md §8.3)."""
MOST_MODELS: Final = 200
"""A pop takes no more names (workers.md §1.3)."""
LONGEST_NAME: Final = 100


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look at a server found. `models` are names in the horde, and what the server calls each."""

    models: Mapping[str, str]
    context_length: int
    slots: int = 1
    used_by_others: bool = False
    """Whether somebody else has something written just now."""
    loaded: tuple[str, ...] = ()
    """Which of the models lie in its memory, by their names in the horde."""
    templates: Mapping[str, str] = field(default_factory=dict)
    """How models want conversations written, as far as that is known."""


@dataclass(frozen=True, slots=True)
class Ending:
    """The end of a text: how many tokens the server counts, and why it ended (`stop`, `length`), where it says so."""

    tokens: int | None = None
    finish_reason: str = ""


Written: TypeAlias = str | Ending
"""A piece of a text, or its end."""


class TextServer(Protocol):
    """One program that writes texts."""

    @property
    def program(self) -> str:
        """What it is called in reasons and in the log."""

    @property
    def tells_use(self) -> bool:
        """Whether a look tells that somebody else uses it, so that it is worth looking more often."""

    @property
    def table(self) -> Table:
        """What becomes of each parameter of a job."""

    async def look(self, in_work: int) -> Seen:
        """Ask the server what it has; `in_work` texts are ours. Raises `BackendFailure`."""

    async def count_tokens(self, text: str, model: str) -> int | None:
        """By the server's own tokenizer; None where it has none to ask."""

    async def unload(self, models: Sequence[str]) -> None:
        """Let go of the memory of models until the next text; nothing, where it cannot be told to."""

    def write(self, ask: Ask, limit_s: float) -> AsyncGenerator[Written, None]:
        """The pieces of a text, and its end. Closing it ends the work at the server. Raises `BackendFailure`."""

    async def chat_abilities(self, model: str, ask: Trial) -> ChatAbilities | None:
        """What it does with messages for a model, by the server's name; `ask` tries it out. None: it takes none."""

    def answer(self, ask: Ask, limit_s: float) -> AsyncGenerator[Answered, None]:
        """The deltas of an answer to a job's messages, and its end; otherwise as `write`."""

    def goes_on(self) -> bool:
        """Whether it goes on with an answer that the last message has begun."""


class Speaker:
    """What all that implement `TextServer` begin with. `context_length` is the owner's word for it, which counts."""

    def __init__(self, server: BackendServer, options: ServerOptions, context_length: int | None) -> None:
        self._server = server
        self._options = options
        self._context_length = context_length

    async def unload(self, models: Sequence[str]) -> None:
        """Most servers cannot be told to."""

    async def chat_abilities(self, model: str, ask: Trial) -> ChatAbilities | None:
        """Who knows prompts only says no more."""
        return None

    def answer(self, ask: Ask, limit_s: float) -> AsyncGenerator[Answered, None]:
        """Asked only of those who have abilities."""
        raise NotImplementedError

    def goes_on(self) -> bool:
        """Most begin another message."""
        return False


def named(
    options: ServerOptions, found: Mapping[str, str], program: str, *, also: Collection[str] = ()
) -> dict[str, str]:
    """The models to offer: those that the owner chose among all there are, `also` included, or what was found.

    Raises `BackendFailure` for missing ones.
    """
    if not options.models:
        fitting = {name: local for name, local in found.items() if 3 <= len(name) <= LONGEST_NAME}
        if not fitting:
            raise BackendFailure(f"{program} has no model to offer")
        return dict(sorted(fitting.items())[:MOST_MODELS])
    has = {*found.values(), *also}
    if missing := sorted(set(options.models.values()) - has):
        raise BackendFailure(
            f"{program} has no model {', '.join(map(repr, missing[:5]))}; it has {', '.join(sorted(has)[:20])}"
        )
    return dict(options.models)


def file_name(path: str) -> str:
    """A model's name without the folders before it and the ending of its file."""
    return path.replace("\\", "/").rstrip("/").rpartition("/")[2].removesuffix(".gguf")
