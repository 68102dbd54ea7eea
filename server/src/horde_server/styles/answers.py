"""What is told of styles and collections (styles.md §1, §5); the kinds add what is theirs."""

from __future__ import annotations

from pydantic import Field

from horde_server.http.answers import Answer, RequestSingleWarning


class StyleExample(Answer):
    """A picture that shows a style; `primary`: it stands for it."""

    id: str
    url: str
    primary: bool


class StyleSharedKey(Answer):
    """A style's shared key; to others than its owner its `id`, which is the key itself, is all zeros."""

    id: str
    username: str
    name: str
    kudos: int
    utilized: int
    max_image_pixels: int
    max_image_steps: int
    max_text_tokens: int
    expiry: str = ""


class StyleDetails(Answer):
    """A style; its kind adds `params`."""

    id: str
    name: str
    info: str | None
    prompt: str
    public: bool
    nsfw: bool
    tags: list[str]
    models: list[str]
    creator: str
    use_count: int


class StyleModify(Answer):
    """What was made or changed."""

    id: str
    message: str = "OK"
    warnings: list[RequestSingleWarning] = Field([])


class ResponseModelStylesShort(Answer):
    """A style of a collection, by its unique name."""

    id: str
    name: str


class ResponseModelCollection(Answer):
    """A collection of styles."""

    id: str
    name: str
    type: str
    info: str | None
    public: bool
    styles: list[ResponseModelStylesShort]
    use_count: int
