"""How long texts may be, by what the workers of the wished models take. In tokens."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from horde_server.gateway.common.model_names import ModelNames, Resolved, ServedModel
from horde_server.gateway.common.tokens import CHARACTERS_A_TOKEN
from horde_server.identity.caller import Caller

LEAST_LENGTH: Final = 16
"""Of an answer that workers are asked for; a shorter one is cut."""
LEAST_CONTEXT: Final = 80
MOST_LENGTH: Final = 4096
USUAL_CONTEXT: Final = 8192
"""Asked for at most where the client says nothing: longer ones have fewer workers."""
MOST_CONTEXT: Final = 1_048_576


@dataclass(frozen=True, slots=True)
class Offered:
    """The lengths that workers take, each a pair of the longest answer and the longest context."""

    pairs: tuple[tuple[int, int], ...]

    @classmethod
    def by(cls, served: Iterable[ServedModel], models: Sequence[str]) -> Offered:
        """Of the workers that serve one of the models now; of none, any."""
        workers = {worker.id: worker.abilities for model in served if not models or model.name in models
                   for worker in model.by}  # fmt: skip
        return cls(tuple({(each.max_length, each.max_context_length) for each in workers.values()}))

    @property
    def max_length(self) -> int:
        """The longest answer; where nobody serves, what the horde takes."""
        return min(max((length for length, _ in self.pairs), default=MOST_LENGTH), MOST_LENGTH)

    def max_context_length(self, length: int) -> int:
        """The longest context of a worker that writes answers of this length."""
        return max((context for most, context in self.pairs if most >= length), default=MOST_CONTEXT)

    def usual_context_length(self, length: int) -> int:
        """What is asked for where the client says nothing."""
        return max(min(self.max_context_length(length), USUAL_CONTEXT), length)


@dataclass(frozen=True, slots=True)
class Lengths:
    """Of one order."""

    answer: int
    context: int
    most_characters: int | None = None  # of an answer that is wished for shorter than workers make any


def most_characters(wished: int | None) -> int | None:
    """Of an answer of so many tokens, where that is shorter than workers make any."""
    return wished * CHARACTERS_A_TOKEN if wished is not None and wished < LEAST_LENGTH else None


def text_models(models: ModelNames, wish: str, caller: Caller) -> tuple[Resolved, Offered]:
    """What a model's name means for this caller, and how long texts are written by those who serve it.

    Raises `ModelNotFound`, `BadField`.
    """
    resolved = models.resolve(wish, "text", caller.user.model_aliases)
    return resolved, Offered.by(models.served("text"), resolved.models)
