"""Styles of images: their bodies and parameters, held against the rules of a request."""

from __future__ import annotations

from typing import Any

import msgspec

from horde_server.identity.directory import Account
from horde_server.requests.asked import GivenPictures
from horde_server.requests.image.checks import check_wishes
from horde_server.requests.image.order import ExtraText, ImageOrder
from horde_server.requests.image.schemas import ImageStyleChange, NewImageStyle, StyleParams
from horde_server.requests.image.style_answers import StyleStable
from horde_server.requests.image.warnings import model_warnings
from horde_server.requests.image.wire import with_params
from horde_server.styles.schemas import NewStyle, StyleChange
from horde_server.styles.style import StyleContent
from horde_server.styles.templates import NEGATIVE, PROMPT

_ANY_PICTURE = GivenPictures(image="given with the request")


class ImageStyles:
    """The `StyleKind` of images."""

    name = "image"
    holes = (PROMPT, NEGATIVE)
    default_prompt = PROMPT + NEGATIVE
    shows_pictures = True
    warns = True
    new_style = NewImageStyle
    style_change = ImageStyleChange
    answer = StyleStable

    def params(self, body: NewStyle | StyleChange) -> dict[str, Any]:
        """Those that are named; no defaults."""
        assert isinstance(body, NewImageStyle | ImageStyleChange)  # of the classes above
        params: StyleParams = body.params
        return params.model_dump(mode="json", exclude_unset=True)

    def check(self, content: StyleContent, account: Account) -> dict[str, str]:
        """As of a request, to which a picture and a text may be given later."""
        order = with_params(
            ImageOrder(content.prompt, models=tuple(content.models)), msgspec.json.encode(content.params)
        )
        if order.workflow is not None:
            order = msgspec.structs.replace(order, extra_texts=(ExtraText(order.workflow),))
        check_wishes(order, _ANY_PICTURE, account)
        return model_warnings(order)
