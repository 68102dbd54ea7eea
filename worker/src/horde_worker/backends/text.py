"""The seam to what makes texts: jobs in, pieces and whole texts out."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Protocol, TypeAlias

from horde_worker.backends.events import Delta, Piece, Progress
from horde_worker.sampler_settings import NEUTRAL, TextSampling
from horde_worker.steady_clock import LONGEST_LIFE
from horde_worker.stream_wish import StreamWish
from horde_worker.text_format import UNFORMATTED, TextFormat


@dataclass(frozen=True, slots=True)
class ChatAbilities:
    """What a maker does with messages besides answering them; each holds for every model that it offers."""

    vision: bool = False  # looks at pictures in them
    grammar: bool = False  # binds an answer to a JSON schema
    tools: bool = False  # calls functions
    logprobs: bool = False  # tells how likely tokens were


@dataclass(frozen=True, slots=True)
class TextAbilities:
    """What a maker of texts can do. Lengths in tokens: of a text, and of prompt and text together."""

    models: tuple[str, ...]
    max_length: int
    max_context_length: int
    max_batch: int = 1
    chat: ChatAbilities | None = None  # None: it knows prompts only
    loaded: tuple[str, ...] = ()  # models that lie in memory now
    templates: Mapping[str, str] = field(default_factory=dict)  # how models want conversations written, where known


def common_chat(each: Sequence[ChatAbilities | None]) -> ChatAbilities | None:
    """What all of them do with messages."""
    able = [one for one in each if one is not None]
    if not able or len(able) < len(each):
        return None
    return ChatAbilities(**{one.name: all(getattr(can, one.name) for can in able) for one in fields(ChatAbilities)})


@dataclass(frozen=True, slots=True)
class Conversation:
    """What a prompt was made of, for makers that know better how their models want it. As OpenAI's API has it.

    Pictures in it are `data:` addresses by the time it is made.
    """

    messages: tuple[Mapping[str, Any], ...]
    continues: bool = False  # the last message is the beginning of the answer
    tools: tuple[Mapping[str, Any], ...] = ()
    tool_choice: str | Mapping[str, Any] | None = None
    parallel_tool_calls: bool | None = None
    wants_json: bool = False  # an answer in JSON, of whatever form
    json_schema: Mapping[str, Any] | None = None
    logprobs: int | None = None  # and of how many others at each place; None: not wanted
    has_pictures: bool = False

    @property
    def passes_through(self) -> bool:
        """Whether the answer is more than a text, so that its deltas are told as they are."""
        return bool(self.tools) or self.logprobs is not None

    @property
    def is_needed(self) -> bool:
        """Whether the prompt alone would not do."""
        return self.passes_through or self.json_schema is not None or self.has_pictures

    def lacking(self, able: ChatAbilities | None) -> list[str]:
        """What it needs that a maker has not."""
        needs = {
            "tools": bool(self.tools),
            "logprobs": self.logprobs is not None,
            "grammar": self.json_schema is not None,
            "vision": self.has_pictures,
        }
        return [name for name, is_needed in needs.items() if is_needed and not getattr(able, name, False)]


@dataclass(frozen=True, slots=True)
class TextJob:
    """One hand-out of text, normalised: as many texts as it has ids. Lengths in tokens."""

    ids: tuple[str, ...]
    model: str
    prompt: str
    max_length: int
    max_context_length: int
    seeds: tuple[int, ...]  # one per text
    ttl_s: float
    sampling: TextSampling = NEUTRAL
    stop_sequences: tuple[str, ...] = ()
    format: TextFormat = UNFORMATTED
    may_end: bool = True  # false: the model goes on where it would end
    conversation: Conversation | None = None
    stream: StreamWish | None = None  # how the horde wants to hear of it; None: not at all

    @property
    def longest_s(self) -> float:
        """How long it may take at most: longer than its time where signs of life put that off."""
        return self.ttl_s if self.stream is None else self.ttl_s * LONGEST_LIFE

    def log_fields(self) -> dict[str, Any]:
        """The length asked for."""
        return {"max_length": self.max_length}


@dataclass(frozen=True, slots=True)
class TextResult:
    """One text: what comes after the prompt, up to and with a stop sequence. Not formatted yet."""

    text: str
    seed: int
    tokens: int
    # What is told of it besides, where that is known; two results of the same text are equal.
    finish_reason: str = field(default="", compare=False)  # stop, length, tool_calls, content_filter
    prompt_tokens: int | None = field(default=None, compare=False)
    message: Mapping[str, Any] | None = field(default=None, compare=False)  # of an answer that is more than a text
    logprobs: Mapping[str, Any] | None = field(default=None, compare=False)


TextEvent: TypeAlias = Progress | Piece | Delta | TextResult


class TextMaker(Protocol):
    """Makes texts. `make` must not block the event loop, and must stop soon when it is closed."""

    @property
    def abilities(self) -> TextAbilities:
        """What it can do; asked at every pop."""

    def make(self, job: TextJob) -> AsyncGenerator[TextEvent, None]:
        """One result per id of the job, in their order; its pieces, if any, before it. Raises `BackendFailure`."""
