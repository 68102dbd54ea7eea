"""A text order in a style (styles.md §4)."""

from __future__ import annotations

import msgspec

from horde_server.requests.text import refusals
from horde_server.requests.text.checks import MAX_PROMPT_CHARACTERS
from horde_server.requests.text.order import TextOrder
from horde_server.requests.text.wire import with_params
from horde_server.styles.style import Style
from horde_server.styles.templates import PROMPT, filled


def styled(order: TextOrder, style: Style) -> TextOrder:
    """The style's prompt around the user's, its models and its parameters instead of the user's.

    The user keeps how many, and the lengths that the style does not set. Raises `InvalidPromptSize`,
    `pydantic.ValidationError`.
    """
    prompt = filled(style.prompt, {PROMPT: order.prompt}, most=MAX_PROMPT_CHARACTERS)
    if prompt is None:
        raise refusals.InvalidPromptSize
    own = with_params(order, msgspec.json.encode(style.params))
    named = style.params
    return msgspec.structs.replace(
        own,
        prompt=prompt,
        models=tuple(style.models),
        n=order.n,
        max_length=own.max_length if "max_length" in named else order.max_length,
        max_context_length=own.max_context_length if "max_context_length" in named else order.max_context_length,
    )
