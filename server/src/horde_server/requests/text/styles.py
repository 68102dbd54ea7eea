"""Styles of texts: their bodies and parameters, held against the rules of a request."""

from __future__ import annotations

from typing import Any

import msgspec

from horde_server.identity.directory import Account
from horde_server.requests.asked import NO_PICTURES
from horde_server.requests.text.checks import check_wishes
from horde_server.requests.text.order import TextOrder
from horde_server.requests.text.schemas import NewTextStyle, StyleParams, TextStyleChange
from horde_server.requests.text.style_answers import StyleKobold
from horde_server.requests.text.wire import with_params
from horde_server.styles.schemas import NewStyle, StyleChange
from horde_server.styles.style import StyleContent
from horde_server.styles.templates import PROMPT


class TextStyles:
    """The `StyleKind` of texts."""

    name = "text"
    holes = (PROMPT,)
    default_prompt = PROMPT
    shows_pictures = False
    warns = False
    new_style = NewTextStyle
    style_change = TextStyleChange
    answer = StyleKobold

    def params(self, body: NewStyle | StyleChange) -> dict[str, Any]:
        """Those that are named; no defaults."""
        assert isinstance(body, NewTextStyle | TextStyleChange)  # of the classes above
        params: StyleParams = body.params
        return params.model_dump(mode="json", exclude_unset=True)

    def check(self, content: StyleContent, account: Account) -> dict[str, str]:
        """As of a request."""
        order = with_params(
            TextOrder(content.prompt, models=tuple(content.models)), msgspec.json.encode(content.params)
        )
        check_wishes(order, NO_PICTURES)
        return {}
