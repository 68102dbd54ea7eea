"""What a chat asks for, whatever dialect it came in (gateway-templates.md §2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from horde_server.gateway.common.body import Body
from horde_server.gateway.common.errors import BadField, UnsupportedField
from horde_server.gateway.common.lengths import LEAST_LENGTH, MOST_CONTEXT
from horde_server.gateway.common.messages import Message
from horde_server.requests.text.order import Sampling

_MOST_WORKERS: Final = 100
_MOST_TEMPLATE_CHARACTERS: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What only the horde has, from the object `horde` of a body."""

    template: str | None = None
    raw_tokens: bool = False
    max_context_length: int | None = None
    workers: tuple[str, ...] = ()
    worker_blacklist: bool = False
    trusted_workers: bool = False
    slow_workers: bool = True

    @classmethod
    def read(cls, body: Body) -> Terms:
        """Raises `BadField`."""
        sent = body.object("horde")
        if sent.flag("dry_run"):
            raise UnsupportedField("horde.dry_run", "A dialect has no dry runs: use /api/v2/generate/text/async.")
        return cls(
            template=sent.text("template", most=_MOST_TEMPLATE_CHARACTERS) or None,
            raw_tokens=sent.flag("raw_tokens"),
            max_context_length=sent.integer("max_context_length", least=LEAST_LENGTH, most=MOST_CONTEXT),
            workers=tuple(_worker_id(each) for each in sent.texts("workers", most=_MOST_WORKERS, most_characters=64)),
            worker_blacklist=sent.flag("worker_blacklist"),
            trusted_workers=sent.flag("trusted_workers"),
            slow_workers=sent.flag("slow_workers", default=True),
        )


def _worker_id(sent: str) -> str:
    try:
        return str(UUID(sent))
    except ValueError:
        raise BadField(
            "horde.workers", "horde.workers has the ids of workers, as /api/v2/workers tells them."
        ) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """The functions that the model may call, in OpenAI's shape."""

    functions: tuple[dict[str, Any], ...] = ()
    choice: str | dict[str, Any] | None = None
    parallel: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatWish:
    """What a chat asks for. `max_length`: in tokens; None: as this horde has it."""

    messages: Sequence[Message]
    model: str = ""
    max_length: int | None = None
    length_field: str = "max_tokens"
    sampling: Sampling = field(default_factory=Sampling)
    stops: tuple[str, ...] = ()  # the client's own
    seed: int | None = None
    thinking: bool = False  # of models that think only when they are told to
    tools: Tools = Tools()
    json_object: bool = False
    json_schema: dict[str, Any] | None = None
    schema_field: str = "response_format"
    logprobs: int | None = None  # of each token, with so many that might have stood there; None: not asked for
    answers: int = 1
    terms: Terms = Terms()
