"""The wire shape of `POST /generate/embedding/async`; no schema of the original's, so that all of it is ours."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict

from horde_server.dispatch.schemas import Wire
from horde_server.http.wire_types import Items, Line, Text, Whole, empty
from horde_server.requests.embedding.checks import MOST_DIMENSIONS, MOST_INPUT_BYTES

_MOST_INPUTS = 1000  # beyond 256 they are refused by the rule's own code
_MOST_MODELS = 500
_MOST_WORKERS = 100


class EmbeddingRequest(Wire):
    """The body of `POST /generate/embedding/async`."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={"example": {"input": ["a quiet harbour", "boats at rest"], "models": []}},
    )

    input: Annotated[list[Annotated[str, Text(MOST_INPUT_BYTES)]], Items(_MOST_INPUTS, least=1)]
    models: Annotated[list[Annotated[str, Line(255)]], Items(_MOST_MODELS)] = empty(list)
    dimensions: Annotated[int, Whole(1, MOST_DIMENSIONS)] | None = None
    trusted_workers: bool = False
    slow_workers: bool = True
    extra_slow_workers: bool = False
    workers: Annotated[list[Annotated[str, Text(255)]], Items(_MOST_WORKERS)] = empty(list)
    worker_blacklist: bool = False
    dry_run: bool = False
    proxied_account: Annotated[str, Text(255)] = ""
