"""Asking in a style: a style is a function from one order to another, which a face applies before the desk sees it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Generic, TypeVar

import pydantic

from horde_server.errors import BadRequest
from horde_server.identity.caller import Caller
from horde_server.requests.asked import Asked
from horde_server.styles.slice import Styles
from horde_server.styles.style import Style

WishT = TypeVar("WishT")


class Styling(Generic[WishT]):
    """Styles of one kind, for requests."""

    def __init__(
        self,
        styles: Styles,
        kind: str,
        styled: Callable[[WishT, Style], WishT],
        clock: Callable[[], float],
    ) -> None:
        """`styled`: the order in the style; it may raise `pydantic.ValidationError`. `clock`: since the epoch."""
        self._choice = styles.choice
        self._payers = styles.payers
        self._clock = clock
        self._kind = kind
        self._styled = styled

    async def applied(self, asked: Asked[WishT], reference: str, caller: Caller) -> tuple[Asked[WishT], Caller]:
        """The same, in the style with this id or name, and who pays: who calls, or by its shared key the style's owner.

        Raises `StyleNotFound`, `StyleMismatch`, `BadRequest`.
        """
        asker_id = caller.account.id if caller.account is not None else None
        style, use = await self._choice.choose(reference, kind=self._kind, asker_id=asker_id)
        try:
            order = self._styled(asked.order, style)
        except pydantic.ValidationError:  # it was made when other parameters were allowed
            raise BadRequest(
                "The parameters of this style are not valid any more: its owner must change them."
            ) from None
        return replace(asked, order=order, style=use), await self._payers.of(style.shared_key_id, caller, self._clock())
