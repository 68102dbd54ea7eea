"""Parts of image and text styles: a style is a prompt with holes, models and parameters under one name."""

from __future__ import annotations

from enum import auto

from pydantic import Field

from horde_sdk._text_enum import TextEnum
from horde_sdk.generic_api.apimodels import HordeAPIObjectBaseModel


class StyleType(TextEnum):
    """Kinds of what styles make."""

    image = auto()
    text = auto()


class ResponseModelStylesUser(HordeAPIObjectBaseModel, api_name="ResponseModelStylesUser"):
    """A user's style in one line."""

    name: str
    """Its name, with its owner's."""
    id_: str = Field(alias="id")
    """The style's id."""
    type_: StyleType | str = Field(alias="type", union_mode="left_to_right")
    """What it makes."""


class _StyleChanges(HordeAPIObjectBaseModel):
    """What an owner changes about a style."""

    name: str | None = None
    """Its name."""
    info: str | None = None
    """What its owner says about it."""
    prompt: str | None = None
    """The prompt; `{p}` stands for the user's, `{np}` for the user's negative one."""
    public: bool = True
    """Whether others may use it."""
    nsfw: bool = False
    """Whether what it makes is not safe for work."""
    tags: list[str] | None = None
    """Words that it is found by."""
    models: list[str] | None = None
    """Models that it is made for."""


class _StyleMixin(_StyleChanges):
    """All that an owner says about a style."""

    name: str
    """Its name."""
    prompt: str
    """The prompt; `{p}` stands for the user's, `{np}` for the user's negative one."""


class _StyleResponseMixin(_StyleMixin):
    """What the horde tells about a style."""

    id_: str = Field(alias="id")
    """The style's id."""
    creator: str | None = None
    """Its owner."""
    use_count: int | None = None
    """How often it was used."""
    sharedkey: str | None = Field(default=None, min_length=36, max_length=36, repr=False)
    """A shared key that pays for its users."""
