"""Why messages become no prompt."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from horde_server.errors import HordeError


class ContextLengthExceeded(HordeError):
    """The messages are longer than the model reads, with the oldest left out already."""

    rc = "context_length_exceeded"
    param: ClassVar[str] = "messages"

    def __init__(self, needed_tokens: int, max_tokens: int) -> None:
        """`needed_tokens`: of what cannot be left out, and of the answer."""
        super().__init__(
            f"This model reads {max_tokens} tokens at most; the messages and the answer asked for need {needed_tokens}."
            " Shorten the system's or the last message, or ask for fewer tokens."
        )


class UnknownTemplate(HordeError):
    """There is no chat template of that name."""

    rc = "unknown_template"
    param: ClassVar[str] = "horde.template"

    def __init__(self, name: str, known: Iterable[str]) -> None:
        super().__init__(f"There is no chat template '{name[:60]}'. There are: {', '.join(sorted(known))}.")


class TemplateFailed(HordeError):
    """The operator's own template cannot render these messages."""

    rc = "template_failed"
    param: ClassVar[str] = "messages"

    def __init__(self, name: str, reason: str) -> None:
        """`reason`: what the template itself says, or which limit it reached; never a text of the messages."""
        super().__init__(f"This horde's own template '{name}' cannot render these messages: {reason}.")
