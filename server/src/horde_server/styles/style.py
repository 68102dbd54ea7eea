"""A style and a collection, as they are stored and shown."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec


class StyleContent(msgspec.Struct, frozen=True, kw_only=True):
    """What its owner says of a style. `params` are those that were named, in the API's words."""

    name: str
    info: str | None
    prompt: str
    params: dict[str, Any]
    public: bool
    nsfw: bool
    tags: list[str]
    models: list[str]


class Style(StyleContent, frozen=True, kw_only=True):
    """A style as it is stored. `examples` are as the API shows them, in their order."""

    id: UUID
    kind: str  # of request that it is for
    owner_id: int
    creator: str  # the owner's alias
    owner_earns: bool  # neither deleted nor flagged
    use_count: int
    shared_key_id: UUID | None
    shared_key: dict[str, Any] | None  # with its id, which is the key itself; None where it was deleted
    examples: list[dict[str, Any]]


class Collection(msgspec.Struct, frozen=True, kw_only=True):
    """A named list of styles of one kind. `styles`: their ids and unique names, in order."""

    id: UUID
    kind: str
    owner_id: int
    name: str
    info: str | None
    public: bool
    use_count: int
    styles: list[dict[str, str]]
