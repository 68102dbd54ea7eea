"""The wire shapes of styles and collections (styles.md §1, §2, §5); what differs by kind is added by the kinds."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict

from horde_server.errors import InvalidPayload
from horde_server.http.wire_types import Items, Line, Text, empty

MOST_TEMPLATE_CHARACTERS = 10_000
MOST_LISTED = 100
"""Tags or models that are read, so that the rule can refuse too many in its own words."""

StyleName = Annotated[str, Line(100, least=1)]
Tags = Annotated[list[Annotated[str, Line(25, least=1)]], Items(MOST_LISTED)]
Models = Annotated[list[Annotated[str, Line(255, least=1)]], Items(MOST_LISTED)]
SharedKeyId = Annotated[str, Text(36, least=36)]
References = Annotated[list[Annotated[str, Text(1024, least=1)]], Items(1000, least=1)]
Url = Annotated[str, Text(2000)]


class StyleWire(BaseModel):
    """Strict as the original's schema; unknown keys are ignored."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True, allow_inf_nan=False)


class NewStyle(StyleWire):
    """A style to make. Its kind adds `prompt` and `params`."""

    name: StyleName
    info: Annotated[str, Text(1000, least=10)] = ""
    public: bool = True
    nsfw: bool = False
    tags: Tags = empty(list)
    models: Models = empty(list)


class StyleChange(StyleWire):
    """What to change of a style; what is left out stays as it is. Its kind adds `prompt` and `params`."""

    name: StyleName = "x"
    info: Annotated[str, Text(1000, least=1)] = ""
    public: bool = True
    nsfw: bool = False
    tags: Tags = empty(list)
    models: Models = empty(list)


class ExampleBody(StyleWire):
    """A picture that shows a style, to add (then `url` is required) or to change (then what is left out stays)."""

    model_config = ConfigDict(
        title="InputStyleExamplePost", json_schema_extra={"example": {"url": "https://example.org/1.webp"}}
    )
    url: Url = ""
    primary: bool = False


class CollectionBody(StyleWire):
    """A collection to make (then `name` and `styles` are required) or to change; `styles` by id or name."""

    model_config = ConfigDict(
        title="InputModelCollection", json_schema_extra={"example": {"name": "seas", "styles": ["oil"]}}
    )
    name: StyleName = "x"
    info: Annotated[str, Text(1000, least=1)] = ""
    public: bool = True
    styles: References = empty(list)


def require(body: StyleWire, *fields: str) -> None:
    """Raise `InvalidPayload` for those of the fields that a body does not name."""
    missing = [field for field in fields if field not in body.model_fields_set]
    if missing:
        raise InvalidPayload(dict.fromkeys(missing, "is required, and missing"))


def named(body: StyleWire) -> dict[str, Any]:
    """The fields that a body names."""
    return {name: getattr(body, name) for name in type(body).model_fields if name in body.model_fields_set}
