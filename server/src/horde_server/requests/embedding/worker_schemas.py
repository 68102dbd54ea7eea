"""The wire shapes of `POST /generate/embedding/pop` and `/submit` (embeddings.md §2, §3)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Annotated, Literal

from pydantic import ConfigDict

from horde_server.dispatch.schemas import Metadata, Wire, WorkerPop
from horde_server.http.examples import EXAMPLE_ID
from horde_server.http.wire_types import Items, Text, Whole, empty
from horde_server.requests.embedding.checks import MOST_INPUTS
from horde_server.requests.embedding.vectors import MOST_VECTOR_CHARACTERS, joined

MOST_CONTEXT_TOKENS = 1_048_576
MOST_TOKENS = 10_000_000


class EmbeddingPop(WorkerPop):
    """A worker asks for texts to embed."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "example": {
                "name": "my first embedder",
                "models": ["all-MiniLM-L6-v2"],
                "bridge_agent": "my program:1.0:https://example.org",
            }
        },
    )

    max_context_length: Annotated[int, Whole(1, MOST_CONTEXT_TOKENS)] = 8192


class EmbeddingSubmit(Wire):
    """A worker delivers vectors, or reports that it could not."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"id": EXAMPLE_ID, "vectors": ["AACAPwAAAAA=", "AAAAAAAAgD8="]}},
    )

    id: Annotated[str, Text(255)]
    vectors: Annotated[list[Annotated[str, Text(MOST_VECTOR_CHARACTERS)]], Items(MOST_INPUTS)] = empty(list)
    tokens: Annotated[int, Whole(0, MOST_TOKENS)] | None = None
    state: Literal["ok", "faulted"] = "ok"

    @cached_property
    def generation(self) -> str:
        """The vectors as they are kept."""
        return joined(self.vectors)

    @property
    def seed(self) -> int:
        """There is none."""
        return 0

    @property
    def gen_metadata(self) -> Sequence[Metadata]:
        """There is nothing to remark."""
        return ()
