"""Identifiers: UUIDs that know what they identify, yet compare with plain UUIDs and their text."""

from __future__ import annotations

from functools import total_ordering
from typing import TYPE_CHECKING
from uuid import UUID

from pydantic import ConfigDict, RootModel, model_serializer


@total_ordering
class UUID_Identifier(RootModel[UUID]):
    """A UUID. `str()`, `repr()` and JSON are its bare text."""

    model_config = ConfigDict(frozen=True)

    if TYPE_CHECKING:

        def __init__(self, root: UUID | str) -> None: ...

    @model_serializer
    def ser_model(self) -> str:
        """Serialise as text."""
        return str(self.root)

    def __str__(self) -> str:
        return str(self.root)

    __repr__ = __str__

    def __eq__(self, other: object) -> bool:
        if isinstance(other, UUID_Identifier):
            return self.root == other.root
        if isinstance(other, UUID):
            return self.root == other
        if isinstance(other, str):
            return str(self.root) == other
        return NotImplemented

    def __lt__(self, other: object) -> bool:
        if isinstance(other, UUID_Identifier):
            return self.root < other.root
        if isinstance(other, UUID):
            return self.root < other
        if isinstance(other, str):
            return str(self.root) < other
        return NotImplemented

    def __hash__(self) -> int:
        return hash(self.root)


class GenerationID(UUID_Identifier):
    """Identifies a request, or one job of it."""

    if TYPE_CHECKING:  # type checkers make one of their own for each class

        def __init__(self, root: UUID | str) -> None: ...


class WorkerID(UUID_Identifier):
    """Identifies a worker."""

    if TYPE_CHECKING:  # type checkers make one of their own for each class

        def __init__(self, root: UUID | str) -> None: ...


class ImageID(UUID_Identifier):
    """Identifies an image."""

    if TYPE_CHECKING:  # type checkers make one of their own for each class

        def __init__(self, root: UUID | str) -> None: ...


class TeamID(UUID_Identifier):
    """Identifies a team."""

    if TYPE_CHECKING:  # type checkers make one of their own for each class

        def __init__(self, root: UUID | str) -> None: ...


class SharedKeyID(UUID_Identifier):
    """Identifies a shared key."""

    if TYPE_CHECKING:  # type checkers make one of their own for each class

        def __init__(self, root: UUID | str) -> None: ...


JobID = GenerationID
"""The name that releases 0.17 and 0.18 used."""
