"""An image order in a style (styles.md §4)."""

from __future__ import annotations

import msgspec

from horde_server.requests.image import refusals
from horde_server.requests.image.checks import MAX_PROMPT_CHARACTERS
from horde_server.requests.image.order import ImageOrder
from horde_server.requests.image.wire import with_params
from horde_server.styles.style import Style
from horde_server.styles.templates import filled, image_parts


def styled(order: ImageOrder, style: Style) -> ImageOrder:
    """The style's prompt around the user's, its models and its parameters instead of the user's.

    The user keeps how many, and the size where the style has none; the texts of a workflow that the style asks for; and
    the stricter of both on what is not safe for work. Raises `InvalidPromptSize`, `pydantic.ValidationError`.
    """
    prompt = filled(style.prompt, image_parts(style.prompt, order.prompt), most=MAX_PROMPT_CHARACTERS)
    if prompt is None:
        raise refusals.InvalidPromptSize
    own = with_params(order, msgspec.json.encode(style.params))
    return msgspec.structs.replace(
        own,
        prompt=prompt,
        models=tuple(style.models),
        n=order.n,
        width=own.width if "width" in style.params else order.width,
        height=own.height if "height" in style.params else order.height,
        extra_texts=order.extra_texts if own.workflow is not None else (),
        nsfw=order.nsfw or style.nsfw,
    )
