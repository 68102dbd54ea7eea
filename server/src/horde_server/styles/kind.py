"""What differs between styles of images and of texts: all that is told apart by kind is asked of a `StyleKind`."""

from __future__ import annotations

from typing import Any, Protocol

from pydantic import BaseModel

from horde_server.identity.directory import Account
from horde_server.styles.schemas import NewStyle, StyleChange
from horde_server.styles.style import StyleContent


class StyleKind(Protocol):
    """A kind of request that may be asked for in a style."""

    name: str
    default_prompt: str
    shows_pictures: bool
    """Whether its styles have examples."""
    warns: bool
    """Whether it knows of parameters that do not go well with a model."""

    @property
    def holes(self) -> tuple[str, ...]:
        """What the prompt of a style must hold, each replaced by something of the user's."""

    @property
    def new_style(self) -> type[NewStyle]:
        """The body that makes one."""

    @property
    def style_change(self) -> type[StyleChange]:
        """The body that changes one."""

    @property
    def answer(self) -> type[BaseModel]:
        """A style of this kind as it is shown, for the document."""

    def params(self, body: NewStyle | StyleChange) -> dict[str, Any]:
        """The parameters that a body names."""

    def check(self, content: StyleContent, account: Account) -> dict[str, str]:
        """Refuse what would be refused of a request in this style; sentences by code on what may not come out well."""
